//! The machine against a world that fails in every way at every step. The clock is the world's.

use std::collections::BTreeSet;

use super::*;
use crate::update::install::limits::ATTEMPTS_MAX;

const WATCH: Duration = Duration::from_secs(600);

fn image(digit: char) -> release::ImageDigest {
    release::ImageDigest::parse(&format!("sha256:{}", digit.to_string().repeat(64))).unwrap()
}

fn old() -> Pair {
    Pair { intake: image('1'), uplink: image('2') }
}

fn new() -> Pair {
    Pair { intake: image('3'), uplink: image('4') }
}

/// What a release is like that is tried.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Manner {
    Good,
    /// The engine calls the loaded image something else.
    OtherDigest,
    NeverHealthyBeside,
    EndsBeside,
    /// Healthy beside, and not in its place.
    UnhealthyUplink,
    UnhealthyIntake,
    /// Healthy, and nothing gets through.
    MuteUplink,
    MuteIntake,
    /// Ends by itself a minute after it was started.
    Dies,
    /// Is unhealthy from a minute on.
    Sickens,
    /// Gives no more data from a minute on.
    FallsSilent,
    /// Says of itself that all is well, and hears no printer.
    Deaf,
    /// Does not start at all in the place of the old one.
    NoStart,
}

/// What happens to one action.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Harm {
    /// It fails by the release's fault, and nothing of it is done.
    Fails,
    /// The engine is killed before it, and comes back after a minute with the containers.
    EngineKilled,
    /// The supervisor is killed before it, or when it was done and nobody has heard of it.
    KilledBefore,
    KilledAfter,
}

struct World {
    manner: Manner,
    now: Instant,
    /// The engine is away until then.
    away: Option<Instant>,
    running: Pair,
    switched: Instant,
    /// Images that the engine has.
    images: BTreeSet<String>,
    rehearses: bool,
    platform: bool,
    runs: u64,
    // The disk.
    installed: Pair,
    next: bool,
    tried: u32,
    /// All that was done, in words.
    done: Vec<String>,
    /// How far it was said to have come.
    said: Vec<(Stage, Option<Duration>)>,
}

impl World {
    fn new(manner: Manner) -> Self {
        let now = Instant::now();
        let images = [old().intake, old().uplink].map(|image| image.to_string());
        Self {
            manner,
            now,
            away: None,
            running: old(),
            switched: now,
            images: images.into(),
            rehearses: false,
            platform: true,
            runs: 1,
            installed: old(),
            next: true,
            tried: 0,
            done: Vec::new(),
            said: Vec::new(),
        }
    }

    fn perform(&mut self, action: &Action) -> Event {
        self.now += Duration::from_millis(100);
        self.done.push(format!("{action:?}").split(['(', ' ']).next().unwrap().to_owned());
        if let Some(until) = self.away.filter(|_| {
            !matches!(action, Action::Pause(_) | Action::Count | Action::Install | Action::Forget)
        }) {
            if self.now < until {
                return Event::Failed(Trouble::Away("no engine".into()));
            }
            self.away = None;
        }
        match action {
            Action::Load => {
                if self.manner == Manner::OtherDigest {
                    return Event::Failed(Trouble::Failed("another image".into()));
                }
                self.images.extend([new().intake, new().uplink].map(|image| image.to_string()));
                Event::Loaded(new())
            }
            Action::Rehearse(pair) => {
                assert_eq!(*pair, new());
                self.rehearses = true;
                Event::Done
            }
            Action::AskRehearsal => Event::Rehearsal(match self.manner {
                Manner::NeverHealthyBeside => Rehearsal::Starting,
                Manner::EndsBeside => Rehearsal::Failed("it ended with 2".into()),
                _ => Rehearsal::Well,
            }),
            Action::EndRehearsal => {
                self.rehearses = false;
                Event::Done
            }
            Action::Look => self.look(),
            Action::Pause(time) => {
                self.now += *time;
                Event::Done
            }
            Action::Count => {
                self.tried += 1;
                Event::Done
            }
            Action::Switch(pair) => {
                assert!(!self.rehearses, "a rehearsal is over before anything is switched");
                for image in [&pair.intake, &pair.uplink] {
                    assert!(self.images.contains(&image.to_string()), "{image} was removed");
                }
                if self.manner == Manner::NoStart && *pair != old() {
                    return Event::Failed(Trouble::Failed("it does not start".into()));
                }
                if *pair != self.running {
                    (self.running, self.switched, self.runs) = (pair.clone(), self.now, self.runs + 1);
                }
                Event::Done
            }
            Action::Install => {
                assert_eq!(self.running, new(), "what is installed is what runs");
                self.installed = new();
                self.next = false;
                Event::Done
            }
            Action::Remove(pair) => {
                for image in [&pair.intake, &pair.uplink] {
                    assert!(*image != self.running.intake && *image != self.running.uplink, "it runs");
                    self.images.remove(&image.to_string());
                }
                Event::Done
            }
            Action::Forget => {
                self.next = false;
                Event::Done
            }
        }
    }

    fn look(&mut self) -> Event {
        let since = self.now.duration_since(self.switched);
        let (uplink, intake) = (self.running.uplink == new().uplink, self.running.intake == new().intake);
        let late = intake && since > Duration::from_secs(60);
        let (mut well, mut flows) =
            (since > Duration::from_secs(2), self.platform && since > Duration::from_secs(4));
        match self.manner {
            Manner::UnhealthyUplink if uplink => well = false,
            Manner::UnhealthyIntake if intake => well = false,
            Manner::MuteUplink if uplink => flows = false,
            Manner::MuteIntake if intake => flows = false,
            Manner::Dies if late => {
                self.runs += 1;
                self.switched = self.now;
            }
            Manner::Sickens if late => well = false,
            Manner::FallsSilent if late => flows = false,
            _ => {}
        }
        let stored_ago = flows.then_some(Duration::from_millis(500));
        // What was stored before stays stored.
        let stored_ago = stored_ago.or(Some(since + Duration::from_secs(60)));
        let deaf = self.manner == Manner::Deaf && intake;
        // One of three is switched off in the moment of the switch.
        let heard = ["p01", "p02", "p03"].into_iter().filter(|id| !(deaf || intake && *id == "p03"));
        let heard = heard.map(|id| (id.to_owned(), Duration::from_millis(500))).collect();
        Event::Seen(Sight { well, stored_ago, heard, runs: [self.runs, 1] })
    }

    /// A supervisor that starts: it runs what is installed, and removes what was left.
    fn start(&mut self) -> Machine {
        (self.rehearses, self.next) = (false, false);
        if self.running != self.installed {
            (self.running, self.switched, self.runs) = (self.installed.clone(), self.now, self.runs + 1);
        }
        Machine::new(self.installed.clone(), WATCH)
    }
}

/// Lets a release be found, and runs until there is nothing to do; at one action something happens.
fn run(world: &mut World, harm: Option<(usize, Harm)>) -> Option<Outcome> {
    let mut machine = Machine::new(world.installed.clone(), WATCH);
    let mut next = machine.handle(Event::Found, world.now);
    for count in 0.. {
        assert!(count < 5000, "it comes to no end: {:?}", world.done);
        let Some(action) = next else { break };
        let harm = harm.and_then(|(at, harm)| (at == count).then_some(harm));
        let event = match harm {
            Some(Harm::KilledBefore) => {
                machine = world.start();
                break;
            }
            Some(Harm::Fails) => Event::Failed(Trouble::Failed("harmed".into())),
            Some(Harm::EngineKilled) => {
                (world.away, world.runs) = (Some(world.now + Duration::from_secs(60)), world.runs + 1);
                world.perform(&action)
            }
            None | Some(Harm::KilledAfter) => world.perform(&action),
        };
        if harm == Some(Harm::KilledAfter) {
            machine = world.start();
            break;
        }
        next = machine.handle(event, world.now);
        world.said.extend(machine.stage());
    }
    // What holds whatever has happened.
    assert_eq!(world.running, world.installed, "what runs is what is installed: {:?}", world.done);
    assert_eq!(machine.running(), &world.installed);
    assert!(!world.next && !world.rehearses, "nothing is left lying about: {:?}", world.done);
    machine.outcome()
}

#[test]
fn a_good_release_is_installed_in_this_order() {
    let mut world = World::new(Manner::Good);
    assert_eq!(run(&mut world, None), Some(Outcome::Installed));
    assert_eq!(world.running, new());
    assert_eq!(world.images, [new().intake, new().uplink].map(|image| image.to_string()).into());
    world.done.dedup_by(|a, b| a == b);
    let mut steps = Vec::new();
    for word in world.done.iter().filter(|word| *word != "Pause") {
        if steps.last() != Some(&word.as_str()) {
            steps.push(word.as_str());
        }
    }
    let expected = [
        "Load",
        "Rehearse",
        "AskRehearsal",
        "EndRehearsal",
        "Look",
        "Count",
        "Switch",
        "Look",
        "Switch",
        "Look",
        "Install",
        "Remove",
    ];
    assert_eq!(steps, expected);
    assert!(world.now.duration_since(world.switched) >= WATCH, "it was watched");
}

#[test]
fn it_says_how_far_a_release_has_come_and_how_long_it_is_still_watched() {
    use Stage::{GoesBack, Installed, Intake, Tried, Uplink, Watched};
    for (manner, expected) in [
        (Manner::Good, &[Tried, Uplink, Intake, Watched, Installed][..]),
        (Manner::EndsBeside, &[Tried]),
        (Manner::MuteUplink, &[Tried, Uplink, GoesBack]),
        (Manner::Dies, &[Tried, Uplink, Intake, Watched, GoesBack]),
    ] {
        let mut world = World::new(manner);
        run(&mut world, None);
        let mut stages: Vec<_> = world.said.iter().map(|(stage, _)| *stage).collect();
        stages.dedup();
        assert_eq!(stages, expected, "{manner:?}");
        let left: Vec<_> = world.said.iter().filter_map(|(_, left)| *left).collect();
        assert!(
            left.is_sorted_by(|one, next| one >= next) && left.first().is_none_or(|first| *first == WATCH)
        );
        assert_eq!(!left.is_empty(), expected.contains(&Watched));
    }
}

#[test]
fn a_bad_release_ends_as_it_must_and_what_ran_before_runs() {
    for (manner, switched, tried, words) in [
        (Manner::OtherDigest, false, 1, "another image"),
        (Manner::NeverHealthyBeside, false, 1, "beside the running halves it did not become healthy"),
        (Manner::EndsBeside, false, 1, "it ended with 2"),
        (Manner::NoStart, true, 1, "the new uplink could not be started: it does not start"),
        (Manner::UnhealthyUplink, true, 1, "after the new uplink was started, it is not healthy"),
        (Manner::MuteUplink, true, 1, "after the new uplink was started, no data flows"),
        (Manner::UnhealthyIntake, true, 1, "after the new intake was started, it is not healthy"),
        (Manner::MuteIntake, true, 1, "after the new intake was started, no data flows"),
        (Manner::Dies, true, 1, "while it was watched, a half has ended by itself"),
        (Manner::Sickens, true, 1, "while it was watched, it was not healthy for 1m"),
        (Manner::FallsSilent, true, 1, "while it was watched, no data flowed for 5m"),
        (Manner::Deaf, true, 1, "of 3 printers that were heard before, 0 were heard again"),
    ] {
        let mut world = World::new(manner);
        let outcome = run(&mut world, None);
        let said = match (&outcome, switched) {
            (Some(Outcome::NotSwitched(said)), false) | (Some(Outcome::WentBack(said)), true) => said.clone(),
            _ => panic!("{manner:?}: {outcome:?}"),
        };
        assert!(said.contains(words), "{manner:?}: {said}");
        assert_eq!((world.tried, &world.installed), (tried, &old()), "{manner:?}");
        assert_eq!(
            world.images,
            [old().intake, old().uplink].map(|image| image.to_string()).into(),
            "{manner:?}"
        );
        let intakes = world.done.iter().filter(|word| *word == "Switch").count();
        assert_eq!(intakes > 0, switched, "{manner:?}");
    }
}

/// Nothing is switched while the platform is away, and the release is not to blame.
#[test]
fn without_data_nothing_is_switched() {
    let mut world = World::new(Manner::Good);
    world.platform = false;
    let Some(Outcome::NotSwitched(said)) = run(&mut world, None) else { panic!("it was") };
    assert!(said.contains("no data has flowed for 10m"), "{said}");
    assert_eq!((world.tried, world.done.iter().any(|word| word == "Switch")), (0, false));
}

/// Every harm at every single action of a good release.
#[test]
fn whatever_happens_at_any_step_what_runs_in_the_end_is_what_is_installed() {
    let mut world = World::new(Manner::Good);
    run(&mut world, None);
    let steps = world.done;
    for harm in [Harm::Fails, Harm::EngineKilled, Harm::KilledBefore, Harm::KilledAfter] {
        let mut installed = 0;
        for (at, step) in steps.iter().enumerate() {
            let mut world = World::new(Manner::Good);
            let outcome = run(&mut world, Some((at, harm)));
            let is_new = world.installed == new();
            installed += usize::from(is_new);
            match harm {
                // To remove the old images comes last, and nothing hangs on it; a pause cannot fail.
                Harm::Fails => {
                    let harmless = ["Remove", "Pause", "Look", "EndRehearsal"].contains(&step.as_str());
                    assert_eq!(is_new, harmless, "{at} {step}: {outcome:?}");
                    let counted =
                        ["Load", "Rehearse", "AskRehearsal", "Switch", "Install"].contains(&step.as_str());
                    assert_eq!(world.tried > 0, counted || is_new, "{at} {step}");
                }
                // With no engine to switch by, it goes back as soon as there is one, and comes again.
                Harm::EngineKilled if !is_new => {
                    assert!(
                        ["Load", "Rehearse", "AskRehearsal", "Count", "Switch"].contains(&step.as_str()),
                        "{at} {step}"
                    );
                }
                Harm::EngineKilled => {}
                // Killed as soon as it was written down, it starts what was written down.
                Harm::KilledBefore => assert_eq!(is_new, step == "Remove", "{at} {step}"),
                Harm::KilledAfter => {
                    assert_eq!(is_new, ["Install", "Remove"].contains(&step.as_str()), "{at} {step}");
                }
            }
        }
        assert!(installed > 0, "{harm:?}");
    }
}

/// The same of a release that is taken back: the way back is gone to its end.
#[test]
fn whatever_happens_on_the_way_back_what_ran_before_runs() {
    for manner in [Manner::MuteIntake, Manner::MuteUplink, Manner::NeverHealthyBeside, Manner::Dies] {
        let mut world = World::new(manner);
        run(&mut world, None);
        for harm in [Harm::Fails, Harm::EngineKilled, Harm::KilledBefore, Harm::KilledAfter] {
            for at in 0..world.done.len() {
                let mut world = World::new(manner);
                run(&mut world, Some((at, harm)));
                assert_eq!(world.installed, old(), "{manner:?} {harm:?} {at}");
            }
        }
    }
}

/// A release that kills the supervisor is not tried for ever: an attempt is written down before the first switch.
#[test]
fn an_attempt_is_counted_before_anything_is_switched() {
    let mut world = World::new(Manner::Good);
    for attempt in 1..=ATTEMPTS_MAX {
        world.next = true;
        let at = world.done.len();
        let mut probe = World::new(Manner::Good);
        run(&mut probe, None);
        let switch = probe.done.iter().position(|word| word == "Switch").unwrap();
        run(&mut world, Some((switch, Harm::KilledAfter)));
        assert!(world.done.len() > at);
        assert_eq!(world.tried, attempt);
    }
}
