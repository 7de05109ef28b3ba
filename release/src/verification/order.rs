//! Which file follows which.

use super::checks::{self, Online};
use super::{Checked, Content, Purpose, Step, Wanted};
use crate::hex::Hasher;
use crate::{
    Carried, Known, Pointer, Refusal, Role, Root, Sha256, Snapshot, Timestamp, Version, Why, limits,
};

/// What stands while one file after the other is looked at.
#[derive(Debug)]
pub(super) struct So<P> {
    purpose: P,
    /// What was known at the start. It does not change until all is verified.
    known: Known,
    /// The newest root so far.
    root: Root,
}

/// Whose document is looked at, and what was found good before it.
#[derive(Debug)]
pub(super) enum Stage {
    Root { number: usize },
    Timestamp,
    Snapshot { timestamp: Online<Timestamp> },
    Targets { timestamp: Online<Timestamp>, snapshot: Online<Snapshot> },
}

impl<P: Purpose> So<P> {
    pub(super) fn begin(purpose: P, known: Known) -> Result<Step<P>, Refusal> {
        let root = known.root().clone();
        let file = Role::Root.file(root.version);
        let so = Self { purpose, known, root };
        so.wants_root(1).map_err(|why| Refusal { file, why })
    }

    pub(super) fn document(mut self, stage: Stage, file: &[u8]) -> Result<Step<P>, Why> {
        let now = self.purpose.now();
        match stage {
            Stage::Root { number } if number > limits::ROOTS_MAX => Err(Why::TooManyRoots),
            Stage::Root { number } => {
                self.root = checks::next_root(&self.root, file)?;
                self.wants_root(number + 1)
            }
            Stage::Timestamp => {
                let timestamp = checks::timestamp(&self.known, &self.root, file, now)?;
                let named = timestamp.document.snapshot.clone();
                Ok(self.wants_named(Stage::Snapshot { timestamp }, Role::Snapshot, &named))
            }
            Stage::Snapshot { timestamp } => {
                let snapshot =
                    checks::snapshot(&self.known, &self.root, file, &timestamp.document.snapshot, now)?;
                let named = snapshot.document.targets.clone();
                Ok(self.wants_named(Stage::Targets { timestamp, snapshot }, Role::Targets, &named))
            }
            Stage::Targets { timestamp, snapshot } => {
                let (targets, signed_by) =
                    checks::targets(&self.known, &self.root, file, &snapshot.document.targets, now)?;
                let checked = Checked { root: self.root.clone(), timestamp, snapshot, targets, signed_by };
                match self.purpose.settled(&self.known, &checked) {
                    Some(outcome) => Ok(Step::Done(outcome)),
                    None => Ok(self.next_file(checked, 0)),
                }
            }
        }
    }

    /// That one was looked at.
    pub(super) fn file(
        self,
        checked: Checked,
        at: usize,
        signed: &Carried,
        length: u64,
        sha256: Sha256,
    ) -> Result<Step<P>, Why> {
        checks::file(signed, length, sha256)?;
        Ok(self.next_file(checked, at + 1))
    }

    /// The root that was looked at last is the newest that there is.
    pub(super) fn no_further_root(self) -> Result<Step<P>, Refusal> {
        let file = Role::Root.file(self.root.version);
        checks::in_time(&self.root, self.purpose.now()).map_err(|why| Refusal { file, why })?;
        let name = Role::Timestamp.file(Version::FIRST);
        Ok(self.wants_document(Stage::Timestamp, name, limits::DOCUMENT_BYTES_MAX))
    }

    fn wants_root(self, number: usize) -> Result<Step<P>, Why> {
        let version = self.root.version.next().ok_or(Why::TooManyRoots)?;
        let name = Role::Root.file(version);
        Ok(self.wants_document(Stage::Root { number }, name, limits::DOCUMENT_BYTES_MAX))
    }

    fn wants_named(self, stage: Stage, role: Role, named: &Pointer) -> Step<P> {
        self.wants_document(stage, role.file(named.version), named.length.into())
    }

    fn wants_document(self, stage: Stage, name: String, bytes_max: u64) -> Step<P> {
        let content = Content::Document { stage, bytes: Vec::new() };
        Step::Wants(Box::new(Wanted { so: self, name, bytes_max, content }))
    }

    /// The one at this place of those that matter, or the end.
    fn next_file(self, checked: Checked, at: usize) -> Step<P> {
        let mut files = checked.targets.release.files(self.purpose.files());
        if at >= files.len() {
            return Step::Done(self.purpose.outcome(&self.known, &checked));
        }
        let signed = files.swap_remove(at);
        let (name, bytes_max) = (signed.name.clone(), signed.length);
        let content =
            Content::File { checked: Box::new(checked), at, signed, length: 0, hasher: Hasher::new() };
        Step::Wants(Box::new(Wanted { so: self, name, bytes_max, content }))
    }
}
