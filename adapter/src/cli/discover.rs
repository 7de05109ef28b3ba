//! `adapter discover`: the table is for a person, on standard error; the lines to paste are a document, on standard output.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::{Failure, drive, fault, say, sections, usage};
use crate::discover::{self, DiscoverError, LISTEN_DEFAULT, LISTEN_MAX, LISTEN_MIN};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A configuration file, to say which printers it has already.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long to listen, from 1s to 1m.
    #[arg(long = "for", value_name = "TIME", default_value_t = LISTEN_DEFAULT.into(), value_parser = listening)]
    listen: humantime::Duration,
    /// Ask on this network interface, such as `eth0`; may be given again. Without it, on all but loopback.
    #[arg(long, value_name = "NAME")]
    interface: Vec<String>,
}

fn listening(text: &str) -> Result<humantime::Duration, String> {
    let listen: humantime::Duration = text.parse().map_err(|_| "a time such as 5s is wanted".to_owned())?;
    let fits = (LISTEN_MIN..=LISTEN_MAX).contains(&Duration::from(listen));
    if fits { Ok(listen) } else { Err("it listens from 1s to 1m".to_owned()) }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = arguments.config.as_deref().map(sections).transpose()?.map(|sections| sections.config);
    let heard = drive(async {
        discover::discover(&arguments.interface, arguments.listen.into()).await.map_err(|error| match error {
            DiscoverError::NoInterface(_) => usage(error),
            DiscoverError::Interfaces(_) | DiscoverError::Ask { .. } => fault(error),
        })
    })?;
    let page = discover::page(&heard, config.as_ref(), arguments.listen.into());
    io::stderr().write_all(page.text.as_bytes()).map_err(fault)?;
    if !page.lines.is_empty() {
        say(page.lines.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
