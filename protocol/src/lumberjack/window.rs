//! A window of events, as it was sent and as it is acknowledged.

use bytes::Bytes;

/// One event. Its JSON is as the sender wrote it and has not been looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The sender's number for it. Beats begin each window at 1, other clients do not, and it may roll over.
    pub sequence: u32,
    /// The event's JSON text, unparsed: it may be anything.
    pub json: Bytes,
}

/// Events that are acknowledged together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The events in the order of sending; empty for a window of 0.
    pub events: Vec<Event>,
    /// What to acknowledge when all events are safe: the sequence of the last frame, never the count, since an
    /// acknowledgement of more than was sent makes Filebeat forget events. 0 for a window of 0.
    pub last_sequence: u32,
    /// Memory that the events keep alive. An event that was cut from a compressed frame keeps all of what that
    /// inflated to, so this can be far over the sum of the events.
    pub bytes: usize,
}

/// The acknowledgement of everything up to and with `sequence`. `ack(0)` says "still at work": it keeps a
/// sender from giving up and sending all again.
pub fn ack(sequence: u32) -> [u8; 6] {
    let [a, b, c, d] = sequence.to_be_bytes();
    [b'2', b'A', a, b, c, d]
}

/// A window that is being filled. Room is made for events that came, never for the number announced.
#[derive(Debug)]
pub(super) struct Open {
    announced: usize,
    events: Vec<Event>,
}

impl Open {
    pub(super) fn new(announced: usize) -> Self {
        Self { announced, events: Vec::new() }
    }

    pub(super) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn is_full(&self) -> bool {
        self.events.len() == self.announced
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// `held` is what the texts of its events keep alive.
    pub(super) fn close(self, held: usize) -> Window {
        let last_sequence = self.events.last().map_or(0, |event| event.sequence);
        let bytes = held + self.events.capacity() * size_of::<Event>();
        Window { events: self.events, last_sequence, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn what_is_only_announced_takes_no_memory() {
        assert_eq!(Open::new(limits::WINDOW_EVENTS_MAX).events.capacity(), 0);
    }
}
