//! What happens on a call, and what its flow says to do then.

use protocol::pip::{self, ActiveAlarms, Gap, HelloAck, Reply, Request, Values};

use super::stored::Stored;
use crate::intake::pip::{Offers, Refused};
use crate::receipt::Outcome;

/// What happened on a connection.
#[derive(Debug)]
pub(super) enum Event {
    /// The connection stands.
    Up,
    /// The printer said something.
    Heard { id: u32, reply: Box<Reply> },
    /// What became of the NOTIFY with this ticket.
    Resolved { ticket: u64, outcome: Outcome },
    /// The printer closed its side.
    Ended,
    /// A newer connection of the same printer is there.
    Replaced,
    /// The adapter stops.
    Stop,
    /// A deadline may have passed.
    Tick,
}

/// What the task must do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Send this.
    Send { id: u32, request: Request },
    /// The printer is who it says here; its log is of the instance named in it, which is a new one or not.
    Meet { hello: Box<HelloAck>, new_instance: bool },
    /// This is what it offers, and what of it is not taken.
    Described(Offers, Vec<Refused>),
    /// It asks for time before it tells what happens.
    Waits,
    /// It tells what happens from now on.
    Subscribed,
    /// These are values as they stand.
    Values(Values),
    /// These alarms are active, and no others.
    Alarms(ActiveAlarms),
    /// Count that something is not taken, for this reason.
    Refused(&'static str),
    /// Count and report a gap.
    Missed(Gap),
    /// Store these events; their outcome is told with this ticket.
    Store { ticket: u64, events: Vec<pip::Event> },
    /// Remember for the next connection how far the log is stored.
    Remember(Stored),
    /// Close the connection, and do nothing after.
    Close(Why),
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The printer went, as it said.
    Bye,
    /// The printer went without a word.
    Ended,
    /// It did not answer in time.
    Gone,
    /// It is no printer that pushes, or speaks no version of ours.
    Unfit(&'static str),
    /// It answered with an error of its own.
    Failed,
    /// It broke the protocol.
    Nonsense(&'static str),
    /// Something could not be kept: without an acknowledgement the printer sends it again.
    Nacked,
    /// A newer connection of the same printer is there.
    Replaced,
    /// Everything that came is acknowledged and the adapter stops.
    Stopped,
}
