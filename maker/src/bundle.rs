//! Puts a release together: its images and its system into the folder, and the targets that name them.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use release::{
    Architecture, Configuration, Envelope, Image, Images, Length, Release, ReleaseVersion, Role, Targets,
    Time, Version, encode, limits,
};

use crate::folder::{Copied, Folder, Signed};
use crate::image::{self, Names};
use crate::system;

/// What a release says besides what it carries.
pub(crate) struct About {
    pub(crate) version: ReleaseVersion,
    pub(crate) from: ReleaseVersion,
    pub(crate) configuration: Configuration,
    pub(crate) made: Time,
    pub(crate) expires: Time,
}

/// What it carries.
pub(crate) struct Parts<'a> {
    /// The images of the intake and of the uplink.
    pub(crate) images: Option<[&'a Path; 2]>,
    /// The folder that `ubuntu-image/build` has put out.
    pub(crate) system: Option<&'a Path>,
}

/// Writes the next targets, which nobody has signed; gives the file's name.
pub(crate) fn make(folder: &Folder, about: About, parts: &Parts<'_>) -> Result<String> {
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
    let images = parts.images.map(|images| add_images(folder, images)).transpose()?;
    let system = parts.system.map(|output| system::add(folder, output, about.version)).transpose()?;
    let architecture = match (&images, &system) {
        (Some((_, images)), Some((_, system))) => {
            ensure!(
                images == system,
                "the images are for {images} machines and the system for {system}: a release is for one kind"
            );
            *images
        }
        (Some((_, architecture)), None) | (None, Some((_, architecture))) => *architecture,
        (None, None) => {
            bail!("a release carries images (`--intake` and `--uplink`), a system (`--system`) or both")
        }
    };
    let About { version: number, from, configuration, made, expires } = about;
    let (images, system) = (images.map(|(images, _)| images), system.map(|(system, _)| system));
    let release = Release { version: number, from, configuration, architecture, images, system };
    let form = release.form();
    let targets = Targets { version, made, expires, release };
    let name = Role::Targets.file(version);
    folder.write(&name, &Envelope::unsigned(form, Role::Targets, encode(&targets)?).to_bytes())?;
    Ok(name)
}

fn add_images(folder: &Folder, [intake, uplink]: [&Path; 2]) -> Result<(Images, Architecture)> {
    let ((intake, architecture), (uplink, other)) = (add(folder, intake)?, add(folder, uplink)?);
    ensure!(
        other == architecture,
        "the intake's image is for {architecture} machines and the uplink's for {other}: a release is for one kind"
    );
    Ok((Images { intake, uplink }, architecture))
}

/// The version that follows, or the first.
pub(crate) fn next(version: Option<Version>) -> Result<Version> {
    version.map_or(Some(Version::FIRST), Version::next).context("there is no higher version number")
}

/// Copies an image's file into the folder, under the name that its bytes give it.
fn add(folder: &Folder, archive: &Path) -> Result<(Image, Architecture)> {
    let Names { image, manifest, architecture } = image::names(archive)?;
    let name = |copied: &Copied| format!("{}.tar", copied.sha256);
    let Copied { length, sha256 } = folder.copy(archive, limits::IMAGE_BYTES_MAX, u64::MAX, name)?;
    let length =
        Length::try_from(length).map_err(anyhow::Error::msg).context(archive.display().to_string())?;
    Ok((Image { image, manifest, length, sha256 }, architecture))
}
