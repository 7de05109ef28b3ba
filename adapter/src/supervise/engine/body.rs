//! The description as the engine takes it. What is not said here is said nowhere: no field of a topology's container is left
//! to the image.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
    Ipam, IpamConfig, MountType, NetworkCreateRequest, NetworkingConfig, RestartPolicy,
    RestartPolicyNameEnum, VolumeCreateRequest,
};

use super::super::limits::STOP_MAX;
use super::super::topology::{Container, HEALTH, LABEL, Mount, NO_NETWORK, Network, Volume};

pub(super) fn of_container(container: &Container) -> ContainerCreateBody {
    let [program, arguments @ ..] = &container.command[..] else { return ContainerCreateBody::default() };
    let endpoint = EndpointSettings {
        ipam_config: container.address.map(|address| EndpointIpamConfig {
            ipv4_address: Some(address.to_string()),
            ..EndpointIpamConfig::default()
        }),
        // For printers that are containers as well, as in an evaluation.
        aliases: Some(vec![container.role.name().to_owned()]),
        ..EndpointSettings::default()
    };
    ContainerCreateBody {
        hostname: Some(container.role.name().to_owned()),
        user: Some(container.user.clone()),
        entrypoint: Some(vec![program.clone()]),
        cmd: Some(arguments.to_vec()),
        env: Some(container.environment.clone()),
        image: Some(container.image.to_string()),
        working_dir: Some("/".to_owned()),
        healthcheck: Some(health(container)),
        stop_signal: Some("SIGTERM".to_owned()),
        stop_timeout: i64::try_from(STOP_MAX.as_secs()).ok(),
        labels: Some(labels(container.role.name())),
        host_config: Some(of_host(container)),
        networking_config: (container.network != NO_NETWORK).then(|| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(container.network.clone(), endpoint)])),
        }),
        ..ContainerCreateBody::default()
    }
}

fn health(container: &Container) -> HealthConfig {
    let nanoseconds = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).ok();
    let test = [vec!["CMD".to_owned()], container.health.clone()].concat();
    HealthConfig {
        test: Some(test),
        interval: nanoseconds(HEALTH.interval),
        timeout: nanoseconds(HEALTH.timeout),
        start_period: nanoseconds(HEALTH.start_period),
        retries: Some(HEALTH.retries),
        ..HealthConfig::default()
    }
}

/// How the container is held: the same for each but for the limits, the calls and what it sees.
pub(super) fn of_host(container: &Container) -> HostConfig {
    HostConfig {
        readonly_rootfs: Some(true),
        privileged: Some(false),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec![
            "no-new-privileges:true".to_owned(),
            format!("seccomp={}", container.seccomp),
        ]),
        memory: Some(container.memory_bytes),
        // As much as memory: none is left for a disk.
        memory_swap: Some(container.memory_bytes),
        pids_limit: Some(container.pids_max),
        ipc_mode: Some("none".to_owned()),
        network_mode: Some(container.network.clone()),
        dns: Some(container.resolvers.clone()),
        mounts: Some(container.mounts.iter().map(mount).collect()),
        // What the engine kept of the output would be on its disk; the supervisor reads it as it comes.
        log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
        // The supervisor's own affair: the engine would start what was refused.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        ..HostConfig::default()
    }
}

fn mount(mount: &Mount) -> bollard::models::Mount {
    match mount {
        Mount::Read { source, target } => bollard::models::Mount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            target: Some(target.display().to_string()),
            read_only: Some(true),
            ..bollard::models::Mount::default()
        },
        Mount::Volume { name, target, read_only } => bollard::models::Mount {
            typ: Some(MountType::VOLUME),
            source: Some(name.clone()),
            target: Some(target.display().to_string()),
            read_only: Some(*read_only),
            ..bollard::models::Mount::default()
        },
    }
}

pub(super) fn of_network(network: &Network) -> NetworkCreateRequest {
    let ipam = network.subnet.map(|subnet| Ipam {
        driver: Some("default".to_owned()),
        config: Some(vec![IpamConfig {
            subnet: Some(subnet.to_string()),
            gateway: network.gateway.map(|gateway| gateway.to_string()),
            ..IpamConfig::default()
        }]),
        options: None,
    });
    NetworkCreateRequest {
        name: network.name.clone(),
        driver: Some(network.driver().to_owned()),
        internal: Some(network.internal()),
        attachable: Some(false),
        enable_ipv6: Some(false),
        ipam,
        options: Some(owned(network.options())),
        labels: Some(labels(network.role.name())),
        ..NetworkCreateRequest::default()
    }
}

pub(super) fn of_volume(volume: &Volume) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(volume.name.clone()),
        driver: Some("local".to_owned()),
        driver_opts: Some(owned(volume.options())),
        labels: Some(labels("link")),
        ..VolumeCreateRequest::default()
    }
}

fn labels(what: &str) -> HashMap<String, String> {
    HashMap::from([(LABEL.to_owned(), what.to_owned())])
}

fn owned(options: std::collections::BTreeMap<&'static str, String>) -> HashMap<String, String> {
    options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
