//! In what something that is there differs from its description. Everything that the engine says of it counts: a setting that
//! nobody described is as good as none only while it is empty.

use std::fmt;

use bollard::models::{ContainerInspectResponse, EndpointSettings, NetworkInspect};
use serde_json::{Map, Value};

use super::super::limits::SETTING_CHARS_MAX;
use super::super::topology::{Container, Network, Volume};
use super::body;

/// What an engine sets by itself, as it is set up: none of it gives a container more than it was described with.
const ENGINES_OWN: [&str; 6] =
    ["CgroupnsMode", "ConsoleSize", "MaskedPaths", "ReadonlyPaths", "Runtime", "ShmSize"];
/// What it hides from every container unless it was asked not to.
const HIDDEN: [&str; 2] = ["MaskedPaths", "ReadonlyPaths"];
/// Options that newer engines write to every network.
const OF_EVERY_NETWORK: &str = "com.docker.network.enable_ip";

/// A setting that is not as it was described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What the engine calls it.
    pub(crate) setting: String,
    wanted: String,
    is: String,
}

impl Difference {
    /// That it is another image: what the next release of the halves comes as.
    pub(crate) const IMAGE: &'static str = "Image";

    fn new(setting: &str, wanted: Option<&Value>, is: Option<&Value>) -> Self {
        let words = |value: Option<&Value>| match value {
            None => "nothing".to_owned(),
            Some(value) => {
                let text = value.to_string();
                let cut = if text.chars().count() > SETTING_CHARS_MAX { "…" } else { "" };
                format!("{}{cut}", text.chars().take(SETTING_CHARS_MAX).collect::<String>().escape_debug())
            }
        };
        Self { setting: setting.to_owned(), wanted: words(wanted), is: words(is) }
    }

    /// One of this name, for tests.
    #[cfg(test)]
    pub(crate) fn named(setting: &str) -> Self {
        Self::new(setting, None, None)
    }

    fn of(setting: &str, wanted: impl Into<Value>, is: impl Into<Value>) -> Option<Self> {
        let (wanted, is) = (wanted.into(), is.into());
        (wanted != is).then(|| Self::new(setting, without_empty(wanted).as_ref(), without_empty(is).as_ref()))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} and was described as {}", self.setting, self.is, self.wanted)
    }
}

/// All of them.
pub(crate) fn in_words(differ: &[Difference]) -> String {
    differ.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The settings that differ.
pub(super) fn of_container(described: &Container, found: &ContainerInspectResponse) -> Vec<Difference> {
    let body = body::of_container(described);
    let image = found.image.clone().unwrap_or_default();
    let mut differ: Vec<_> =
        Difference::of(Difference::IMAGE, described.image.to_string(), image).into_iter().collect();
    let (wanted, is) = (value(&body), value(&found.config));
    for field in
        ["User", "Entrypoint", "Cmd", "Healthcheck", "Hostname", "StopSignal", "ExposedPorts", "Volumes"]
    {
        differ.extend(between(&wanted, &is, field));
    }
    // What the image has is there as well, and may be the path alone.
    let environment = found.config.as_ref().and_then(|config| config.env.clone()).unwrap_or_default();
    let plain = |one: &String| described.environment.contains(one) || one.starts_with("PATH=");
    if !environment.iter().all(plain) || !described.environment.iter().all(|one| environment.contains(one)) {
        differ.extend(Difference::of("Env", described.environment.clone(), environment));
    }
    differ.extend(of_host(&value(&body.host_config), &value(&found.host_config)));
    differ.extend(of_networks(described, found));
    differ
}

fn of_host(wanted: &Map<String, Value>, is: &Map<String, Value>) -> Vec<Difference> {
    let mut differ: Vec<_> = HIDDEN
        .iter()
        .filter(|name| is.get(**name).and_then(Value::as_array).is_none_or(Vec::is_empty))
        .map(|name| Difference::new(name, Some(&Value::from("what the engine hides")), None))
        .collect();
    let names: std::collections::BTreeSet<&String> = wanted.keys().chain(is.keys()).collect();
    let names = names.into_iter().filter(|name| !ENGINES_OWN.contains(&name.as_str()));
    differ.extend(names.filter_map(|name| between(wanted, is, name)));
    differ
}

fn of_networks(described: &Container, found: &ContainerInspectResponse) -> Option<Difference> {
    let networks = found.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let fixed = |end: &EndpointSettings| end.ipam_config.as_ref().and_then(|ipam| ipam.ipv4_address.clone());
    let networks: Vec<_> = networks.into_iter().flatten().collect();
    match networks[..] {
        [(name, end)] if *name == described.network => {
            let wanted = described.address.map(|address| address.to_string());
            Difference::of("the address", wanted, fixed(end).filter(|address| !address.is_empty()))
        }
        _ => {
            let mut is: Vec<_> = networks.into_iter().map(|(name, _)| name.clone()).collect();
            is.sort();
            Difference::of("the networks", vec![described.network.clone()], is)
        }
    }
}

/// The same of a network.
pub(super) fn of_network(described: &Network, found: &NetworkInspect) -> Vec<Difference> {
    let (wanted, mut is) = (value(&body::of_network(described)), value(found));
    if let Some(options) = is.get_mut("Options").and_then(Value::as_object_mut) {
        options.retain(|name, _| !name.starts_with(OF_EVERY_NETWORK));
    }
    let mut differ: Vec<_> =
        ["Driver", "Internal", "Attachable", "EnableIPv6", "Ingress", "ConfigOnly", "Options"]
            .into_iter()
            .filter_map(|name| between(&wanted, &is, name))
            .collect();
    let addresses = of_addresses(described, found);
    differ.extend(addresses.then(|| Difference::new("IPAM", wanted.get("IPAM"), is.get("IPAM"))));
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
pub(super) fn of_volume(described: &Volume, found: &bollard::models::Volume) -> Vec<Difference> {
    let sorted = |options: Vec<(String, String)>| {
        let mut options: Vec<_> =
            options.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        options.sort();
        options
    };
    let wanted = described.options().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let is = found.options.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let driver = Difference::of("Driver", "local", found.driver.clone());
    driver.into_iter().chain(Difference::of("Options", sorted(wanted), sorted(is))).collect()
}

fn between(wanted: &Map<String, Value>, is: &Map<String, Value>, name: &str) -> Option<Difference> {
    let (wanted, is) = (of(wanted, name), of(is, name));
    (wanted != is).then(|| Difference::new(name, wanted.as_ref(), is.as_ref()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_said_with_what_was_wanted_and_what_is() {
        let (wanted, is) =
            (serde_json::json!({"Memory": 5, "Dns": []}), serde_json::json!({"Dns": ["10.0.0.1"]}));
        let both = |name| between(wanted.as_object().unwrap(), is.as_object().unwrap(), name);
        let said = in_words(&["Memory", "Dns", "User"].into_iter().filter_map(both).collect::<Vec<_>>());
        assert_eq!(
            said,
            "Memory is nothing and was described as 5; Dns is [\\\"10.0.0.1\\\"] and was described as nothing"
        );
        let long = Difference::of("Seccomp", "x".repeat(9999), "").unwrap().to_string();
        assert!(long.ends_with('…') && long.chars().count() < 2 * SETTING_CHARS_MAX, "{long}");
        assert_eq!(Difference::of("Driver", "local", "local"), None);
    }
}
