//! `adapter supervise`: both halves as containers.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use sd_notify::NotifyState;
use serde_json::json;

use super::{FAULT, Failure, File, drive, fault, say, sections, tell_manager, usage};
use crate::lifecycle::{Lifecycle, Signals};
use crate::status::Door;
use crate::supervise::{Control, Ready, description};

/// What it says to a configuration for something else.
const NO_SECTION: &str = "missing field `supervise`: write a section `[supervise]` (docs/supervisor.md)";

pub(super) fn run(file: &File, print: bool) -> Result<ExitCode, Failure> {
    let sections = sections(&file.config)?;
    let supervise = sections.supervise.as_ref().ok_or_else(|| usage(anyhow!(NO_SECTION)))?;
    let path = file.config.canonicalize();
    let path = path.with_context(|| file.config.display().to_string()).map_err(usage)?;
    if print {
        let description = description(&path, &sections, supervise).map_err(usage)?;
        say(&format!("{description:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let ready = Ready::new(&path, &sections, supervise).map_err(usage)?;
    let door = Door::of_supervisor(&file.config)
        .inspect_err(|error| tracing::warn!(%error, "`adapter status` will not answer for this supervisor"));
    drive(async {
        let lifecycle = Lifecycle::new();
        tokio::spawn(lifecycle.clone().watch(Signals::listen().map_err(fault)?));
        tracing::info!(version = env!("CARGO_PKG_VERSION"), engine = %supervise.engine.display(), "the supervisor runs");
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        let control = ready.control.clone();
        if let Ok(door) = door {
            let (control, stop) = (control.clone(), lifecycle.soft.clone());
            tasks.spawn("status", door.serve(move || control.account(), stop));
        }
        let stop = lifecycle.soft.clone();
        let work = ready.run(stop, || {
            // There is nobody to tell when even that cannot be written.
            let _ = say(&json!({ "event": "ready" }).to_string());
            tell_manager(NotifyState::Ready);
        });
        lifecycle.hard.run_until_cancelled(Box::pin(work)).await;
        tasks.ended().await;
        say(&stopped_line(&control))?;
        Ok(if lifecycle.failed() { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
    })
}

fn stopped_line(control: &Control) -> String {
    let last = control.account();
    let (breaches, verifications, engine_lost) = (last.breaches, last.verifications, last.engine_lost);
    let restarts: u64 = last.containers.iter().map(|part| part.restarts).sum();
    json!({
        "event": "stopped", "restarts": restarts, "breaches": breaches, "verifications": verifications,
        "engine_lost": engine_lost,
    })
    .to_string()
}
