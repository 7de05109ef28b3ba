//! Which file follows which.

use super::checks::{self, Online};
use super::{Checked, Content, Purpose, Step, Wanted};
use crate::hex::Hasher;
use crate::{Image, Known, Pointer, Refusal, Role, Root, Sha256, Snapshot, Timestamp, Version, Why, limits};

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

/// Whose image is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    Intake,
    Uplink,
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
                    None => Ok(self.wants_image(checked, Half::Intake)),
                }
            }
        }
    }

    pub(super) fn image(
        self,
        checked: Checked,
        half: Half,
        length: u64,
        sha256: Sha256,
    ) -> Result<Step<P>, Why> {
        checks::image(half.of(&checked), length, sha256)?;
        let (intake, uplink) = (Half::Intake.of(&checked), Half::Uplink.of(&checked));
        // The halves can be of one program, and then of one file.
        let same = (intake.sha256, intake.length) == (uplink.sha256, uplink.length);
        match half {
            Half::Intake if !same => Ok(self.wants_image(checked, Half::Uplink)),
            _ => Ok(Step::Done(self.purpose.outcome(&self.known, &checked))),
        }
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

    fn wants_image(self, checked: Checked, half: Half) -> Step<P> {
        let image = half.of(&checked);
        let (name, bytes_max) = (image.file(), image.length.into());
        let content = Content::Image { checked: Box::new(checked), half, length: 0, hasher: Hasher::new() };
        Step::Wants(Box::new(Wanted { so: self, name, bytes_max, content }))
    }
}

impl Half {
    fn of(self, checked: &Checked) -> &Image {
        let images = &checked.targets.release.images;
        match self {
            Self::Intake => &images.intake,
            Self::Uplink => &images.uplink,
        }
    }
}
