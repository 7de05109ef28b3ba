//! Adds a signature to a document: one person, one machine, one signature at a time.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use release::{Envelope, Holder, Role, Root, Version};

use crate::folder::{self, Document, Folder};
use crate::keys::Secret;
use crate::{renew, show};

/// How far a document is signed.
pub(crate) struct Count {
    role: Role,
    root: Version,
    wanted: usize,
    by: Vec<Holder>,
}

impl Count {
    /// Whether as many signed as must.
    pub(crate) fn enough(&self) -> bool {
        self.by.len() >= self.wanted
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, root, wanted, by } = self;
        write!(f, "{} of {wanted} signatures that root {root} wants for the role {role}", by.len())?;
        let names: Vec<String> = by.iter().map(ToString::to_string).collect();
        if names.is_empty() { Ok(()) } else { write!(f, ", by {}", names.join(" and ")) }
    }
}

/// Counts the signatures that are good by this root.
pub(crate) fn count(envelope: &Envelope, root: &Root) -> Count {
    let (role, message) = (envelope.role(), envelope.message());
    let keys = root.roles.keys(role);
    let good = envelope.signatures().iter().filter(|(key, signature)| key.verifies(&message, signature));
    let by = good.filter_map(|(key, _)| keys.holder(key).cloned()).collect();
    Count { role, root: root.version, wanted: keys.threshold(), by }
}

/// Adds the key's signature, if this root gives it the document's role; gives the holder.
pub(crate) fn with(envelope: &mut Envelope, key: &Secret, root: &Root) -> Result<Holder> {
    let holder = may(key, envelope.role(), root)?;
    key.sign(envelope)?;
    Ok(holder)
}

/// Who holds the key, if this root gives it that role.
pub(crate) fn may(key: &Secret, role: Role, root: &Root) -> Result<Holder> {
    let public = key.public()?;
    let holder = root.roles.keys(role).holder(&public).cloned();
    holder.with_context(|| format!("root {} does not give the key {public} the role {role}", root.version))
}

/// Adds a signature to a file; gives what to say of it. The roots that say whose key it is lie beside the file.
pub(crate) fn file(path: &Path, key: &Secret) -> Result<String> {
    let mut document = folder::read(path)?;
    // What cannot be read is not signed: nobody could say to what.
    let says = show::says(&document)?;
    let version = renew::version(&document)?;
    let name = document.envelope.role().file(version);
    ensure!(
        document.name == name,
        "{}: holds what belongs into {name}, by its role and version: nothing was signed",
        document.name
    );
    let beside = Folder::of(path);
    let roots = match document.envelope.role() {
        Role::Root => roots_of(&document, &beside)?,
        role => match beside.newest(Role::Root)? {
            Some(root) => vec![root.decode()?],
            None => {
                bail!("{}: no root lies beside it to say who signs as {role}; put it there", document.name)
            }
        },
    };
    let signed = roots.iter().map(|root| with(&mut document.envelope, key, root));
    let holder = first_good(signed)?;
    beside.write(&document.name, &document.envelope.to_bytes())?;
    let counts: Vec<String> = roots.iter().map(|root| count(&document.envelope, root).to_string()).collect();
    Ok(format!("{says}\n{}: signed as {holder}; it has {}", document.name, counts.join(", and ")))
}

/// The roots that say who signs a root: the one before, if it lies beside it, and itself.
pub(crate) fn roots_of(document: &Document, beside: &Folder) -> Result<Vec<Root>> {
    let root: Root = document.decode()?;
    Ok(before(beside, root.version)?.into_iter().chain([root]).collect())
}

fn first_good(signed: impl Iterator<Item = Result<Holder>>) -> Result<Holder> {
    let mut last = None;
    for outcome in signed {
        match outcome {
            Ok(holder) => return Ok(holder),
            Err(error) => last = Some(error),
        }
    }
    Err(last.context("no root says who signs this")?)
}

fn before(folder: &Folder, version: Version) -> Result<Option<Root>> {
    let number = u32::from(version).checked_sub(1).map(u64::from);
    let Some(before) = number.and_then(|number| Version::try_from(number).ok()) else { return Ok(None) };
    let name = Role::Root.file(before);
    if !folder.path(&name).is_file() {
        return Ok(None);
    }
    folder.document(&name, Role::Root)?.decode().map(Some)
}
