//! Bounds how many connections are open at the same time, over all and from one address, and how long one may
//! stand still.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Connections over all: each can hold a body of 2 MiB.
const CONNECTIONS_MAX: usize = 512;

/// Connections from one address: a site's adapter and its people behind one router.
const FROM_ADDRESS_MAX: usize = 128;

/// How long a connection may stand still in both directions. The HTTP server's own limits begin with the first
/// bytes: while it tells HTTP/2 from HTTP/1 it waits for them without an end (hyper-util's `ReadVersion`), and
/// 512 silent connections would shut everybody out. Longer than any silence of an honest connection: 60 s between
/// pings of HTTP/2 and between requests of HTTP/1, 30 s for an answer, 10 s between live events.
const IDLE: Duration = Duration::from_secs(90);

/// Takes connections while there is room; one too many is closed before its handshake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounded(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Bounded {
    fn admit(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= CONNECTIONS_MAX {
            return None;
        }
        let count = open.entry(address).or_insert(0);
        if *count >= FROM_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(Place { open: self.0.clone(), address })
    }
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Held<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Held<TcpStream>, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(stream.peer_addr().and_then(|peer| {
            // An answer is small and wanted at once.
            stream.set_nodelay(true)?;
            let place = self.admit(peer.ip().to_canonical()).ok_or(io::ErrorKind::ResourceBusy)?;
            Ok((Held { stream, idle: Box::pin(sleep(IDLE)), _place: place }, service))
        }))
    }
}

/// A connection with its place, which fails when it has stood still for too long.
#[derive(Debug)]
pub(crate) struct Held<S> {
    stream: S,
    idle: Pin<Box<Sleep>>,
    _place: Place,
}

impl<S> Held<S> {
    /// Passes on what came of a read or write. What moved begins the idle time anew; what waits is woken by
    /// its end.
    fn watch<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.idle.as_mut().reset(Instant::now() + IDLE);
            return done;
        }
        self.idle.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.watch(cx, done)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, done)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_stands_still_ends_and_one_that_is_written_to_does_not() {
        let (stream, mut peer) = tokio::io::duplex(64);
        let place = Bounded::default().admit([10, 0, 0, 1].into()).unwrap();
        let held = Held { stream, idle: Box::pin(sleep(IDLE)), _place: place };
        let (mut read, mut write) = tokio::io::split(held);
        let begun = Instant::now();
        let silence = async { read.read_u8().await.unwrap_err().kind() };
        let events = async {
            for _ in 0..3 {
                sleep(IDLE / 2).await;
                write.write_u8(1).await.unwrap();
                peer.read_u8().await.unwrap();
            }
        };
        let (ended, ()) = futures::future::join(silence, events).await;
        assert_eq!(ended, io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), (IDLE / 2 * 3 + IDLE).as_secs());
    }

    #[test]
    fn a_place_is_given_back() {
        let bounded = Bounded::default();
        let address = IpAddr::from([10, 0, 0, 1]);
        let mut places: Vec<_> = (0..FROM_ADDRESS_MAX).map(|_| bounded.admit(address).unwrap()).collect();
        assert!(bounded.admit(address).is_none());
        assert!(bounded.admit([10, 0, 0, 2].into()).is_some());
        places.pop();
        assert!(bounded.admit(address).is_some());
        drop(places);
        assert!(bounded.0.lock().unwrap().is_empty());
    }
}
