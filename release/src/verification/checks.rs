//! What is looked at in each file, in TUF's order: is it the file that was named, who signed it, can it be read, is it
//! that version and no step back, is it in time.

use serde::Deserialize;

use crate::document::Dated;
use crate::refusal::TooFew;
use crate::{
    Carried, Envelope, Holder, Known, Pointer, Role, RoleKeys, Root, Sha256, Snapshot, Targets, Time,
    Timestamp, Version, Why, document, limits,
};

/// The root that a box trusts from the start.
pub(crate) fn first_root(file: &[u8]) -> Result<Root, Why> {
    let envelope = envelope(file, Role::Root)?;
    let root: Root = decode(&envelope)?;
    signed(&envelope, &root)?;
    Ok(root)
}

/// The root that follows another: signed as that one wants and as it wants itself, and the very next. The old keys are
/// asked before anything of it is read. When it expires does not matter as long as another follows.
pub(super) fn next_root(root: &Root, file: &[u8]) -> Result<Root, Why> {
    let envelope = envelope(file, Role::Root)?;
    signed(&envelope, root)?;
    let next: Root = decode(&envelope)?;
    signed(&envelope, &next)?;
    match root.version.next() {
        Some(wanted) if wanted == next.version => Ok(next),
        wanted => Err(Why::OtherVersion { found: next.version, wanted: wanted.unwrap_or(root.version) }),
    }
}

/// A document that says what is newest, and whether it counts. That of an installed bundle may have been signed by keys
/// that were replaced since: it still leads to the targets, which the present root's keys have signed, and what it says of
/// versions and times is forgotten, as it is for every role whose keys were replaced.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Online<T> {
    pub(crate) document: T,
    pub(crate) counts: bool,
}

impl<T: Dated> Online<T> {
    /// Its version, if it counts.
    pub(crate) fn version(&self) -> Option<Version> {
        self.counts.then(|| self.document.version())
    }

    /// When it was made, if it counts.
    pub(crate) fn made(&self) -> Option<Time> {
        self.counts.then(|| self.document.made())
    }
}

pub(super) fn timestamp(
    known: &Known,
    root: &Root,
    file: &[u8],
    now: Option<Time>,
) -> Result<Online<Timestamp>, Why> {
    let online: Online<Timestamp> = read_online(root, file, now)?;
    let timestamp = &online.document;
    no_step_back(known, root, Role::Timestamp, timestamp.version)?;
    no_step_back(known, root, Role::Snapshot, timestamp.snapshot.version)?;
    in_time(timestamp, now)?;
    Ok(online)
}

pub(super) fn snapshot(
    known: &Known,
    root: &Root,
    file: &[u8],
    named: &Pointer,
    now: Option<Time>,
) -> Result<Online<Snapshot>, Why> {
    is_named(file, named, Role::Timestamp)?;
    let online: Online<Snapshot> = read_online(root, file, now)?;
    let snapshot = &online.document;
    is_version(snapshot.version, named)?;
    no_step_back(known, root, Role::Targets, snapshot.targets.version)?;
    in_time(snapshot, now)?;
    Ok(online)
}

pub(super) fn targets(
    known: &Known,
    root: &Root,
    file: &[u8],
    named: &Pointer,
    now: Option<Time>,
) -> Result<(Targets, Vec<Holder>), Why> {
    is_named(file, named, Role::Snapshot)?;
    let (targets, signed_by): (Targets, _) = read(root, file)?;
    is_version(targets.version, named)?;
    in_time(&targets, now)?;
    let found = &targets.release;
    match known.release_by(root) {
        Some(installed) if found.version < installed.version => {
            Err(Why::OlderRelease { found: found.version, installed: installed.version })
        }
        Some(installed) if found.version == installed.version && found != installed => {
            Err(Why::OtherRelease(found.version))
        }
        _ => Ok((targets, signed_by)),
    }
}

pub(super) fn file(signed: &Carried, length: u64, sha256: Sha256) -> Result<(), Why> {
    is_file(&Pointed { length: signed.length, sha256: signed.sha256, by: Role::Targets }, length, sha256)
}

/// The clock may be a little behind, and not more: one that stands still makes nothing ever expire.
pub(super) fn clock(made: Time, now: Option<Time>) -> Result<(), Why> {
    match now {
        Some(now) if made > now.after(limits::CLOCK_BEHIND_MAX) => Err(Why::ClockBehind { made, now }),
        _ => Ok(()),
    }
}

pub(super) fn in_time(document: &impl Dated, now: Option<Time>) -> Result<(), Why> {
    clock(document.made(), now)?;
    match now {
        Some(now) if document.expires() <= now => Err(Why::Expired { expired: document.expires(), now }),
        _ => Ok(()),
    }
}

fn read<T: Dated + for<'a> Deserialize<'a>>(root: &Root, file: &[u8]) -> Result<(T, Vec<Holder>), Why> {
    let envelope = envelope(file, T::ROLE)?;
    let signed_by = signed(&envelope, root)?;
    Ok((decode(&envelope)?, signed_by))
}

fn read_online<T: Dated + for<'a> Deserialize<'a>>(
    root: &Root,
    file: &[u8],
    now: Option<Time>,
) -> Result<Online<T>, Why> {
    let few = match (read::<T>(root, file), now) {
        (Ok((document, _)), _) => return Ok(Online { document, counts: true }),
        // Whatever is to be taken is signed by keys of today.
        (Err(Why::Signatures(few)), None) => few,
        (Err(why), _) => return Err(why),
    };
    let envelope = envelope(file, T::ROLE)?;
    let message = envelope.message();
    let whole = envelope.signatures().iter().all(|(key, signature)| key.verifies(&message, signature));
    if few.foreign == 0 || !whole {
        return Err(Why::Signatures(few));
    }
    let document = decode(&envelope)?;
    Ok(Online { document, counts: false })
}

/// What a document says that enough keys have signed, if that is written in the form that its first line says.
fn decode<T: Dated + for<'a> Deserialize<'a>>(envelope: &Envelope) -> Result<T, Why> {
    let document: T = document::decode(envelope.body()).map_err(Why::Document)?;
    let (says, is) = (envelope.form().number(), document.form().number());
    if says == is {
        Ok(document)
    } else {
        Err(Why::Document(format!("what it says is written in form {is}, and its first line says {says}")))
    }
}

fn envelope(file: &[u8], wanted: Role) -> Result<Envelope, Why> {
    let envelope = Envelope::parse(file)?;
    let found = envelope.role();
    if found == wanted { Ok(envelope) } else { Err(Why::OtherRole { found, wanted }) }
}

/// Who holds the keys that signed it, if there are enough. Each key counts once, since a file has but one signature of
/// each and a role has each key but once. A signature that does not fit, or by a key without this role, counts nothing:
/// it may be by a key that was taken out since.
fn signed(envelope: &Envelope, root: &Root) -> Result<Vec<Holder>, Why> {
    let (role, message) = (envelope.role(), envelope.message());
    let keys: &RoleKeys = root.roles.keys(role);
    let (mut good, mut bad, mut foreign) = (Vec::new(), Vec::new(), 0);
    for (key, signature) in envelope.signatures() {
        match keys.holder(key) {
            Some(holder) if key.verifies(&message, signature) => good.push(holder.clone()),
            Some(holder) => bad.push(holder.to_string()),
            None => foreign += 1,
        }
    }
    if good.len() >= keys.threshold() {
        return Ok(good);
    }
    let (root, wanted, good) = (root.version, keys.threshold(), good.len());
    Err(Why::Signatures(TooFew { role, root, wanted, good, bad, foreign }))
}

fn no_step_back(known: &Known, root: &Root, role: Role, found: Version) -> Result<(), Why> {
    match known.lowest(role, root) {
        Some(seen) if found < seen => Err(Why::Older { role, found, seen }),
        _ => Ok(()),
    }
}

fn is_version(found: Version, named: &Pointer) -> Result<(), Why> {
    let wanted = named.version;
    if found == wanted { Ok(()) } else { Err(Why::OtherVersion { found, wanted }) }
}

fn is_named(file: &[u8], named: &Pointer, by: Role) -> Result<(), Why> {
    is_file(
        &Pointed { length: named.length.into(), sha256: named.sha256, by },
        file.len() as u64,
        Sha256::of(file),
    )
}

/// What a document says of a file.
struct Pointed {
    length: u64,
    sha256: Sha256,
    by: Role,
}

fn is_file(signed: &Pointed, found: u64, sha256: Sha256) -> Result<(), Why> {
    // One that is longer was refused while it was read.
    if found < signed.length {
        return Err(Why::TooShort { found, signed: signed.length });
    }
    if sha256 == signed.sha256 { Ok(()) } else { Err(Why::OtherFile { by: signed.by }) }
}
