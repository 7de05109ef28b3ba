//! What to ask an agent next, and what was lost where its buffer wrapped or it started anew. Decisions only.

use std::fmt;

use super::model::{AgentError, Document, Header};
use super::text::Text;
use crate::limits::MTCONNECT_COUNT_MAX;

/// A question. There is no other: an agent's writes (`PUT`, `POST`, `DELETE`) cannot be expressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What the devices are and can say.
    Probe,
    /// The last observation of each data item.
    Current,
    /// Observations in order of their numbers.
    Sample {
        /// The first one's number.
        from: u64,
        /// How many at most.
        count: u64,
    },
}

/// The path and query, below the agent's own URL.
impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probe => f.write_str("probe"),
            Self::Current => f.write_str("current"),
            Self::Sample { from, count } => write!(f, "sample?from={from}&count={count}"),
        }
    }
}

/// Something about the agent that is news by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Exactly `lost` observations, from number `first` on, left the agent's buffer before they were read.
    Gap {
        /// The number of the first one that was lost.
        first: u64,
        /// How many were lost.
        lost: u64,
    },
    /// The agent started anew, and what its old buffer still held is gone: nobody can say how much.
    Restarted,
    /// The agent gives smaller numbers than it has given before, without having started anew.
    Backwards,
}

/// What to do with a document whose header has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether what it says may be taken: after a new start, the data items may be others.
    pub take: bool,
    /// What the header proves.
    pub happened: Option<Happened>,
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Confused {
    /// Another document than was asked for.
    #[error("the agent answers with another document than was asked for")]
    Document,
    /// A header without what is needed to follow.
    #[error("the document's header has no {attribute}")]
    Missing {
        /// What it has not.
        attribute: &'static str,
    },
}

/// What comes after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is more: ask at once.
    More,
    /// All is read: ask after the interval.
    Idle,
    /// The agent refuses the question itself.
    Refused,
}

/// Follows one agent.
#[derive(Clone, Debug)]
pub struct Follow {
    ask: Ask,
    /// What is asked when the document that comes is whole.
    then: Option<Then>,
    instance: Option<u64>,
    /// The number of the first observation that was not read yet; `None` until one is known.
    next: Option<u64>,
    /// The agent started anew while we followed it, so all that its buffer holds is new.
    anew: bool,
    model_changed: Option<Text>,
    /// Observations asked for at once: fewer after an answer that was too large.
    count: u64,
    /// No more than the agent's buffer has room for: a real agent refuses more.
    count_max: u64,
    /// The agent has just said that the question was out of its range; of what in it, it does not say.
    out_of_range: bool,
}

/// What follows on a document.
#[derive(Clone, Copy, Debug)]
struct Then {
    ask: Ask,
    next: Option<u64>,
    outcome: Outcome,
}

impl Default for Follow {
    fn default() -> Self {
        Self::new()
    }
}

impl Follow {
    /// An agent of which nothing is known.
    pub fn new() -> Self {
        let (then, instance, next, model_changed) = (None, None, None, None);
        let (count, count_max) = (MTCONNECT_COUNT_MAX, MTCONNECT_COUNT_MAX);
        let (ask, anew, out_of_range) = (Ask::Probe, false, false);
        Self { ask, then, instance, next, anew, model_changed, count, count_max, out_of_range }
    }

    /// What to ask now.
    pub fn ask(&self) -> Ask {
        self.ask
    }

    /// The agent's instance, which with an observation's number names it for ever.
    pub fn instance(&self) -> u64 {
        self.instance.unwrap_or_default()
    }

    /// The header of the answer has come.
    ///
    /// # Errors
    /// It answers something else.
    pub fn header(&mut self, header: &Header) -> Result<Verdict, Confused> {
        self.then = None;
        if let Some(size) = header.buffer_size {
            self.count_max = size.clamp(1, MTCONNECT_COUNT_MAX);
            self.count = self.count.min(self.count_max);
        }
        let expected = if self.ask == Ask::Probe { Document::Devices } else { Document::Streams };
        if header.document == Document::Error {
            // An error may have no instance; without one it says nothing of a new start.
            let instance = header.instance.or(self.instance);
            return Ok(if instance == self.instance { taken(None) } else { self.start_over(header) });
        }
        if header.document != expected {
            return Err(Confused::Document);
        }
        let instance = header.instance.ok_or(Confused::Missing { attribute: "instanceId" })?;
        if self.ask == Ask::Probe {
            return Ok(self.probed(instance, header));
        }
        if self.instance != Some(instance) {
            return Ok(self.start_over(header));
        }
        self.streamed(header)
    }

    /// The document was whole.
    pub fn complete(&mut self) -> Outcome {
        // An error without a word.
        let Some(Then { ask, next, outcome }) = self.then.take() else { return Outcome::Refused };
        if let Ask::Sample { .. } = self.ask {
            self.count = (self.count * 2).min(self.count_max);
        }
        self.next = next;
        self.anew &= next.is_none();
        self.turn_to(ask);
        outcome
    }

    /// The document was an error of the agent's.
    pub fn refused(&mut self, error: &AgentError) -> Outcome {
        match (self.ask, error.code.as_str()) {
            // A buffer that wrapped, an agent that takes no question about what is still to come, or more asked for than it
            // has room for: the header of /current says which.
            (Ask::Sample { .. }, "OUT_OF_RANGE") => {
                (self.ask, self.out_of_range) = (Ask::Current, true);
                Outcome::More
            }
            (Ask::Sample { .. }, "TOO_MANY") if self.count > 1 => {
                self.ask_for_less();
                Outcome::More
            }
            _ => Outcome::Refused,
        }
    }

    /// The answer was too large or took too long: the next one is smaller, where it can be.
    pub fn ask_for_less(&mut self) {
        self.count = (self.count / 2).max(1);
        self.turn_to(self.ask);
    }

    fn turn_to(&mut self, ask: Ask) {
        self.ask = match ask {
            Ask::Sample { from, .. } => Ask::Sample { from, count: self.count },
            other => other,
        };
    }

    fn sample(&self, from: u64) -> Ask {
        Ask::Sample { from, count: self.count }
    }

    fn probed(&mut self, instance: u64, header: &Header) -> Verdict {
        let restarted = self.instance.is_some_and(|known| known != instance);
        if restarted {
            (self.next, self.anew) = (None, true);
        }
        self.instance = Some(instance);
        self.model_changed.clone_from(&header.model_changed);
        // Even where it is known what comes next: of a data item that is new, only its changes would.
        self.then = Some(Then { ask: Ask::Current, next: self.next, outcome: Outcome::More });
        taken(restarted.then_some(Happened::Restarted))
    }

    fn streamed(&mut self, header: &Header) -> Result<Verdict, Confused> {
        let next = header.next_sequence.ok_or(Confused::Missing { attribute: "nextSequence" })?;
        let first = header.first_sequence.map(|first| first.min(next));
        let from = match self.ask {
            Ask::Sample { from, .. } => Some(from),
            _ => self.next,
        };
        if from.is_some_and(|from| next < from) {
            return Ok(self.drop_all(Some(Happened::Backwards)));
        }
        let lost = first.and_then(|first| match from {
            Some(from) => gap(from, first),
            None => self.lost_at_start(first, next, header.buffer_size),
        });
        if let (Some(_), Some(first)) = (lost, first) {
            // Said once, though the document may be cut short and asked for again.
            self.next = Some(first);
            if let Ask::Sample { .. } = self.ask {
                self.ask = self.sample(first);
            }
        }
        // It has what it was asked for and did not give it: then it was too many at once.
        let too_many = std::mem::take(&mut self.out_of_range)
            && lost.is_none()
            && self.next.is_some_and(|waiting| waiting < next)
            && self.count > 1;
        if too_many {
            self.ask_for_less();
        }
        let (from, more) = match (self.ask, self.next) {
            (Ask::Sample { from, .. }, _) => (next, next > from && Some(next) <= header.last_sequence),
            // Where nothing was lost, the agent has only refused to speak of what is still to come: no hurry.
            (_, Some(waiting)) => (waiting, lost.is_some() || too_many),
            (_, None) if self.anew => (first.unwrap_or(next), first < Some(next)),
            (_, None) => (next, false),
        };
        let outcome = if more { Outcome::More } else { Outcome::Idle };
        let ask = if header.model_changed == self.model_changed { self.sample(from) } else { Ask::Probe };
        self.then = Some(Then { ask, next: Some(from), outcome });
        Ok(taken(lost))
    }

    /// An agent that started anew numbers from 1. Where its buffer is full and begins later, the difference is lost.
    fn lost_at_start(&self, first: u64, next: u64, size: Option<u64>) -> Option<Happened> {
        let full = size.is_some_and(|size| size > 0 && next - first >= size);
        if self.anew && full { gap(1, first) } else { None }
    }

    fn start_over(&mut self, header: &Header) -> Verdict {
        let known = self.instance.is_some();
        self.instance = header.instance;
        self.drop_all(known.then_some(Happened::Restarted))
    }

    /// After the interval, not at once: an agent that does so again and again must not be asked in a tight loop.
    fn drop_all(&mut self, happened: Option<Happened>) -> Verdict {
        (self.ask, self.next, self.anew) = (Ask::Probe, None, true);
        self.then = Some(Then { ask: Ask::Probe, next: None, outcome: Outcome::Idle });
        Verdict { take: false, happened }
    }
}

fn taken(happened: Option<Happened>) -> Verdict {
    Verdict { take: true, happened }
}

fn gap(expected: u64, first: u64) -> Option<Happened> {
    (first > expected).then(|| Happened::Gap { first: expected, lost: first - expected })
}
