//! The supervisor's hands: the engine's images, halves beside the running ones, and the supervisor's own way to run others.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use release::{Image, ImageDigest};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::hands::{Hands, Pair, Rehearsal, Sight, Trouble};
use super::installer::Start;
use super::limits::{AGAIN_WAIT, LOOK_MAX, WORDS_MAX};
use crate::supervise::{
    Asker, Container, Control, Engine, EngineError, Found, Health, Images, Mount, NO_NETWORK, Role, Topology,
    Volume, in_words,
};

/// From this status on the fault is the engine's own (RFC 9110, 15.6).
const OWN_FAULT: u16 = 500;
/// What is behind the name of a half that is tried beside the running one.
const BESIDE: &str = "-next";
/// Nobody is there (RFC 5737, RFC 3849): what leads to one of them leads out.
const NOBODY: [&str; 4] = ["192.0.2.1:443", "198.51.100.1:443", "203.0.113.1:443", "[2001:db8::1]:443"];
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

    /// The same containers in all but the name, the image and the link, and that they have no network.
    fn beside(&self, pair: &Pair) -> Vec<Container> {
        let of = |container: &Container| {
            let mut beside = container.clone();
            beside.name.push_str(BESIDE);
            beside.image = pair.of(container.role).clone();
            beside.network = NO_NETWORK.into();
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

/// Looks from a stand-in, in which nothing of the half runs, whether it has no network indeed.
async fn tried_alone(engine: &Engine, beside: &Container) -> Result<(), Trouble> {
    let stand_in = beside.stand_in();
    engine.remove(&stand_in.name).await.map_err(trouble)?;
    engine.create(&stand_in).await.map_err(trouble)?;
    as_described(engine, &stand_in).await?;
    engine.start(&stand_in.name).await.map_err(trouble)?;
    let words = ["/adapter", "probe", "look", "--"].into_iter().chain(NOBODY).map(str::to_owned);
    let words: Vec<_> = words.collect();
    let asked = engine.ask(&stand_in.name, Asker::Looker, &words);
    let looked = timeout(LOOK_MAX, asked).await;
    engine.remove(&stand_in.name).await.map_err(trouble)?;
    let looked =
        looked.map_err(|_| Trouble::Away("to look around beside the running halves took too long".into()))?;
    let half = beside.role.name();
    let text = |why: &str| format!("beside the running halves the new {half} cannot look around: {why}");
    let looked = looked.map_err(|error| match trouble(error) {
        Trouble::Away(why) => Trouble::Away(text(&why)),
        Trouble::Failed(why) => Trouble::Failed(text(&why)),
    })?;
    match network_of(&looked.said) {
        Ok(None) if looked.code == 0 => Ok(()),
        Ok(Some(network)) => Err(Trouble::Away(format!(
            "the new {half} was to be tried without a network, and the engine gave it one: {network}"
        ))),
        Ok(None) | Err(_) => {
            let why = looked.complained.trim().escape_debug().take(WORDS_MAX).collect::<String>();
            Err(Trouble::Failed(text(&why)))
        }
    }
}

/// What an engine adds to a description says nothing of the release.
async fn as_described(engine: &Engine, container: &Container) -> Result<(), Trouble> {
    let made = engine.container(&container.name).await.map_err(trouble)?;
    let differ = made.map(|made| made.differences(container));
    if differ.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let what = differ.map_or_else(|| "it is not there".into(), |differ| in_words(&differ));
    Err(Trouble::Away(format!("the engine made {} otherwise: {what}", container.name)))
}

/// What of these findings is a network, but for loopback's.
fn network_of(said: &str) -> Result<Option<String>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Findings {
        addresses: Vec<Address>,
        routes: Vec<Route>,
        tried: Vec<Tried>,
    }
    #[derive(Deserialize)]
    struct Address {
        ip: IpAddr,
    }
    #[derive(Deserialize)]
    struct Route {
        interface: String,
    }
    #[derive(Deserialize)]
    struct Tried {
        target: String,
        outcome: String,
    }
    let found: Findings = serde_json::from_str(said)?;
    let addresses = found.addresses.iter().map(|own| format!("the address {}", own.ip));
    let routes = found.routes.iter().map(|route| format!("a way over {}", route.interface));
    let ways = found.tried.iter().filter(|tried| tried.outcome != "no_way");
    let ways = ways.map(|tried| format!("a way to {}", tried.target));
    let untried = (found.tried.len() != NOBODY.len()).then(|| "as far as was tried".to_owned());
    Ok(addresses.chain(routes).chain(ways).chain(untried).next())
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

/// The images of what is installed, in the engine, as soon as it has them. Nothing where nothing is installed.
///
/// # Errors
/// Where they are definitely not there. An engine that is away, busy or full is waited for: an older release is no answer to that.
pub(crate) async fn installed(
    socket: &Path,
    start: &Start,
    mut waits: impl FnMut(&str),
) -> Result<Option<Pair>, String> {
    let Some(images) = start.images() else { return Ok(None) };
    loop {
        match load_both(socket, &images).await {
            Ok(pair) => return Ok(Some(pair)),
            Err(Trouble::Away(why)) => {
                waits(&why);
                sleep(AGAIN_WAIT).await;
            }
            Err(Trouble::Failed(why)) => return Err(why),
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
        engine.create_volume(&self.link_beside()).await.map_err(trouble)?;
        let beside = self.beside(pair);
        // Nothing of the release runs, and its key is read by nobody, before it was tried that neither has a network.
        for container in &beside {
            tried_alone(&engine, container).await?;
        }
        for container in &beside {
            engine.create(container).await.map_err(trouble)?;
            as_described(&engine, container).await?;
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
            let name = format!("{}{BESIDE}", container.name);
            let stand_in = Container { name: name.clone(), ..container.clone() }.stand_in();
            engine.remove(&stand_in.name).await.map_err(trouble)?;
            engine.remove(&name).await.map_err(trouble)?;
        }
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
        let (mut stored_ago, mut heard) = (None, BTreeMap::new());
        if well {
            let words = [described.health.clone(), ["--format", "json"].map(str::to_owned).to_vec()].concat();
            // Whatever keeps a half from being asked is a fault of the half here: the engine has just answered.
            let said = engine.ask(&described.name, Asker::Half, &words).await.map_err(|error| {
                if error.is_away() { trouble(error) } else { Trouble::Failed(said(error)) }
            })?;
            let (stored, printers) = flows(&said.said);
            (stored_ago, heard) = (stored, printers);
        }
        Ok(Sight { well, stored_ago, heard, runs: [run(intake.as_ref()), run(uplink.as_ref())] })
    }

    async fn remove(&mut self, image: &ImageDigest) -> Result<(), Trouble> {
        self.engine().await?.remove_image(image).await.map_err(trouble)
    }
}

/// How long ago the platform stored something, and how long ago each printer was heard of which readings were made, by the
/// intake's own word (`docs/status.md`). What the adapter says of itself is stored as well, and shows nothing of the printers.
fn flows(said: &str) -> (Option<Duration>, BTreeMap<String, Duration>) {
    let document: Value = serde_json::from_str(said).unwrap_or_default();
    let time = |value: Option<&Value>| Duration::try_from_secs_f64(value?.as_f64()?).ok();
    let heard = |printer: &Value| {
        let made = printer.get("readings_made").and_then(Value::as_u64).is_some_and(|made| made > 0);
        let id = printer.get("id").and_then(Value::as_str).filter(|_| made)?;
        Some((id.to_owned(), time(printer.get("heard_s_ago"))?))
    };
    let printers = document.get("printers").and_then(Value::as_array);
    let heard = printers.into_iter().flatten().filter_map(heard).collect();
    (time(document.pointer("/platform/stored_s_ago")), heard)
}

/// Another number for each start of each container.
fn run(found: Option<&Found>) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.map(|found| (found.id().to_owned(), found.started_at().to_string())).hash(&mut hasher);
    hasher.finish()
}

/// What an engine says of itself, such as that its disk is full, passes, and says nothing of a release.
fn trouble(error: EngineError) -> Trouble {
    let away = match &error {
        EngineError::Away { .. } | EngineError::Answer { .. } => true,
        EngineError::Refused { status, .. } => *status >= OWN_FAULT,
        EngineError::Archive { source, .. } => source.kind() != ErrorKind::NotFound,
        EngineError::Foreign { .. } => false,
    };
    if away { Trouble::Away(said(error)) } else { Trouble::Failed(said(error)) }
}

fn said(error: EngineError) -> String {
    format!("{:#}", anyhow::Error::from(error))
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
            assert_eq!(flows(said).0, expected, "{said}");
        }
        let said = r#"{"printers": [
            {"id": "p01", "heard_s_ago": 2.0, "readings_made": 7}, {"id": "p02", "heard_s_ago": 2.0, "readings_made": 0},
            {"id": "p03", "heard_s_ago": null, "readings_made": 1}, {"id": "p04", "heard_s_ago": -1, "readings_made": 1}, 5]}"#;
        assert_eq!(flows(said).1, BTreeMap::from([("p01".to_owned(), Duration::from_secs(2))]));
    }

    #[test]
    fn a_network_is_found_wherever_it_shows() {
        let said = |addresses: &str, routes: &str, outcomes: &[&str]| {
            let tried = NOBODY.iter().zip(outcomes);
            let tried: Vec<_> =
                tried.map(|(to, what)| format!(r#"{{"target": "{to}", "outcome": "{what}"}}"#)).collect();
            let tried = tried.join(",");
            format!(
                r#"{{"addresses": [{addresses}], "routes": [{routes}], "neighbours": [], "tried": [{tried}]}}"#
            )
        };
        let (address, none) = (r#"{"ip": "172.18.0.2", "interface": 0}"#, ["no_way"; 4]);
        let route = r#"{"to": "0.0.0.0", "bits": 0, "through": "172.18.0.1", "interface": "eth0"}"#;
        for (findings, expected) in [
            (said("", "", &none), None),
            (said(address, "", &none), Some("the address 172.18.0.2")),
            (said("", route, &none), Some("a way over eth0")),
            (said("", "", &["no_way", "silent", "no_way", "no_way"]), Some("a way to 198.51.100.1:443")),
            (said("", "", &none[1..]), Some("as far as was tried")),
        ] {
            assert_eq!(network_of(&findings).unwrap().as_deref(), expected, "{findings}");
        }
        assert!(network_of("").is_err());
    }

    #[test]
    fn only_a_definite_answer_is_no_passing_one() {
        let refused = |status| EngineError::Refused { what: "x".into(), status, message: "y".into() };
        let archive = |kind: ErrorKind| EngineError::Archive { archive: "a.tar".into(), source: kind.into() };
        for (error, passes) in [
            (EngineError::Away { socket: "s".into(), why: "gone".into() }, true),
            (refused(500), true),
            (refused(503), true),
            (refused(404), false),
            (refused(400), false),
            (archive(ErrorKind::NotFound), false),
            (archive(ErrorKind::TimedOut), true),
        ] {
            let found = trouble(error);
            assert_eq!(matches!(found, Trouble::Away(_)), passes, "{found:?}");
        }
    }
}
