//! The adapter as its program runs it, but for the platform: a link that counts each batch's readings and says
//! that they are stored. So everything from the socket to the readings and back to the acknowledgement is
//! measured, and nothing of HTTP.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use adapter::app::{App, Sink, Way};
use adapter::config::{self, AdapterIdentity, AdapterName, Config};
use adapter::lifecycle::Lifecycle;
use anyhow::{Context as _, Result};
use catalog::Salt;

use super::sender;
use super::server::{Control, Counts};
use crate::READINGS_PER_EVENT;
use crate::store::Store;

/// Printers of the site that the adapter is made for, each with its own address: the buffer is shared out over all.
pub(super) const PRINTERS: u8 = 20;

/// Serves printers until told to stop, and gives what the platform would have stored of them.
pub(super) async fn serve(control: Control) -> Result<Counts> {
    let files = tempfile::tempdir()?;
    let config = configuration(files.path())?;
    let adapter = AdapterName::parse("bench").context("a name of an adapter")?;
    let link = Arc::new(Store::new(adapter.thing()));
    let identity = AdapterIdentity { adapter, salt: Salt::new([7; 16]) };
    let lifecycle = Lifecycle::new();
    let way = Way { link: Arc::clone(&link), health: Arc::default(), url: String::new(), to_uplink: None };
    let app = App::start(&config, &identity, Sink::Link(way), lifecycle.clone()).await?;
    let address = app.beats().context("the adapter has no listener")?;
    // The one who asked may be gone already; then the stop comes at once.
    let _ = control.bound.send(address);
    let stopped = async {
        control.stop.cancelled().await;
        lifecycle.soft.cancel();
    };
    futures::join!(app.run(), stopped);
    let readings = link.readings();
    Ok(Counts { events: readings / READINGS_PER_EVENT, readings })
}

fn configuration(directory: &Path) -> Result<Config> {
    let mut text = String::from(concat!(
        "[platform]\nurl = \"https://localhost\"\ncredentials_file = \"none\"\n",
        "[beats]\nlisten = \"127.0.0.1:0\"\nin_clear = true\n",
    ));
    for printer in 0..PRINTERS {
        let address = sender::address(printer);
        write!(
            text,
            "[[printers]]\nid = \"p{printer:02}\"\nfamily = \"projet\"\nbeats = {{ address = \"{address}\" }}\n"
        )?;
    }
    let file = directory.join("adapter.toml");
    std::fs::write(&file, text)?;
    Ok(config::load(&file, &HashMap::new())?.config)
}
