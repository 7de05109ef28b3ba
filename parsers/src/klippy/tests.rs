use catalog::{Salt, Timestamp, Value};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::limits::{KLIPPY_CONTROLLERS_MAX, KLIPPY_TOKENS_MAX};

const START: &str = "Start printer at Sun Nov 22 10:15:30 2026 (1795342530.1 20.4)";

fn read(parser: &mut Parser, text: &str) -> Output {
    let mut output = Output::default();
    let place = Salt::new([7; 16]).source(&[b"file"]).place(7, 0);
    parser.line(&Line { text: text.as_bytes(), place, fallback_time: Timestamp(0) }, &mut output);
    output
}

fn parser() -> Parser {
    Parser::new(Context { salt: Salt::new([7; 16]), zone: TimeZone::UTC })
}

#[test]
fn an_origin_is_the_tokens_place_in_the_line_whatever_stands_before_it() {
    let text = "Stats 30.4: of_later=1  mcu: mcu_awake=x freq=7  sysload=0.50";
    let origins: Vec<_> = read(&mut parser(), text).readings.iter().map(|r| r.origin()).collect();
    let place = Salt::new([7; 16]).source(&[b"file"]).place(7, 0);
    assert_eq!(origins, [4, 5].map(|index| place.origin(index)));
}

#[test]
fn a_file_is_known_by_its_head() {
    let heads = [
        START,
        "Starting Klippy...",
        "Stats 30.4: sysload=0.5",
        "INFO:root:Stats 3: ",
        "===== Config file =====\r\n",
    ];
    assert!(heads.iter().all(|head| recognises(head.as_bytes())));
    let others = [
        "",
        "Stats",
        "Stats of 3: x",
        "Start printer at 10",
        "ok T:20.0 /0.0",
        "2026-11-22 10:15:30,1 - a - INFO - b",
    ];
    assert!(!others.iter().any(|head| recognises(head.as_bytes())));
}

#[test]
fn joined_lines_are_one_record_and_what_belongs_to_it() {
    let joined = "MCU 'mcu' shutdown: Timer too close\nclocksync state: mcu_freq=1\r\nDumping send queue 1 messages\nanything\n";
    let output = read(&mut parser(), joined);
    assert_eq!((output.readings.len(), output.unmatched.len()), (5, 1));
    let config =
        "===== Config file =====\nStats 1.0: sysload=1.00\n=======================\nStats 2.0: sysload=1.00";
    let output = read(&mut parser(), config);
    assert_eq!((output.readings.len(), output.unmatched.len()), (0, 1), "it has no place of its own");
}

#[test]
fn limits() {
    let tokens = |count: u16| format!("Stats 1.0:{}", " sd_pos=1".repeat(count.into()));
    assert!(read(&mut parser(), &tokens(KLIPPY_TOKENS_MAX)).refused.is_empty());
    assert_eq!(read(&mut parser(), &tokens(KLIPPY_TOKENS_MAX + 1)).refused.len(), 1);

    let controllers = |count: usize| {
        (0..count).map(|number| format!(" c{number}: mcu_awake=0.010")).collect::<String>() + " "
    };
    let all = read(&mut parser(), &format!("Stats 1.0:{}", controllers(KLIPPY_CONTROLLERS_MAX)));
    assert_eq!((all.readings.len(), all.refused.len()), (KLIPPY_CONTROLLERS_MAX, 0));
    let more = read(&mut parser(), &format!("Stats 1.0:{}", controllers(KLIPPY_CONTROLLERS_MAX + 1)));
    assert_eq!((more.readings.len(), more.refused.len()), (KLIPPY_CONTROLLERS_MAX, 1));

    let sensors = (0..257).map(|number| format!(" s{number}: temp=20.0")).collect::<String>();
    let sensors = read(&mut parser(), &format!("Stats 1.0:{sensors}"));
    assert_eq!((sensors.readings.len(), sensors.refused.len()), (255, 2));

    let long = "x".repeat(LINE_BYTES_MAX + 1);
    assert_eq!(read(&mut parser(), &long).refused[0].why, Refusal::TooLong);
}

#[test]
fn a_configuration_without_an_end_does_not_silence_the_printer_for_ever() {
    let mut parser = parser();
    read(&mut parser, "===== Config file =====");
    for _ in 0..=KLIPPY_BLOCK_LINES_MAX {
        assert_eq!(read(&mut parser, "Stats 1.0: sysload=0.10"), Output::default());
    }
    assert_eq!(read(&mut parser, "Stats 1.0: sysload=0.10").readings.len(), 1);
}

#[test]
fn a_line_is_read_alike_whatever_order_of_controllers_stood_above() {
    let line = "Stats 31.4: mcu: mcu_awake=0.010 b: mcu_awake=0.020 canstat_b: bus_state=off";
    let mut fresh = parser();
    read(&mut fresh, START);
    let mut after_another = parser();
    read(&mut after_another, START);
    read(&mut after_another, "Stats 30.4: mcu: mcu_awake=0.010 a: mcu_awake=0.010 b: mcu_awake=0.020");
    assert_eq!(read(&mut after_another, line), read(&mut fresh, line));
}

/// Pieces of the grammar, and what is none.
fn token() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "\n",
        "\nStats ",
        "30.4",
        ": ",
        " ",
        "mcu:",
        " a:",
        " canstat_a:",
        "mcu_awake=",
        "temp=",
        " target=",
        "0.5",
        "-",
        "sysload=",
        "bus_state=",
        "warn",
        "\nStart printer at x (",
        ")",
        "\nMCU '",
        "'",
        " shutdown: ",
        "nan",
        "inf",
        "\nTimeout with MCU '",
        " (eventtime=",
        "\n===== Config file =====\n",
        "\n=======================\n",
        "\nTransition to shutdown state: ",
        "\nExiting SD card print",
        "9999999999",
        "\nHeater ",
        " not heating at expected rate",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A line cut anywhere says nothing that the whole line does not say, but for a whole number without decimals.
    #[test]
    fn half_a_line_makes_nothing_up(cut in 0usize..200) {
        let whole = "Stats 30.4: mcu: mcu_awake=0.031 mcu_task_avg=0.000010 srtt=0.001 annas_probe: temp=21.5 \
            heater_bed: temp=59.8 pwm=0.214 sysload=0.47 buffer_time=2.107 canstat_mcu: bus_state=passive";
        let read = |text: &str| {
            let mut parser = parser();
            super::tests::read(&mut parser, START);
            super::tests::read(&mut parser, text).readings
        };
        let all = read(whole);
        let half = read(whole.get(..cut).unwrap_or(whole));
        prop_assert_eq!(&half[..], &all[..half.len()]);
    }

    #[test]
    fn any_tokens_are_taken(tokens in proptest::collection::vec(token(), 0..60)) {
        crate::fuzz_body(crate::Family::Klippy, tokens.concat().as_bytes());
    }

    /// Whatever a line holds, no six characters of it are in what is made of it or in the parser's own words.
    #[test]
    fn no_text_is_kept(secret in "[a-z]{6,12}") {
        const LINES: [&str; 16] = [
            START, "Stats 30.4: @: mcu_awake=0.010 canstat_@: bus_state=@ @: temp=2.0 @=@ sysload=@ @ memavail=1",
            "@", "Stats @: sysload=0.10", "Start printer at @ (@ @)", "MCU '@' shutdown: @", "MCU '@' @", "mcu '@': Unable to @",
            "mcu '@': Starting @", "Configured MCU '@' (@ moves)", "Heater @ not heating at expected rate",
            "Transition to shutdown state: @", "Read 1.0: 'G1 X10 ;@'", "===== Config file =====", "@ = @", "@",
        ];
        let mut parser = parser();
        for line in LINES {
            let output = read(&mut parser, &line.replace('@', &secret));
            let text = format!("{parser:?} {output:?}");
            let left = secret.as_bytes().windows(6).find(|piece| memchr::memmem::find(text.as_bytes(), piece).is_some());
            prop_assert!(left.is_none(), "{left:?} in {text}");
            prop_assert!(output.readings.iter().all(|reading| !matches!(reading.value(), Value::Identity(_))));
        }
    }
}
