//! What a release of the appliance is, and whether a box may take it: documents that are signed by roles with
//! thresholds, after The Update Framework (TUF, specification 1.0). Bytes, a time and what the box knows go in; a
//! verdict comes out. `docs/updates.md` has the format, the procedures and the attacks.
//!
//! It has no socket, no file, no clock, no randomness and no tokio, and it cannot sign: that is the maker's program
//! (`maker`), which is not on the box. Whoever has a bundle, on a stick or behind a URL, is asked for one file after the
//! other ([`Step`]), by a name that no signer chose and with a length that is known before.
//!
//! A release says which images to run, or which system to start, and nothing about how: no command, argument, variable,
//! mount, network or right can be written in one ([`Release`]).

mod document;
mod envelope;
mod fit;
mod fuzz;
pub mod head;
mod hex;
mod keys;
mod known;
pub mod limits;
mod reason;
mod refusal;
mod time;
mod verification;
mod version;

pub use document::{
    Architecture, Carried, Configuration, Files, Image, ImageDigest, Images, Kernel, Length, Partition,
    Pointer, Release, Roles, Root, RootHash, Snapshot, System, SystemFile, Targets, Timestamp, decode,
    encode,
};
pub use envelope::{Envelope, EnvelopeError, Form};
pub use fit::{Running, Unfit};
pub use fuzz::fuzz_body;
pub use head::Signature;
pub use hex::{Hasher, Sha256};
pub use keys::{Holder, Key, PublicKey, Role, RoleKeys};
pub use known::Known;
pub use reason::reason;
pub use refusal::{Refusal, TooFew, Why};
pub use time::Time;
pub use verification::{Installed, Offer, Purpose, Start, Step, Take, Verified, Wanted, begin};
pub use version::{ReleaseVersion, Version};
