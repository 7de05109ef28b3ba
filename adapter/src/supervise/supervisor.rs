//! The supervisor at work: again and again it looks at what is there, makes of it what is described, and shows that it is
//! separated. It remembers little: killed and started again, it finds everything in the engine and goes on.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures::{FutureExt as _, Stream, StreamExt as _};
use ring::rand::SystemRandom;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::account::{Account, Part, Separation};
use super::control::{Images, Order};
use super::engine::{Engine, EngineError, Found, Health, Usage};
use super::half::{Due, Half};
use super::judge::Breach;
use super::limits::{
    ACCOUNT_INTERVAL, BREACH_BASE, BREACH_CEILING, ENGINE_BASE, ENGINE_CEILING, LOOKS_FAILED_MAX,
    PASS_INTERVAL, STOP_CHANGED_MAX, STOP_MAX, VERIFY_INTERVAL,
};
use super::output::Followed;
use super::places;
use super::state::State;
use super::topology::{Container, Places, Role, Topology};
use super::unverified::Unverified;
use super::verify::{Around, LookError};
use crate::uplink::{Backoff, random};

type Changes = Pin<Box<dyn Stream<Item = Result<(), EngineError>> + Send>>;

/// What it is given.
pub(crate) struct Plan {
    /// The engine's socket.
    pub(crate) engine: PathBuf,
    /// What there is to be.
    pub(crate) topology: Topology,
    /// What it runs.
    pub(crate) images: Images,
    /// Who is around.
    pub(crate) around: Around,
    /// Where images are that the engine may not have.
    pub(crate) archives: Vec<PathBuf>,
    /// Where the account goes, and what was handed over is.
    pub(crate) places: Places,
}

/// Why what is described does not run. In words, for whoever looks at the log or the status.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An image is nowhere.
    #[error(
        "the engine has no image {0}, and none of supervise.archives brings it; load it with `docker load`"
    )]
    NoImage(release::ImageDigest),
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
    /// Whether they are is not known.
    #[error("whether the halves are separated cannot be told: {0}")]
    Unknown(#[from] LookError),
}

/// What was verified: these very starts of these containers, on these networks.
type Fingerprint = Vec<String>;

pub(crate) struct Supervisor {
    plan: Plan,
    state: State,
    engine: Option<(Engine, Changes)>,
    /// In the order of their start: uplink, intake; so are the topology's containers.
    halves: [Half; 2],
    followed: [Option<Followed>; 2],
    /// Whether the networks were found good, by these containers or by others in their place.
    approved: bool,
    verified: Option<(Fingerprint, Instant)>,
    unverified: Unverified,
    looks_failed: u32,
    backoff: Backoff,
    breach_backoff: Backoff,
    random: SystemRandom,
    said: Option<Instant>,
    sequence: u64,
    begun: bool,
}

impl Supervisor {
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            plan,
            state: State::new(),
            engine: None,
            halves: [Half::new(), Half::new()],
            followed: [None, None],
            approved: false,
            verified: None,
            unverified: Unverified::new(),
            looks_failed: 0,
            backoff: Backoff::new(ENGINE_BASE, ENGINE_CEILING),
            breach_backoff: Backoff::new(BREACH_BASE, BREACH_CEILING),
            random: SystemRandom::new(),
            said: None,
            sequence: 0,
            begun: false,
        }
    }

    pub(super) fn topology(&self) -> &Topology {
        &self.plan.topology
    }

    /// How it stands, for whoever looks on.
    pub(crate) fn state(&self) -> State {
        self.state.clone()
    }

    /// Works until `stop`, and then stops the containers: an adapter that nobody watches does not run. `ready` is called once,
    /// when both halves run and are shown to be separated.
    pub(crate) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        stop: CancellationToken,
        ready: impl FnOnce() + Send,
    ) {
        let mut ready = Some(ready);
        loop {
            // Told to stop, it lets go of whatever it is at: what is half made is stopped as well, and mended by the next one.
            let passed = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                passed = self.pass() => passed,
            };
            let (wait, hears) = match passed {
                Ok(wait) => {
                    self.well();
                    (wait, true)
                }
                Err(trouble) => self.troubled(&trouble).await,
            };
            let wait = wait.min(self.not_unverified_for_long().await);
            self.tell().await;
            if self.verified.is_some() {
                ready.take().into_iter().for_each(|ready| ready());
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(wait) => {}
                () = changed(&mut self.engine), if hears => {}
                Some(order) = orders.recv() => tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    () = self.obey(order) => {}
                },
            }
        }
        self.end().await;
    }

    /// Stops all, and takes what was handed over out of memory.
    async fn end(&mut self) {
        if !self.stop_all("the supervisor stops").await {
            return;
        }
        // A look may have been on its way.
        if let Some((engine, _)) = &self.engine {
            for container in &self.plan.topology.containers {
                if let Err(error) = engine.remove(&container.stand_in().name).await {
                    tracing::warn!("{error}");
                }
            }
        }
        if let Err(error) = places::forget(&self.plan.places) {
            tracing::error!(%error, "what was handed over stays in memory");
        }
    }

    /// Whatever the trouble is: what runs is shown to be separated in a while, or is stopped. Gives the time until this has
    /// to be looked at again.
    async fn not_unverified_for_long(&mut self) -> Duration {
        let left = self.unverified.left(self.verified.is_some(), Instant::now());
        if !left.is_zero() {
            return left;
        }
        if self.any_runs().await == Some(false)
            || self.stop_all("they were not shown to be separated in time").await
        {
            self.unverified.stopped();
            self.approved = false;
            return Duration::MAX;
        }
        let why = "what runs is not shown to be separated, and could not be stopped; it is tried again";
        tracing::error!("{why}");
        let mut state = self.state.lock();
        state.separation = Separation::Broken;
        state.trouble.retain(|said| said != why);
        state.trouble.push(why.into());
        PASS_INTERVAL
    }

    /// Whether anything of ours runs; nothing where the engine does not say so.
    async fn any_runs(&mut self) -> Option<bool> {
        let engine = self.engine().await.ok()?;
        for container in &self.plan.topology.containers {
            if engine
                .container(&container.name)
                .await
                .ok()?
                .is_some_and(|found| found.is_own() && found.runs())
            {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Makes of what is there what is described, and shows it to be separated. Gives the time until the next look.
    async fn pass(&mut self) -> Result<Duration, Trouble> {
        let engine = self.engine().await?;
        self.images(&engine).await?;
        self.networks(&engine).await?;
        let found = self.containers(&engine).await?;
        if !self.approved && !found.iter().all(Found::runs) {
            self.stand_ins(&engine).await?;
        }
        let wait = self.started(&engine, &found).await?;
        if wait.is_zero() {
            self.verified_now(&engine).await?;
            return Ok(PASS_INTERVAL);
        }
        self.verified = None;
        Ok(wait.min(PASS_INTERVAL))
    }

    async fn engine(&mut self) -> Result<Engine, Trouble> {
        if let Some((engine, _)) = &self.engine {
            return Ok(engine.clone());
        }
        let engine = Engine::connect(&self.plan.engine).await?;
        if self.begun {
            self.state.lock().engine_lost += 1;
        } else {
            self.tidy(&engine).await?;
            self.begun = true;
        }
        self.engine = Some((engine.clone(), Box::pin(engine.changes())));
        Ok(engine)
    }

    /// What an earlier supervisor left in the middle of something goes: it is marked as ours, and is not described.
    async fn tidy(&self, engine: &Engine) -> Result<(), Trouble> {
        for name in engine.own_containers().await? {
            if self.plan.topology.containers.iter().all(|container| container.name != name) {
                tracing::info!(name, "a container of an earlier supervisor is removed");
                engine.remove(&name).await?;
            }
        }
        Ok(())
    }

    async fn images(&self, engine: &Engine) -> Result<(), Trouble> {
        for container in &self.plan.topology.containers {
            let mut archives = self.plan.archives.iter();
            while !engine.has_image(&container.image).await? {
                let archive = archives.next().ok_or_else(|| Trouble::NoImage(container.image.clone()))?;
                tracing::info!(archive = %archive.display(), "the images are loaded");
                engine.load(archive).await?;
            }
        }
        Ok(())
    }

    async fn networks(&mut self, engine: &Engine) -> Result<(), Trouble> {
        for network in self.plan.topology.networks.clone() {
            let found = engine.network(&network.name).await?;
            if found.as_ref().is_some_and(|found| !found.is_own()) {
                return Err(EngineError::Foreign { kind: "network", name: network.name }.into());
            }
            let differ = found.map(|found| found.differences(&network));
            if differ.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            self.unmake(engine, &network.name, differ).await?;
            engine.remove_network(&network.name).await?;
            engine.create_network(&network).await?;
            let made = engine.network(&network.name).await?.map(|made| made.differences(&network));
            as_described(&network.name, &made.unwrap_or_default())?;
        }
        let link = self.plan.topology.link.clone();
        let found = engine.volume(&link.name).await?;
        if found.as_ref().is_some_and(|found| !found.is_own()) {
            return Err(EngineError::Foreign { kind: "volume", name: link.name }.into());
        }
        let differ = found.map(|found| found.differences(&link));
        if differ.as_ref().is_none_or(|differ| !differ.is_empty()) {
            self.unmake(engine, &link.name, differ).await?;
            engine.remove_volume(&link.name).await?;
            engine.create_volume(&link).await?;
        }
        Ok(())
    }

    /// Whatever is on a network or uses a volume goes before it does. What others put there they have to take away.
    async fn unmake(
        &mut self,
        engine: &Engine,
        name: &str,
        differ: Option<Vec<String>>,
    ) -> Result<(), Trouble> {
        self.approved = false;
        if let Some(differ) = differ {
            tracing::warn!(
                name,
                differs = differ.join(", "),
                "it is not as it was described, and is made anew"
            );
        }
        for container in self.plan.topology.containers.iter().rev() {
            if engine.container(&container.name).await?.is_some_and(|found| found.is_own()) {
                engine.stop(&container.name, STOP_MAX).await?;
                engine.remove(&container.name).await?;
            }
        }
        self.halves.iter_mut().for_each(Half::stopped);
        Ok(())
    }

    /// The containers, exactly as they are described; whether they run is another matter.
    async fn containers(&mut self, engine: &Engine) -> Result<Vec<Found>, Trouble> {
        let mut differing = Vec::new();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await?;
            if found.as_ref().is_some_and(|found| !found.is_own()) {
                return Err(EngineError::Foreign { kind: "container", name: container.name.clone() }.into());
            }
            differing.push(found.map(|found| (found.differences(container), found)));
        }
        // First the one that data comes from, while the other still takes what it holds.
        let all = self.plan.topology.containers.iter().zip(&differing).zip(&mut self.halves).rev();
        for ((container, found), half) in all {
            let Some((differ, _)) = found.as_ref().filter(|(differ, _)| !differ.is_empty()) else { continue };
            let differs = differ.join(", ");
            tracing::warn!(name = container.name, differs, "it is not as it was described, and is made anew");
            // What was changed behind our back is not waited for as long as one of which another image is wanted.
            let image = differ == &["image"];
            engine.stop(&container.name, if image { STOP_MAX } else { STOP_CHANGED_MAX }).await?;
            half.stopped();
            if !image && half.is_new(Instant::now()) {
                // Somebody changes each new one at once: made anew without a wait, it would be so for ever.
                return Err(Trouble::Changed { name: container.name.clone(), what: differs });
            }
        }
        let mut all = Vec::new();
        for ((container, found), half) in
            self.plan.topology.containers.iter().zip(differing).zip(&mut self.halves)
        {
            match found {
                Some((differ, found)) if differ.is_empty() => all.push(found),
                found => {
                    if found.is_some() {
                        engine.remove(&container.name).await?;
                    }
                    all.push(make(engine, container).await?);
                    half.made(Instant::now());
                }
            }
        }
        Ok(all)
    }

    /// Before anything of ours runs on networks that were never tried: containers like ours, in which nothing runs but what
    /// waits, are tried in their place.
    async fn stand_ins(&mut self, engine: &Engine) -> Result<(), Trouble> {
        // One that runs already would hold the address; and it runs on something that was not tried.
        for container in self.plan.topology.containers.iter().rev() {
            engine.stop(&container.name, STOP_MAX).await?;
        }
        self.halves.iter_mut().for_each(Half::stopped);
        let stand_ins: Vec<Container> =
            self.plan.topology.containers.iter().map(Container::stand_in).collect();
        let tried = self.try_stand_ins(engine, &stand_ins).await;
        for stand_in in &stand_ins {
            engine.remove(&stand_in.name).await?;
        }
        let breaches = tried?;
        self.state.lock().verifications += 1;
        if !breaches.is_empty() {
            return Err(Trouble::Breach(breaches));
        }
        self.approved = true;
        Ok(())
    }

    async fn try_stand_ins(&self, engine: &Engine, stand_ins: &[Container]) -> Result<Vec<Breach>, Trouble> {
        for stand_in in stand_ins {
            engine.remove(&stand_in.name).await?;
            make(engine, stand_in).await?;
            engine.start(&stand_in.name).await?;
        }
        let [uplink, intake] = stand_ins else { return Ok(Vec::new()) };
        Ok(self.plan.around.verify(engine, &intake.name, &uplink.name).await?)
    }

    /// Starts what does not run, and kills what hangs. Gives nothing when both run, and else the time until the next one is
    /// to be started.
    async fn started(&mut self, engine: &Engine, found: &[Found]) -> Result<Duration, Trouble> {
        let mut wait = Duration::ZERO;
        let now = Instant::now();
        let all = self.plan.topology.containers.iter().zip(found).zip(&mut self.halves);
        for ((container, found), half) in all {
            let name = &container.name;
            if found.runs() && !found.is_paused() && found.health() != Health::Unhealthy {
                half.runs(now);
                continue;
            }
            if found.runs() {
                tracing::error!(name, "it hangs, by its own health check, and is stopped");
                // One that is only slow gives away what it holds; one that hangs is killed at the end.
                engine.stop(name, STOP_CHANGED_MAX).await?;
            }
            match half.down(now, random(&self.random)) {
                Due::Now => {
                    engine.start(name).await?;
                    half.started(Instant::now());
                    tracing::info!(name, restarts = half.restarts, "started");
                    continue;
                }
                Due::Ended(due) => {
                    let why = found.ended().unwrap_or_else(|| "it was killed".into());
                    tracing::warn!(name, why, ?due, "it does not run any more; it is started again");
                    wait = wait.max(due);
                }
                Due::In(due) => wait = wait.max(due),
            }
        }
        Ok(wait)
    }

    /// Shows that what runs now is separated, unless it was shown of the same a short while ago.
    async fn verified_now(&mut self, engine: &Engine) -> Result<(), Trouble> {
        let fingerprint = self.fingerprint(engine).await?;
        let fresh = |(of, at): &(Fingerprint, Instant)| *of == fingerprint && at.elapsed() < VERIFY_INTERVAL;
        if self.verified.as_ref().is_some_and(fresh) {
            return Ok(());
        }
        let [uplink, intake] = &self.plan.topology.containers[..] else { return Ok(()) };
        let looked = self.plan.around.verify(engine, &intake.name, &uplink.name).await;
        let breaches = match looked {
            Ok(breaches) => breaches,
            // One that ended meanwhile took the look with it, which says nothing of the networks.
            Err(_) if self.fingerprint(engine).await? != fingerprint => {
                self.verified = None;
                return Ok(());
            }
            Err(error) => {
                self.looks_failed += 1;
                return Err(error.into());
            }
        };
        self.looks_failed = 0;
        self.state.lock().verifications += 1;
        if !breaches.is_empty() {
            return Err(Trouble::Breach(breaches));
        }
        // One that was started anew meanwhile was not tried, or not all the while.
        if self.fingerprint(engine).await? == fingerprint {
            if self.verified.is_none() {
                tracing::info!("both halves run, and were tried from within: they are separated");
            }
            self.verified = Some((fingerprint, Instant::now()));
            self.breach_backoff.succeeded();
        }
        self.approved = true;
        Ok(())
    }

    async fn fingerprint(&self, engine: &Engine) -> Result<Fingerprint, Trouble> {
        let mut all = Vec::new();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await?;
            let of = |found: &Found| format!("{} {} {}", found.id(), found.started_at(), found.runs());
            all.extend(found.iter().map(of));
        }
        for network in &self.plan.topology.networks {
            let found = engine.network(&network.name).await?;
            all.extend(found.iter().map(|found| found.id().to_owned()));
        }
        Ok(all)
    }

    fn well(&mut self) {
        self.backoff.succeeded();
        let mut state = self.state.lock();
        state.trouble.clear();
        state.separation =
            if self.verified.is_some() { Separation::Verified } else { Separation::Unverified };
    }

    /// Gives how long to wait, and whether a change may end the wait.
    async fn troubled(&mut self, trouble: &Trouble) -> (Duration, bool) {
        self.verified = None;
        let random = random(&self.random);
        let breach = matches!(trouble, Trouble::Breach(_));
        let gives_up = breach || self.looks_failed >= LOOKS_FAILED_MAX;
        if matches!(trouble, Trouble::Engine(error) | Trouble::Unknown(LookError::Engine(error)) if error.is_away())
        {
            self.engine = None;
        }
        if gives_up {
            if !self.stop_all("they are not shown to be separated").await {
                self.unverified.is_due();
            }
            self.approved = false;
            self.looks_failed = 0;
        }
        {
            let mut state = self.state.lock();
            state.separation = if gives_up { Separation::Broken } else { Separation::Unverified };
            state.breaches += u64::from(breach);
            let why = trouble.to_string();
            // Again and again the same is said once.
            if state.trouble.first() != Some(&why) {
                match trouble {
                    Trouble::Engine(error) if error.is_away() => tracing::warn!("{why}"),
                    _ => tracing::error!("{why}"),
                }
                state.trouble = vec![why];
            }
        }
        if gives_up {
            (BREACH_BASE + self.breach_backoff.failed(random, None), false)
        } else {
            (self.backoff.failed(random, None), false)
        }
    }

    /// First the one that data comes from. Gives whether none of them runs any more: one that does not stop is killed.
    async fn stop_all(&mut self, why: &str) -> bool {
        let Ok(engine) = self.engine().await else { return false };
        tracing::info!(why, "the containers are stopped");
        for container in self.plan.topology.containers.iter().rev() {
            if let Err(error) = engine.stop(&container.name, STOP_MAX).await {
                tracing::error!("{error}");
                if let Err(error) = engine.kill(&container.name).await {
                    tracing::error!("{error}");
                }
            }
        }
        self.halves.iter_mut().for_each(Half::stopped);
        self.any_runs().await == Some(false)
    }

    /// Writes the account, and what `adapter status` says.
    async fn tell(&mut self) {
        let Some((engine, _)) = self.engine.as_ref().map(|(engine, changes)| (engine.clone(), changes))
        else {
            return;
        };
        let mut parts = Vec::new();
        let due = self.said.is_none_or(|said| said.elapsed() >= ACCOUNT_INTERVAL);
        for (number, container) in self.plan.topology.containers.iter().enumerate() {
            let found = engine.container(&container.name).await.ok().flatten();
            if let (Some(found), Some(followed)) = (&found, self.followed.get_mut(number)) {
                Followed::follow(followed, &engine, container.role, found).await;
            }
            let runs = found.as_ref().is_some_and(Found::runs);
            let usage = if due && runs { engine.usage(&container.name).await.ok().flatten() } else { None };
            let restarts = self.halves.get(number).map_or(0, |half| half.restarts);
            parts.push(part(container.role, found.as_ref(), restarts, usage));
        }
        let mut state = self.state.lock();
        if due {
            self.said = Some(Instant::now());
            self.sequence += 1;
            state.containers.clone_from(&parts);
            let account = Account {
                sequence: self.sequence,
                separation: state.separation,
                breaches: state.breaches,
                containers: parts,
            };
            if let Err(error) = account.write(&self.plan.places.account) {
                tracing::warn!(%error, "the account cannot be written: the platform will not be told of the containers");
            }
        } else {
            // What is used is looked at more seldom.
            for (old, new) in state.containers.iter_mut().zip(parts) {
                *old = Part { memory_bytes: old.memory_bytes, cpu_s: old.cpu_s, ..new };
            }
        }
    }

    /// Runs other images, or goes back to those that ran.
    async fn obey(&mut self, order: Order) {
        let Order::Switch(images, answer) = order;
        images.put(&mut self.plan.topology);
        let outcome = self.until_well().await;
        match &outcome {
            Ok(()) => self.plan.images = images,
            Err(why) => {
                tracing::error!(why, "the new images are not well; the old ones come back");
                self.plan.images.put(&mut self.plan.topology);
            }
        }
        // Who asked may have gone; what was done stays done.
        let _ = answer.send(outcome);
    }

    async fn until_well(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + super::limits::SWITCH_MAX;
        let mut why = String::from("they were not healthy in time");
        while Instant::now() < deadline {
            let wait = match self.pass().await {
                Ok(_) if self.verified.is_some() && self.healthy().await => return Ok(()),
                Ok(wait) => wait,
                Err(trouble @ (Trouble::Breach(_) | Trouble::NoImage(_) | Trouble::Otherwise { .. })) => {
                    if !self.stop_all("the new images are not as they have to be").await {
                        self.unverified.is_due();
                    }
                    self.state.lock().breaches += u64::from(matches!(trouble, Trouble::Breach(_)));
                    return Err(trouble.to_string());
                }
                Err(trouble) => {
                    why = trouble.to_string();
                    self.troubled(&trouble).await.0
                }
            };
            self.tell().await;
            sleep(wait.min(PASS_INTERVAL)).await;
        }
        Err(why)
    }

    async fn healthy(&self) -> bool {
        let Some((engine, _)) = &self.engine else { return false };
        let engine = engine.clone();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await.ok().flatten();
            if found.is_none_or(|found| found.health() != Health::Healthy) {
                return false;
            }
        }
        true
    }
}

async fn make(engine: &Engine, container: &Container) -> Result<Found, Trouble> {
    engine.create(container).await?;
    let made = engine.container(&container.name).await?;
    let made = made
        .ok_or_else(|| Trouble::Otherwise { name: container.name.clone(), what: "it is not there".into() })?;
    as_described(&container.name, &made.differences(container))?;
    Ok(made)
}

fn as_described(name: &str, differ: &[String]) -> Result<(), Trouble> {
    if differ.is_empty() {
        Ok(())
    } else {
        Err(Trouble::Otherwise { name: name.into(), what: differ.join(", ") })
    }
}

fn part(role: Role, found: Option<&Found>, restarts: u64, usage: Option<Usage>) -> Part {
    Part {
        role,
        image: found.map(|found| found.image().to_owned()).unwrap_or_default(),
        health: found.map_or(Health::Stopped, Found::health),
        restarts,
        memory_bytes: usage.map(|usage| usage.memory_bytes),
        cpu_s: usage.map(|usage| usage.cpu_s),
    }
}

/// Until something has changed, or the engine has gone, which the next look finds.
async fn changed(engine: &mut Option<(Engine, Changes)>) {
    let Some((_, changes)) = engine else { return std::future::pending().await };
    match changes.next().await {
        // What has changed meanwhile is looked at together.
        Some(Ok(())) => while let Some(Some(Ok(()))) = changes.next().now_or_never() {},
        _ => *engine = None,
    }
}

fn words(breaches: &[Breach]) -> String {
    breaches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
