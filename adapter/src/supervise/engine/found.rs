//! What the engine says is there.

use std::collections::HashMap;
use std::net::IpAddr;

use bollard::models::{ContainerInspectResponse, ContainerStatsResponse, HealthStatusEnum, NetworkInspect};

use super::super::topology::{Container, LABEL, Network, Volume};
use super::{Difference, Usage, differences};
use crate::config::Subnet;

/// How a container is, by its own check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// It does not run.
    Stopped,
    /// It runs, and was not asked yet or not well since its start.
    Starting,
    /// It answers.
    Healthy,
    /// It runs and does not answer.
    Unhealthy,
}

impl Health {
    /// The catalogue's word.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// A container that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found(pub(super) Box<ContainerInspectResponse>);

/// A network that is there.
#[derive(Clone, Debug)]
pub(crate) struct FoundNetwork(pub(super) Box<NetworkInspect>);

/// A volume that is there.
#[derive(Clone, Debug)]
pub(crate) struct FoundVolume(pub(super) Box<bollard::models::Volume>);

impl Found {
    pub(super) fn new(said: ContainerInspectResponse) -> Self {
        Self(Box::new(said))
    }

    /// The engine's own number of it, which no other ever has.
    pub(crate) fn id(&self) -> &str {
        self.0.id.as_deref().unwrap_or_default()
    }

    /// The digest of its image's configuration, as the engine writes it.
    pub(crate) fn image(&self) -> &str {
        self.0.image.as_deref().unwrap_or_default()
    }

    /// Whether the supervisor made it.
    pub(crate) fn is_own(&self) -> bool {
        let labels = self.0.config.as_ref().and_then(|config| config.labels.as_ref());
        labels.is_some_and(|labels| labels.contains_key(LABEL))
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.0.state.as_ref().and_then(|state| state.running) == Some(true)
    }

    /// Whether somebody has halted it.
    pub(crate) fn is_paused(&self) -> bool {
        self.0.state.as_ref().and_then(|state| state.paused) == Some(true)
    }

    /// When it was last started, in the engine's words: another moment is another start.
    pub(crate) fn started_at(&self) -> &str {
        self.0.state.as_ref().and_then(|state| state.started_at.as_deref()).unwrap_or_default()
    }

    /// How it ended, in words; nothing of one that runs or never did.
    pub(crate) fn ended(&self) -> Option<String> {
        let state = self.0.state.as_ref().filter(|state| state.running != Some(true))?;
        let code = state.exit_code.filter(|_| !self.started_at().starts_with("0001"))?;
        let error = state.error.as_deref().filter(|error| !error.is_empty());
        Some(match (state.oom_killed, error) {
            (Some(true), _) => "it used more memory than it may".to_owned(),
            (_, Some(error)) => error.to_owned(),
            (_, None) => format!("it ended with {code}"),
        })
    }

    /// How it is.
    pub(crate) fn health(&self) -> Health {
        if !self.runs() {
            return Health::Stopped;
        }
        let health = self.0.state.as_ref().and_then(|state| state.health.as_ref()?.status);
        match health {
            Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
            Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
            _ => Health::Starting,
        }
    }

    /// The settings in which it differs from a description.
    pub(crate) fn differences(&self, described: &Container) -> Vec<Difference> {
        differences::of_container(described, &self.0)
    }

    /// The networks that it has addresses on.
    pub(crate) fn subnets(&self) -> Vec<Subnet> {
        let networks = self.0.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
        let of = |end: &bollard::models::EndpointSettings| {
            let address = end.ip_address.as_deref()?.parse().ok()?;
            Some(Subnet::around(address, u8::try_from(end.ip_prefix_len?).ok()?))
        };
        networks.into_iter().flat_map(HashMap::values).filter_map(of).collect()
    }

    /// Its addresses, on whatever network.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let networks = self.0.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
        let of = |end: &bollard::models::EndpointSettings| {
            [end.ip_address.clone(), end.global_ipv6_address.clone()]
        };
        let texts = networks.into_iter().flat_map(HashMap::values).flat_map(of);
        texts.flatten().filter_map(|text| text.parse().ok()).collect()
    }
}

impl FoundNetwork {
    pub(super) fn new(said: NetworkInspect) -> Self {
        Self(Box::new(said))
    }

    /// The engine's own number of it.
    pub(crate) fn id(&self) -> &str {
        self.0.id.as_deref().unwrap_or_default()
    }

    /// Whether the supervisor made it.
    pub(crate) fn is_own(&self) -> bool {
        self.0.labels.as_ref().is_some_and(|labels| labels.contains_key(LABEL))
    }

    /// The names of the containers that run on it, in order.
    pub(crate) fn ends(&self) -> Vec<String> {
        let mut ends: Vec<_> =
            self.0.containers.iter().flatten().filter_map(|(_, end)| end.name.clone()).collect();
        ends.sort();
        ends
    }

    /// The settings in which it differs from a description.
    pub(crate) fn differences(&self, described: &Network) -> Vec<Difference> {
        differences::of_network(described, &self.0)
    }
}

impl FoundVolume {
    /// The settings in which it differs from a description.
    pub(crate) fn differences(&self, described: &Volume) -> Vec<Difference> {
        differences::of_volume(described, &self.0)
    }

    pub(super) fn new(said: bollard::models::Volume) -> Self {
        Self(Box::new(said))
    }

    /// Whether the supervisor made it.
    pub(crate) fn is_own(&self) -> bool {
        self.0.labels.contains_key(LABEL)
    }
}

/// What it uses; nothing of one that does not run.
pub(super) fn usage(stats: &ContainerStatsResponse) -> Option<Usage> {
    let memory_bytes = stats.memory_stats.as_ref()?.usage?;
    let nanoseconds = stats.cpu_stats.as_ref()?.cpu_usage.as_ref()?.total_usage?;
    Some(Usage { memory_bytes, cpu_s: nanoseconds as f64 / 1e9 })
}
