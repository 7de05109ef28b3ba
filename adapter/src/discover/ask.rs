//! The multicast socket of one interface.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use protocol::limits::MDNS_PACKET_BYTES_MAX;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::interfaces::NetworkInterface;
use super::limits::ROUNDS;
use super::seen::Seen;

/// Where multicast DNS is spoken (RFC 6762, section 3). No router passes it on.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const PORT: u16 = 5353;
/// RFC 6762, section 11.
const TTL: u32 = 255;

/// Asks in rounds, and listens until the time is up or more has come than is looked at.
pub(super) async fn listen(interface: &NetworkInterface, listen: Duration) -> io::Result<Seen> {
    let socket = socket(interface)?;
    let mut seen = Seen::default();
    let mut packet = vec![0; MDNS_PACKET_BYTES_MAX + 1];
    let start = Instant::now();
    let (until, mut rounds) = (start + listen, ROUNDS.iter().map(|after| start + *after).peekable());
    while Instant::now() < until && !seen.overrun {
        let next = rounds.peek().copied().unwrap_or(until).min(until);
        match timeout_at(next, socket.recv_from(&mut packet)).await {
            Ok(heard) => {
                let (length, from) = heard?;
                if let IpAddr::V4(from) = from.ip() {
                    seen.take(from, packet.get(..length).unwrap_or_default());
                }
            }
            Err(_) => {
                if rounds.next_if(|at| *at <= Instant::now()).is_some() {
                    for question in seen.questions() {
                        socket.send_to(&question, SocketAddr::from((GROUP, PORT))).await?;
                    }
                }
            }
        }
    }
    Ok(seen)
}

/// Bound to the group and not to every address, so that another responder's letters on this machine stay its own; and
/// to the interface, so that nothing is asked or heard on another.
fn socket(interface: &NetworkInterface) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Avahi or another may have the port.
    socket.set_reuse_address(true)?;
    socket.bind_device(Some(interface.name.as_bytes()))?;
    socket.bind(&SocketAddrV4::new(GROUP, PORT).into())?;
    socket.join_multicast_v4_n(&GROUP, &InterfaceIndexOrAddress::Index(interface.index))?;
    socket.set_multicast_ttl_v4(TTL)?;
    UdpSocket::from_std(socket.into())
}
