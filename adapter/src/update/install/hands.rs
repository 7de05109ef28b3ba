//! What installing needs of whoever runs the halves. The supervisor gives it; tests give their own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use release::{Image, ImageDigest};

/// An image for each half, by what the engine calls it. How they are run is not said here: the supervisor knows it, and
/// nothing else does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pair {
    /// The half that reaches the printers.
    pub(crate) intake: ImageDigest,
    /// The half that reaches the platform.
    pub(crate) uplink: ImageDigest,
}

/// How the running halves do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sight {
    /// Whether both are healthy.
    pub(crate) well: bool,
    /// How long ago the platform stored something that the intake gave it.
    pub(crate) stored_ago: Option<Duration>,
    /// How long ago each printer was heard of which the intake has made readings since its start.
    pub(crate) heard: BTreeMap<String, Duration>,
    /// Another number for each run of each half's container.
    pub(crate) runs: [u64; 2],
}

/// How halves do that were started beside the running ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Rehearsal {
    /// Not known yet.
    Starting,
    /// Both are healthy.
    Well,
    /// One has ended, or says that it is not.
    Failed(String),
}

/// Why something could not be done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// For now: there is no engine, or a disk that cannot be written to. It says nothing of the release.
    #[error("{0}")]
    Away(String),
    /// With this release.
    #[error("{0}")]
    Failed(String),
}

/// Whoever runs the halves.
pub(crate) trait Hands: Send {
    /// Gives the engine an image of a release, and says what it calls it: one of the two names that were signed, or this is
    /// another image.
    fn load(
        &mut self,
        archive: &Path,
        image: &Image,
    ) -> impl Future<Output = Result<ImageDigest, Trouble>> + Send;

    /// Starts both halves beside the running ones: the same in all but the name, the image, and that neither has a network, and
    /// both have a link of their own. What an earlier rehearsal left is removed.
    fn rehearse(&mut self, pair: &Pair) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// How they do.
    fn rehearsal(&mut self) -> impl Future<Output = Result<Rehearsal, Trouble>> + Send;

    /// Removes them.
    fn end_rehearsal(&mut self) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Lets these images run. Only a half whose image differs is replaced; the old one is stopped in its own time and gone
    /// before the new one starts.
    fn switch(&mut self, pair: &Pair) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// How the running halves do.
    fn look(&mut self) -> impl Future<Output = Result<Sight, Trouble>> + Send;

    /// Removes an image.
    fn remove(&mut self, image: &ImageDigest) -> impl Future<Output = Result<(), Trouble>> + Send;
}
