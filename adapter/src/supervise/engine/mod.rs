//! The container engine, as far as the supervisor speaks with it: a few typed questions, each of which says in its error
//! what was asked. The version of the language is agreed on with each engine and pinned nowhere.

mod body;
mod differences;
mod error;
mod found;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, EventsOptionsBuilder,
    ImportImageOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StatsOptionsBuilder, StopContainerOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use release::ImageDigest;
use tokio_util::codec::{BytesCodec, FramedRead};

pub(crate) use differences::{Difference, in_words};
pub(crate) use error::EngineError;
pub(crate) use found::{Found, FoundNetwork, FoundVolume, Health};

use super::limits::{ANSWER_S_MAX, ARCHIVE_READ_BYTES, LOAD_MAX, OUTPUT_BYTES_MAX};
use super::topology::{Container, LABEL, LOOKER, Network, Role, Topology, Volume};

/// The status of an answer that says: there is no such thing.
const NOT_FOUND: u16 = 404;
/// The status of an answer that says: it is like that already.
const UNCHANGED: u16 = 304;
/// The status of an answer that says: not as it is now, such as a kill of what has ended.
const CONFLICT: u16 = 409;

/// A description in the engine's own words.
pub(super) fn description(topology: &Topology) -> serde_json::Value {
    let containers = topology.containers.iter();
    let containers = containers.map(|one| (one.name.clone(), serde_json::json!(body::of_container(one))));
    let networks: Vec<_> = topology.networks.iter().map(body::of_network).collect();
    serde_json::json!({
        "networks": networks,
        "volumes": [body::of_volume(&topology.link)],
        "containers": containers.collect::<serde_json::Map<_, _>>(),
    })
}

/// A connection to the engine.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    docker: Docker,
    socket: PathBuf,
}

/// What a program in a container said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// How it ended; 0 is well.
    pub(crate) code: i64,
    /// On its standard output.
    pub(crate) said: String,
    /// On its standard error.
    pub(crate) complained: String,
}

/// As whom a program is run in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// As the container's own user.
    Half,
    /// As a user of its own, so that what runs in the container can neither end it nor speak in its name.
    Looker,
}

impl Asker {
    fn user(self) -> Option<String> {
        match self {
            Self::Half => None,
            Self::Looker => Some(format!("{LOOKER}:{LOOKER}")),
        }
    }
}

/// What a container uses, by its control group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Memory, in bytes.
    pub(crate) memory_bytes: u64,
    /// Processor time since its start, in seconds.
    pub(crate) cpu_s: f64,
}

impl Engine {
    /// Meets the engine that listens at this socket.
    ///
    /// # Errors
    /// [`EngineError::Away`] as long as there is none.
    pub(crate) async fn connect(socket: &Path) -> Result<Self, EngineError> {
        let failed = |error| EngineError::of(socket, "say its version", error);
        let path = socket.display().to_string();
        let docker = Docker::connect_with_unix(&path, ANSWER_S_MAX, API_DEFAULT_VERSION).map_err(failed)?;
        let docker = docker.negotiate_version().await.map_err(failed)?;
        Ok(Self { docker, socket: socket.to_owned() })
    }

    /// The second number of its language's version, as far as both speak it; the first is 1.
    pub(crate) fn language(&self) -> usize {
        self.docker.client_version().minor_version
    }

    /// Gives the engine the images of an archive, as `docker save` makes it.
    pub(crate) async fn load(&self, archive: &Path) -> Result<(), EngineError> {
        let failed = |source| EngineError::Archive { archive: archive.to_owned(), source };
        let file = tokio::fs::File::open(archive).await.map_err(failed)?;
        let parts = FramedRead::with_capacity(file, BytesCodec::new(), ARCHIVE_READ_BYTES);
        let parts = parts.map_ok(bytes::BytesMut::freeze);
        self.load_parts(parts, &archive.display().to_string()).await
    }

    /// The same of an archive that comes in parts; `from` is its name in an error.
    pub(crate) async fn load_parts<E>(
        &self,
        parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
        from: &str,
    ) -> Result<(), EngineError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let patient = self.docker.clone().with_timeout(LOAD_MAX);
        let progress = patient.import_image_stream(options, parts, None);
        let loaded = progress.try_for_each(|_| std::future::ready(Ok(()))).await;
        loaded.map_err(self.failed(&format!("load the images of {from}")))
    }

    /// Whether it has this image.
    pub(crate) async fn has_image(&self, image: &ImageDigest) -> Result<bool, EngineError> {
        let found = self.docker.inspect_image(&image.to_string()).await;
        Ok(self.there(found, &format!("find the image {image}"))?.is_some())
    }

    /// Takes an image away that no container uses.
    pub(crate) async fn remove_image(&self, image: &ImageDigest) -> Result<(), EngineError> {
        let none = None::<bollard::query_parameters::RemoveImageOptions>;
        let removed = self.docker.remove_image(&image.to_string(), none, None).await;
        self.there(removed, &format!("remove the image {image}")).map(drop)
    }

    /// The container of this name or id.
    pub(crate) async fn container(&self, name: &str) -> Result<Option<Found>, EngineError> {
        let found = self.docker.inspect_container(name, None).await;
        Ok(self.there(found, &format!("show the container {name}"))?.map(Found::new))
    }

    /// The names of the containers that run and that the supervisor made for a half.
    pub(crate) async fn own_running(&self, role: Role) -> Result<Vec<String>, EngineError> {
        self.listed(&format!("{LABEL}={}", role.name()), false).await
    }

    /// The names of all containers that the supervisor made, running or not.
    pub(crate) async fn own_containers(&self) -> Result<Vec<String>, EngineError> {
        self.listed(LABEL, true).await
    }

    async fn listed(&self, label: &str, all: bool) -> Result<Vec<String>, EngineError> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default().all(all).filters(&filters).build();
        let listed = self.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(self.failed("list the containers"))?;
        let names = listed.into_iter().filter_map(|one| one.names?.into_iter().next());
        Ok(names.map(|name| name.trim_start_matches('/').to_owned()).collect())
    }

    /// Makes a container, which does not run yet.
    pub(crate) async fn create(&self, container: &Container) -> Result<(), EngineError> {
        let options = CreateContainerOptionsBuilder::default().name(&container.name).build();
        let made = self.docker.create_container(Some(options), body::of_container(container)).await;
        made.map(drop).map_err(self.failed(&format!("make the container {}", container.name)))
    }

    /// Starts it; one that runs is left alone.
    pub(crate) async fn start(&self, name: &str) -> Result<(), EngineError> {
        let started = self.docker.start_container(name, None).await;
        self.unless(&[UNCHANGED], started, &format!("start the container {name}"))
    }

    /// Tells it to stop, and kills it after this time. One that does not run, or is not there, is left alone.
    pub(crate) async fn stop(&self, name: &str, within: Duration) -> Result<(), EngineError> {
        let seconds = i32::try_from(within.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let stopped = self.docker.stop_container(name, Some(options)).await;
        self.unless(&[UNCHANGED, NOT_FOUND], stopped, &format!("stop the container {name}"))
    }

    /// Kills it. One that does not run, or is not there, is left alone.
    pub(crate) async fn kill(&self, name: &str) -> Result<(), EngineError> {
        let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        let killed = self.docker.kill_container(name, Some(options)).await;
        self.unless(&[CONFLICT, NOT_FOUND], killed, &format!("kill the container {name}"))
    }

    /// Takes it away, whether it runs or not. Volumes stay.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        let removed = self.docker.remove_container(name, Some(options)).await;
        self.unless(&[NOT_FOUND], removed, &format!("remove the container {name}"))
    }

    /// What a running container uses; nothing of one that has just ended.
    pub(crate) async fn usage(&self, name: &str) -> Result<Option<Usage>, EngineError> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let stats = Box::pin(self.docker.stats(name, Some(options))).next().await;
        let what = format!("say what the container {name} uses");
        match stats {
            None => Ok(None),
            Some(stats) => Ok(self.there(stats, &what)?.and_then(|stats| found::usage(&stats))),
        }
    }

    /// Runs a program of the container's own within it, with no more rights than the container's own, and gives what it said.
    pub(crate) async fn ask(
        &self,
        name: &str,
        asker: Asker,
        command: &[String],
    ) -> Result<Output, EngineError> {
        let what = format!("run `{}` in the container {name}", command.join(" "));
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            user: asker.user(),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(name, options).await.map_err(self.failed(&what))?;
        let started = self.docker.start_exec(&exec.id, None).await.map_err(self.failed(&what))?;
        let mut output = Output::default();
        if let StartExecResults::Attached { output: mut parts, .. } = started {
            while let Some(part) = parts.next().await {
                let part = part.map_err(self.failed(&what))?;
                let (to, text) = match &part {
                    LogOutput::StdErr { message } => (&mut output.complained, message),
                    LogOutput::StdOut { message }
                    | LogOutput::StdIn { message }
                    | LogOutput::Console { message } => (&mut output.said, message),
                };
                // What is longer is no answer: whoever reads it will find that it is cut.
                if to.len() + text.len() <= OUTPUT_BYTES_MAX {
                    to.push_str(&String::from_utf8_lossy(text));
                }
            }
        }
        let ended = self.docker.inspect_exec(&exec.id).await.map_err(self.failed(&what))?;
        output.code = ended.exit_code.unwrap_or(-1);
        Ok(output)
    }

    /// The network of this name.
    pub(crate) async fn network(&self, name: &str) -> Result<Option<FoundNetwork>, EngineError> {
        let found = self.docker.inspect_network(name, None).await;
        Ok(self.there(found, &format!("show the network {name}"))?.map(FoundNetwork::new))
    }

    /// Makes a network.
    pub(crate) async fn create_network(&self, network: &Network) -> Result<(), EngineError> {
        let made = self.docker.create_network(body::of_network(network)).await;
        made.map(drop).map_err(self.failed(&format!("make the network {}", network.name)))
    }

    /// Takes a network away that nobody is on.
    pub(crate) async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        let removed = self.docker.remove_network(name).await;
        self.unless(&[NOT_FOUND], removed, &format!("remove the network {name}"))
    }

    /// The volume of this name.
    pub(crate) async fn volume(&self, name: &str) -> Result<Option<FoundVolume>, EngineError> {
        let found = self.docker.inspect_volume(name).await;
        Ok(self.there(found, &format!("show the volume {name}"))?.map(FoundVolume::new))
    }

    /// Makes a volume.
    pub(crate) async fn create_volume(&self, volume: &Volume) -> Result<(), EngineError> {
        let made = self.docker.create_volume(body::of_volume(volume)).await;
        made.map(drop).map_err(self.failed(&format!("make the volume {}", volume.name)))
    }

    /// Takes a volume away that nobody uses.
    pub(crate) async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        let none = None::<bollard::query_parameters::RemoveVolumeOptions>;
        let removed = self.docker.remove_volume(name, none).await;
        self.unless(&[NOT_FOUND], removed, &format!("remove the volume {name}"))
    }

    /// Something for each change that anybody makes to containers and networks, until the engine ends. Health and the
    /// programs that are run in a container for it are no such change.
    pub(crate) fn changes(&self) -> impl Stream<Item = Result<(), EngineError>> + Send + use<> {
        let events = [
            "create",
            "start",
            "die",
            "kill",
            "stop",
            "oom",
            "pause",
            "unpause",
            "update",
            "rename",
            "destroy",
            "connect",
            "disconnect",
            "remove",
        ];
        let filters = HashMap::from([("type", vec!["container", "network"]), ("event", events.to_vec())]);
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        let socket = self.socket.clone();
        let events = self.docker.events(Some(options));
        events.map(move |event| {
            event.map(drop).map_err(|error| EngineError::of(&socket, "say what changes", error))
        })
    }

    /// What a running container says from now on, line by line, until it ends.
    pub(crate) async fn follow(
        &self,
        name: &str,
    ) -> Result<impl Stream<Item = Result<String, EngineError>> + Send + use<>, EngineError> {
        let what = format!("pass on what the container {name} says");
        let options = AttachContainerOptionsBuilder::default().stdout(true).stderr(true).stream(true).build();
        let attached = self.docker.attach_container(name, Some(options)).await.map_err(self.failed(&what))?;
        let socket = self.socket.clone();
        Ok(attached.output.map(move |part| match part {
            Ok(part) => Ok(String::from_utf8_lossy(part.as_ref()).into_owned()),
            Err(error) => Err(EngineError::of(&socket, &what, error)),
        }))
    }

    fn failed(&self, what: &str) -> impl FnOnce(Error) -> EngineError {
        let (socket, what) = (self.socket.clone(), what.to_owned());
        move |error| EngineError::of(&socket, &what, error)
    }

    /// Nothing, where there is no such thing.
    fn there<T>(&self, found: Result<T, Error>, what: &str) -> Result<Option<T>, EngineError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Error::DockerResponseServerError { status_code: NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(self.failed(what)(error)),
        }
    }

    /// Well also where the engine says one of these.
    fn unless(&self, well: &[u16], done: Result<(), Error>, what: &str) -> Result<(), EngineError> {
        match done {
            Err(Error::DockerResponseServerError { status_code, .. }) if well.contains(&status_code) => {
                Ok(())
            }
            done => done.map_err(self.failed(what)),
        }
    }
}
