//! Puts a release together: its images into the folder, and the targets that name them.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use release::{
    Architecture, Configuration, Envelope, Image, Images, Length, Release, ReleaseVersion, Role, Targets,
    Time, Version, encode, limits,
};

use crate::folder::{Folder, Signed};
use crate::image::{self, Names};

/// What a release says besides its images.
pub(crate) struct About {
    pub(crate) version: ReleaseVersion,
    pub(crate) from: ReleaseVersion,
    pub(crate) configuration: Configuration,
    pub(crate) made: Time,
    pub(crate) expires: Time,
}

/// Writes the next targets, which nobody has signed; gives the file's name.
pub(crate) fn make(folder: &Folder, about: About, intake: &Path, uplink: &Path) -> Result<String> {
    let root = folder.root()?;
    let Signed { newest, next: version, .. } = folder.signed(Role::Targets, &root)?;
    let before = newest.map(|document| document.decode::<Targets>()).transpose()?;
    if let Some(Targets { release, .. }) = &before {
        ensure!(
            about.version > release.version,
            "release {} follows {} in this folder; a release's version must be higher, also of one that goes back to \
             what was before",
            about.version,
            release.version
        );
    }
    ensure!(
        about.from < about.version,
        "a box comes from an older version than the release's own, {}",
        about.version
    );
    let (intake, uplink) = (add(folder, intake)?, add(folder, uplink)?);
    let architecture = intake.1;
    ensure!(
        uplink.1 == architecture,
        "the intake's image is for {architecture} machines and the uplink's for {}: a release is for one kind",
        uplink.1
    );
    let images = Images { intake: intake.0, uplink: uplink.0 };
    let About { version: number, from, configuration, made, expires } = about;
    let release = Release { version: number, from, configuration, architecture, images };
    let targets = Targets { version, made, expires, release };
    let name = Role::Targets.file(version);
    folder.write(&name, &Envelope::unsigned(Role::Targets, encode(&targets)?).to_bytes())?;
    Ok(name)
}

/// The version that follows, or the first.
pub(crate) fn next(version: Option<Version>) -> Result<Version> {
    version.map_or(Some(Version::FIRST), Version::next).context("there is no higher version number")
}

/// Copies an image's file into the folder, under the name that its bytes give it.
fn add(folder: &Folder, archive: &Path) -> Result<(Image, Architecture)> {
    let Names { image, manifest, architecture } = image::names(archive)?;
    let failed = || format!("{}: cannot be copied", archive.display());
    let mut file = File::open(archive).with_context(failed)?;
    let (mut length, mut hasher) = (0_u64, release::Hasher::new());
    let mut made = None;
    folder.write_with(|copy| {
        let mut buffer = vec![0; crate::limits::COPY_BYTES];
        loop {
            let read = file.read(&mut buffer).with_context(failed)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            length += read as u64;
            ensure!(
                length <= limits::IMAGE_BYTES_MAX,
                "{}: longer than {} bytes",
                archive.display(),
                limits::IMAGE_BYTES_MAX
            );
            hasher.update(part);
            copy.write_all(part).with_context(failed)?;
        }
        let length = Length::try_from(length).map_err(anyhow::Error::msg).with_context(failed)?;
        let image = made.insert(Image { image, manifest, length, sha256: hasher.finish() });
        Ok(image.file())
    })?;
    Ok((made.with_context(failed)?, architecture))
}
