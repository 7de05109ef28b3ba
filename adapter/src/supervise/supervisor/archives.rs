//! Archives of images, and what came of giving them to the engine: one that does not bring an image is not given again and again,
//! since the engine writes each to its disk.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use release::ImageDigest;
use tokio::time::Instant;

use super::super::engine::Engine;
use super::super::limits::REFUSED_AGAIN;
use super::{Supervisor, Trouble};

/// An archive as it is, given for an image.
#[derive(PartialEq)]
struct Given {
    image: ImageDigest,
    archive: PathBuf,
    length: u64,
    changed: SystemTime,
}

/// The engine did not take it. That may pass, as a full disk does.
struct Refused {
    why: String,
    at: Instant,
}

/// It did not bring the image.
struct Vain {
    given: Given,
    /// Nothing where the engine took it.
    refused: Option<Refused>,
}

/// What this engine was given and what did not bring an image.
#[derive(Default)]
pub(super) struct InVain(Vec<Vain>);

impl InVain {
    /// For another engine, or where nothing is missing.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn note(&mut self, given: Given, refused: Option<Refused>) {
        self.0.retain(|Vain { given: other, .. }| {
            (&other.image, &other.archive) != (&given.image, &given.archive)
        });
        self.0.push(Vain { given, refused });
    }

    /// What came of giving this, where it is of no use to give it again now.
    fn of(&self, given: &Given, now: Instant) -> Option<&Vain> {
        let again = |refused: &Refused| now.duration_since(refused.at) >= REFUSED_AGAIN;
        self.0.iter().find(|vain| vain.given == *given && !vain.refused.as_ref().is_some_and(again))
    }
}

impl Supervisor {
    /// The images, loaded where the engine has not got them.
    pub(super) async fn images(&mut self, engine: &Engine) -> Result<(), Trouble> {
        for container in &self.plan.topology.containers {
            let (image, mut loaded) = (&container.image, None);
            let (mut archives, mut why) = (self.plan.archives.iter(), Vec::new());
            while !engine.has_image(image).await? {
                if let Some(given) = loaded.take() {
                    self.in_vain.note(given, None);
                }
                let Some(archive) = archives.next() else {
                    return Err(Trouble::NoImage { image: image.clone(), why });
                };
                // One that cannot be looked at is not read either: the engine is given nothing of it.
                let given = as_it_is(image, archive).await;
                let vain = given.as_ref().and_then(|given| self.in_vain.of(given, Instant::now()));
                if let Some(vain) = vain {
                    why.extend(vain.refused.as_ref().map(|refused| refused.why.clone()));
                    continue;
                }
                tracing::info!(archive = %archive.display(), "the images are loaded");
                match engine.load(archive).await {
                    Err(error) if error.is_away() => return Err(error.into()),
                    // The next one may bring it.
                    Err(error) => {
                        let said = format!("{:#}", anyhow::Error::from(error));
                        why.push(said.clone());
                        if let Some(given) = given {
                            self.in_vain.note(given, Some(Refused { why: said, at: Instant::now() }));
                        }
                    }
                    Ok(()) => loaded = given,
                }
            }
        }
        self.in_vain.clear();
        Ok(())
    }
}

async fn as_it_is(image: &ImageDigest, archive: &Path) -> Option<Given> {
    let file = tokio::fs::metadata(archive).await.ok()?;
    let (length, changed) = (file.len(), file.modified().ok()?);
    Some(Given { image: image.clone(), archive: archive.to_owned(), length, changed })
}
