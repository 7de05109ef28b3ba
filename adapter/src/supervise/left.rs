//! What a supervisor that has ended left running. One that was killed is started again by the service manager, and takes over what
//! runs; where it is not, nobody watches the halves any more, and they are stopped.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::engine::{Engine, EngineError};
use super::hold::{Held, HoldError};
use super::limits::{END_ENGINE_MAX, STOP_MAX};
use super::places::{self, PlacesError};
use super::topology::Role;

/// The exit code that a service is not started again after: `RestartPreventExitStatus=` of the unit.
const USAGE: &str = "2";
/// Why it is stopped.
const NOBODY_WATCHES: &str = "nobody watches it any more";
const IN_TIME: &str = "it was not shown to be separated in time";
/// Between two questions whether there is an engine.
const AGAIN_WAIT: Duration = Duration::from_secs(1);

/// Why something may run on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeftError {
    /// The directory in memory.
    #[error(transparent)]
    Places(#[from] PlacesError),
    /// Another supervisor, or the directory.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// What was written there.
    #[error("which engine it worked with cannot be read")]
    Said(#[source] std::io::Error),
    /// The engine.
    #[error("what a supervisor left running could not be stopped: {0}")]
    Engine(#[from] EngineError),
}

/// Whether a service manager starts the supervisor again that ended so (systemd.exec(5), `$SERVICE_RESULT` and `$EXIT_STATUS`): after
/// whatever is a crash, and neither after a stop, be it by force, nor after a configuration that is wrong.
pub(crate) fn comes_back(result: Option<&str>, status: Option<&str>) -> bool {
    match result {
        Some("signal" | "core-dump" | "watchdog" | "oom-kill") => true,
        Some("exit-code") => status != Some(USAGE),
        _ => false,
    }
}

/// Stops what runs, first the half that data comes from, and takes what was handed over out of memory. Nothing is to be done where
/// no supervisor ever ran, or another one does.
pub(crate) async fn end() -> Result<(), LeftError> {
    let Some(directory) = places::existing() else { return Ok(()) };
    let mut held = match Held::take(&directory) {
        Err(HoldError::Taken { .. }) => return Ok(()),
        held => held?,
    };
    let Some(socket) = held.engine_before().map_err(LeftError::Said)? else { return Ok(()) };
    let deadline = Instant::now() + END_ENGINE_MAX;
    let engine = loop {
        match Engine::connect(&socket).await {
            Err(error) if error.is_away() && Instant::now() < deadline => sleep(AGAIN_WAIT).await,
            engine => break engine?,
        }
    };
    let stopped = stop_both(&engine, NOBODY_WATCHES).await;
    // Whatever still runs, what was handed over does not stay.
    let forgotten = places::forget_in(&directory);
    stopped?;
    Ok(forgotten?)
}

/// Stops what a killed supervisor left running, where the next one waits for something before it can try what that reaches.
pub(super) async fn stop_untried(socket: &Path) -> Result<(), EngineError> {
    stop_both(&Engine::connect(socket).await?, IN_TIME).await
}

async fn stop_both(engine: &Engine, why: &str) -> Result<(), EngineError> {
    let (intake, uplink) = (stop(engine, Role::Intake, why).await, stop(engine, Role::Uplink, why).await);
    intake.and(uplink)
}

async fn stop(engine: &Engine, role: Role, why: &str) -> Result<(), EngineError> {
    for name in engine.own_running(role).await? {
        tracing::warn!(name, why, "it is stopped");
        if let Err(error) = engine.stop(&name, STOP_MAX).await {
            tracing::error!("{error}");
            engine.kill(&name).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_crash_is_followed_by_another_start() {
        for (result, status, expected) in [
            ("signal", "KILL", true),
            ("core-dump", "ABRT", true),
            ("oom-kill", "KILL", true),
            ("watchdog", "ABRT", true),
            ("exit-code", "1", true),
            ("exit-code", "2", false),
            ("success", "0", false),
            // It did not stop in time, and was killed.
            ("timeout", "KILL", false),
            ("start-limit-hit", "", false),
            ("resources", "", false),
        ] {
            assert_eq!(comes_back(Some(result), Some(status)), expected, "{result} {status}");
        }
        assert!(!comes_back(None, None), "by hand");
    }
}
