//! Which network interfaces there are to ask on.

use super::DiscoverError;
use super::limits::INTERFACES_MAX;

/// What the kernel tells of interfaces that are up and take IPv4 multicast; an unprivileged program may read it, in a
/// network namespace too.
const LIST: &str = "/proc/net/igmp";
const LOOPBACK: &str = "lo";

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NetworkInterface {
    pub(super) name: String,
    pub(super) index: u32,
}

/// Those of these names, or without any all but loopback.
pub(super) fn chosen(names: &[String]) -> Result<Vec<NetworkInterface>, DiscoverError> {
    let list = std::fs::read_to_string(LIST).map_err(DiscoverError::Interfaces)?;
    choose(listed(&list), names).map_err(DiscoverError::NoInterface)
}

fn choose(there: Vec<NetworkInterface>, names: &[String]) -> Result<Vec<NetworkInterface>, String> {
    let known: Vec<&str> = there.iter().map(|interface| interface.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(format!("interface {unknown:?}: is not up with IPv4 multicast; those that are: {known}"));
    }
    let wanted = |one: &NetworkInterface| {
        if names.is_empty() { one.name != LOOPBACK } else { names.contains(&one.name) }
    };
    let chosen: Vec<_> = there.into_iter().filter(wanted).take(INTERFACES_MAX).collect();
    if chosen.is_empty() {
        return Err("no network interface is up that takes IPv4 multicast, but for loopback".to_owned());
    }
    Ok(chosen)
}

/// Lines such as `2\teth0      :     1      V3`, each with lines of groups below it.
fn listed(list: &str) -> Vec<NetworkInterface> {
    let interface = |line: &str| {
        let (head, _) = line.split_once(" :").or_else(|| line.split_once(':'))?;
        let (index, name) = head.split_once('\t')?;
        Some(NetworkInterface { name: name.trim().to_owned(), index: index.parse().ok()? })
    };
    list.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).filter_map(interface).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
        1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
        4\teth0      :     2      V3\n\t\t\t\tFB0000E0     1 0:00000000\t\t0\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
        17\tenxb827eb123456:     1      V2\n";

    #[test]
    fn the_kernels_list_is_read_and_chosen_from() {
        let there = listed(LIST);
        let named: Vec<_> = there.iter().map(|one| (one.name.as_str(), one.index)).collect();
        assert_eq!(named, [("lo", 1), ("eth0", 4), ("enxb827eb123456", 17)]);
        let choose = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            choose(there.clone(), &names).map(|chosen| chosen.iter().map(|one| one.index).collect::<Vec<_>>())
        };
        assert_eq!(choose(&[]), Ok(vec![4, 17]));
        assert_eq!(choose(&["lo"]), Ok(vec![1]));
        let error = choose(&["eth0", "eth1"]).unwrap_err();
        assert!(
            error.contains("\"eth1\": is not up") && error.contains("lo, eth0, enxb827eb123456"),
            "{error}"
        );
    }

    #[test]
    fn with_loopback_alone_there_is_nothing_to_ask_on() {
        assert!(choose(listed("1\tlo        :     1      V3\n"), &[]).is_err());
        assert_eq!(listed("no such thing\n1 lo\n\n"), []);
    }
}
