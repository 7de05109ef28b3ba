//! Looks for releases, and performs what the machine says: one release at a time, one action after the other.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use release::{Files, Image, Images, Known, Offer, Take, Time, Verified};
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::super::folder::Folder;
use super::super::{Keep, Source, Stopped, UpdateError, known, look, running};
use super::account::Account;
use super::hands::{Hands, Pair, Trouble};
use super::limits::{AGAIN_WAIT, ATTEMPTS_AGE, ATTEMPTS_MAX, RETRY_AFTER};
use super::machine::{Action, Event, Machine, Outcome};
use super::places::{Place, Places};
use super::releases::{Copy, Releases, ReleasesError};
use crate::clock::Clock;

impl Keep for Copy {
    type No = Infallible;

    fn part(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        Self::part(self, name, bytes)
    }
}

/// What a box begins with.
#[derive(Debug)]
pub(crate) struct Start {
    releases: Releases,
    /// What it was made with.
    root: Known,
    known: Known,
    /// Why what is installed is not what runs.
    fallen: Option<String>,
}

impl Start {
    /// Without what is installed, which the engine cannot be given: it is taken again from wherever it is found.
    pub(crate) fn without(self, why: &str) -> Self {
        let release = self.known.release().map(|release| release.version.to_string()).unwrap_or_default();
        let why = format!("release {release} is installed and cannot be started: {why}");
        Self { known: self.root.clone(), fallen: Some(why), ..self }
    }

    /// The images of the release that is installed, each with the file that brings it.
    pub(crate) fn images(&self) -> Option<[(Image, std::path::PathBuf); 2]> {
        let (release, folder) = (self.known.release()?, self.releases.installed()?);
        let of = |image: &Image| (image.clone(), folder.join(image.file()));
        let Images { intake, uplink } = release.images.as_ref()?;
        Some([of(intake), of(uplink)])
    }
}

/// Takes the folder of releases into use, and verifies what is installed there from the root that the box trusts. A release that
/// is not what was signed is not started: the box begins with what it was made with, and says so. One that cannot be read for now
/// is waited for: an older release is no answer to that.
///
/// # Errors
/// There is no root.
pub(crate) async fn start(
    folder: &Path,
    root: &Path,
    mut waits: impl FnMut(&str),
) -> Result<Start, UpdateError> {
    let releases = Releases::open(folder);
    let root = known(root, None).await?;
    let start = |known, fallen| Start { releases: releases.clone(), root: root.clone(), known, fallen };
    let Some(installed) = releases.installed() else { return Ok(start(root.clone(), None)) };
    // One for all tries: a disk that hangs holds one thread.
    let source = Source::Folder(Folder::new(&installed));
    loop {
        match look(&source, release::Start(Files::Images), root.clone(), &mut ()).await {
            Ok(installed) => return Ok(start(installed.known().clone(), None)),
            Err(Stopped::Refused(refusal)) => {
                let why = said(UpdateError::NotInstalled { folder: installed, refusal });
                tracing::error!(why, "what is installed is not started");
                return Ok(start(root.clone(), Some(why)));
            }
            Err(Stopped::Failed(error)) => {
                waits(&said(error));
                sleep(AGAIN_WAIT).await;
            }
            Err(Stopped::Unwanted(no)) => match no {},
        }
    }
}

/// The task beside the supervisor.
pub(crate) struct Installer<H> {
    releases: Releases,
    known: Known,
    places: Vec<Place>,
    machine: Machine,
    /// What the configuration names.
    named: Pair,
    hands: H,
    account: Account,
    clock: Clock,
    random: Arc<SystemRandom>,
    /// Whether there may be halves beside the running ones.
    rehearses: bool,
}

/// What came of a look at a place.
enum Found {
    /// Nothing to install.
    Nothing,
    /// Nothing now; it is worth another look later.
    Later,
    /// A release that was tried often enough for now.
    Tired,
    /// A release, whole on the disk.
    Release(Box<Verified>),
}

impl<H: Hands> Installer<H> {
    /// With what the configuration names, and what runs now.
    ///
    /// # Errors
    /// An address is none.
    pub(crate) fn new(
        start: Start,
        places: &Places,
        watch: Duration,
        [named, running]: [Pair; 2],
        hands: H,
    ) -> Result<Self, UpdateError> {
        let random = Arc::new(SystemRandom::new());
        let places = places.open(Instant::now(), random.as_ref())?;
        let Start { releases, known, fallen, .. } = start;
        let (machine, account, clock) = (Machine::new(running, watch), Account::of(fallen), Clock::system());
        Ok(Self { releases, known, places, machine, named, hands, account, clock, random, rehearses: false })
    }

    /// What it tells of itself.
    pub(crate) fn account(&self) -> Account {
        self.account.clone()
    }

    /// Runs until `stop`. At whatever point that is, the next start goes on from what is installed.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.work()).await;
        if self.rehearses {
            // What nobody watches does not run.
            let _ = self.hands.end_rehearsal().await;
        }
    }

    async fn work(&mut self) {
        // What an earlier one left; without an engine there is nothing to run beside either.
        let _ = self.hands.end_rehearsal().await;
        loop {
            let Some(at) = (0..self.places.len()).min_by_key(|at| self.places.get(*at).map(Place::due))
            else {
                return std::future::pending().await;
            };
            let Some(place) = self.places.get_mut(at) else { continue };
            sleep_until(place.due()).await;
            if !place.has_news(Instant::now(), self.random.as_ref()).await {
                continue;
            }
            let again = match self.look(at).await {
                Found::Nothing => continue,
                Found::Later => None,
                Found::Tired => Some(ATTEMPTS_AGE),
                Found::Release(verified) => match self.install(at, &verified).await {
                    Outcome::Installed => continue,
                    Outcome::NotSwitched(_) | Outcome::WentBack(_) => Some(RETRY_AFTER),
                },
            };
            if let Some(place) = self.places.get_mut(at) {
                place.look_again(Instant::now(), again);
            }
        }
    }

    /// Verifies what is in a place, and copies it while it does: what is verified is what is loaded later.
    async fn look(&mut self, at: usize) -> Found {
        let Some(place) = self.places.get(at) else { return Found::Nothing };
        let now = Time::from_seconds(self.seconds());
        let mut copy = self.releases.begin();
        let found = match look(&place.source, Take(now, Files::Images), self.known.clone(), &mut copy).await {
            Ok(Offer::Newer(verified)) => match self.suits(&verified) {
                Ok(()) => return Found::Release(verified),
                Err(why) => {
                    self.account.passed_by(&place.name, &why);
                    if self.tired(&verified) { Found::Tired } else { Found::Nothing }
                }
            },
            Ok(Offer::Same(known)) => {
                // For as long as this runs, no older state is believed.
                self.known = *known;
                Found::Nothing
            }
            Err(Stopped::Refused(refusal)) => {
                self.account.refused(&place.name, &refusal);
                Found::Later
            }
            Err(Stopped::Unwanted(no)) => match no {},
            Err(Stopped::Failed(error)) => {
                self.account.passed_by(&place.name, &said(error));
                Found::Later
            }
        };
        self.forget();
        found
    }

    fn suits(&self, verified: &Verified) -> Result<(), String> {
        let running = running(&self.known, Files::Images).map_err(said)?;
        running.takes(verified).map_err(said)?;
        let version = verified.release().version;
        if !self.tired(verified) {
            return Ok(());
        }
        Err(format!(
            "release {version} was tried {ATTEMPTS_MAX} times and did not hold; it is tried again {} after the last time; \
             to have it tried now, remove {} and put the release in again, or take another release",
            humantime::format_duration(ATTEMPTS_AGE),
            self.releases.attempts().display()
        ))
    }

    fn tired(&self, verified: &Verified) -> bool {
        !self.releases.may_be_tried(verified.release(), self.seconds())
    }

    fn seconds(&self) -> i64 {
        self.clock.now().0.div_euclid(1000)
    }

    async fn install(&mut self, at: usize, verified: &Verified) -> Outcome {
        let version = verified.release().version;
        let place = self.places.get(at).map(|place| place.name.clone()).unwrap_or_default();
        self.account.tries(&place, version);
        let mut next = self.machine.handle(Event::Found, Instant::now().into_std());
        while let Some(action) = next {
            self.account.is_at(version, self.machine.stage());
            let event = self.perform(action, verified).await;
            next = self.machine.handle(event, Instant::now().into_std());
        }
        let nothing = || Outcome::NotSwitched("nothing was done".into());
        let outcome = self.machine.outcome().unwrap_or_else(nothing);
        if outcome == Outcome::Installed {
            self.known = verified.known().clone();
        }
        self.account.ended(version, &outcome);
        outcome
    }

    async fn perform(&mut self, action: Action, verified: &Verified) -> Event {
        let release = verified.release();
        let done = match action {
            Action::Load => return self.load(verified).await.map_or_else(Event::Failed, Event::Loaded),
            Action::AskRehearsal => {
                return self.hands.rehearsal().await.map_or_else(Event::Failed, Event::Rehearsal);
            }
            Action::Look => return self.hands.look().await.map_or_else(Event::Failed, Event::Seen),
            Action::Rehearse(pair) => {
                self.rehearses = true;
                self.hands.rehearse(&pair).await
            }
            Action::EndRehearsal => {
                let ended = self.hands.end_rehearsal().await;
                self.rehearses = ended.is_err();
                ended
            }
            Action::Pause(time) => {
                sleep(time).await;
                Ok(())
            }
            Action::Switch(pair) => match self.load_back(&pair).await {
                Ok(()) => self.hands.switch(&pair).await,
                Err(trouble) => Err(trouble),
            },
            Action::Remove(pair) => self.remove(&pair).await,
            Action::Count => {
                let (release, now) = (release.clone(), self.seconds());
                self.on_disk(move |releases| releases.count(&release, now)).await
            }
            Action::Install => self.on_disk(Releases::install).await,
            Action::Forget => self.releases.forget().map_err(away),
        };
        done.map_or_else(Event::Failed, |()| Event::Done)
    }

    async fn load(&mut self, verified: &Verified) -> Result<Pair, Trouble> {
        let Some(images) = &verified.release().images else {
            return Err(Trouble::Failed("it has no images".into()));
        };
        let intake = self.hands.load(&self.releases.next(&images.intake.file()), &images.intake).await?;
        match self.hands.load(&self.releases.next(&images.uplink.file()), &images.uplink).await {
            Ok(uplink) => Ok(Pair { intake, uplink }),
            Err(trouble) => {
                self.remove(&Pair { uplink: intake.clone(), intake }).await?;
                Err(trouble)
            }
        }
    }

    /// Before what ran before runs again, the engine is given its images: nothing used them, and somebody may have tidied up.
    async fn load_back(&mut self, pair: &Pair) -> Result<(), Trouble> {
        let (Some(release), Some(folder)) = (self.known.release(), self.releases.installed()) else {
            // What the configuration names, the supervisor finds itself.
            return Ok(());
        };
        if pair != self.machine.running() {
            return Ok(());
        }
        for (_, image) in release.images.iter().flat_map(Images::each) {
            match self.hands.load(&folder.join(image.file()), image).await {
                Err(trouble @ Trouble::Away(_)) => return Err(trouble),
                // The engine may have it all the same, and there is no other way.
                Err(Trouble::Failed(why)) => {
                    tracing::error!(why, "an image that ran before cannot be loaded")
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Removes images, but for what runs, since two releases can have one in common, and for what the configuration names: where all
    /// else is lost, the box begins with it.
    async fn remove(&mut self, pair: &Pair) -> Result<(), Trouble> {
        let runs = self.machine.running().clone();
        for image in [&pair.intake, &pair.uplink] {
            if [&runs, &self.named].iter().all(|kept| *image != kept.intake && *image != kept.uplink) {
                let removed = self.hands.remove(image).await;
                if let Err(trouble) = removed {
                    tracing::warn!(%image, why = %trouble, "an image that nothing runs could not be removed");
                }
            }
        }
        Ok(())
    }

    /// What waits for the disk holds up nothing else.
    async fn on_disk(
        &self,
        of: impl FnOnce(&Releases) -> Result<(), ReleasesError> + Send + 'static,
    ) -> Result<(), Trouble> {
        let releases = self.releases.clone();
        match spawn_blocking(move || of(&releases)).await {
            Ok(done) => done.map_err(away),
            Err(ended) => Err(Trouble::Away(said(ended))),
        }
    }

    fn forget(&self) {
        if let Err(error) = self.releases.forget() {
            tracing::warn!(why = said(error), "a copy could not be removed");
        }
    }
}

fn away(error: ReleasesError) -> Trouble {
    Trouble::Away(said(error))
}

fn said(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

#[cfg(test)]
mod tests;
