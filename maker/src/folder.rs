//! A bundle's folder.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use release::{Envelope, Hasher, Role, Root, Sha256, Version, decode, limits};
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use crate::bundle::{self, next};
use crate::{renew, sign};

/// A folder with a bundle, or with what is to become one.
pub(crate) struct Folder(PathBuf);

/// What there is of a role.
pub(crate) struct Signed {
    /// The newest that is signed.
    pub(crate) newest: Option<Document>,
    /// The number for the next.
    pub(crate) next: Version,
    /// Files with higher numbers that are not signed as they must be.
    pub(crate) strangers: Vec<String>,
}

/// A file that was copied into it.
pub(crate) struct Copied {
    pub(crate) length: u64,
    pub(crate) sha256: Sha256,
}

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
        let newest = self.versions(role)?.into_iter().max();
        newest.map(|version| self.document(&role.file(version), role)).transpose()
    }

    /// The newest document of a role, which must be there.
    pub(crate) fn needed(&self, role: Role) -> Result<Document> {
        self.newest(role)?.with_context(|| format!("{}: has no {role} yet; make one first", self.0.display()))
    }

    /// The newest root. It must be signed as it wants itself and, where the one before lies beside it, as that one does:
    /// what is built on a draft can become worth nothing.
    pub(crate) fn root(&self) -> Result<Root> {
        let document = self.needed(Role::Root)?;
        for root in sign::roots_of(&document, self)? {
            let count = sign::count(&document.envelope, &root);
            ensure!(
                count.enough(),
                "{}: has {count}; have it signed, or take it out of this folder, before anything is built on it",
                document.name
            );
        }
        document.decode()
    }

    /// What there is of a role, by the newest root: what its keys have signed, and what number comes next. What others
    /// have put there is passed over, and not written over: it may be what shows who it was.
    pub(crate) fn signed(&self, role: Role, root: &Root) -> Result<Signed> {
        let roots = self.counting(role, root)?;
        let mut numbers = self.versions(role)?;
        numbers.sort_unstable();
        let (mut newest, mut counted, mut strangers) = (None, None, Vec::new());
        for version in &numbers {
            let name = role.file(*version);
            let document = self.document(&name, role).ok();
            let by = |root| {
                document.as_ref().is_some_and(|document| sign::count(&document.envelope, root).enough())
            };
            if roots.iter().any(by) {
                counted = document.as_ref().map(renew::version).transpose()?.max(counted);
            }
            if by(root) {
                newest = document;
                strangers.clear();
            } else {
                strangers.push(name);
            }
        }
        let mut next = next(counted)?;
        // A timestamp has one name, and what has it is replaced.
        while role != Role::Timestamp && numbers.contains(&next) {
            next = bundle::next(Some(next))?;
        }
        Ok(Signed { newest, next, strangers })
    }

    /// The roots by whose signatures a role is counted: the newest, and those before it in which the role has not yet
    /// lost so many keys that boxes begin its count anew.
    fn counting(&self, role: Role, root: &Root) -> Result<Vec<Root>> {
        let mut roots = vec![root.clone()];
        for version in self.versions(Role::Root)? {
            let other: Root = self.document(&Role::Root.file(version), Role::Root)?.decode()?;
            if version < root.version && !root.roles.keys(role).replaces(other.roles.keys(role)) {
                roots.push(other);
            }
        }
        Ok(roots)
    }

    /// The versions that files' names give the documents of a role.
    fn versions(&self, role: Role) -> Result<Vec<Version>> {
        let failed = || format!("{}: cannot be read", self.0.display());
        let mut versions = Vec::new();
        for entry in fs::read_dir(&self.0).with_context(failed)? {
            let name = entry.with_context(failed)?.file_name();
            versions.extend(name.to_str().and_then(|name| version(name, role)));
        }
        Ok(versions)
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

impl Folder {
    /// Copies as much of a file as is said, under a name that is made of its bytes.
    pub(crate) fn copy(
        &self,
        from: &Path,
        bytes_max: u64,
        bytes: u64,
        name: impl FnOnce(&Copied) -> String,
    ) -> Result<Copied> {
        let failed = || format!("{}: cannot be copied", from.display());
        let mut file = File::open(from).with_context(failed)?.take(bytes);
        let (mut length, mut hasher) = (0_u64, Hasher::new());
        let mut copied = None;
        self.write_with(|copy| {
            let mut buffer = vec![0; crate::limits::COPY_BYTES];
            loop {
                let read = file.read(&mut buffer).with_context(failed)?;
                let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
                length += read as u64;
                ensure!(length <= bytes_max, "{}: longer than {bytes_max} bytes", from.display());
                hasher.update(part);
                copy.write_all(part).with_context(failed)?;
            }
            Ok(name(copied.insert(Copied { length, sha256: hasher.finish() })))
        })?;
        copied.with_context(failed)
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
            let envelope = Envelope::unsigned(release::Form::One, Role::Targets, version.into());
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
