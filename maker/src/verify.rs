//! Looks at a bundle as a box would: by the same code.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context as _, Result};
use release::{
    Files, Known, Offer, Purpose, Role, Start, Step, Take, Time, Verified, Version, Wanted, begin,
};

use crate::folder::{self, Folder};
use crate::limits;

/// What a box that trusts this root, and has installed that bundle, makes of a bundle; gives the page.
pub(crate) fn verify(
    folder: &Folder,
    root: Option<&Path>,
    installed: Option<&Folder>,
    now: Time,
) -> Result<String> {
    let first = folder.path(&Role::Root.file(Version::FIRST));
    let root = folder::read(root.unwrap_or(&first))?;
    let known = Known::from_root(&root.bytes)?;
    let known = match installed {
        None => known,
        Some(installed) => {
            look(installed, Start(Files::Images), known).context("what is installed")?.known().clone()
        }
    };
    Ok(match look(folder, Take(now, Files::All), known)? {
        Offer::Newer(verified) => page(&verified),
        Offer::Same(known) => {
            let version = known.release().map(|release| release.version.to_string()).unwrap_or_default();
            format!("release {version} is what is installed")
        }
    })
}

fn page(verified: &Verified) -> String {
    let release = verified.release();
    let mut page = format!("release {} is signed, whole and in time\n", release.version);
    let names: Vec<String> = verified.signed_by().iter().map(ToString::to_string).collect();
    let _ = writeln!(
        page,
        "  signed by      {}, by root {}",
        names.join(" and "),
        verified.known().root().version
    );
    let _ = writeln!(page, "  until          {}", verified.expires());
    let _ = writeln!(page, "  for boxes from {}", release.from);
    let _ = writeln!(page, "  configuration  {}", release.configuration);
    let _ = writeln!(page, "  machines       {}", release.architecture);
    for (name, image) in release.images.iter().flat_map(release::Images::each) {
        let _ = writeln!(page, "  {name:<14} {} of {} bytes", image.image, image.length);
    }
    if let Some(system) = &release.system {
        let bytes: u64 = system.files(release.version).iter().map(|file| file.length).sum();
        let _ = writeln!(page, "  system         root hash {}, {bytes} bytes", system.root_hash);
    }
    page.trim_end().to_owned()
}

fn look<P: Purpose>(folder: &Folder, purpose: P, known: Known) -> Result<P::Outcome> {
    let mut step = begin(purpose, known)?;
    loop {
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Wants(wanted) => give(folder, *wanted)?,
        };
    }
}

fn give<P: Purpose>(folder: &Folder, mut wanted: Wanted<P>) -> Result<Step<P>> {
    let path = folder.path(wanted.name());
    let failed = || format!("{}: cannot be read", path.display());
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(wanted.missing()?),
        file => file.with_context(failed)?,
    };
    let mut buffer = vec![0; limits::COPY_BYTES];
    loop {
        let read = file.read(&mut buffer).with_context(failed)?;
        match buffer.get(..read).filter(|part| !part.is_empty()) {
            Some(part) => wanted = wanted.part(part)?,
            None => return Ok(wanted.end()?),
        }
    }
}
