//! Whether a bundle may be taken: TUF's client workflow (specification, section 5) without the files. It asks for one
//! file after the other and is given its bytes; a refusal leaves nothing to go on with.
//!
//! The order is TUF's: the roots one by one from the one that is trusted, the timestamp, the snapshot that it names, the
//! targets that those name, the files that these name and that matter to whoever asks. Each file but the roots and the timestamp is known by its length
//! and its SHA-256 before a byte of it is read.

mod checks;
mod order;
mod purpose;

use crate::hex::Hasher;
use crate::{Carried, Holder, Known, Refusal, Release, Root, Snapshot, Targets, Timestamp, Why};
pub(crate) use checks::{Online, first_root};
use order::{So, Stage};
pub use purpose::{Installed, Offer, Purpose, Start, Take, Verified};

/// What comes next.
#[derive(Debug)]
pub enum Step<P: Purpose> {
    /// A file is wanted.
    Wants(Box<Wanted<P>>),
    /// All was seen.
    Done(P::Outcome),
}

/// A file that is wanted, and all that was found good before it.
#[derive(Debug)]
pub struct Wanted<P> {
    so: So<P>,
    name: String,
    bytes_max: u64,
    content: Content,
}

/// What there is of the file. A document is kept until it is whole; of what a release carries only the digest is.
#[derive(Debug)]
enum Content {
    Document { stage: Stage, bytes: Vec<u8> },
    File { checked: Box<Checked>, at: usize, signed: Carried, length: u64, hasher: Hasher },
}

/// The documents, found good.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    pub(crate) root: Root,
    pub(crate) timestamp: Online<Timestamp>,
    pub(crate) snapshot: Online<Snapshot>,
    pub(crate) targets: Targets,
    /// Who holds the keys that signed the targets.
    pub(crate) signed_by: Vec<Holder>,
}

/// Begins with what is known.
///
/// # Errors
/// The clock is behind what is known.
pub fn begin<P: Purpose>(purpose: P, known: Known) -> Result<Step<P>, Refusal> {
    let at_start = |why| Refusal { file: "what this box knows".into(), why };
    checks::clock(known.made(), purpose.now()).map_err(at_start)?;
    So::begin(purpose, known)
}

impl<P: Purpose> Wanted<P> {
    /// The file's name in the bundle.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The most bytes that it may have.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// The release that carries it, where it is no document: all documents were found good.
    pub fn release(&self) -> Option<&Release> {
        match &self.content {
            Content::Document { .. } => None,
            Content::File { checked, .. } => Some(&checked.targets.release),
        }
    }

    /// The next bytes of it.
    ///
    /// # Errors
    /// There are too many.
    pub fn part(mut self, part: &[u8]) -> Result<Self, Refusal> {
        let had = match &self.content {
            Content::Document { bytes, .. } => bytes.len() as u64,
            Content::File { length, .. } => *length,
        };
        if part.len() as u64 > self.bytes_max.saturating_sub(had) {
            return Err(Refusal { file: self.name, why: Why::TooLong(self.bytes_max) });
        }
        match &mut self.content {
            Content::Document { bytes, .. } => bytes.extend_from_slice(part),
            Content::File { length, hasher, .. } => {
                *length += part.len() as u64;
                hasher.update(part);
            }
        }
        Ok(self)
    }

    /// There is no such file.
    ///
    /// # Errors
    /// There has to be. Only the next root may be missing: then the one before is the newest.
    pub fn missing(self) -> Result<Step<P>, Refusal> {
        match self.content {
            Content::Document { stage: Stage::Root { .. }, .. } => self.so.no_further_root(),
            _ => Err(Refusal { file: self.name, why: Why::Missing }),
        }
    }

    /// That was all of it.
    ///
    /// # Errors
    /// It is not what it should be.
    pub fn end(self) -> Result<Step<P>, Refusal> {
        let Self { so, name, content, .. } = self;
        let step = match content {
            Content::Document { stage, bytes } => so.document(stage, &bytes),
            Content::File { checked, at, signed, length, hasher } => {
                so.file(*checked, at, &signed, length, hasher.finish())
            }
        };
        step.map_err(|why| Refusal { file: name, why })
    }
}
