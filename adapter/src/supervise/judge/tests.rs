//! What is found, and what is said of it.

use super::*;
use crate::supervise::probe::Tried;

fn surroundings() -> Surroundings {
    Surroundings {
        machine: vec![address("10.0.0.5"), address("172.17.0.1"), address("fe80::1")],
        intake: vec!["192.168.77.2".parse().unwrap()],
        uplink: vec!["172.19.0.2".parse().unwrap()],
        printers: vec!["192.168.77.10:7881".into(), "p02.lan:80".into()],
        ports: BTreeSet::from([5044]),
        printers_network: None,
        machine_routes: Vec::new(),
        intake_networks: vec![Subnet::around("192.168.77.0".parse().unwrap(), 24)],
        uplink_networks: vec![Subnet::around("172.19.0.0".parse().unwrap(), 16)],
        link: "/run/oneway".into(),
    }
}

fn route(to: &str, bits: u8, through: Option<&str>) -> Route {
    Route {
        to: to.parse().unwrap(),
        bits,
        through: through.map(|through| through.parse().unwrap()),
        interface: "eth0".into(),
    }
}

fn address(ip: &str) -> Address {
    Address { ip: ip.parse().unwrap(), interface: 0 }
}

#[test]
fn only_what_the_engine_gave_a_half_is_in_its_tables() {
    let lan = route("192.168.77.0", 24, None);
    let own = route("172.19.0.0", 16, None);
    let default = route("0.0.0.0", 0, Some("172.19.0.1"));
    for (role, routes, addresses, expected) in [
        (Role::Intake, vec![lan.clone()], vec!["192.168.77.2"], ""),
        (Role::Intake, vec![lan.clone()], vec!["192.168.77.3"], "the address 192.168.77.3, which the engine"),
        (Role::Intake, vec![lan.clone()], vec!["fe80::2"], "the address fe80::2"),
        (Role::Intake, vec![route("0.0.0.0", 1, None)], vec![], "a way to 0.0.0.0/1 over eth0"),
        (Role::Intake, vec![route("128.0.0.0", 1, None)], vec![], "a way to 128.0.0.0/1 over eth0"),
        (Role::Intake, vec![route("10.0.0.0", 8, None)], vec![], "a way to 10.0.0.0/8"),
        (Role::Intake, vec![route("fe80::", 64, None)], vec![], "a way to fe80::/64"),
        (
            Role::Intake,
            vec![lan.clone(), Route { interface: "eth1".into(), ..lan }],
            vec![],
            "more interfaces than one: eth0, eth1",
        ),
        (Role::Uplink, vec![own.clone(), default], vec!["172.19.0.2"], ""),
        (
            Role::Uplink,
            vec![own.clone(), route("10.0.0.0", 8, Some("172.19.0.7"))],
            vec![],
            "a way to 10.0.0.0/8",
        ),
        (Role::Uplink, vec![route("::", 0, Some("fe80::1"))], vec![], "a way to ::/0"),
        (Role::Uplink, vec![own], vec!["2001:db8::2"], "the address 2001:db8::2"),
    ] {
        let addresses = addresses.into_iter().map(address).collect();
        let said = said(role, &Findings { routes, addresses, ..well(role) });
        assert_eq!(said.is_empty(), expected.is_empty(), "{said}");
        assert!(said.contains(expected) && said.lines().count() <= 1, "{expected}: {said}");
    }
}

#[test]
fn neither_this_machine_nor_the_uplink_has_a_part_in_the_printers_network() {
    let printers = Some(Subnet::around("192.168.77.0".parse().unwrap(), 24));
    for (ip, way, expected) in [
        (None, route("0.0.0.0", 0, Some("10.0.0.1")), ""),
        (None, route("10.0.0.0", 24, None), ""),
        (Some("192.168.77.5"), route("10.0.0.0", 24, None), "the address 192.168.77.5 in the printers'"),
        (None, route("192.168.77.0", 24, None), "a way to 192.168.77.0/24 over eth0, into"),
        (None, route("192.168.77.10", 32, Some("10.0.0.7")), "a way to 192.168.77.10/32"),
        (None, route("192.168.0.0", 16, Some("10.0.0.7")), "a way to 192.168.0.0/16"),
        (None, route("fe80::", 64, None), ""),
    ] {
        let around = Surroundings {
            printers_network: printers,
            machine: ip.into_iter().map(address).collect(),
            machine_routes: vec![way.clone()],
            ..surroundings()
        };
        let breaches = around.judge_machine();
        let said: Vec<_> = breaches.iter().map(ToString::to_string).collect();
        assert_eq!(said.is_empty(), expected.is_empty(), "{said:?}");
        assert!(said.join("").contains(expected) && said.len() <= 1, "{expected}: {said:?}");
        // What has no such network configured knows nothing of one.
        assert!(Surroundings { printers_network: None, ..around.clone() }.judge_machine().is_empty());
        // The same way in the uplink.
        let breaches = around.judge(Role::Uplink, &Findings { routes: vec![way], ..well(Role::Uplink) });
        let into = |breach: &Breach| matches!(breach, Breach::WayToPrinters(..));
        assert_eq!(breaches.iter().any(into), expected.starts_with("a way"), "{breaches:?}");
    }
}

/// What a half finds that is as it has to be.
fn well(role: Role) -> Findings {
    let tried = |target| Tried { target, outcome: Outcome::NoWay };
    let listener = Listener { protocol: "tcp".into(), at: "0.0.0.0:5044".parse().unwrap() };
    Findings {
        tried: surroundings().targets(role).into_iter().map(tried).collect(),
        listens: if role == Role::Intake { vec![listener] } else { Vec::new() },
        names: Names::Held,
        ..Findings::default()
    }
}

fn said(role: Role, found: &Findings) -> String {
    let breaches = surroundings().judge(role, found);
    breaches.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn with_outcome(role: Role, target: &str, outcome: Outcome) -> Findings {
    let mut found = well(role);
    let tried = found.tried.iter_mut().find(|tried| tried.target.0 == target);
    tried.unwrap_or_else(|| panic!("{target} is not tried by the {}", role.name())).outcome = outcome;
    found
}

#[test]
fn what_is_as_it_has_to_be_is_no_breach() {
    for role in Role::ALL {
        assert_eq!(said(role, &well(role)), "", "{role:?}");
    }
}

#[test]
fn each_place_that_is_reached_is_one_breach() {
    use Outcome::{Connected, Refused, Silent};
    for (role, target, outcome, expected) in [
        (Role::Intake, "10.0.0.5:22", Refused, "the intake reaches this machine at 10.0.0.5:22"),
        (Role::Intake, "[fe80::1]:443", Connected, "the intake reaches this machine at [fe80::1]:443"),
        (Role::Intake, "172.19.0.2:443", Refused, "the intake reaches the uplink at 172.19.0.2:443"),
        (Role::Intake, "203.0.113.1:443", Silent, "nobody's address: it has one to the internet"),
        (Role::Uplink, "192.168.77.10:7881", Connected, "the uplink reaches a printer at 192.168.77.10:7881"),
        (Role::Uplink, "p02.lan:80", Refused, "the uplink reaches a printer at p02.lan:80"),
        (Role::Uplink, "192.168.77.2:5044", Connected, "the uplink reaches the intake at 192.168.77.2:5044"),
    ] {
        let said = said(role, &with_outcome(role, target, outcome));
        assert!(said.contains(expected) && said.lines().count() == 1, "{target}: {said}");
        let rejected = outcome == Refused;
        assert_eq!(said.contains("a firewall that rejects looks the same"), rejected, "{said}");
    }
    // No answer from this machine: its firewall, if the network were shared, and the neighbours tell that.
    assert_eq!(said(Role::Intake, &with_outcome(Role::Intake, "10.0.0.5:22", Silent)), "");
    assert_eq!(said(Role::Uplink, &with_outcome(Role::Uplink, "192.168.77.10:7881", Silent)), "");
}

#[test]
fn what_the_kernel_says_counts_without_a_try() {
    let own = Findings { routes: vec![route("192.168.77.0", 24, None)], ..well(Role::Intake) };
    assert_eq!(said(Role::Intake, &own), "");
    let out = vec![route("0.0.0.0", 0, Some("192.168.77.1"))];
    let there = vec![address("192.168.77.1")];
    let open = Findings { routes: out.clone(), neighbours: there, ..well(Role::Intake) };
    assert_eq!(said(Role::Intake, &open), "the intake has a way to 0.0.0.0/0 over eth0 through 192.168.77.1");
    let silent = with_outcome(Role::Intake, "203.0.113.1:443", Outcome::Silent);
    let dead_end = Findings { routes: out, ..silent };
    assert_eq!(said(Role::Intake, &dead_end), "", "nobody is where the router would be");
    let six = Findings { routes: vec![route("::", 0, Some("fe80::1"))], ..well(Role::Intake) };
    assert!(said(Role::Intake, &six).contains("a way to ::/0"));
    let everywhere = Findings { routes: vec![route("0.0.0.0", 0, None)], ..well(Role::Intake) };
    assert!(said(Role::Intake, &everywhere).contains("a way to 0.0.0.0/0 over eth0"));
    let near =
        Findings { neighbours: vec![address("172.17.0.1"), address("192.168.77.10")], ..well(Role::Intake) };
    assert_eq!(
        said(Role::Intake, &near),
        "this machine is on the network of the intake, with the address 172.17.0.1"
    );
    for code in [0, 2, 3, 4, 5] {
        let names = Names::Answered(code);
        assert!(said(Role::Intake, &Findings { names, ..well(Role::Intake) }).contains("could carry data"));
        let uplink = said(Role::Uplink, &Findings { names, ..well(Role::Uplink) });
        assert_eq!(uplink, "", "it has a way out");
    }
    for (protocol, at) in [("tcp", "0.0.0.0:22"), ("udp", "0.0.0.0:5044")] {
        let more = Listener { protocol: protocol.into(), at: at.parse().unwrap() };
        let found = Findings { listens: vec![more], ..well(Role::Intake) };
        assert!(said(Role::Intake, &found).contains("where nobody has to"), "{protocol} {at}");
    }
    let call = Listener { protocol: "tcp".into(), at: "[::]:5044".parse().unwrap() };
    assert!(
        said(Role::Uplink, &Findings { listens: vec![call], ..well(Role::Uplink) }).contains("can be called")
    );
}

#[test]
fn a_look_that_leaves_something_out_is_not_believed() {
    let found = Findings { tried: Vec::new(), ..well(Role::Uplink) };
    assert_eq!(said(Role::Uplink, &found).lines().count(), surroundings().targets(Role::Uplink).len());
}

#[test]
fn what_can_be_written_to_is_the_engines_own_and_the_uplinks_link() {
    for (at, kind, intake, uplink) in [
        ("/proc", "proc", true, true),
        ("/proc/keys", "tmpfs", true, true),
        ("/dev", "tmpfs", true, true),
        ("/dev/pts", "devpts", true, true),
        ("/dev/mqueue", "mqueue", true, true),
        ("/sys/fs/cgroup", "tmpfs", true, true),
        ("/run/oneway", "tmpfs", false, true),
        ("/run/oneway", "ext4", false, false),
        ("/run/oneway/below", "tmpfs", false, false),
        ("/sys", "sysfs", false, false),
        ("/", "overlay", false, false),
        ("/tmp", "tmpfs", false, false),
        ("/process", "tmpfs", false, false),
        ("/srv/printer", "cifs", false, false),
        ("/proc/share", "cifs", false, false),
        ("/etc/oneway/adapter.toml", "ext4", false, false),
    ] {
        for (role, may) in [(Role::Intake, intake), (Role::Uplink, uplink)] {
            let mount = Writable { at: at.into(), kind: kind.into() };
            let said = said(role, &Findings { writable: vec![mount], ..well(role) });
            let expected =
                format!("the {} can write to {at} ({kind}); mount it to be read alone", role.name());
            assert_eq!(said, if may { String::new() } else { expected });
        }
    }
}
