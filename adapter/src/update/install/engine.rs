//! The supervisor's hands: the engine's images, halves beside the running ones, and the supervisor's own way to run others.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use release::{Image, ImageDigest};
use serde_json::Value;
use tokio::time::sleep;

use super::hands::{Hands, Pair, Rehearsal, Sight, Trouble};
use super::installer::Start;
use super::limits::AGAIN_WAIT;
use crate::supervise::{
    Container, Control, Driver, Engine, EngineError, Found, Health, Images, Mount, Network, Role, Topology,
    Volume,
};

/// What is behind the name of a half that is tried beside the running one.
const BESIDE: &str = "-next";
/// The network of those: between the two and nobody else.
const NETWORK: &str = "oneway-rehearsal";
/// Nobody, to ask for names.
const NO_RESOLVER: &str = "127.0.0.1";

/// The supervisor's hands.
pub(crate) struct SupervisorHands {
    socket: PathBuf,
    /// The description of what runs, whose images are not looked at.
    topology: Topology,
    control: Control,
}

impl SupervisorHands {
    pub(crate) fn new(socket: &Path, topology: Topology, control: Control) -> Self {
        Self { socket: socket.to_owned(), topology, control }
    }

    /// Asked anew each time: an engine that was restarted is another one.
    async fn engine(&self) -> Result<Engine, Trouble> {
        Engine::connect(&self.socket).await.map_err(trouble)
    }

    /// The same containers in all but the name, the image, the network and the link.
    fn beside(&self, pair: &Pair) -> Vec<Container> {
        let of = |container: &Container| {
            let mut beside = container.clone();
            beside.name.push_str(BESIDE);
            beside.image = pair.of(container.role).clone();
            beside.network = NETWORK.into();
            beside.address = None;
            beside.resolvers = vec![NO_RESOLVER.into()];
            for mount in &mut beside.mounts {
                if let Mount::Volume { name, .. } = mount {
                    name.push_str(BESIDE);
                }
            }
            beside
        };
        self.topology.containers.iter().map(of).collect()
    }

    fn link_beside(&self) -> Volume {
        let mut link = self.topology.link.clone();
        link.name.push_str(BESIDE);
        link
    }

    async fn running(&self, engine: &Engine, role: Role) -> Result<(Container, Option<Found>), Trouble> {
        let container = self.topology.containers.iter().find(|container| container.role == role);
        let container = container.ok_or_else(|| Trouble::Failed("there is no such half".into()))?;
        let found = engine.container(&container.name).await.map_err(trouble)?;
        Ok((container.clone(), found))
    }
}

impl Pair {
    fn of(&self, role: Role) -> &ImageDigest {
        match role {
            Role::Intake => &self.intake,
            Role::Uplink => &self.uplink,
        }
    }
}

/// Loads an image, unless the engine has it, and says by which of its two names the engine knows it. The archive may hold
/// whatever it wants: what is not under one of these names is never run.
async fn load(engine: &Engine, archive: &Path, image: &Image) -> Result<ImageDigest, Trouble> {
    if let Some(name) = known_as(engine, image).await? {
        return Ok(name);
    }
    engine.load(archive).await.map_err(trouble)?;
    let other = || {
        format!(
            "the engine loaded {}, and knows neither {} nor {}",
            archive.display(),
            image.image,
            image.manifest
        )
    };
    known_as(engine, image).await?.ok_or_else(|| Trouble::Failed(other()))
}

/// The images of what is installed, in the engine, as soon as there is one. Nothing where nothing is installed, or where the engine
/// takes it for something else: then the box begins with what its configuration names.
pub(crate) async fn installed(socket: &Path, start: &Start) -> Option<Pair> {
    let images = start.images()?;
    loop {
        match load_both(socket, &images).await {
            Ok(pair) => return Some(pair),
            Err(Trouble::Away(_)) => sleep(AGAIN_WAIT).await,
            Err(Trouble::Failed(why)) => {
                tracing::error!(why, "what is installed cannot be started");
                return None;
            }
        }
    }
}

async fn load_both(socket: &Path, [intake, uplink]: &[(Image, PathBuf); 2]) -> Result<Pair, Trouble> {
    let engine = Engine::connect(socket).await.map_err(trouble)?;
    let intake = load(&engine, &intake.1, &intake.0).await?;
    Ok(Pair { intake, uplink: load(&engine, &uplink.1, &uplink.0).await? })
}

async fn known_as(engine: &Engine, image: &Image) -> Result<Option<ImageDigest>, Trouble> {
    for name in [&image.image, &image.manifest] {
        if engine.has_image(name).await.map_err(trouble)? {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

impl Hands for SupervisorHands {
    async fn load(&mut self, archive: &Path, image: &Image) -> Result<ImageDigest, Trouble> {
        load(&self.engine().await?, archive, image).await
    }

    async fn rehearse(&mut self, pair: &Pair) -> Result<(), Trouble> {
        self.end_rehearsal().await?;
        let engine = self.engine().await?;
        let network = Network {
            name: NETWORK.into(),
            role: Role::Uplink,
            driver: Driver::Closed,
            subnet: None,
            gateway: None,
        };
        engine.create_network(&network).await.map_err(trouble)?;
        engine.create_volume(&self.link_beside()).await.map_err(trouble)?;
        for container in self.beside(pair) {
            engine.create(&container).await.map_err(trouble)?;
            engine.start(&container.name).await.map_err(trouble)?;
        }
        Ok(())
    }

    async fn rehearsal(&mut self) -> Result<Rehearsal, Trouble> {
        let engine = self.engine().await?;
        let mut well = true;
        for container in &self.topology.containers {
            let name = format!("{}{BESIDE}", container.name);
            let found = engine.container(&name).await.map_err(trouble)?;
            let half = container.role.name();
            match found.as_ref().map(|found| (found, found.health())) {
                Some((_, Health::Healthy)) => {}
                Some((_, Health::Starting)) => well = false,
                Some((found, Health::Stopped)) => {
                    let why = found.ended().unwrap_or_else(|| "it was stopped".into());
                    return Ok(Rehearsal::Failed(format!(
                        "beside the running halves the new {half} ended: {why}"
                    )));
                }
                Some((_, Health::Unhealthy)) => {
                    let text = format!("beside the running halves the new {half} is not healthy");
                    return Ok(Rehearsal::Failed(text));
                }
                // Somebody removed it, such as a supervisor that has just started.
                None => {
                    return Err(Trouble::Away(format!("the new {half} beside the running halves is gone")));
                }
            }
        }
        Ok(if well { Rehearsal::Well } else { Rehearsal::Starting })
    }

    async fn end_rehearsal(&mut self) -> Result<(), Trouble> {
        let engine = self.engine().await?;
        for container in self.topology.containers.iter().rev() {
            engine.remove(&format!("{}{BESIDE}", container.name)).await.map_err(trouble)?;
        }
        engine.remove_network(NETWORK).await.map_err(trouble)?;
        engine.remove_volume(&self.link_beside().name).await.map_err(trouble)
    }

    async fn switch(&mut self, pair: &Pair) -> Result<(), Trouble> {
        // For as long as there is none, the supervisor can only wait, and a switch would be said to have failed.
        self.engine().await?;
        let images = Images { intake: pair.intake.clone(), uplink: pair.uplink.clone() };
        self.control.switch(images).await.map_err(Trouble::Failed)
    }

    async fn look(&mut self) -> Result<Sight, Trouble> {
        let engine = self.engine().await?;
        let (_, uplink) = self.running(&engine, Role::Uplink).await?;
        let (described, intake) = self.running(&engine, Role::Intake).await?;
        let well =
            |found: &Option<Found>| found.as_ref().is_some_and(|found| found.health() == Health::Healthy);
        let well = well(&intake) && well(&uplink);
        let mut stored_ago = None;
        if well {
            let words = [described.health.clone(), ["--format", "json"].map(str::to_owned).to_vec()].concat();
            stored_ago = stored(&engine.ask(&described.name, &words).await.map_err(trouble)?.said);
        }
        Ok(Sight { well, stored_ago, runs: [run(intake.as_ref()), run(uplink.as_ref())] })
    }

    async fn remove(&mut self, image: &ImageDigest) -> Result<(), Trouble> {
        self.engine().await?.remove_image(image).await.map_err(trouble)
    }
}

/// How long ago the platform stored something, by the intake's own word (`docs/status.md`).
fn stored(said: &str) -> Option<Duration> {
    let document: Value = serde_json::from_str(said).ok()?;
    Duration::try_from_secs_f64(document.pointer("/platform/stored_s_ago")?.as_f64()?).ok()
}

/// Another number for each start of each container.
fn run(found: Option<&Found>) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.map(|found| (found.id().to_owned(), found.started_at().to_string())).hash(&mut hasher);
    hasher.finish()
}

fn trouble(error: EngineError) -> Trouble {
    let away = error.is_away();
    let text = format!("{:#}", anyhow::Error::from(error));
    if away { Trouble::Away(text) } else { Trouble::Failed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_intake_says_of_itself_says_whether_data_flows() {
        for (said, expected) in [
            (r#"{"half": "intake", "platform": {"stored_s_ago": 1.5}}"#, Some(Duration::from_millis(1500))),
            (r#"{"half": "intake", "platform": {"stored_s_ago": null}}"#, None),
            (r#"{"half": "intake", "platform": {"stored_s_ago": -1.0}}"#, None),
            (r#"{"half": "intake"}"#, None),
            ("", None),
        ] {
            assert_eq!(stored(said), expected, "{said}");
        }
    }
}
