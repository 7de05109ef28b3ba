//! In what something that is there differs from its description. Everything that the engine says of it counts: a setting that
//! nobody described is as good as none only while it is empty.

use bollard::models::{ContainerInspectResponse, EndpointSettings, NetworkInspect};
use serde_json::{Map, Value};

use super::super::topology::{Container, Network, Volume};
use super::body;

/// What an engine sets by itself, as it is set up: none of it gives a container more than it was described with.
const ENGINES_OWN: [&str; 6] =
    ["CgroupnsMode", "ConsoleSize", "MaskedPaths", "ReadonlyPaths", "Runtime", "ShmSize"];
/// What it hides from every container unless it was asked not to.
const HIDDEN: [&str; 2] = ["MaskedPaths", "ReadonlyPaths"];
/// Options that newer engines write to every network.
const OF_EVERY_NETWORK: &str = "com.docker.network.enable_ip";

/// The names of the settings that differ.
pub(super) fn of_container(described: &Container, found: &ContainerInspectResponse) -> Vec<String> {
    let body = body::of_container(described);
    let mut differ = Vec::new();
    if found.image.as_deref() != Some(described.image.to_string().as_str()) {
        differ.push("image".to_owned());
    }
    let (wanted, is) = (value(&body), value(&found.config));
    for field in
        ["User", "Entrypoint", "Cmd", "Healthcheck", "Hostname", "StopSignal", "ExposedPorts", "Volumes"]
    {
        differ.extend((of(&wanted, field) != of(&is, field)).then(|| field.to_owned()));
    }
    // What the image has is there as well, and may be the path alone.
    let environment = found.config.as_ref().and_then(|config| config.env.clone()).unwrap_or_default();
    let plain = |one: &String| described.environment.contains(one) || one.starts_with("PATH=");
    if !environment.iter().all(plain) || !described.environment.iter().all(|one| environment.contains(one)) {
        differ.push("Env".to_owned());
    }
    differ.extend(of_host(&value(&body.host_config), &value(&found.host_config)));
    differ.extend(of_networks(described, found));
    differ
}

fn of_host(wanted: &Map<String, Value>, is: &Map<String, Value>) -> Vec<String> {
    let mut differ: Vec<String> = HIDDEN
        .iter()
        .filter(|name| is.get(**name).and_then(Value::as_array).is_none_or(Vec::is_empty))
        .map(|name| (*name).to_owned())
        .collect();
    let names: std::collections::BTreeSet<&String> = wanted.keys().chain(is.keys()).collect();
    let names = names.into_iter().filter(|name| !ENGINES_OWN.contains(&name.as_str()));
    differ.extend(names.filter(|name| of(wanted, name) != of(is, name)).cloned());
    differ
}

fn of_networks(described: &Container, found: &ContainerInspectResponse) -> Vec<String> {
    let networks = found.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let fixed = |end: &EndpointSettings| end.ipam_config.as_ref().and_then(|ipam| ipam.ipv4_address.clone());
    let networks: Vec<_> = networks.into_iter().flatten().collect();
    match networks[..] {
        [(name, end)] if *name == described.network => {
            let wanted = described.address.map(|address| address.to_string());
            let same = fixed(end).filter(|address| !address.is_empty()) == wanted;
            if same { Vec::new() } else { vec!["the address".to_owned()] }
        }
        _ => vec!["the networks".to_owned()],
    }
}

/// The same of a network.
pub(super) fn of_network(described: &Network, found: &NetworkInspect) -> Vec<String> {
    let (wanted, mut is) = (value(&body::of_network(described)), value(found));
    if let Some(options) = is.get_mut("Options").and_then(Value::as_object_mut) {
        options.retain(|name, _| !name.starts_with(OF_EVERY_NETWORK));
    }
    let mut differ: Vec<String> =
        ["Driver", "Internal", "Attachable", "EnableIPv6", "Ingress", "ConfigOnly", "Options"]
            .into_iter()
            .filter(|name| of(&wanted, name) != of(&is, name))
            .map(str::to_owned)
            .collect();
    differ.extend(of_addresses(described, found).then(|| "IPAM".to_owned()));
    differ
}

/// Whether the addresses differ. An engine that was started again names a router on a network that has none: whether there is
/// one is tried, and the name alone harms nobody.
fn of_addresses(described: &Network, found: &NetworkInspect) -> bool {
    let Some(subnet) = described.subnet else { return false };
    let found = found.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    let [found] = found else { return true };
    // It may be written with the network's length.
    let plain = |address: &str| address.split('/').next().map(str::to_owned);
    let router = found.gateway.as_deref().and_then(plain);
    let wanted = described.gateway.map(|gateway| gateway.to_string());
    found.subnet.as_deref() != Some(subnet.to_string().as_str()) || (wanted.is_some() && wanted != router)
}

/// The same of a volume.
pub(super) fn of_volume(described: &Volume, found: &bollard::models::Volume) -> Vec<String> {
    let options = described.options();
    let same = found.options.len() == options.len()
        && options.iter().all(|(name, value)| found.options.get(*name) == Some(value));
    let mut differ = Vec::new();
    differ.extend((found.driver != "local").then(|| "Driver".to_owned()));
    differ.extend((!same).then(|| "Options".to_owned()));
    differ
}

fn value(said: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(said) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A field without what is empty in it; nothing, where that is all of it.
fn of(fields: &Map<String, Value>, name: &str) -> Option<Value> {
    fields.get(name).cloned().and_then(without_empty)
}

fn without_empty(value: Value) -> Option<Value> {
    let value = match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter_map(|(name, value)| Some((name, without_empty(value)?)));
            Value::Object(fields.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().filter_map(without_empty).collect()),
        value => value,
    };
    let empty = match &value {
        Value::Null => true,
        Value::Bool(said) => !said,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    };
    (!empty).then_some(value)
}
