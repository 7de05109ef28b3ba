//! Makes the next version of a document: the same targets with a new time, or a pointer to what is newest now.

use anyhow::{Result, bail, ensure};
use release::{
    Envelope, Form, Pointer, Role, Root, Sha256, Snapshot, Targets, Time, Timestamp, Version, encode,
};
use serde::Deserialize;

use crate::folder::{Document, Folder, Signed};
use crate::keys::Secret;
use crate::sign;

/// How a role's next document is made.
pub(crate) struct Renewal {
    pub(crate) role: Role,
    pub(crate) made: Time,
    pub(crate) expires: Time,
}

/// Writes it, signed if there is a key to sign it at once; gives the file's name. A timestamp takes the place of the one
/// before: it has to be signed at once, unless the folder is not the one that is served. What it is made of must be signed
/// and in time, or boxes would be given what they refuse.
pub(crate) fn renew(folder: &Folder, renewal: &Renewal, key: Option<&Secret>) -> Result<Renewed> {
    let Renewal { role, made, expires } = *renewal;
    if role == Role::Root {
        bail!("a root is made anew by `release root change`");
    }
    let root = folder.root()?;
    if let Some(key) = key {
        sign::may(key, role, &root)?;
    }
    in_time(&folder.needed(Role::Root)?, made)?;
    let Signed { newest, next: version, strangers } = folder.signed(role, &root)?;
    let (form, body) = match role {
        Role::Targets => {
            let before = newest.ok_or_else(|| anyhow::anyhow!("there are no signed targets to make anew"))?;
            let targets: Targets = before.decode()?;
            let form = targets.release.form();
            (form, encode(&Targets { version, made, expires, ..targets })?)
        }
        Role::Snapshot => {
            let targets = pointer(&newest_targets(folder, &root)?, made)?;
            (Form::One, encode(&Snapshot { version, made, expires, targets })?)
        }
        Role::Timestamp | Role::Root => {
            let snapshot = needed(folder, Role::Snapshot, &root)?;
            named_targets(folder, &snapshot, &root, made)?;
            let snapshot = pointer(&snapshot, made)?;
            (Form::One, encode(&Timestamp { version, made, expires, snapshot })?)
        }
    };
    let mut envelope = Envelope::unsigned(form, role, body);
    if let Some(key) = key {
        sign::with(&mut envelope, key, &root)?;
    }
    let name = role.file(version);
    folder.write(&name, &envelope.to_bytes())?;
    let strangers = strangers.into_iter().filter(|other| *other != name).collect();
    Ok(Renewed { name, strangers })
}

/// What was made.
pub(crate) struct Renewed {
    /// Its file.
    pub(crate) name: String,
    /// Files of the role that the root's keys have not signed. They were passed over.
    pub(crate) strangers: Vec<String>,
}

/// The newest targets, which must be signed: an older release must not go out in the place of one that waits for people.
fn newest_targets(folder: &Folder, root: &Root) -> Result<Document> {
    let document = folder.needed(Role::Targets)?;
    let count = sign::count(&document.envelope, root);
    ensure!(
        count.enough(),
        "{}: has {count}; it must be signed before another document names it, or be removed if nobody of you made it",
        document.name
    );
    Ok(document)
}

fn needed(folder: &Folder, role: Role, root: &Root) -> Result<Document> {
    let Signed { newest, strangers, .. } = folder.signed(role, root)?;
    newest.ok_or_else(|| match strangers.last() {
        None => anyhow::anyhow!("there is no {role} yet; make one first"),
        Some(name) => {
            anyhow::anyhow!("{name}: is not signed as root {} wants; make one that is", root.version)
        }
    })
}

/// The targets that a snapshot names: the very file, signed and in time.
fn named_targets(folder: &Folder, snapshot: &Document, root: &Root, now: Time) -> Result<()> {
    let named = snapshot.decode::<Snapshot>()?.targets;
    let document = folder.document(&Role::Targets.file(named.version), Role::Targets)?;
    ensure!(
        Sha256::of(&document.bytes) == named.sha256,
        "{}: is not the file that {} names; make a new snapshot",
        document.name,
        snapshot.name
    );
    let count = sign::count(&document.envelope, root);
    ensure!(count.enough(), "{}: has {count}; renew it, and the snapshot after it", document.name);
    in_time(&document, now)
}

/// To a document, with the signatures that it has.
fn pointer(document: &Document, now: Time) -> Result<Pointer> {
    in_time(document, now)?;
    Pointer::to(version(document)?, &document.bytes).map_err(anyhow::Error::msg)
}

fn in_time(document: &Document, now: Time) -> Result<()> {
    let expires = document.decode::<Dated>()?.expires;
    ensure!(
        now < expires,
        "{}: expired at {expires}; boxes refuse what is built on it, so renew it first",
        document.name
    );
    Ok(())
}

/// What every document has.
#[derive(Deserialize)]
struct Dated {
    version: Version,
    expires: Time,
}

pub(crate) fn version(document: &Document) -> Result<Version> {
    document.decode::<Dated>().map(|document| document.version)
}
