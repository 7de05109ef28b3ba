//! What is asked of TCP for each connection.

use std::io;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::limits::{PROBE_AFTER, PROBE_EVERY, PROBES_MAX, UNACKNOWLEDGED_MAX};

/// Has TCP find out that a peer is gone, so that its place is free again within two minutes.
pub(super) fn set_up(stream: &TcpStream) -> io::Result<()> {
    // Acknowledgements are six bytes and must not wait for company.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let probes =
        TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(PROBES_MAX);
    socket.set_tcp_keepalive(&probes)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn tcp_probes_a_silent_peer_and_gives_it_up_within_two_minutes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        set_up(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
        let told = (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap());
        assert_eq!((told, socket.tcp_keepalive_retries().unwrap()), ((PROBE_AFTER, PROBE_EVERY), PROBES_MAX));
        assert!(PROBE_AFTER + PROBE_EVERY * PROBES_MAX <= UNACKNOWLEDGED_MAX);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED_MAX));
    }
}
