//! What the kernel says of the network that this process is in, and of what is mounted there (proc(5), `/proc/net`).

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use procfs::net::{ARPFlags, ArpEntries, RouteEntries, TcpNetEntries, TcpState, UdpNetEntries, UdpState};
use procfs::{FromRead as _, FromReadSI as _, ProcError, ProcResult, current_system_info};
use serde::{Deserialize, Serialize};

/// An address, and for one that is good on its own network alone, the interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    /// The address.
    pub(crate) ip: IpAddr,
    /// The number of the interface.
    pub(crate) interface: u32,
}

/// A way that packets take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// The first address of those that it is for.
    pub(crate) to: IpAddr,
    /// Bits that these have in common; 0 is everywhere.
    pub(crate) bits: u8,
    /// Through whom; nothing for the interface's own network.
    pub(crate) through: Option<IpAddr>,
    /// The interface.
    pub(crate) interface: String,
}

/// A place where it can be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listener {
    /// `tcp` or `udp`.
    pub(crate) protocol: String,
    /// Address and port.
    pub(crate) at: SocketAddr,
}

/// A file system that is mounted to be written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Writable {
    /// Where.
    pub(crate) at: PathBuf,
    /// What kind of one.
    pub(crate) kind: String,
}

// By the process, and not `/proc/net`: a service to which nothing but processes is shown has no such directory, and what is not there
// must not look as if it were empty.
const ROUTES: &str = "/proc/self/net/route";
const NEIGHBOURS: &str = "/proc/self/net/arp";
const TCP: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
const UDP: [&str; 2] = ["/proc/self/net/udp", "/proc/self/net/udp6"];
const FIB: &str = "/proc/self/net/fib_trie";
const ADDRESSES6: &str = "/proc/self/net/if_inet6";
const ROUTES6: &str = "/proc/self/net/ipv6_route";
const MOUNTS: &str = "/proc/self/mountinfo";
const LOOPBACK: &str = "lo";
/// `RTF_REJECT` of `linux/ipv6_route.h`: it says that there is no way.
const REJECT: u32 = 0x0200;

/// The addresses of this machine, or container, but for loopback's.
///
/// # Errors
/// What cannot be read.
pub(crate) fn own_addresses() -> io::Result<Vec<Address>> {
    let mut all: Vec<_> = local4(&fs::read_to_string(FIB)?)
        .into_iter()
        .map(|ip| Address { ip: ip.into(), interface: 0 })
        .chain(local6(&or_empty(fs::read_to_string(ADDRESSES6))?))
        .filter(|address| !address.ip.is_loopback())
        .collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// The ways that the kernel of this machine, or container, knows, but for loopback's.
///
/// # Errors
/// What cannot be read.
pub(crate) fn routes() -> io::Result<Vec<Route>> {
    let of = |entry: procfs::net::RouteEntry| Route {
        to: entry.destination.into(),
        bits: u8::try_from(u32::from(entry.mask).count_ones()).unwrap_or(0),
        through: (!entry.gateway.is_unspecified()).then_some(entry.gateway.into()),
        interface: entry.iface,
    };
    let routes4 = RouteEntries::from_file(ROUTES).map_err(io::Error::other)?.0.into_iter().map(of);
    let routes6 = routes6(&or_empty(fs::read_to_string(ROUTES6))?);
    Ok(routes4.chain(routes6).filter(|route| route.interface != LOOPBACK).collect())
}

pub(super) fn neighbours() -> io::Result<Vec<Address>> {
    let answered = |entry: &procfs::net::ARPEntry| entry.flags.contains(ARPFlags::COM);
    let entries = ArpEntries::from_file(NEIGHBOURS).map_err(io::Error::other)?.0.into_iter().filter(answered);
    Ok(entries.map(|entry| Address { ip: entry.ip_address.into(), interface: 0 }).collect())
}

pub(super) fn listens() -> io::Result<Vec<Listener>> {
    let system = current_system_info();
    let tcp = |file| TcpNetEntries::from_file(file, system).map(|table| table.0);
    let udp = |file| UdpNetEntries::from_file(file, system).map(|table| table.0);
    let [tcp4, tcp6] = TCP.map(tcp);
    let tcp = tcp4.map_err(io::Error::other)?.into_iter().chain(told(tcp6)?);
    let tcp = tcp.filter(|entry| entry.state == TcpState::Listen);
    let tcp = tcp.map(|entry| Listener { protocol: "tcp".into(), at: entry.local_address });
    let [udp4, udp6] = UDP.map(udp);
    let udp = udp4.map_err(io::Error::other)?.into_iter().chain(told(udp6)?);
    // One that has chosen whom it speaks with hears nobody else.
    let udp = udp.filter(|entry| entry.state == UdpState::Close && entry.remote_address.port() == 0);
    let udp = udp.map(|entry| Listener { protocol: "udp".into(), at: entry.local_address });
    Ok(tcp.chain(udp).filter(|listener| !listener.at.ip().is_loopback()).collect())
}

pub(super) fn writable() -> io::Result<Vec<Writable>> {
    Ok(writable_of(&fs::read_to_string(MOUNTS)?))
}

/// A table of IPv6 that a kernel without it has not is empty; of one that cannot be read nothing is known.
fn told<T>(table: ProcResult<Vec<T>>) -> io::Result<Vec<T>> {
    match table {
        Err(ProcError::NotFound(_)) => Ok(Vec::new()),
        table => table.map_err(io::Error::other),
    }
}

fn or_empty(text: io::Result<String>) -> io::Result<String> {
    match text {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        text => text,
    }
}

/// The addresses of lines such as `|-- 192.168.77.2` that a line `/32 host LOCAL` follows.
fn local4(trie: &str) -> Vec<Ipv4Addr> {
    let lines = trie.lines().zip(trie.lines().skip(1));
    let local = lines.filter(|(_, next)| next.trim() == "/32 host LOCAL");
    local.filter_map(|(line, _)| line.trim().strip_prefix("|-- ")?.parse().ok()).collect()
}

/// Lines such as `fe80000000000000004200fffe000001 02 40 20 80 eth0`.
fn local6(list: &str) -> Vec<Address> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let ip = ip6(words.next()?)?;
        let interface = u32::from_str_radix(words.next()?, 16).ok()?;
        Some(Address { ip: ip.into(), interface })
    };
    list.lines().filter_map(address).collect()
}

/// Lines such as `DESTINATION BITS SOURCE BITS THROUGH METRIC REFERENCES USE FLAGS INTERFACE`, in hexadecimal digits.
fn routes6(list: &str) -> Vec<Route> {
    let route = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [to, bits, _, _, through, _, _, _, flags, interface] = words[..] else { return None };
        let through = Some(ip6(through)?).filter(|through| !through.is_unspecified());
        let way = u32::from_str_radix(flags, 16).ok()? & REJECT == 0;
        let route = Route {
            to: ip6(to)?.into(),
            bits: u8::from_str_radix(bits, 16).ok()?,
            through: through.map(Into::into),
            interface: interface.to_owned(),
        };
        way.then_some(route)
    };
    list.lines().filter_map(route).collect()
}

/// Lines such as `36 35 98:0 / /mnt rw,noatime master:1 - ext4 /dev/vda rw`: what is mounted can be written to if neither the
/// mount nor the file system says that it can only be read.
fn writable_of(mounts: &str) -> Vec<Writable> {
    let says =
        |options: Option<&str>| options.is_some_and(|options| options.split(',').any(|one| one == "rw"));
    let mount = |line: &str| {
        let (mount, system) = line.split_once(" - ")?;
        let (mut mount, mut system) = (mount.split(' ').skip(4), system.split(' '));
        let (at, of_mount) = (mount.next()?, mount.next());
        let (kind, of_system) = (system.next()?, system.nth(1));
        let found = Writable { at: unescaped(at).into(), kind: kind.to_owned() };
        (says(of_mount) && says(of_system)).then_some(found)
    };
    mounts.lines().filter_map(mount).collect()
}

/// What could not stand in a line is written as three octal digits.
fn unescaped(at: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(at.to_owned(), |at, (escape, plain)| at.replace(escape, plain))
}

fn ip6(digits: &str) -> Option<Ipv6Addr> {
    u128::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 32).map(Ipv6Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_addresses_are_those_that_the_kernel_calls_its_own() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 127.0.0.0/8 2 0 2\n\
                    \x20          |-- 127.0.0.1\n              /32 host LOCAL\n        |-- 192.168.77.0\n           /24 link UNICAST\n\
                    \x20       |-- 192.168.77.2\n           /32 host LOCAL\n        |-- 192.168.77.255\n           /32 link BROADCAST\n";
        assert_eq!(local4(trie), [Ipv4Addr::LOCALHOST, Ipv4Addr::new(192, 168, 77, 2)]);
        assert!(local4("").is_empty());
        let list = "00000000000000000000000000000001 01 80 10 80       lo\n\
                    fe80000000000000004200fffe000001 1f 40 20 80     eth0\nnonsense\n";
        let found = local6(list);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].ip.to_string(), "fe80::42:ff:fe00:1");
        assert_eq!(found[1].interface, 0x1f);
    }

    #[test]
    fn a_way_over_ipv6_is_seen_and_a_refusal_is_none() {
        let zero = "0".repeat(32);
        let local = format!("fe80{}", "0".repeat(28));
        let router = format!("fe80{}1", "0".repeat(27));
        let list = format!(
            "{local} 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001     eth0\n\
             {zero} 00 {zero} 00 {router} 00000400 00000001 00000000 00000003     eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n"
        );
        let found = routes6(&list);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].bits, found[0].through), (64, None));
        assert_eq!((found[1].bits, found[1].through.is_some()), (0, true));
    }

    #[test]
    fn what_can_be_written_to_is_what_neither_the_mount_nor_the_file_system_forbids() {
        let mounts = "22 1 0:20 / /proc rw,nosuid - proc proc rw\n\
                      30 1 254:0 /etc/x /etc/x ro,relatime - ext4 /dev/vda rw,discard\n\
                      31 1 0:40 / /srv/a\\040b rw,relatime master:3 - cifs //pc/share rw,uid=10001\n\
                      32 1 0:41 / /srv/ro rw,relatime - erofs /dev/vdb ro\n\
                      nonsense\n33 1 0:42 / /srv/rwx ro,relatime - tmpfs rw rw,size=1k\n";
        let found = writable_of(mounts);
        let found: Vec<_> =
            found.iter().map(|mount| (mount.at.to_str().unwrap(), mount.kind.as_str())).collect();
        assert_eq!(found, [("/proc", "proc"), ("/srv/a b", "cifs")]);
    }

    #[test]
    fn this_machine_tells_all_of_it() {
        assert!(!writable().unwrap().is_empty());
        own_addresses().unwrap();
        routes().unwrap();
        neighbours().unwrap();
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let at = listener.local_addr().unwrap();
        assert!(listens().unwrap().contains(&Listener { protocol: "tcp".into(), at }));
        let hidden = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(listens().unwrap().iter().all(|listener| listener.at != hidden));
    }
}
