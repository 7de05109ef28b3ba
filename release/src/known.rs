//! What a box knows when it is shown a bundle, and so what it must not forget.

use crate::verification::{self, Checked};
use crate::{Refusal, Release, Role, Root, Time, Version};

/// The newest root that a box trusts, and what it has taken. It comes of the root that the box was made with
/// ([`Known::from_root`]) or of a bundle that was verified, and of nothing else. It has no form on a disk: the bundle
/// that is installed says the same, and is signed.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    root: Root,
    seen: Option<Seen>,
}

/// What a verified bundle said.
#[derive(Clone, PartialEq, Debug)]
struct Seen {
    timestamp: Option<Version>,
    snapshot: Option<Version>,
    targets: Version,
    release: Release,
    /// The time that it must be at least.
    made: Time,
}

impl Known {
    /// What a box knows that has taken nothing: the root that it was made with, as a signed file. That it is this one and
    /// no other is for whoever made the box to see to; that it is signed by its own keys shows that it is no draft.
    ///
    /// # Errors
    /// It is no root, or not signed by its own keys.
    pub fn from_root(file: &[u8]) -> Result<Self, Refusal> {
        let root = verification::first_root(file)
            .map_err(|why| Refusal { file: "the root that this box trusts".into(), why })?;
        Ok(Self { root, seen: None })
    }

    pub(crate) fn after(checked: &Checked) -> Self {
        let Checked { root, timestamp, snapshot, targets, .. } = checked;
        let made = targets.made.max(root.made);
        let made = [timestamp.made(), snapshot.made()].into_iter().flatten().fold(made, Time::max);
        let seen = Seen {
            timestamp: timestamp.version(),
            snapshot: snapshot.version(),
            targets: targets.version,
            release: targets.release.clone(),
            made,
        };
        Self { root: root.clone(), seen: Some(seen) }
    }

    /// The newest root that is trusted.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The release that the bundle held.
    pub fn release(&self) -> Option<&Release> {
        self.seen.as_ref().map(|seen| &seen.release)
    }

    /// The time that it must be at least: when the newest thing that was verified was made.
    pub(crate) fn made(&self) -> Time {
        self.seen.as_ref().map_or(self.root.made, |seen| seen.made)
    }

    /// The lowest version of a role's document that is not a step back, by that root. A role most of whose keys were
    /// replaced begins anew: nothing that its old keys signed can come again, and a thief of them may have counted up to
    /// the last number that there is (TUF specification, section 5.3.11: fast-forward).
    pub(crate) fn lowest(&self, role: Role, by: &Root) -> Option<Version> {
        let seen = self.seen_by(role, by)?;
        match role {
            // Its chain is held by the keys themselves.
            Role::Root => None,
            Role::Targets => Some(seen.targets),
            Role::Snapshot => seen.snapshot,
            Role::Timestamp => seen.timestamp,
        }
    }

    /// The release that no older one may follow, by that root.
    pub(crate) fn release_by(&self, by: &Root) -> Option<&Release> {
        self.seen_by(Role::Targets, by).map(|seen| &seen.release)
    }

    fn seen_by(&self, role: Role, by: &Root) -> Option<&Seen> {
        let replaced = by.roles.keys(role).replaces(self.root.roles.keys(role));
        self.seen.as_ref().filter(|_| !replaced)
    }
}
