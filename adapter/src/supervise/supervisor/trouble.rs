//! Why what is described does not run.

use super::super::engine::EngineError;
use super::super::judge::Breach;
use super::super::verify::LookError;

/// Why what is described does not run. In words, for whoever looks at the log or the status.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An image is nowhere.
    #[error(
        "the engine has no image {image}, and none of supervise.archives brings it{}; load it with `docker load`, and name it as \
         `docker image inspect --format '{{{{.Id}}}}'` says it here: an engine that keeps images in containerd's store names them otherwise",
        because(why)
    )]
    NoImage {
        /// The image.
        image: release::ImageDigest,
        /// Why an archive could not be loaded.
        why: Vec<String>,
    },
    /// The engine made something else.
    #[error("the engine made {name} otherwise than it was described: {what}; is it an image of ours?")]
    Otherwise {
        /// The container, network or volume.
        name: String,
        /// The settings that differ.
        what: String,
    },
    /// Somebody changes what was made.
    #[error(
        "somebody changed {name} as soon as it was made: {what}; keep programs that attach themselves to containers away from it"
    )]
    Changed {
        /// The container.
        name: String,
        /// The settings that differ.
        what: String,
    },
    /// The halves are not separated.
    #[error("the halves are not separated, and were stopped: {}", words(.0))]
    Breach(Vec<Breach>),
    /// Something else took longer than what runs may go on without being tried.
    #[error(
        "what runs was not shown to be separated in time: something took too long before, such as an engine that loads an image"
    )]
    Late,
    /// Whether they are is not known.
    #[error("whether the halves are separated cannot be told: {0}")]
    Unknown(#[from] LookError),
}

impl Trouble {
    /// Whether other images may end it, and time alone does not.
    pub(super) fn is_definite(&self) -> bool {
        matches!(self, Self::Breach(_) | Self::NoImage { .. } | Self::Otherwise { .. })
    }
}

fn because(why: &[String]) -> String {
    if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) }
}

fn words(breaches: &[Breach]) -> String {
    breaches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
