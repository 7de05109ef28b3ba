//! `adapter intake`, `adapter uplink` and `adapter identity`: the adapter as two processes.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use sd_notify::NotifyState;

use super::{
    Account, Enrol, FAULT, Failure, File, door, drive, fault, say, say_enrolled, serve, tell_manager, usage,
    whole,
};
use crate::app::{Sink, Way, environment};
use crate::config::{self, AdapterIdentity, Credentials, Intake, Whole};
use crate::enrol;
use crate::half::Half;
use crate::lifecycle::{Lifecycle, Signals};
use crate::link::SocketLink;
use crate::status::LinkEnd;
use crate::uplink::{Program, Told};

#[derive(clap::Args)]
pub(super) struct Uplink {
    #[command(flatten)]
    file: File,
    /// Where the supervisor says how the containers are.
    #[arg(long, value_name = "FILE", hide = true)]
    account: Option<PathBuf>,
    /// Where a box says how its system does.
    #[arg(long, value_name = "FILE", hide = true)]
    system: Option<PathBuf>,
}

/// What `adapter identity` says to a configuration that does not name its file.
const NO_FILE: &str = "name the file to write: `identity_file` in `[link]`";

pub(super) fn intake(file: &File) -> Result<ExitCode, Failure> {
    let Intake { link: place, identity_file, config } =
        config::load_intake(&file.config, &environment()).map_err(usage)?;
    let identity = AdapterIdentity::load(&identity_file).map_err(usage)?;
    let link = SocketLink::new(&place);
    let (health, url) = (link.health(), format!("unix:{}", place.socket.display()));
    let end = LinkEnd { socket: place.socket, state: link.state() };
    let way = Way { link: Arc::new(link), health, url, to_uplink: Some(end) };
    let account = Account { door: door(&file.config, Half::Intake) };
    serve(&config, &identity, Sink::Link(way), Some(account))
}

pub(super) fn uplink(Uplink { file, account, system }: Uplink) -> Result<ExitCode, Failure> {
    let told = Told { account, system };
    let (platform, place) = config::load_uplink(&file.config, &environment()).map_err(usage)?;
    let credentials = Credentials::load(&platform.credentials_file).map_err(usage)?;
    let door = door(&file.config, Half::Uplink);
    drive(async {
        let lifecycle = Lifecycle::new();
        let signals = Signals::listen().map_err(fault)?;
        tokio::spawn(lifecycle.clone().watch(signals));
        let started = Program::start(&platform, &place, &credentials, told, lifecycle.clone());
        let program = started.map_err(|error| {
            // What had started already ends because of this, and is no fault of its own.
            lifecycle.hard.cancel();
            if error.can_pass() { fault(error) } else { usage(error) }
        })?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), adapter = %credentials.adapter, url = %platform.url, "the uplink runs");
        door.into_iter().for_each(|door| program.tell_at(door));
        say(&program.ready_line())?;
        tell_manager(NotifyState::Ready);
        say(&program.run().await)?;
        Ok(if lifecycle.failed() { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
    })
}

pub(super) fn identity(arguments: &Enrol) -> Result<ExitCode, Failure> {
    let Whole { platform, link, .. } = whole(&arguments.file)?;
    let identity_file = link.and_then(|link| link.identity_file);
    let identity_file = identity_file.ok_or_else(|| usage(anyhow::anyhow!(NO_FILE)))?;
    let written = drive(async {
        let (from, to) = (&platform.credentials_file, &identity_file);
        enrol::write_identity(from, to, arguments.keeping()).await.map_err(fault)
    })?;
    say_enrolled("identity", &written, &identity_file)
}
