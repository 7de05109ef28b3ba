//! `platform limits`: the operating limits as a file, out of the store and into it.

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use super::{BY, Failure, File, open, print};
use crate::alarms::limits::{FILE_BYTES_MAX, export, import, parse};
use crate::config::{ConfigError, Problem};
use crate::store::things;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the limits that hold, as TOML.
    Export(File),
    /// Replace all limits by those of a file; when anything in it is wrong, nothing changes.
    Import {
        /// The file, in the format that `export` prints; - is stdin.
        limits: PathBuf,
        #[command(flatten)]
        file: File,
    },
}

pub(super) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Export(file) => {
            let text = open(&file.load()?)?.store.read(export).await.map_err(anyhow::Error::from)?;
            Ok(io::stdout().write_all(text.as_bytes()).context("stdout is closed")?)
        }
        Command::Import { limits, file } => replace(&limits, &file).await,
    }
}

async fn replace(path: &Path, file: &File) -> Result<(), Failure> {
    let config = file.load()?;
    let (name, text) = read(path).map_err(|error| Failure::Usage(error.into()))?;
    let app = open(&config)?;
    let things = app.store.read(things::names).await.map_err(anyhow::Error::from)?;
    let limits = parse(&name, &text, &things).map_err(|error| Failure::Usage(error.into()))?;
    let (ids, now) = (app.store.items().clone(), app.clock.now());
    let done = app.store.write(move |conn| import(conn, &ids, &limits, BY, now)).await;
    print(&format!("limits: {}", done.map_err(anyhow::Error::from)?))
}

/// The file's name for people, and its text.
fn read(path: &Path) -> Result<(PathBuf, String), ConfigError> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { PathBuf::from("stdin") } else { path.to_owned() };
    let failed = |source| ConfigError::Read { file: name.clone(), source };
    let source: Box<dyn Read> =
        if is_stdin { Box::new(io::stdin().lock()) } else { Box::new(fs::File::open(path).map_err(failed)?) };
    let mut text = String::new();
    source.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let what = format!("is over {FILE_BYTES_MAX} bytes");
        let problem = Problem { place: name.display().to_string(), key: String::new(), text: what };
        return Err(ConfigError::Invalid(vec![problem]));
    }
    Ok((name, text))
}
