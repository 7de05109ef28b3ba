//! `adapter supervise`: both halves as containers.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use sd_notify::NotifyState;
use serde_json::json;

use super::{FAULT, Failure, File, drive, fault, say, sections, tell_manager, usage};
use crate::config::{Sections, Supervise, Updates};
use crate::lifecycle::{Lifecycle, Signals, Tasks};
use crate::status::Door;
use crate::supervise::{Ready, StartError, State, comes_back, description, hold};
use crate::update::install::{self, Installer, Pair, Places, Start, SupervisorHands};

/// What it says to a configuration for something else.
const NO_SECTION: &str = "missing field `supervise`: write a section `[supervise]` (docs/supervisor.md)";

pub(super) fn run(file: &File, print: bool) -> Result<ExitCode, Failure> {
    let sections = sections(&file.config)?;
    let supervise = sections.supervise.clone().ok_or_else(|| usage(anyhow!(NO_SECTION)))?;
    let path = file.config.canonicalize();
    let path = path.with_context(|| file.config.display().to_string()).map_err(usage)?;
    if print {
        let description = description(&path, &sections, &supervise).map_err(usage)?;
        say(&format!("{description:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let door = Door::of_supervisor(&file.config)
        .inspect_err(|error| tracing::warn!(%error, "`adapter status` will not answer for this supervisor"));
    drive(async {
        let lifecycle = Lifecycle::new();
        tokio::spawn(lifecycle.clone().watch(Signals::listen().map_err(fault)?));
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        // Whoever asks how it stands is told from the first moment on.
        let state = State::new();
        if let Ok(door) = door {
            let (state, stop) = (state.clone(), lifecycle.soft.clone());
            tasks.spawn("status", door.serve(move || state.document(), stop));
        }
        let done = Box::pin(supervised(&lifecycle, &tasks, &path, &sections, supervise, &state)).await;
        lifecycle.soft.cancel();
        // A stick that hangs must not hold up a stop for ever.
        lifecycle.hard.run_until_cancelled(tasks.ended()).await;
        done?;
        say(&stopped_line(&state))?;
        Ok(if lifecycle.failed() { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
    })
}

/// What a supervisor says whose `[updates]` is that of a box.
const NO_RELEASES: &str = "`[updates]` does not say where a release is kept: write `releases`, a directory on a disk that keeps what is written";

/// Supervises until it is told to stop.
async fn supervised(
    lifecycle: &Lifecycle,
    tasks: &Tasks,
    path: &Path,
    sections: &Sections,
    mut supervise: Supervise,
    state: &State,
) -> Result<(), Failure> {
    let place = hold(&supervise.engine).map_err(start_failed)?;
    let named = Pair { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
    let updates = match &sections.updates {
        None => None,
        Some(updates) => {
            let engine = supervise.engine.clone();
            let begun = place.meanwhile(&engine, state, begin(updates, &mut supervise, state));
            let begun = Box::pin(lifecycle.soft.run_until_cancelled(begun)).await;
            // Told to stop while it waited for an engine or a disk.
            let Some(begun) = begun else { return Ok(()) };
            Some((updates, begun?))
        }
    };
    let ready = Box::pin(Ready::new(place, state.clone(), path, sections, &supervise));
    let Some(ready) = lifecycle.soft.run_until_cancelled(ready).await else { return Ok(()) };
    let ready = ready.map_err(start_failed)?;
    let engine = supervise.engine.display();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %engine, "the supervisor runs");
    if let Some((updates, begun)) = updates {
        let running = Pair { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
        let hands = SupervisorHands::new(&supervise.engine, ready.topology(), ready.control.clone());
        let places = Places::of(updates);
        let installer =
            Installer::new(begun, &places, updates.watch, [named, running], hands).map_err(usage)?;
        state.installs(installer.account());
        tasks.spawn("updates", installer.run(lifecycle.soft.clone()));
    }
    let work = ready.run(lifecycle.soft.clone(), || {
        // There is nobody to tell when even that cannot be written.
        let _ = say(&json!({ "event": "ready" }).to_string());
        tell_manager(NotifyState::Ready);
    });
    lifecycle.hard.run_until_cancelled(Box::pin(work)).await;
    Ok(())
}

fn start_failed(error: StartError) -> Failure {
    if error.is_usage() { usage(error) } else { fault(error) }
}

/// Stops what was left running, where nobody will watch it.
pub(super) fn end() -> Result<ExitCode, Failure> {
    let said = |name| std::env::var(name).ok();
    let (result, status) = (said("SERVICE_RESULT"), said("EXIT_STATUS"));
    if comes_back(result.as_deref(), status.as_deref()) {
        tracing::info!(result, status, "the supervisor is started again, and takes over what runs");
    } else {
        drive(async { crate::supervise::end().await.map_err(fault) })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes what is installed into use: its images are what runs, whatever the configuration names.
async fn begin(updates: &Updates, supervise: &mut Supervise, state: &State) -> Result<Start, Failure> {
    let releases = updates.releases.as_deref().ok_or_else(|| usage(anyhow::anyhow!(NO_RELEASES)))?;
    let mut said = String::new();
    let mut waits = |why: &str| {
        if said != why {
            tracing::warn!(why, "the release that is installed waits");
            state.waits(&format!("the release that is installed waits: {why}"));
            why.clone_into(&mut said);
        }
    };
    let begun = install::start(releases, &updates.root, &mut waits).await.map_err(usage)?;
    match install::installed(&supervise.engine, &begun, waits).await {
        Ok(None) => Ok(begun),
        Ok(Some(Pair { intake, uplink })) => {
            tracing::info!(%intake, %uplink, "the release that is installed is started");
            (supervise.intake_image, supervise.uplink_image) = (intake, uplink);
            // Where the engine loses them, the supervisor finds them again.
            supervise.archives.extend(begun.images().into_iter().flatten().map(|(_, archive)| archive));
            Ok(begun)
        }
        Err(why) => {
            tracing::error!(why, "what is installed cannot be started: what the configuration names is");
            Ok(begun.without(&why))
        }
    }
}

fn stopped_line(state: &State) -> String {
    let last = state.document();
    let (breaches, verifications, engine_lost) = (last.breaches, last.verifications, last.engine_lost);
    let restarts: u64 = last.containers.iter().map(|part| part.restarts).sum();
    json!({
        "event": "stopped", "restarts": restarts, "breaches": breaches, "verifications": verifications,
        "engine_lost": engine_lost,
    })
    .to_string()
}
