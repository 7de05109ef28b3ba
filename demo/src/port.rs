//! A port for a program that is started, killed and started again: the system cannot choose it at each start.

use std::io;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};

/// Below these are services, and above them are the ports that Linux gives to whoever asks for any
/// (`ip_local_port_range`): one of those may be taken by any connection between two starts.
const PORTS: RangeInclusive<u16> = 10_000..=32_000;

/// What this process has taken, for as long as it lives: another run that looks for a port passes it over.
static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port on which nothing listens, at any address of the machine, which neither the system nor another run of this will give to anybody else
/// while this process lives.
///
/// # Errors
/// All ports are taken.
pub fn free_port() -> Result<u16> {
    // Processes begin at different places, so that they seldom look at the same ones.
    let count = u32::from(PORTS.end() - PORTS.start()) + 1;
    let begin = std::process::id().wrapping_mul(97) % count;
    let port = |step| u16::try_from((begin + step) % count).ok().map(|at| PORTS.start() + at);
    let free = (0..count).filter_map(port).find_map(|port| take(port).ok());
    free.context("no port is free")
}

fn take(port: u16) -> io::Result<u16> {
    // A name that belongs to whoever bound it, and to nobody when that process is gone.
    let name = SocketAddr::from_abstract_name(format!("oneway-port-{port}"))?;
    let claim = UnixListener::bind_addr(&name)?;
    // At every address, as a program that listens for a whole network does: one at another address is in its way.
    TcpListener::bind(("0.0.0.0", port))?;
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner).push(claim);
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_nor_one_that_the_system_gives() {
        let ports: Vec<u16> = (0..20).map(|_| free_port().unwrap()).collect();
        let mut once = ports.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ports.len());
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let lowest: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
        assert!(ports.iter().all(|port| *port < lowest), "{ports:?} {range}");
        assert!(ports.iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()));
        // Somebody listens at another address of loopback alone.
        let other = TcpListener::bind(("127.0.0.9", ports[0])).unwrap();
        assert!(take(ports[0]).is_err() && other.local_addr().is_ok());
    }
}
