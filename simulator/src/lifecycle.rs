//! From the first line of output to the last: start, obey, stop.

use std::io::{self, Write as _};
use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::config::Config;
use crate::control::{Command, Schedule};
use crate::fleet::{Fleet, FleetError};
use crate::health::Door;

/// Why a run did not end in order.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The fleet did not start: the configuration names something that is not as it must be.
    #[error("the fleet cannot start")]
    Start(#[source] FleetError),
    /// The fleet broke while it ran.
    #[error("the fleet broke")]
    Broke(#[source] FleetError),
    /// Signals or the standard output do not work.
    #[error("no signals or no standard output")]
    Io(#[from] io::Error),
}

/// Runs the fleet until `stop` (everything shipped is acknowledged first) or a signal (at once).
///
/// `file` is the configuration's own, by which `simulator health` finds the fleet.
pub async fn run(config: &Config, file: &Path, commands: mpsc::Receiver<Command>) -> Result<(), RunError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut fleet = Fleet::start(config, Clock::system()).await.map_err(RunError::Start)?;
    let complain = |error| tracing::warn!(%error, "`simulator health` will not be answered");
    let door = Door::open(file).map_err(complain).ok();
    say(&fleet.ready_line())?;
    let ended = tokio::select! {
        ended = obey(&mut fleet, door, commands, Schedule::new(&config.faults)) => ended,
        () = either(&mut terminate, &mut interrupt) => Ok(()),
    };
    say(&fleet.stopped_line())?;
    ended.map_err(RunError::Broke)
}

/// Does what is commanded and scheduled until `stop` is done, or until a task ends by itself.
async fn obey(
    fleet: &mut Fleet,
    door: Option<Door>,
    mut commands: mpsc::Receiver<Command>,
    mut schedule: Schedule,
) -> Result<(), FleetError> {
    loop {
        let next = schedule.next_at().map(|after| fleet.moment(after));
        let due = async {
            match next {
                Some(next) => sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(command) = commands.recv() => {
                if fleet.command(&command) {
                    fleet.drain().await;
                    return Ok(());
                }
            }
            () = due => {
                if let Some(turn) = schedule.take() {
                    fleet.turn(&turn);
                }
            }
            () = answer(door.as_ref()) => {}
            error = fleet.ended() => return Err(error),
        }
    }
}

async fn answer(door: Option<&Door>) {
    match door {
        Some(door) => door.answer().await,
        None => std::future::pending().await,
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// One line of the machine interface.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
