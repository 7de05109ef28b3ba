//! Goes to places, and says what became of it.

use std::fmt;
use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV6};

use futures::future::join_all;
use futures::{StreamExt as _, stream};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::super::limits::{NAMES_AT_ONCE, REACH_MAX, RESOLVE_MAX, TRIES_AT_ONCE};
use super::kernel::Address;

/// Where a try goes: `HOST:PORT` over TCP. The host is an address or a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Target(pub(crate) String);

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    /// Where it went.
    pub(crate) target: Target,
    /// How it ended.
    pub(crate) outcome: Outcome,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Somebody took the connection.
    Connected,
    /// Somebody answered, and took no connection there.
    Refused,
    /// The kernel knows no way there, or nobody is there on its own network.
    NoWay,
    /// There is a way, and no answer.
    Silent,
    /// It is a name that leads nowhere.
    NoName,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connected => "the connection was taken",
            Self::Refused => {
                "it was refused; a firewall that rejects looks the same: let it drop what comes from there"
            }
            Self::NoWay => "there is no way",
            Self::Silent => "there is no answer",
            Self::NoName => "there is no such name",
        })
    }
}

impl Outcome {
    /// Whether somebody was there.
    pub(crate) fn reached(self) -> bool {
        matches!(self, Self::Connected | Self::Refused)
    }
}

/// Tries many at once, since most of them are meant to answer nothing; names a few at a time, since each that is looked up
/// takes a thread, and a container has not many.
pub(super) async fn all(targets: Vec<Target>, own: &[Address]) -> Vec<Tried> {
    let (plain, named): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| target.0.parse::<SocketAddr>().is_ok());
    let one = |target: Target| async {
        let outcome = one(&target.0, own).await;
        Tried { target, outcome }
    };
    let named = stream::iter(named).map(one).buffered(NAMES_AT_ONCE).collect::<Vec<_>>();
    let plain = stream::iter(plain).map(one).buffered(TRIES_AT_ONCE).collect::<Vec<_>>();
    let (plain, named) = tokio::join!(plain, named);
    [plain, named].concat()
}

async fn one(target: &str, own: &[Address]) -> Outcome {
    let Ok(Ok(found)) = timeout(RESOLVE_MAX, lookup_host(target)).await else { return Outcome::NoName };
    let found = found.flat_map(|address| on_each_network(address, own));
    let outcomes = join_all(found.map(connect)).await;
    let worst = [Outcome::Connected, Outcome::Refused, Outcome::Silent, Outcome::NoWay];
    worst.into_iter().find(|worst| outcomes.contains(worst)).unwrap_or(Outcome::NoName)
}

/// An address that is good on one network alone could be on each of ours.
fn on_each_network(address: SocketAddr, own: &[Address]) -> Vec<SocketAddr> {
    let SocketAddr::V6(v6) = address else { return vec![address] };
    if !v6.ip().is_unicast_link_local() {
        return vec![address];
    }
    let interfaces = own.iter().filter(|own| own.ip.is_ipv6()).map(|own| own.interface);
    let mut interfaces: Vec<_> = interfaces.collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    // Without an address of its own by IPv6 there is no way anywhere; one try says so.
    if interfaces.is_empty() {
        interfaces.push(0);
    }
    interfaces
        .into_iter()
        .map(|interface| SocketAddrV6::new(*v6.ip(), v6.port(), 0, interface).into())
        .collect()
}

async fn connect(address: SocketAddr) -> Outcome {
    let Ok(connected) = timeout(REACH_MAX, TcpStream::connect(address)).await else { return Outcome::Silent };
    let Err(error) = connected else { return Outcome::Connected };
    let no_way =
        [Errno::NETUNREACH, Errno::HOSTUNREACH, Errno::ADDRNOTAVAIL, Errno::AFNOSUPPORT, Errno::INVAL]
            .map(Errno::raw_os_error);
    match error.raw_os_error() {
        Some(number) if no_way.contains(&number) => Outcome::NoWay,
        _ if error.kind() == ErrorKind::TimedOut => Outcome::Silent,
        // A reset, or a firewall's word: something answered.
        _ => Outcome::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_listens_who_does_not_and_who_is_nobody() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let targets = [open.to_string(), closed.to_string(), "nobody.oneway.invalid:1".into()];
        let tried = all(targets.map(Target).to_vec(), &[]).await;
        let outcomes: Vec<_> = tried.iter().map(|tried| tried.outcome).collect();
        assert_eq!(outcomes, [Outcome::Connected, Outcome::Refused, Outcome::NoName]);
        assert!(outcomes[0].reached() && outcomes[1].reached() && !outcomes[2].reached());
    }

    #[test]
    fn a_link_local_address_is_tried_on_each_network() {
        let address: SocketAddr = "[fe80::1]:22".parse().unwrap();
        let own = |interface| Address { ip: "fe80::2".parse().unwrap(), interface };
        let scopes = |own: &[Address]| {
            let tried = on_each_network(address, own).into_iter();
            tried.map(|tried| matches!(tried, SocketAddr::V6(v6) if v6.scope_id() > 0)).collect::<Vec<_>>()
        };
        assert_eq!(scopes(&[own(2), own(3), own(2)]), [true, true]);
        assert_eq!(scopes(&[]), [false]);
    }
}
