//! How long a printer may take, by its own word and within bounds.

use std::time::Duration;

use protocol::pip::HelloAck;

use crate::intake::limits::{ANSWER, EXPOSURE_MAX, EXPOSURE_MORE, HEARTBEAT};

/// How long to wait for a printer. Each of its waits is [`silence`](Self::silence) longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::intake) struct Patience {
    /// After so long without a word from it comes PING, which may take as long again.
    pub(in crate::intake) heartbeat: Duration,
    /// How long any other answer may take.
    pub(in crate::intake) answer: Duration,
    /// What comes on top of each wait: a printer that exposes a layer may be unable to answer.
    pub(in crate::intake) silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { heartbeat: HEARTBEAT.0, answer: ANSWER.0, silence: Duration::ZERO }
    }
}

impl Patience {
    /// How long the printer may hear nothing: it closes after three heartbeats, and one is for the way there.
    pub(in crate::intake) fn word(&self) -> Duration {
        self.heartbeat * 2
    }

    /// What HELLO-ACK asks for.
    pub(in crate::intake) fn of(hello: &HelloAck) -> Self {
        let heartbeat = milliseconds(hello.heartbeat_ms).clamp(HEARTBEAT.0, HEARTBEAT.1);
        let silence = match hello.silence_ms_max {
            0 => Duration::ZERO,
            longest => (milliseconds(longest) + EXPOSURE_MORE).min(EXPOSURE_MAX),
        };
        Self { heartbeat, answer: (heartbeat * 3).clamp(ANSWER.0, ANSWER.1), silence }
    }
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hello_ack;

    #[test]
    fn what_a_printer_asks_for_is_taken_within_bounds() {
        for (heartbeat_ms, silence_ms_max, heartbeat, answer, silence) in [
            (5_000, 0, 5, 15, 0),
            (0, 1, 2, 10, 10),
            (u32::MAX, 60_000, 60, 120, 70),
            (2_000, u32::MAX, 2, 10, 600),
        ] {
            let hello = HelloAck { heartbeat_ms, silence_ms_max, ..hello_ack("i-1") };
            let Patience { heartbeat: h, answer: a, silence: s } = Patience::of(&hello);
            assert_eq!((h.as_secs(), a.as_secs(), s.as_secs()), (heartbeat, answer, silence));
        }
    }
}
