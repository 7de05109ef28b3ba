//! Which image an archive holds: one in Docker's own form and in OCI's at once, as `docker/pack` and `docker save` of
//! Docker 25 or newer make it. An engine names an image by its configuration or by its manifest, by what it keeps images in,
//! so both names are read here and signed.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use release::{Architecture, ImageDigest, Sha256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::limits;

/// The file in the archive that names the images as Docker does.
const MANIFEST: &str = "manifest.json";
/// The file that names them as OCI's image layout does.
const INDEX: &str = "index.json";
/// The operating system of every image.
const OS: &str = "linux";

/// What stands in Docker's file of an image, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    /// Its configuration's file, whose SHA-256 is the image's name.
    config: String,
}

/// OCI's file.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

/// Another file, by its digest.
#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

/// An image's manifest.
#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
}

/// An image's configuration.
#[derive(Deserialize)]
struct Configuration {
    architecture: String,
    os: String,
}

/// What an engine that loads the archive will call the image, and where it runs.
pub(crate) struct Names {
    /// Where the engine keeps images itself.
    pub(crate) image: ImageDigest,
    /// Where it leaves them to containerd.
    pub(crate) manifest: ImageDigest,
    /// The machines that it runs on.
    pub(crate) architecture: Architecture,
}

/// Reads what the one image of an archive is called.
pub(crate) fn names(archive: &Path) -> Result<Names> {
    let shown = archive.display();
    let entries: Vec<Entry> = json(archive, MANIFEST)?;
    let [Entry { config }] = &entries[..] else {
        bail!("{shown}: holds {} images; save one alone: `docker save NAME`", entries.len());
    };
    let configuration = file(archive, config)?;
    let image = digest(&configuration)?;
    let index: Index = json(archive, INDEX).with_context(|| {
        format!("{shown}: is no OCI image layout; `docker/build` makes one, and `docker save` of Docker 25 or newer")
    })?;
    let [Descriptor { digest: named }] = &index.manifests[..] else {
        bail!("{shown}: its {INDEX} names {} manifests, and one is wanted", index.manifests.len());
    };
    let bytes = file(archive, &blob(named)?)?;
    let manifest = digest(&bytes)?;
    ensure!(manifest.to_string() == *named, "{shown}: its manifest is not the one that {INDEX} names");
    let inner: Manifest =
        serde_json::from_slice(&bytes).with_context(|| format!("{shown}: its manifest is not an image's"))?;
    ensure!(
        inner.config.digest == image.to_string(),
        "{shown}: {MANIFEST} and {INDEX} are of two images, {image} and {}",
        inner.config.digest
    );
    let Configuration { architecture, os } = serde_json::from_slice(&configuration)
        .with_context(|| format!("{shown}: its configuration does not say which machine it is for"))?;
    let known = Architecture::parse(&architecture).filter(|_| os == OS);
    let architecture = known.with_context(|| {
        let all = Architecture::ALL.map(Architecture::name).join(" and ");
        format!("{shown}: is for {os} on {architecture}; there are boxes with {OS} on {all}")
    })?;
    Ok(Names { image, manifest, architecture })
}

fn digest(bytes: &[u8]) -> Result<ImageDigest> {
    ImageDigest::parse(&format!("sha256:{}", Sha256::of(bytes))).context("a SHA-256 that is none")
}

/// The file of what has this digest.
fn blob(digest: &str) -> Result<String> {
    ensure!(ImageDigest::parse(digest).is_some(), "{digest:?} is no digest of an image");
    Ok(digest.replacen("sha256:", "blobs/sha256/", 1))
}

fn json<T: DeserializeOwned>(archive: &Path, name: &str) -> Result<T> {
    serde_json::from_slice(&file(archive, name)?)
        .with_context(|| format!("{}: its {name} is not that of `docker save`", archive.display()))
}

/// A file of the archive.
fn file(archive: &Path, name: &str) -> Result<Vec<u8>> {
    let failed = || format!("{}: is no archive of `docker save`", archive.display());
    let opened = File::open(archive).with_context(|| format!("{}: cannot be read", archive.display()))?;
    for entry in tar::Archive::new(opened).entries().with_context(failed)? {
        let entry = entry.with_context(failed)?;
        if entry.path().with_context(failed)? != Path::new(name) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.take(limits::IMAGE_MANIFEST_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(failed)?;
        if bytes.len() as u64 > limits::IMAGE_MANIFEST_BYTES_MAX {
            bail!("{}: its {name} is longer than any image's", archive.display());
        }
        return Ok(bytes);
    }
    bail!("{}: has no {name}, so it is no archive of `docker save`", archive.display())
}
