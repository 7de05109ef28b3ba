use super::*;
use crate::faults::FaultKind;
use catalog::Kind;

const TICK: Duration = Duration::from_millis(100);

fn printer(seed: u64) -> Printer {
    Printer::new(Noise::split(seed, "p01"))
}

/// Steps until the condition holds and says how many seconds of the printer's time that took.
fn seconds_until(printer: &mut Printer, most: u32, holds: impl Fn(&Printer) -> bool) -> Option<f64> {
    (0..most * 10).find_map(|tick| {
        printer.step(TICK);
        holds(printer).then(|| f64::from(tick) / 10.0)
    })
}

#[test]
fn without_a_fault_every_value_is_plausible_and_every_code_known() {
    for seed in 0..20 {
        let mut printer = printer(seed);
        for _ in 0..6_000 {
            let happened = printer.step(Duration::from_millis(500));
            assert!(!happened.iter().any(|it| matches!(it, Happening::Raised(_))), "seed {seed}");
            for channel in CHANNELS {
                match ((channel.read)(&printer), channel.item.kind()) {
                    (Readout::Number(value), Kind::Gauge(range) | Kind::Counter(range)) => {
                        assert!(range.contains(value), "seed {seed}: {} = {value}", channel.item.id());
                    }
                    (Readout::Code(code), Kind::State(codes)) => assert!(codes.contains(&code), "{code}"),
                    (readout, _) => panic!("{} gives {readout:?}", channel.item.id()),
                }
            }
        }
        assert!(
            printer.vat.temperature < 29.0 && printer.laser.power > 0.95 * printer.laser.setpoint,
            "seed {seed}"
        );
    }
}

#[test]
fn a_fleet_shows_every_phase_at_its_start_and_moves_within_half_a_minute() {
    let mut fleet: Vec<Printer> = (0..60).map(printer).collect();
    for phase in phase::PHASES {
        assert!(fleet.iter().any(|printer| printer.phase == phase), "{phase:?}");
    }
    let moves =
        fleet.iter_mut().flat_map(|printer| (0..300).flat_map(|_| printer.step(TICK)).collect::<Vec<_>>());
    assert!(moves.filter(|it| matches!(it, Happening::Phase(_))).count() >= 5);
}

#[test]
fn the_phases_follow_each_other_round() {
    let mut printer = printer(3);
    let mut seen = Vec::new();
    // Sixteen hours of a printer's life: more than one whole round.
    for _ in 0..57_600 {
        let phases = printer.step(Duration::from_secs(1)).into_iter().filter_map(|it| match it {
            Happening::Phase(phase) => Some(phase),
            _ => None,
        });
        seen.extend(phases);
    }
    assert!((12.0..=100.0).contains(&(printer.cartridge + 0.01)), "{}", printer.cartridge);
    assert!(seen.len() > 6, "{seen:?}");
    assert!(seen.windows(2).all(|pair| pair[0].next() == pair[1]), "{seen:?}");
}

#[test]
fn an_overheated_vat_is_over_32_degrees_within_ten_seconds_and_comes_back() {
    for seed in 0..20 {
        let mut printer = printer(seed);
        FaultKind::VatOverheat.apply(&mut printer, true);
        let hot = seconds_until(&mut printer, 60, |it| it.vat.temperature > 32.0);
        assert!(hot.is_some_and(|seconds| seconds < 9.0), "seed {seed}: {hot:?}");
        assert!(seconds_until(&mut printer, 60, |it| !it.active_faults().is_empty()).is_some());
        FaultKind::VatOverheat.apply(&mut printer, false);
        let cool =
            seconds_until(&mut printer, 120, |it| it.vat.temperature < 29.0 && it.active_faults().is_empty());
        assert!(cool.is_some(), "seed {seed}");
    }
}

#[test]
fn a_drifting_laser_loses_a_fifth_of_its_power_while_its_current_climbs() {
    let mut printer = printer(5);
    let before = printer.laser.current;
    FaultKind::LaserDrift.apply(&mut printer, true);
    let low = seconds_until(&mut printer, 60, |it| it.laser.power < 0.8 * it.laser.setpoint);
    assert!(low.is_some_and(|seconds| seconds < 9.0), "{low:?}");
    assert!(printer.laser.current > before + 2.0);
    FaultKind::LaserDrift.apply(&mut printer, false);
    assert!(seconds_until(&mut printer, 60, |it| it.active_faults().is_empty()).is_some());
}

#[test]
fn a_jam_is_reported_in_the_next_step_holds_the_build_and_ends() {
    let mut printer = printer(5);
    FaultKind::RecoaterJam.apply(&mut printer, true);
    let happened = printer.step(TICK);
    assert_eq!(happened, [Happening::Raised(&fault::RECOATER_JAMMED)]);
    assert!(printer.recoater.load > 230.0 && printer.state_code() == "error");
    let (phase, layer) = (printer.phase, printer.build.layer);
    assert_eq!(seconds_until(&mut printer, 60, |it| it.phase != phase || it.build.layer != layer), None);
    FaultKind::RecoaterJam.apply(&mut printer, false);
    assert_eq!(printer.step(TICK)[0], Happening::Cleared(&fault::RECOATER_JAMMED));
}

#[test]
fn the_same_seed_is_the_same_printer() {
    let [mut one, mut other] = [printer(9), printer(9)];
    for _ in 0..500 {
        assert_eq!(one.step(TICK), other.step(TICK));
    }
    assert!(CHANNELS.iter().all(|channel| (channel.read)(&one) == (channel.read)(&other)));
}
