//! A printer behind an MTConnect agent: what it can say is read once, what it says by its numbers.

mod codes;
mod conditions;
mod digest;
mod limits;
mod model;
mod places;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod units;

use std::sync::Arc;

use catalog::items;
use protocol::limits::MTCONNECT_DOCUMENT_BYTES_MAX;
use protocol::mtconnect::{self, AgentError, Ask, Follow, Happened, Outcome};
use tokio::time::Duration;

use self::digest::{Contents, Devices, Digest, Seen};
use self::limits::{ANSWER_MAX, ROUND_QUESTIONS_MAX};
use self::model::Model;
use self::state::State;
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Pace, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Get, Got, Path, Question};
use crate::intake::poll::trouble::{Trouble, Why};

/// More than a document may have, so that it is the document that is refused, and by its name.
const BYTES_MAX: usize = 2 * MTCONNECT_DOCUMENT_BYTES_MAX;
const PROBE: Path = Path::new("/probe", BYTES_MAX);
const CURRENT: Path = Path::new("/current", BYTES_MAX);
const SAMPLE: Path = Path::new("/sample", BYTES_MAX);

/// Everything that is ever asked of an agent.
pub(in crate::intake::poll) static PATHS: &[Path] = &[PROBE, CURRENT, SAMPLE];

/// A question, and what its answer is read by.
#[derive(Debug)]
pub(in crate::intake::poll) struct Query {
    get: Get,
    /// What is ours of the observations; none for `/probe`.
    model: Option<Arc<Model>>,
}

impl Question for Query {
    type Body = Digest;

    fn get(&self) -> &Get {
        &self.get
    }

    fn body(&self) -> Digest {
        self.model.clone().map_or_else(Digest::devices, Digest::values)
    }
}

/// The conversation with one agent.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct MtConnect {
    follow: Follow,
    model: Arc<Model>,
    state: State,
    /// Something is to be asked now.
    due: bool,
    /// Questions since the interval began.
    asked_in_round: u32,
    /// The question that is open.
    asked: Option<Ask>,
    /// Observations that were lost, since the adapter started.
    lost: u64,
}

impl Driver for MtConnect {
    const NAME: &'static str = "mtconnect";
    type Query = Query;
    type Answer = Got<Digest>;

    // What was read stays read: the numbers go on where they were. A question that found no answer in time is made
    // smaller.
    fn begin(&mut self, _: Now) {
        self.due = false;
        if self.asked.take().is_some() {
            self.follow.ask_for_less();
        }
    }

    fn round(&mut self, _: Now, _: &mut Found<'_>) {
        (self.due, self.asked_in_round) = (true, 0);
    }

    fn next(&mut self, _: Now) -> Next<Query> {
        if !std::mem::take(&mut self.due) {
            return Next::Rest;
        }
        let ask = self.follow.ask();
        self.asked = Some(ask);
        self.asked_in_round += 1;
        let get = match ask {
            Ask::Probe => Get::new(&PROBE),
            Ask::Current => Get::new(&CURRENT),
            Ask::Sample { from, count } => Get::new(&SAMPLE).number("from", from).number("count", count),
        };
        let model = (ask != Ask::Probe).then(|| Arc::clone(&self.model));
        Next::Ask(Query { get, model })
    }

    fn pace(&self) -> Pace {
        Pace { answer_max: ANSWER_MAX, ..Pace::default() }
    }

    fn answer(&mut self, got: Got<Digest>, now: Now, found: &mut Found<'_>) -> Verdict {
        let asked = self.asked.take();
        match got.status {
            // An error of the agent's own comes with one of these, or with 200.
            200 | 400 | 404 | 500 => {}
            _ => return got.unusual(),
        }
        if let Err(error) = got.body.finish() {
            return if got.status == 200 { self.broken(error, found) } else { got.unusual() };
        }
        if got.status != 200 && got.body.error.is_none() {
            return got.unusual();
        }
        let wait = got.retry_after.unwrap_or_default();
        self.document(got.body, asked, wait, now, found)
    }
}

impl MtConnect {
    /// What came is counted by its name; its text would not say more.
    fn broken(&mut self, error: mtconnect::Error, found: &mut Found<'_>) -> Verdict {
        if error.is_too_large() {
            self.follow.ask_for_less();
        }
        found.refuse(None, error.name());
        Verdict::Close(
            Some(Trouble::Nonsense(Why::Named("its answer is refused:", error.name()))),
            Duration::ZERO,
        )
    }

    fn document(
        &mut self,
        digest: Digest,
        asked: Option<Ask>,
        wait: Duration,
        now: Now,
        found: &mut Found<'_>,
    ) -> Verdict {
        let Some(header) = &digest.header else {
            return Verdict::nonsense("an answer without a header");
        };
        let verdict = match self.follow.header(header) {
            Ok(verdict) => verdict,
            Err(mtconnect::Confused::Document) => {
                return Verdict::nonsense("it answers with another document than was asked for");
            }
            Err(mtconnect::Confused::Missing { .. }) => {
                return Verdict::nonsense("it gives observations without numbers to follow");
            }
        };
        self.say_happened(verdict.happened, now, found);
        let outcome = match &digest.error {
            Some(error) if verdict.take => self.follow.refused(error),
            _ => self.follow.complete(),
        };
        self.due = outcome == Outcome::More && self.asked_in_round < ROUND_QUESTIONS_MAX;
        if outcome == Outcome::Refused {
            return Verdict::Cannot(trouble(digest.error.as_ref()), wait);
        }
        if !verdict.take || digest.error.is_some() {
            return Verdict::Alive;
        }
        for _ in 0..digest.unfit {
            found.refuse(None, "a data item or an observation without an id or a number");
        }
        // The agent's clock, against which the device's times in the past are held.
        if let Some(created) = header.created {
            found.clock(created);
        }
        match digest.contents {
            Contents::Devices(devices) => self.probed(*devices, found),
            Contents::Values { seen, .. } => self.observed(seen, asked == Some(Ask::Current), found),
        }
    }

    fn probed(&mut self, devices: Devices, found: &mut Found<'_>) -> Verdict {
        if devices.count != 1 {
            self.follow = Follow::new();
            self.due = false;
            let why = if devices.count == 0 {
                "the agent has no device"
            } else {
                "the agent speaks for several devices: write the name of one behind the url"
            };
            return Verdict::Cannot(Trouble::Refused(why.into()), Duration::ZERO);
        }
        if let Some(description) = &devices.description {
            for (item, text) in
                [(&items::IDENTITY_MODEL, &description.model), (&items::IDENTITY_SERIAL, &description.serial)]
            {
                if let Some(text) = text {
                    found.of(item).identity(text.as_str());
                }
            }
        }
        let mut model = devices.draft.finish();
        for (item, why) in std::mem::take(&mut model.refused) {
            found.refuse(item, why);
        }
        // Another condition may have an alarm's number now. What is not said again grows stale.
        if model.roles != self.model.roles {
            self.state = State::default();
        }
        self.model = Arc::new(model);
        Verdict::Alive
    }

    fn observed(&mut self, mut seen: Vec<Seen>, all: bool, found: &mut Found<'_>) -> Verdict {
        if all {
            self.state.forget_active();
        }
        seen.sort_by_key(|seen| seen.sequence);
        for seen in seen {
            self.state.see(seen, found);
        }
        if !self.state.heard {
            return Verdict::Shows(Trouble::Off("its agent answers, and does not hear the printer".into()));
        }
        self.state.affirm(found);
        Verdict::Works
    }

    /// By the adapter's own clock, before the agent's is looked at.
    fn say_happened(&mut self, happened: Option<Happened>, now: Now, found: &mut Found<'_>) {
        let code = match happened {
            None => None,
            Some(Happened::Gap { lost, .. }) => {
                self.lost = self.lost.saturating_add(lost);
                Some("gap")
            }
            Some(Happened::Restarted) => Some("restarted"),
            Some(Happened::Backwards) => Some("backwards"),
        };
        if let Some(code) = code {
            found.proved(&items::INTERFACE_EVENT).at(now.wall).code(code);
        }
        // A count of observations is far below what a number holds exactly.
        found.proved(&items::INTERFACE_LOST).number(self.lost as f64);
    }
}

/// Whose fault it is, by the agent's code.
fn trouble(error: Option<&AgentError>) -> Trouble {
    match error.map(|error| error.code.as_str()) {
        Some("UNAUTHORIZED") => Trouble::Refused("the agent does not answer us: UNAUTHORIZED".into()),
        Some("NO_DEVICE") => Trouble::Refused("the agent has no device of the name in the url".into()),
        Some("INVALID_URI" | "INVALID_REQUEST" | "UNSUPPORTED") => {
            Trouble::Refused("the agent does not know the question: is the url that of an agent?".into())
        }
        Some("INTERNAL_ERROR") => Trouble::Failed("the agent answers with INTERNAL_ERROR".into()),
        _ => Trouble::Failed("the agent answers with an error".into()),
    }
}
