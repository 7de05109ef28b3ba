//! What is done with a good release, step by step, and what when a step fails. It is pure: one event comes in with the
//! time, one action goes out, and its outcome is the next event.
//!
//! ```text
//! load -> rehearse -> does data flow now? -> count the attempt -> the new uplink -> does data flow through it?
//!      -> the new intake -> does data flow? -> watch -> install -> remove the old images
//! ```
//!
//! The uplink goes first, since it holds nothing: while it is replaced, the intake keeps all that it has. Only when the
//! platform has stored something through the new one is the old intake stopped, and so it delivers what it holds by a way
//! that has just been seen to work. Whatever fails before the first switch changes nothing that runs; whatever fails
//! after it leads back. There is no step at which two intakes could reach a printer: a switch ends one before it starts
//! the other.

mod stage;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

pub(crate) use stage::Stage;

use super::hands::{Pair, Rehearsal, Sight, Trouble};
use super::limits::{
    AGAIN_WAIT, BASELINE_MAX, FLOW_WITHIN, HEARD_MAX, HEARD_PART, HEARD_WITHIN, LOOK_EVERY, PROOF_MAX,
    REHEARSAL_MAX, SILENCE_MAX, UNHEALTHY_MAX,
};

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Action {
    /// Give the engine the images of the release, and look what it calls them.
    Load,
    /// Start both halves beside the running ones, without a network, with a link of their own.
    Rehearse(Pair),
    /// Ask how those do.
    AskRehearsal,
    /// Remove them.
    EndRehearsal,
    /// Ask how the running halves do.
    Look,
    /// Wait.
    Pause(Duration),
    /// Write down that this release is tried once more.
    Count,
    /// Let these images run in the place of those that do.
    Switch(Pair),
    /// Make the release the one that is installed.
    Install,
    /// Remove these images, which nothing runs any more.
    Remove(Pair),
    /// Remove what was copied of a release that was not installed.
    Forget,
}

/// What has happened.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Event {
    /// A release was found good, and lies whole on the disk.
    Found,
    /// The engine has its images, by these names.
    Loaded(Pair),
    /// How the rehearsal goes.
    Rehearsal(Rehearsal),
    /// How the running halves do.
    Seen(Sight),
    /// What was to be done is done.
    Done,
    /// It could not be done.
    Failed(Trouble),
}

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It runs, and will be started from now on.
    Installed,
    /// It was not put in the place of what runs.
    NotSwitched(String),
    /// It was, and what ran before runs again.
    WentBack(String),
}

/// Which half is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    Uplink,
    Intake,
}

#[derive(Clone, PartialEq, Debug)]
enum Step {
    Idle,
    Load,
    Rehearse,
    AskRehearsal(Time),
    EndRehearsal(Result<(), Why>),
    Baseline(Time),
    Count,
    Switch(Half),
    Prove(Half, Proof),
    Watch(Proof),
    Install,
    RemoveOld,
    // Back to what ran before.
    GoBack(String),
    // After a pause.
    Again(Box<Step>),
    // Away with what was to be.
    CountFailure(String),
    RemoveNew(Outcome),
    Forget(Outcome),
}

/// How long something may still take. Time in which there is no engine does not count: it says nothing of a release.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Time {
    left: Duration,
    since: Instant,
}

/// What is known of the halves since a switch.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Proof {
    time: Time,
    /// When the switch was done: what was stored before proves nothing.
    from: Instant,
    /// The last that was seen of it, to notice one that died and was started again.
    runs: Option<[u64; 2]>,
    /// When they were last seen well, and data last seen to flow.
    well: Instant,
    flowed: Instant,
}

/// Why it goes no further, and whether that is the release's fault.
#[derive(Clone, PartialEq, Debug)]
struct Why {
    text: String,
    counts: bool,
}

/// One release at a time.
#[derive(Debug)]
pub(super) struct Machine {
    running: Pair,
    /// The candidate's images, as soon as the engine has them.
    next: Pair,
    /// How long a new pair is watched before it is believed.
    watch: Duration,
    step: Step,
    /// Printers that were heard before the first switch, and those of them that the new intake has heard.
    before: BTreeSet<String>,
    again: BTreeSet<String>,
    outcome: Option<Outcome>,
}

impl Machine {
    /// With what runs now.
    pub(super) fn new(running: Pair, watch: Duration) -> Self {
        let (before, again) = (BTreeSet::new(), BTreeSet::new());
        Self { next: running.clone(), running, watch, step: Step::Idle, before, again, outcome: None }
    }

    /// What is believed to be good: what runs when nothing is under way.
    pub(super) fn running(&self) -> &Pair {
        &self.running
    }

    /// How the last release ended, once.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// What to do after this, if anything. It is told how that went.
    pub(super) fn handle(&mut self, event: Event, now: Instant) -> Option<Action> {
        let step = std::mem::replace(&mut self.step, Step::Idle);
        match (step, event) {
            (Step::Idle, Event::Found) => self.to(Step::Load),
            (Step::Idle, _) => None,
            (Step::Load, Event::Loaded(next)) => {
                self.next = next;
                self.to(Step::Rehearse)
            }
            (Step::Load, event) => self.not_switched(why(event)),
            (Step::Rehearse, Event::Done) => self.to(Step::AskRehearsal(Time::of(REHEARSAL_MAX, now))),
            (Step::Rehearse, event) => self.to(Step::EndRehearsal(Err(why(event)))),
            (Step::AskRehearsal(time), event) => self.rehearsal(time, event, now),
            // It reaches nobody; but it goes before anything else is done.
            (step @ Step::EndRehearsal(_), Event::Failed(_)) => self.until_done(step),
            (Step::EndRehearsal(Ok(())), _) => self.to(Step::Baseline(Time::of(BASELINE_MAX, now))),
            (Step::EndRehearsal(Err(why)), _) => self.not_switched(why),
            (Step::Baseline(time), event) => self.baseline(time, &event, now),
            (Step::Count, Event::Done) => self.to(Step::Switch(Half::Uplink)),
            (Step::Count, event) => self.not_switched(Why { counts: false, ..why(event) }),
            (Step::Switch(half), Event::Done) => self.to(Step::Prove(half, Proof::of(PROOF_MAX, now))),
            (Step::Switch(half), event) => self.to(Step::GoBack(format!(
                "the new {} could not be started: {}",
                half.name(),
                why(event).text
            ))),
            (Step::Prove(half, proof), event) => self.prove(half, proof, &event, now),
            (Step::Watch(proof), event) => self.watch(proof, &event, now),
            (Step::Install, Event::Done) => {
                let (before, now) = (self.running.clone(), self.next.clone());
                (self.running, self.next) = (now, before);
                self.to(Step::RemoveOld)
            }
            (Step::Install, event) => {
                self.to(Step::GoBack(format!("it could not be written to the disk: {}", why(event).text)))
            }
            (Step::RemoveOld, _) => self.end(Outcome::Installed),
            (Step::GoBack(reason), Event::Done) => self.to(Step::RemoveNew(Outcome::WentBack(reason))),
            // There is nothing else to do: what ran before must run again.
            (step @ Step::GoBack(_), _) => self.until_done(step),
            (Step::Again(step), _) => self.to(*step),
            (Step::CountFailure(reason), _) => self.to(Step::RemoveNew(Outcome::NotSwitched(reason))),
            (Step::RemoveNew(outcome), _) => self.to(Step::Forget(outcome)),
            (step @ Step::Forget(_), Event::Failed(_)) => self.until_done(step),
            (Step::Forget(outcome), _) => self.end(outcome),
        }
    }

    fn rehearsal(&mut self, mut time: Time, event: Event, now: Instant) -> Option<Action> {
        let ended = match event {
            Event::Rehearsal(Rehearsal::Well) => Ok(()),
            Event::Rehearsal(Rehearsal::Failed(text)) => Err(Why { text, counts: true }),
            Event::Rehearsal(Rehearsal::Starting) if time.passes(now) => {
                self.step = Step::AskRehearsal(time);
                return Some(Action::Pause(LOOK_EVERY));
            }
            Event::Rehearsal(Rehearsal::Starting) => {
                let within = humantime::format_duration(REHEARSAL_MAX);
                let text = format!("beside the running halves it did not become healthy within {within}");
                Err(Why { text, counts: true })
            }
            Event::Failed(trouble) => Err(why(Event::Failed(trouble))),
            _ => {
                self.step = Step::AskRehearsal(time);
                return Some(Action::AskRehearsal);
            }
        };
        self.to(Step::EndRehearsal(ended))
    }

    /// Data must flow now. In an outage of the platform nothing is switched: what the intake holds would have nowhere to go,
    /// and nobody could tell whether the new one works.
    fn baseline(&mut self, mut time: Time, event: &Event, now: Instant) -> Option<Action> {
        match event {
            Event::Seen(sight) if sight.well && sight.stored_ago.is_some_and(|ago| ago <= FLOW_WITHIN) => {
                let fresh = sight.heard.iter().filter(|(_, ago)| **ago <= HEARD_WITHIN);
                (self.before, self.again) = (fresh.map(|(id, _)| id.clone()).collect(), BTreeSet::new());
                self.to(Step::Count)
            }
            Event::Seen(_) | Event::Failed(_) if time.passes(now) => {
                self.step = Step::Baseline(time);
                Some(Action::Pause(LOOK_EVERY))
            }
            Event::Seen(_) | Event::Failed(_) => {
                let within = humantime::format_duration(BASELINE_MAX);
                let text = format!("no data has flowed for {within}, and without it nothing is switched");
                self.not_switched(Why { text, counts: false })
            }
            _ => self.to(Step::Baseline(time)),
        }
    }

    fn prove(&mut self, half: Half, mut proof: Proof, event: &Event, now: Instant) -> Option<Action> {
        match proof.see(event, now) {
            Look::Died => {
                self.to(Step::GoBack(format!("with the new {} a half has ended by itself", half.name())))
            }
            Look::Flows => match half {
                Half::Uplink => self.to(Step::Switch(Half::Intake)),
                Half::Intake => {
                    let time = Time::of(self.watch, now);
                    self.to(Step::Watch(Proof { time, ..proof }))
                }
            },
            Look::Paused => self.to(Step::Prove(half, proof)),
            Look::Away => self.again(Step::Prove(half, proof)),
            Look::Silent | Look::Unwell if proof.time.passes(now) => self.again(Step::Prove(half, proof)),
            look => {
                let what = if look == Look::Unwell { "it is not healthy" } else { "no data flows" };
                let within = humantime::format_duration(PROOF_MAX);
                let half = half.name();
                self.to(Step::GoBack(format!("{within} after the new {half} was started, {what}")))
            }
        }
    }

    fn watch(&mut self, mut proof: Proof, event: &Event, now: Instant) -> Option<Action> {
        self.hear(event, proof.from, now);
        let look = proof.see(event, now);
        let reason = match look {
            Look::Paused => return self.to(Step::Watch(proof)),
            Look::Away => return self.again(Step::Watch(proof)),
            Look::Died => "a half has ended by itself".to_owned(),
            Look::Unwell if now.duration_since(proof.well) >= UNHEALTHY_MAX => {
                format!("it was not healthy for {}", humantime::format_duration(UNHEALTHY_MAX))
            }
            Look::Silent if now.duration_since(proof.flowed) >= SILENCE_MAX => {
                format!("no data flowed for {}", humantime::format_duration(SILENCE_MAX))
            }
            Look::Unwell | Look::Silent => {
                // It is watched until it has been seen well.
                proof.time.passes(now);
                return self.again(Step::Watch(proof));
            }
            Look::Flows if proof.time.passes(now) => return self.again(Step::Watch(proof)),
            Look::Flows if self.hears_enough() => return self.to(Step::Install),
            Look::Flows if now.duration_since(proof.from) < self.watch + PROOF_MAX + HEARD_MAX => {
                return self.again(Step::Watch(proof));
            }
            Look::Flows => format!(
                "of {} printers that were heard before, {} were heard again",
                self.before.len(),
                self.again.len()
            ),
        };
        self.to(Step::GoBack(format!("while it was watched, {reason}")))
    }

    /// Notes who was heard since the new intake runs.
    fn hear(&mut self, event: &Event, from: Instant, now: Instant) {
        let Event::Seen(sight) = event else { return };
        let since = |ago: &Duration| now.checked_sub(*ago).is_some_and(|heard| heard > from);
        let heard = sight.heard.iter().filter(|(id, ago)| self.before.contains(*id) && since(ago));
        self.again.extend(heard.map(|(id, _)| id.clone()));
    }

    /// What the adapter says of itself is stored whether a printer is heard or not. So the printers are asked for as well.
    fn hears_enough(&self) -> bool {
        self.again.len() >= self.before.len().div_ceil(HEARD_PART)
    }

    fn not_switched(&mut self, why: Why) -> Option<Action> {
        if why.counts {
            self.to(Step::CountFailure(why.text))
        } else {
            self.to(Step::RemoveNew(Outcome::NotSwitched(why.text)))
        }
    }

    /// Tries a step again until it is done.
    fn until_done(&mut self, step: Step) -> Option<Action> {
        self.step = Step::Again(Box::new(step));
        Some(Action::Pause(AGAIN_WAIT))
    }

    fn again(&mut self, step: Step) -> Option<Action> {
        self.step = step;
        Some(Action::Pause(LOOK_EVERY))
    }

    fn end(&mut self, outcome: Outcome) -> Option<Action> {
        self.next = self.running.clone();
        self.outcome = Some(outcome);
        None
    }

    /// Enters a step.
    fn to(&mut self, step: Step) -> Option<Action> {
        let action = match &step {
            Step::Idle | Step::Again(_) => return None,
            // Nothing was loaded.
            Step::RemoveNew(outcome) if self.next == self.running => {
                return self.to(Step::Forget(outcome.clone()));
            }
            Step::Load => Action::Load,
            Step::Rehearse => Action::Rehearse(self.next.clone()),
            Step::AskRehearsal(_) => Action::AskRehearsal,
            Step::EndRehearsal(_) => Action::EndRehearsal,
            Step::Baseline(_) | Step::Prove(..) | Step::Watch(_) => Action::Look,
            Step::Count | Step::CountFailure(_) => Action::Count,
            Step::Switch(Half::Uplink) => {
                Action::Switch(Pair { uplink: self.next.uplink.clone(), ..self.running.clone() })
            }
            Step::Switch(Half::Intake) => Action::Switch(self.next.clone()),
            Step::Install => Action::Install,
            // When it is installed, `next` is what ran before.
            Step::RemoveOld | Step::RemoveNew(_) => Action::Remove(self.next.clone()),
            Step::GoBack(_) => Action::Switch(self.running.clone()),
            Step::Forget(_) => Action::Forget,
        };
        self.step = step;
        Some(action)
    }
}

/// What a look at the running halves says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    /// They are well, and something was stored since.
    Flows,
    /// They are well, and nothing was.
    Silent,
    Unwell,
    Died,
    /// There is no engine that could say.
    Away,
    /// None yet: a pause is over.
    Paused,
}

impl Proof {
    fn of(max: Duration, now: Instant) -> Self {
        Self { time: Time::of(max, now), from: now, runs: None, well: now, flowed: now }
    }

    fn see(&mut self, event: &Event, now: Instant) -> Look {
        let sight = match event {
            Event::Seen(sight) => sight,
            Event::Failed(Trouble::Failed(_)) => return Look::Unwell,
            Event::Failed(Trouble::Away(_)) => {
                // With the engine its containers may have gone, and that they were started again is no fault of theirs.
                (self.runs, self.well, self.flowed, self.time.since) = (None, now, now, now);
                return Look::Away;
            }
            _ => return Look::Paused,
        };
        let died = self.runs.is_some_and(|runs| runs != sight.runs);
        self.runs = Some(sight.runs);
        if died {
            return Look::Died;
        }
        if !sight.well {
            return Look::Unwell;
        }
        self.well = now;
        let stored = sight.stored_ago.and_then(|ago| now.checked_sub(ago));
        match stored.filter(|stored| *stored > self.from) {
            Some(stored) => {
                self.flowed = self.flowed.max(stored);
                let fresh = now.duration_since(stored) <= FLOW_WITHIN;
                if fresh { Look::Flows } else { Look::Silent }
            }
            None => Look::Silent,
        }
    }
}

impl Time {
    fn of(left: Duration, since: Instant) -> Self {
        Self { left, since }
    }

    /// Whether there is still some.
    fn passes(&mut self, now: Instant) -> bool {
        self.left = self.left.saturating_sub(now.duration_since(self.since));
        self.since = now;
        !self.left.is_zero()
    }
}

impl Half {
    fn name(self) -> &'static str {
        match self {
            Self::Uplink => "uplink",
            Self::Intake => "intake",
        }
    }
}

fn why(event: Event) -> Why {
    match event {
        Event::Failed(Trouble::Away(text)) => Why { text, counts: false },
        Event::Failed(Trouble::Failed(text)) => Why { text, counts: true },
        _ => Why { text: "it ended otherwise than it can".into(), counts: false },
    }
}

#[cfg(test)]
mod tests;
