//! The machine's network interfaces, as the kernel lists them: a stick that names another would leave the box without a
//! network, and nobody could tell it so.

use std::path::Path;

use super::limits;

/// What is wrong with the interfaces that a stick names, on this machine.
pub(super) fn missing(network: &::site::Network, listed: &Path) -> Option<String> {
    let there = names(listed);
    let wanted = [&network.printers.interface, &network.uplink.interface];
    let missing = wanted.into_iter().find(|wanted| !there.iter().any(|name| name == wanted.as_str()))?;
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Some(format!(
        "names the network interface {missing}, and this machine has {there}; make a new stick with one of these names"
    ))
}

// Without the loopback and without what programs have made.
fn names(listed: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(listed).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("device").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .take(limits::INTERFACES_NAMED_MAX)
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_that_is_not_there_is_said_with_those_that_are() {
        let listed = tempfile::tempdir().unwrap();
        for device in ["enp1s0", "enp2s0"] {
            fs::create_dir_all(listed.path().join(device).join("device")).unwrap();
        }
        fs::create_dir_all(listed.path().join("docker0")).unwrap();
        let network = |uplink: &str| -> ::site::Network {
            serde_json::from_value(serde_json::json!({
                "printers": { "interface": "enp2s0", "address": "dhcp" },
                "uplink": { "interface": uplink, "address": "dhcp" },
            }))
            .unwrap()
        };
        assert_eq!(missing(&network("enp1s0"), listed.path()), None);
        let said = missing(&network("docker0"), listed.path()).unwrap();
        assert!(said.contains("interface docker0, and this machine has enp1s0, enp2s0;"), "{said}");
        assert!(missing(&network("enp1s0"), &listed.path().join("x")).unwrap().contains("has none"));
    }
}
