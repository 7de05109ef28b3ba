//! `adapter supervise`: both halves as containers.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use sd_notify::NotifyState;
use serde_json::json;

use super::{FAULT, Failure, File, drive, fault, say, sections, tell_manager, usage};
use crate::config::{Supervise, Updates};
use crate::lifecycle::{Lifecycle, Signals};
use crate::status::Door;
use crate::supervise::{Control, Document, Ready, description};
use crate::update::install::{self, Account, Installer, Pair, Places, Start, SupervisorHands};

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
        let mut supervise = supervise;
        let named = Pair { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
        let updates = match &sections.updates {
            None => None,
            Some(updates) => {
                let begun = lifecycle.soft.run_until_cancelled(begin(updates, &mut supervise)).await;
                // Told to stop while it waited for an engine.
                let Some(begun) = begun else { return Ok(ExitCode::SUCCESS) };
                Some((updates, begun?))
            }
        };
        let ready = Ready::new(&path, &sections, &supervise).map_err(usage)?;
        let topology = ready.topology();
        tracing::info!(version = env!("CARGO_PKG_VERSION"), engine = %supervise.engine.display(), "the supervisor runs");
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        let control = ready.control.clone();
        let mut account = None;
        if let Some((updates, begun)) = updates {
            let running =
                Pair { intake: supervise.intake_image.clone(), uplink: supervise.uplink_image.clone() };
            let hands = SupervisorHands::new(&supervise.engine, topology, control.clone());
            let places = Places::of(updates);
            let installer =
                Installer::new(begun, &places, updates.watch, [named, running], hands).map_err(usage)?;
            account = Some(installer.account());
            let stop = lifecycle.soft.clone();
            tasks.spawn("updates", installer.run(stop));
        }
        if let Ok(door) = door {
            let (control, stop) = (control.clone(), lifecycle.soft.clone());
            let document =
                move || Document { updates: account.as_ref().map(Account::counts), ..control.account() };
            tasks.spawn("status", door.serve(document, stop));
        }
        let stop = lifecycle.soft.clone();
        let work = ready.run(stop, || {
            // There is nobody to tell when even that cannot be written.
            let _ = say(&json!({ "event": "ready" }).to_string());
            tell_manager(NotifyState::Ready);
        });
        lifecycle.hard.run_until_cancelled(Box::pin(work)).await;
        // A stick that hangs must not hold up a stop for ever.
        lifecycle.hard.run_until_cancelled(tasks.ended()).await;
        say(&stopped_line(&control))?;
        Ok(if lifecycle.failed() { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
    })
}

/// Takes what is installed into use: its images are what runs, whatever the configuration names.
async fn begin(updates: &Updates, supervise: &mut Supervise) -> Result<Start, Failure> {
    let begun = install::start(&updates.releases, &updates.root).await.map_err(usage)?;
    let mut said = String::new();
    let waits = |why: &str| {
        if said != why {
            tracing::warn!(why, "the release that is installed waits for the engine");
            why.clone_into(&mut said);
        }
    };
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
            begun.without(&why, &updates.root).await.map_err(usage)
        }
    }
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
