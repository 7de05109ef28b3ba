//! Tries a stick's configuration as the adapter would at its start, files and all. A signed stick that the adapter does not start with
//! must not replace one that it does.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ::site::Document;
use secrecy::ExposeSecret as _;

use super::configuration::{self, Secrets};
use super::{CONFIGURATION, SiteError, files, make_directory};
use crate::config::{self, Sections, Updates};
use crate::files::if_there;
use crate::intake::poll;
use crate::{tls, update};

/// Where it is tried, in the directory that is filled: in memory, for a moment, and for its owner alone.
const DIRECTORY: &str = "tried";

/// Whether the adapter starts with it; if not, why.
pub(super) fn tried(to: &Path, document: &Document, socket: &str) -> Result<Result<(), String>, SiteError> {
    let directory = to.join(DIRECTORY);
    // One that a broken run left behind has other files.
    remove(&directory)?;
    let outcome = within(&directory, document, socket);
    remove(&directory)?;
    outcome
}

fn remove(directory: &Path) -> Result<(), SiteError> {
    if_there(fs::remove_dir_all(directory)).map_err(SiteError::write(directory))
}

fn within(directory: &Path, document: &Document, socket: &str) -> Result<Result<(), String>, SiteError> {
    let made = match configuration::of(document, socket, Secrets::InClear) {
        Ok(made) => made,
        Err(error) => return Ok(Err(error.to_string())),
    };
    make_directory(directory, 0o700)?;
    make_directory(&directory.join(Secrets::InClear.directory()), 0o700)?;
    let put = |name: &Path, text: &str| {
        let path = directory.join(name);
        files::put(&path, 0o600, text.as_bytes()).map_err(SiteError::write(&path))
    };
    for (name, text) in &made.certificates {
        put(Path::new(name), text)?;
    }
    for (name, secret) in &made.secrets {
        put(&Path::new(Secrets::InClear.directory()).join(name), secret.expose_secret())?;
    }
    put(Path::new(CONFIGURATION), &made.text)?;
    let path = directory.join(CONFIGURATION);
    let sections = match config::load_sections(&path, &HashMap::new()) {
        Ok(sections) => sections,
        Err(error) => return Ok(Err(plain(&error.to_string(), directory))),
    };
    Ok(starts(&sections).map_err(|error| plain(&format!("{error:#}"), directory)))
}

// What is made of files at a start.
fn starts(sections: &Sections) -> anyhow::Result<()> {
    let Sections { platform, updates, config, .. } = sections;
    if let Some(platform) = platform {
        tls::client(platform.ca_file.as_deref(), None)?;
    }
    if let Some(Updates { url: Some(url), ca_file, .. }) = updates {
        update::can_ask(url, ca_file.as_deref())?;
    }
    for listener in config.beats.iter().chain(&config.push).filter_map(|it| it.tls.as_ref()) {
        tls::server(listener)?;
    }
    if let Some(pip) = &config.pip {
        tls::client(Some(&pip.ca_file), pip.pair.as_ref())?;
    }
    for interface in config.printers.iter().filter_map(|printer| printer.interface.as_ref()) {
        poll::check(interface)?;
    }
    Ok(())
}

// In one line, and without where it was tried, which is gone.
fn plain(said: &str, directory: &Path) -> String {
    said.replace('\n', " ").replace(&format!("{}/", directory.display()), "")
}
