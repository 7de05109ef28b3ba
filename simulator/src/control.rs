//! What a person or a test tells the fleet while it runs, and what the configuration told it before.

use std::io::{self, BufRead as _, Read as _};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::config::ScheduledFault;
use crate::faults::{FAULTS, FaultKind};

/// Longest command, in bytes.
const COMMAND_BYTES_MAX: u64 = 256;
/// Commands that wait to be done.
const COMMANDS_MAX: usize = 16;

/// One line of the standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `fault p03 vat_overheat`
    Fault {
        /// The printer's id.
        printer: String,
        /// What befalls it.
        kind: FaultKind,
    },
    /// `clear p03`
    Clear {
        /// The printer's id.
        printer: String,
    },
    /// `write 5000`: each printer writes so many regular lines more than its rate, as fast as any may.
    Write {
        /// How many.
        lines: u32,
    },
    /// `stop`: write no more, wait until everything shipped is acknowledged, end.
    Stop,
}

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The first word is none of ours.
    #[error("write `fault PRINTER KIND`, `clear PRINTER`, `write LINES` or `stop`")]
    Unknown,
    /// The fault is none of ours.
    #[error("no fault has this name: write one of {}", names())]
    UnknownFault,
    /// No number of lines.
    #[error("`write` wants how many lines each printer writes: a number up to {}", u32::MAX)]
    Lines,
}

fn names() -> String {
    FAULTS.map(|(name, _)| name).join(", ")
}

impl Command {
    /// Reads a line.
    pub fn parse(line: &str) -> Result<Self, CommandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["stop"] => Ok(Self::Stop),
            ["clear", printer] => Ok(Self::Clear { printer: printer.to_owned() }),
            ["write", lines] => {
                let lines = lines.parse().map_err(|_| CommandError::Lines)?;
                Ok(Self::Write { lines })
            }
            ["fault", printer, kind] => {
                let kind = FaultKind::parse(kind).ok_or(CommandError::UnknownFault)?;
                Ok(Self::Fault { printer: printer.to_owned(), kind })
            }
            _ => Err(CommandError::Unknown),
        }
    }
}

/// Reads commands from the standard input on a thread of its own, since a read of it cannot be cancelled. The
/// end of the input ends the commands and not the fleet: a service has no input.
pub fn standard_input() -> mpsc::Receiver<Command> {
    let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = String::new();
        while matches!(input.by_ref().take(COMMAND_BYTES_MAX).read_line(&mut line), Ok(1..)) {
            match Command::parse(&line) {
                Ok(command) => {
                    if commands.blocking_send(command).is_err() {
                        return;
                    }
                }
                Err(error) => tracing::warn!(%error, "a command was not understood"),
            }
            line.clear();
        }
    });
    receiver
}

/// The faults that come and go by themselves, in the order of their times.
#[derive(Debug)]
pub struct Schedule(Vec<Turn>);

/// A fault that begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When, from the start of the fleet.
    pub at: Duration,
    /// The printer's id.
    pub printer: String,
    /// Which fault.
    pub kind: FaultKind,
    /// Whether it begins.
    pub begins: bool,
}

impl Schedule {
    /// The turns of the configuration's faults.
    pub fn new(faults: &[ScheduledFault]) -> Self {
        let turn = |fault: &ScheduledFault, at, begins| Turn {
            at,
            printer: fault.printer.clone(),
            kind: fault.kind,
            begins,
        };
        let mut turns: Vec<Turn> = faults
            .iter()
            .flat_map(|fault| {
                [turn(fault, fault.after, true), turn(fault, fault.after.saturating_add(fault.lasts), false)]
            })
            .collect();
        // The last one is the next one: taking it moves nothing.
        turns.sort_by_key(|turn| std::cmp::Reverse(turn.at));
        Self(turns)
    }

    /// When the next one turns.
    pub fn next_at(&self) -> Option<Duration> {
        self.0.last().map(|turn| turn.at)
    }

    /// Takes the next one.
    pub fn take(&mut self) -> Option<Turn> {
        self.0.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let printer = || "p03".to_owned();
        let fault = Command::Fault { printer: printer(), kind: FaultKind::VatOverheat };
        let cases = [
            ("fault p03 vat_overheat\n", Ok(fault)),
            ("  clear   p03", Ok(Command::Clear { printer: printer() })),
            ("stop\r\n", Ok(Command::Stop)),
            ("write 5000", Ok(Command::Write { lines: 5_000 })),
            ("write -1", Err(CommandError::Lines)),
            ("write", Err(CommandError::Unknown)),
            ("fault p03 explode", Err(CommandError::UnknownFault)),
            ("fault p03", Err(CommandError::Unknown)),
            ("", Err(CommandError::Unknown)),
        ];
        for (line, expected) in cases {
            assert_eq!(Command::parse(line), expected, "{line}");
        }
    }

    #[test]
    fn scheduled_faults_turn_in_the_order_of_time() {
        let fault = |printer: &str, after, lasts| ScheduledFault {
            printer: printer.to_owned(),
            kind: FaultKind::Off,
            after: Duration::from_secs(after),
            lasts: Duration::from_secs(lasts),
        };
        let mut schedule = Schedule::new(&[fault("a", 5, 10), fault("b", 8, 2)]);
        assert_eq!(schedule.next_at(), Some(Duration::from_secs(5)));
        let turns: Vec<_> = std::iter::from_fn(|| schedule.take())
            .map(|it| (it.at.as_secs(), it.printer, it.begins))
            .collect();
        let expected = [(5, "a", true), (8, "b", true), (10, "b", false), (15, "a", false)];
        assert_eq!(turns, expected.map(|(at, printer, begins)| (at, printer.to_owned(), begins)));
    }
}
