//! Bounds how many connections are open at the same time, over all and from one address.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Connections over all: each can hold a body of 2 MiB.
const CONNECTIONS_MAX: usize = 512;

/// Connections from one address: a site's adapter and its people behind one router.
const FROM_ADDRESS_MAX: usize = 128;

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
    type Stream = Held;
    type Service = S;
    type Future = Ready<io::Result<(Held, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(stream.peer_addr().and_then(|peer| {
            // An answer is small and wanted at once.
            stream.set_nodelay(true)?;
            let place = self.admit(peer.ip().to_canonical()).ok_or(io::ErrorKind::ResourceBusy)?;
            Ok((Held { stream, _place: place }, service))
        }))
    }
}

/// A connection with its place.
#[derive(Debug)]
pub(crate) struct Held {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
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
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
