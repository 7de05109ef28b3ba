//! The command line. What is asked for goes to standard output, what went wrong to standard error.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use release::{Configuration, Holder, ReleaseVersion, Role, Time};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::bundle::{self, About, Parts};
use crate::folder::Folder;
use crate::keys::{self, Secret, Source};
use crate::renew::{self, Renewal};
use crate::root::{self, Changes};
use crate::{clock, limits, show, sign, verify};

/// It was not done, or a bundle is not good.
const FAULT: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;

/// Makes releases: keys, roots, bundles and signatures.
#[derive(Debug, Parser)]
#[command(name = "release", version)]
struct Arguments {
    /// The time to take for now, such as 2026-11-22T20:00:00Z: to make the same bytes again, or to look ahead.
    #[arg(long, global = true, value_parser = time)]
    now: Option<Time>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keys: one for each person and role, and for each server.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Roots: which keys are whose.
    #[command(subcommand)]
    Root(RootCommand),
    /// Put a release into a folder: images of containers, a box's system or both, and the targets that name them, for people
    /// to sign.
    Bundle(Bundle),
    /// Make the next version of a document: targets with a new time, or a snapshot or timestamp of what is newest.
    Renew(Renew),
    /// Add one signature to a document.
    Sign {
        /// The document's file; the roots lie beside it.
        file: PathBuf,
        /// The private key's file, or `-` for standard input.
        #[arg(long, value_parser = source)]
        key: Source,
    },
    /// Look at a bundle as a box would.
    Verify {
        /// The bundle's folder.
        folder: PathBuf,
        /// The root that the box trusts; without it, the bundle's first.
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
        /// The bundle that the box has installed.
        #[arg(long, value_name = "FOLDER")]
        installed: Option<PathBuf>,
    },
    /// Show what a document says and who signed it.
    Show {
        /// The document's file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key: HOLDER.key, which must stay secret, and HOLDER.pub, which goes to whoever makes the root.
    New {
        /// Who holds it, such as `anna` or `server-1`.
        #[arg(value_parser = holder)]
        holder: Holder,
        /// The folder for the two files.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        out: PathBuf,
    },
    /// Print the public line of a private key.
    Public {
        /// Who holds it.
        #[arg(value_parser = holder)]
        holder: Holder,
        /// The private key's file, or `-` for standard input.
        #[arg(long, value_parser = source)]
        key: Source,
    },
}

#[derive(Debug, Subcommand)]
enum RootCommand {
    /// Make the first root.
    New(RootArguments),
    /// Make the next root, with these changes.
    Change(RootArguments),
}

#[derive(Debug, clap::Args)]
struct RootArguments {
    /// The bundle's folder.
    folder: PathBuf,
    /// Give a role a key, such as `targets=dora.pub`; may be given again.
    #[arg(long, value_name = "ROLE=FILE", value_parser = with_role::<PathBuf>)]
    add: Vec<(Role, PathBuf)>,
    /// Take a key from a role, by its holder or by itself; may be given again.
    #[arg(long, value_name = "ROLE=WHO", value_parser = with_role::<String>)]
    remove: Vec<(Role, String)>,
    /// How many of a role's keys must sign; may be given again.
    #[arg(long, value_name = "ROLE=NUMBER", value_parser = with_role::<usize>)]
    threshold: Vec<(Role, usize)>,
    /// How long it is good for.
    #[arg(long = "for", value_name = "TIME", default_value = limits::ROOT_FOR)]
    lifetime: humantime::Duration,
}

#[derive(Debug, clap::Args)]
struct Bundle {
    /// The bundle's folder.
    folder: PathBuf,
    /// The release's version, such as 1.4.0.
    #[arg(long, value_parser = release_version)]
    version: ReleaseVersion,
    /// The lowest version that a box may come from.
    #[arg(long, value_parser = release_version)]
    from: ReleaseVersion,
    /// The oldest and the newest form of the configuration that it reads, such as 1-2.
    #[arg(long, value_name = "OLDEST-NEWEST", value_parser = configuration)]
    configuration: Configuration,
    /// The intake's image, as `docker save` made it.
    #[arg(long, value_name = "FILE", requires = "uplink")]
    intake: Option<PathBuf>,
    /// The uplink's image, as `docker save` made it.
    #[arg(long, value_name = "FILE", requires = "intake")]
    uplink: Option<PathBuf>,
    /// The system of a box: the folder that `ubuntu-image/build --version` of this version has put out.
    #[arg(long, value_name = "FOLDER")]
    system: Option<PathBuf>,
    /// How long it may be taken.
    #[arg(long = "for", value_name = "TIME", default_value = limits::TARGETS_FOR)]
    lifetime: humantime::Duration,
}

#[derive(Debug, clap::Args)]
struct Renew {
    /// The bundle's folder.
    folder: PathBuf,
    /// Whose document: targets, snapshot or timestamp.
    #[arg(value_parser = role)]
    role: Role,
    /// How long it is good for: 365d, and a timestamp 30d, unless this says otherwise.
    #[arg(long = "for", value_name = "TIME")]
    lifetime: Option<humantime::Duration>,
    /// Sign it at once with this private key's file, or `-` for standard input.
    #[arg(long, value_parser = source)]
    key: Option<Source>,
}

/// Runs the program with these arguments, the first of which is its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            // There is no one left to tell when even that cannot be printed.
            let _ = error.print();
            return code;
        }
    };
    // A core on a disk would hold the key, and a debugger of the same user could look. Where the kernel cannot say so, a key is
    // still read and signed with.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let said = run(&arguments).and_then(|said| writeln!(io::stdout(), "{said}").context("standard output"));
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::from(FAULT)
        }
    }
}

fn run(arguments: &Arguments) -> Result<String> {
    let now = arguments.now.unwrap_or_else(clock::now);
    match &arguments.command {
        Command::Key(KeyCommand::New { holder, out }) => keys::new(holder, out),
        Command::Key(KeyCommand::Public { holder, key }) => {
            let public = Secret::read(key)?.public()?;
            Ok(keys::line(&release::Key { holder: holder.clone(), public }))
        }
        Command::Root(RootCommand::New(arguments)) => make_root(arguments, now, root::first),
        Command::Root(RootCommand::Change(arguments)) => make_root(arguments, now, root::change),
        Command::Bundle(arguments) => make_bundle(arguments, now),
        Command::Renew(arguments) => make_renewed(arguments, now),
        Command::Sign { file, key } => sign::file(file, &Secret::read(key)?),
        Command::Verify { folder, root, installed } => {
            let installed = installed.as_deref().map(Folder::open).transpose()?;
            verify::verify(&Folder::open(folder)?, root.as_deref(), installed.as_ref(), now)
        }
        Command::Show { file } => show::page(file),
    }
}

type MakeRoot = fn(&Folder, &Changes, Time, Time) -> Result<String>;

fn make_root(arguments: &RootArguments, now: Time, make: MakeRoot) -> Result<String> {
    let RootArguments { folder, add, remove, threshold, lifetime } = arguments;
    let changes = Changes { add: add.clone(), remove: remove.clone(), threshold: threshold.clone() };
    let name = make(&Folder::open(folder)?, &changes, now, now.after(**lifetime))?;
    Ok(format!("{name}: made; now the keys of the root sign it"))
}

fn make_bundle(arguments: &Bundle, now: Time) -> Result<String> {
    let Bundle { folder, version, from, configuration, intake, uplink, system, lifetime } = arguments;
    let expires = now.after(**lifetime);
    let about =
        About { version: *version, from: *from, configuration: configuration.clone(), made: now, expires };
    let images = intake.as_deref().zip(uplink.as_deref()).map(|(intake, uplink)| [intake, uplink]);
    let parts = Parts { images, system: system.as_deref() };
    let name = bundle::make(&Folder::open(folder)?, about, &parts)?;
    Ok(format!("{name}: made; now the keys of the targets sign it"))
}

fn make_renewed(arguments: &Renew, now: Time) -> Result<String> {
    let role = arguments.role;
    let usual = match role {
        Role::Timestamp => limits::TIMESTAMP_FOR,
        Role::Snapshot => limits::SNAPSHOT_FOR,
        Role::Targets => limits::TARGETS_FOR,
        Role::Root => limits::ROOT_FOR,
    };
    let lifetime = arguments.lifetime.map_or_else(|| usual.parse(), Ok)?;
    let key = arguments.key.as_ref().map(Secret::read).transpose()?;
    let renewal = Renewal { role, made: now, expires: now.after(*lifetime) };
    let made = renew::renew(&Folder::open(&arguments.folder)?, &renewal, key.as_ref())?;
    let next = if key.is_some() { "signed" } else { "made; now it wants signatures" };
    let strangers = made.strangers.iter().map(|name| {
        format!(
            "\n{name}: is not signed as the newest root wants, and was passed over; find out who put it there"
        )
    });
    Ok(format!("{}: {next}{}", made.name, strangers.collect::<String>()))
}

fn time(text: &str) -> Result<Time, String> {
    Time::try_from(text.to_owned()).map_err(ToOwned::to_owned)
}

fn holder(text: &str) -> Result<Holder, String> {
    Holder::try_from(text.to_owned())
}

fn release_version(text: &str) -> Result<ReleaseVersion, String> {
    ReleaseVersion::try_from(text.to_owned()).map_err(ToOwned::to_owned)
}

fn source(text: &str) -> Result<Source, String> {
    Ok(text.into())
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "a role is root, targets, snapshot or timestamp".to_owned())
}

fn with_role<T: std::str::FromStr>(text: &str) -> Result<(Role, T), String> {
    let (name, value) = text.split_once('=').ok_or("a role, `=` and a value are wanted")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not what belongs behind `{name}=`"))?;
    Ok((role(name)?, value))
}

fn configuration(text: &str) -> Result<Configuration, String> {
    let numbers =
        text.split_once('-').and_then(|(oldest, newest)| oldest.parse().ok().zip(newest.parse().ok()));
    let (oldest, newest) = numbers.ok_or("two numbers such as 1-2 are wanted")?;
    Configuration::new(oldest, newest)
}
