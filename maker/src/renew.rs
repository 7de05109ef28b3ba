//! Makes the next version of a document: the same targets with a new time, or a pointer to what is newest now.

use anyhow::{Result, bail};
use release::{Envelope, Pointer, Role, Snapshot, Targets, Time, Timestamp, Version, encode};
use serde::Deserialize;

use crate::bundle::next;
use crate::folder::{Document, Folder};
use crate::keys::Secret;
use crate::sign;

/// How a role's next document is made.
pub(crate) struct Renewal {
    pub(crate) role: Role,
    pub(crate) made: Time,
    pub(crate) expires: Time,
}

/// Writes it, signed if there is a key to sign it at once; gives the file's name. A timestamp takes the place of the one
/// before: it has to be signed at once, unless the folder is not the one that is served.
pub(crate) fn renew(folder: &Folder, renewal: &Renewal, key: Option<&Secret>) -> Result<String> {
    let Renewal { role, made, expires } = *renewal;
    let version = next(folder.newest(role)?.map(|document| version(&document)).transpose()?)?;
    let body = match role {
        Role::Targets => {
            let targets: Targets = folder.needed(role)?.decode()?;
            encode(&Targets { version, made, expires, ..targets })?
        }
        Role::Snapshot => {
            let targets = pointer(folder, Role::Targets)?;
            encode(&Snapshot { version, made, expires, targets })?
        }
        Role::Timestamp => {
            let snapshot = pointer(folder, Role::Snapshot)?;
            encode(&Timestamp { version, made, expires, snapshot })?
        }
        Role::Root => bail!("a root is made anew by `release root change`"),
    };
    let mut envelope = Envelope::unsigned(role, body);
    if let Some(key) = key {
        sign::with(&mut envelope, key, &folder.root()?)?;
    }
    let name = role.file(version);
    folder.write(&name, &envelope.to_bytes())?;
    Ok(name)
}

/// To the newest document of a role, with the signatures that it has: so it must have all that it needs.
fn pointer(folder: &Folder, role: Role) -> Result<Pointer> {
    let document = folder.needed(role)?;
    let root = folder.root()?;
    let count = sign::count(&document.envelope, &root);
    if !count.enough() {
        bail!("{}: has {count}; it must be signed before another document names it", document.name);
    }
    Pointer::to(version(&document)?, &document.bytes).map_err(anyhow::Error::msg)
}

/// The one field that every document has.
#[derive(Deserialize)]
struct Versioned {
    version: Version,
}

pub(crate) fn version(document: &Document) -> Result<Version> {
    document.decode::<Versioned>().map(|document| document.version)
}
