//! Which image an archive holds: one that `docker save` made, in Docker's own form or in OCI's.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use release::{ImageDigest, Sha256};
use serde::Deserialize;

use crate::limits;

/// The file in the archive that names the images.
const MANIFEST: &str = "manifest.json";

/// What stands in it of an image, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    /// Its configuration's file, whose SHA-256 is the image's name.
    config: String,
}

/// The image's own name, which the engine that loads the archive will give it.
pub(crate) fn digest(archive: &Path) -> Result<ImageDigest> {
    let manifest = file(archive, MANIFEST)?;
    let entries: Vec<Entry> = serde_json::from_slice(&manifest)
        .with_context(|| format!("{}: its {MANIFEST} is not that of `docker save`", archive.display()))?;
    let [Entry { config }] = &entries[..] else {
        bail!("{}: holds {} images; save one alone: `docker save NAME`", archive.display(), entries.len());
    };
    let configuration = file(archive, config)?;
    let name = format!("sha256:{}", Sha256::of(&configuration));
    ImageDigest::parse(&name).context("a SHA-256 that is none")
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
