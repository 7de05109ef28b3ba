//! How many files this process may have open, and how many of them each printer's logs.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;
use crate::intake::listener::CONNECTIONS_MAX;
use crate::intake::tail::HELD_MAX;

/// For what is there once: the uplink, the listener, the door of the status, the runtime, a look at a directory.
const ONCE: usize = 64;
/// For what each printer has besides its logs: its watch and its connection.
const EACH: usize = 8;
/// With fewer log files open than this, a printer's rotation sets would be opened and closed all the time.
const LOGS_MIN: usize = 16;

/// The process may have too few files open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process may have {limit} files open, and needs {needed} for these printers; write `LimitNOFILE={needed}` or \
     more in its unit, or `ulimit -n {needed}` before its start"
)]
pub struct TooFewFiles {
    limit: usize,
    needed: usize,
}

/// How many log files of each printer may be open. Has the system raise the limit of this process as far as that helps
/// and it may.
///
/// # Errors
/// The limit is too low for these printers.
pub(crate) fn of_each_printer(config: &Config) -> Result<usize, TooFewFiles> {
    let senders = if config.beats.is_some() { CONNECTIONS_MAX } else { 0 };
    let others = ONCE + senders + config.printers.len() * EACH;
    let tails = config.printers.iter().filter(|printer| printer.logs.is_some()).count();
    share(raised(others + tails * HELD_MAX), others, tails)
}

fn share(limit: usize, others: usize, tails: usize) -> Result<usize, TooFewFiles> {
    let each = limit.saturating_sub(others).checked_div(tails).unwrap_or(HELD_MAX).min(HELD_MAX);
    if each < LOGS_MIN {
        return Err(TooFewFiles { limit, needed: others + tails * LOGS_MIN });
    }
    Ok(each)
}

/// The limit, raised to what is wanted if need be. The lower of its two halves is the process's own to raise.
fn raised(wanted: usize) -> usize {
    let wanted = wanted as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut limit = current;
    if current.is_some_and(|current| current < wanted) {
        let higher = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        if setrlimit(Resource::Nofile, Rlimit { current: higher, maximum }).is_ok() {
            limit = higher;
        }
    }
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_printer_has_its_share_of_what_the_others_leave() {
        for (limit, others, tails, expected) in [
            (1_000_000, 100, 64, Ok(HELD_MAX)),
            (1_100, 100, 10, Ok(100)),
            (260, 100, 10, Ok(16)),
            (259, 100, 10, Err(TooFewFiles { limit: 259, needed: 260 })),
            (50, 100, 1, Err(TooFewFiles { limit: 50, needed: 116 })),
            (50, 100, 0, Ok(HELD_MAX)),
        ] {
            assert_eq!(share(limit, others, tails), expected, "{limit} {tails}");
        }
    }

    #[test]
    fn the_limit_is_raised_and_never_lowered() {
        let before = raised(0);
        assert!(raised(before.min(1 << 16) + 1) >= before);
        assert!(raised(16) >= before);
    }
}
