//! A bundle's folder.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use release::{Envelope, Role, Root, Version, decode, limits};
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

/// A folder with a bundle, or with what is to become one.
pub(crate) struct Folder(PathBuf);

/// A document of it.
pub(crate) struct Document {
    /// Its file's name.
    pub(crate) name: String,
    /// Its file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// What they are.
    pub(crate) envelope: Envelope,
}

impl Document {
    /// Reads what it says.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        decode(self.envelope.body()).map_err(|reason| anyhow::anyhow!("{}: {reason}", self.name))
    }
}

impl Folder {
    /// The folder at this path, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        ensure!(path.is_dir(), "{}: is no folder", path.display());
        Ok(Self(path.to_owned()))
    }

    /// The folder that this file lies in.
    pub(crate) fn of(file: &Path) -> Self {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self(parent.unwrap_or(Path::new(".")).to_owned())
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The newest document of a role, by the names of the files.
    pub(crate) fn newest(&self, role: Role) -> Result<Option<Document>> {
        let mut newest = None;
        let failed = || format!("{}: cannot be read", self.0.display());
        for entry in fs::read_dir(&self.0).with_context(failed)? {
            let name = entry.with_context(failed)?.file_name();
            let version = name.to_str().and_then(|name| version(name, role));
            newest = newest.max(version);
        }
        newest.map(|version| self.document(&role.file(version), role)).transpose()
    }

    /// The newest document of a role, which must be there.
    pub(crate) fn needed(&self, role: Role) -> Result<Document> {
        self.newest(role)?.with_context(|| format!("{}: has no {role} yet; make one first", self.0.display()))
    }

    /// The newest root.
    pub(crate) fn root(&self) -> Result<Root> {
        self.needed(Role::Root)?.decode()
    }

    /// A document of a role.
    pub(crate) fn document(&self, name: &str, role: Role) -> Result<Document> {
        let document = read(&self.path(name))?;
        let found = document.envelope.role();
        ensure!(found == role, "{name}: is a document of the role {found}, and one of {role} belongs here");
        Ok(document)
    }

    /// Writes a file in one step: nobody sees half of it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write_with(|file| {
            file.write_all(bytes)?;
            Ok(name.to_owned())
        })
        .map(drop)
    }

    /// Writes a file whose name is known when it is written; gives the name.
    pub(crate) fn write_with(
        &self,
        write: impl FnOnce(&mut NamedTempFile) -> Result<String>,
    ) -> Result<String> {
        let failed = || format!("{}: nothing can be written there", self.0.display());
        // A web server reads it as another user.
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(&self.0)
            .with_context(failed)?;
        let name = write(&mut file)?;
        file.as_file().sync_all().with_context(failed)?;
        file.persist(self.path(&name)).with_context(|| format!("{name}: cannot be written"))?;
        Ok(name)
    }
}

/// Reads a signed file.
pub(crate) fn read(path: &Path) -> Result<Document> {
    let failed = || format!("{}: cannot be read", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(failed)?;
    file.take(limits::DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(failed)?;
    if bytes.len() as u64 > limits::DOCUMENT_BYTES_MAX {
        bail!("{}: longer than {} bytes, which no document is", path.display(), limits::DOCUMENT_BYTES_MAX);
    }
    let envelope = Envelope::parse(&bytes).with_context(|| path.display().to_string())?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Document { name, bytes, envelope })
}

/// The version in a file's name, if it is one of that role.
fn version(name: &str, role: Role) -> Option<Version> {
    let number = match role {
        Role::Timestamp => Version::FIRST,
        _ => Version::try_from(name.split('.').next()?.parse::<u64>().ok()?).ok()?,
    };
    (role.file(number) == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_by_its_number() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        assert!(folder.newest(Role::Targets).unwrap().is_none());
        for version in ["2", "10", "9"] {
            let envelope = Envelope::unsigned(Role::Targets, version.into());
            folder.write(&format!("{version}.targets.signed"), &envelope.to_bytes()).unwrap();
        }
        for name in ["011.targets.signed", "12.snapshot.signed", "x.targets.signed", "99.targets.signed.old"]
        {
            folder.write(name, b"").unwrap();
        }
        assert_eq!(folder.newest(Role::Targets).unwrap().unwrap().name, "10.targets.signed");
        assert!(folder.document("10.targets.signed", Role::Root).is_err());
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 7);
    }
}
