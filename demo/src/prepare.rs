//! `demo prepare`: the first start of an evaluation in containers. It makes what no image and no repository may hold:
//! an authority, certificates, and the adapter's key, which is enrolled as ever, over TLS and with a one-time code.
//! Each program's share goes into a directory of its own, and to its own user.
//!
//! It runs once, without a network, before the others start; the authority's key is never written.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::certificates::{Authority, Validity};
use crate::cli::say;
use crate::program::Launcher;
use crate::site::{ADAPTER, printer_id};

/// What it makes last, and so what tells that all is there.
const DONE: &str = "simulator/ca.pem";

/// Makes the certificates and the adapter's key of an evaluation, unless they are there.
#[derive(Debug, Parser)]
#[command(name = "demo prepare")]
struct Arguments {
    /// Where the configuration files `platform.toml` and `uplink.toml` are.
    #[arg(long)]
    config: PathBuf,
    /// Where each program has its directory.
    #[arg(long)]
    directory: PathBuf,
    /// Printers to make certificates for.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=20))]
    printers: u16,
    /// Whose a program's directory shall be, such as `intake=10001:10000`; once for each.
    #[arg(long = "owner")]
    owners: Vec<Owner>,
}

/// A program's directory, and its user and group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    name: String,
    user: u32,
    group: u32,
}

impl FromStr for Owner {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (name, ids) = text.split_once('=')?;
            let (user, group) = ids.split_once(':')?;
            Some(Self { name: name.to_owned(), user: user.parse().ok()?, group: group.parse().ok()? })
        };
        parsed().ok_or("write NAME=USER:GROUP with numbers, such as intake=10001:10000")
    }
}

/// Runs `demo prepare`; the first of the arguments is the program's name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = Arguments::parse_from(arguments);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(prepare(&arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("demo prepare: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn prepare(arguments: &Arguments) -> Result<()> {
    if arguments.directory.join(DONE).exists() {
        // Whoever was interrupted here may not have given away everything yet.
        give_all(arguments)?;
        say("The certificates and the adapter's key are there.");
        return Ok(());
    }
    let authority = Authority::new("Oneway evaluation authority")?;
    issue(&authority, arguments)?;
    enrol(&arguments.config).await?;
    authority.write(&arguments.directory.join(DONE))?;
    give_all(arguments)?;
    say("The certificates are made and the adapter is enrolled.");
    Ok(())
}

fn give_all(arguments: &Arguments) -> Result<()> {
    arguments.owners.iter().try_for_each(|owner| give(&arguments.directory.join(&owner.name), owner))
}

fn issue(authority: &Authority, arguments: &Arguments) -> Result<()> {
    let of = |program: &str| arguments.directory.join(program);
    authority.issue(&of("platform"), &["platform", "localhost", "127.0.0.1"], Validity::Current)?;
    authority.issue(&of("intake"), &["intake"], Validity::Current)?;
    for index in 0..arguments.printers.into() {
        authority.issue(&of("simulator"), &[&printer_id(index)], Validity::Current)?;
    }
    for program in ["uplink", "intake"] {
        authority.write(&of(program).join("ca.pem"))?;
    }
    Ok(())
}

/// As an admin and a technician would: one makes the code, the other exchanges it. The platform runs for this alone.
async fn enrol(config: &Path) -> Result<()> {
    let logs = tempfile::tempdir()?;
    let launcher = Launcher::new(std::env::current_exe()?);
    let file = |name: &str| config.join(name).display().to_string();
    let (platform_file, uplink_file) = (file("platform.toml"), file("uplink.toml"));
    let mut platform = launcher.start("platform", &["serve", "--config", &platform_file], logs.path())?;
    platform.ready().await?;
    let create = ["adapter", "create", ADAPTER, "--site", "Evaluation", "--config", &platform_file];
    let code = launcher.run("platform", &create, "").await?;
    launcher.run("adapter", &["enrol", "--in-clear", "--config", &uplink_file], code.trim()).await?;
    platform.stop().await.map(drop)
}

/// The directory goes last: from then on there is nothing more to be done in it.
fn give(directory: &Path, owner: &Owner) -> Result<()> {
    let to = |path: &Path| {
        chown(path, Some(owner.user), Some(owner.group)).with_context(|| {
            format!("{} cannot be given to user {}: run this as root", path.display(), owner.user)
        })
    };
    for file in fs::read_dir(directory).with_context(|| format!("{}: cannot be read", directory.display()))? {
        to(&file?.path())?;
    }
    to(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_a_name_and_two_numbers() {
        let intake = Owner { name: "intake".into(), user: 10001, group: 10000 };
        assert_eq!("intake=10001:10000".parse(), Ok(intake));
        for wrong in ["intake", "intake=10001", "intake=root:root", "intake=-1:0"] {
            assert!(wrong.parse::<Owner>().unwrap_err().contains("NAME=USER:GROUP"), "{wrong}");
        }
    }
}
