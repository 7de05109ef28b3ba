//! Who else in a printer's network answers: the one thing that tells a printer that is off from a network
//! that is down.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// An answer this old says nothing of the network now.
const FRESH: Duration = Duration::from_secs(120);
/// How often one that answers all the time is noted.
const NOTED_EVERY: Duration = Duration::from_secs(10);

/// The last answer from each printer's network.
///
/// **The heuristics.** A printer's network is taken to be its /24 (IPv4) or /64 (IPv6). Where a connection is
/// refused by the host itself, something answered, so the network works and the printer's interface is off.
/// Where nothing answers, the printer is taken to be off if another printer of the same network answered in
/// the last two minutes, and the network to be unreachable if none did. A site with one printer in a network
/// therefore sees `network_unreachable` for a printer without mains, which is the honest word: the adapter
/// cannot know.
#[derive(Debug, Default)]
pub struct Neighbours(Mutex<HashMap<IpAddr, Instant>>);

impl Neighbours {
    /// This address answered, be it with a refusal.
    pub(in crate::intake) fn answered(&self, address: IpAddr, now: Instant) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.insert(address, now).is_none() {
            // A printer that calls may do so from ever new addresses: only those of the last two minutes stay.
            seen.retain(|_, at| now < *at + FRESH);
        }
    }

    /// Whether another address of this one's network answered of late, and after `since` where that is known; of any
    /// network, where the address is not known.
    pub(in crate::intake) fn answer(
        &self,
        address: Option<IpAddr>,
        since: Option<Instant>,
        now: Instant,
    ) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let near = |other: &IpAddr| {
            address.is_none_or(|address| *other != address && network(*other) == network(address))
        };
        let fresh = |at: Instant| now < at + FRESH && since.is_none_or(|since| since < at);
        seen.iter().any(|(other, at)| near(other) && fresh(*at))
    }
}

/// A connection on which the printer answers: whatever is heard on it shows that its network works.
pub(super) struct Answering<S> {
    stream: S,
    address: IpAddr,
    neighbours: Arc<Neighbours>,
    noted: Instant,
}

impl<S> Answering<S> {
    /// A connection that was made just now.
    pub(super) fn new(stream: S, address: IpAddr, neighbours: Arc<Neighbours>) -> Self {
        let noted = Instant::now();
        neighbours.answered(address, noted);
        Self { stream, address, neighbours, noted }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Answering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let now = Instant::now();
        if buffer.filled().len() > before && now >= self.noted + NOTED_EVERY {
            self.noted = now;
            self.neighbours.answered(self.address, now);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Answering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn network(address: IpAddr) -> (bool, [u8; 8]) {
    let mut prefix = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            prefix[..3].copy_from_slice(&[a, b, c]);
            (true, prefix)
        }
        IpAddr::V6(v6) => {
            prefix.copy_from_slice(&v6.octets()[..8]);
            (false, prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn only_another_one_of_the_same_network_counts_and_only_for_a_while() {
        let start = Instant::now();
        let neighbours = Neighbours::default();
        let [one, two, far] = ["10.0.0.1", "10.0.0.2", "10.0.1.1"].map(|text| text.parse().unwrap());
        neighbours.answered(one, start);
        neighbours.answered(far, start);
        for (address, now, expected) in [
            (Some(two), start, true),
            (Some(one), start, false),
            (Some("::1".parse().unwrap()), start, false),
            (Some(two), start + FRESH, false),
            (None, start, true),
            (None, start + FRESH, false),
        ] {
            assert_eq!(neighbours.answer(address, None, now), expected, "{address:?}");
        }
        let second = Duration::from_secs(1);
        assert!(!neighbours.answer(Some(two), Some(start), start + second), "heard before it was lost");
        neighbours.answered(one, start + second);
        assert!(neighbours.answer(Some(two), Some(start), start + second));
    }

    #[test]
    fn ever_new_addresses_take_bounded_memory() {
        let (start, neighbours) = (Instant::now(), Neighbours::default());
        for second in 0..10_000_u32 {
            let address = IpAddr::from(second.to_be_bytes());
            neighbours.answered(address, start + Duration::from_secs(second.into()));
        }
        assert_eq!(neighbours.0.lock().unwrap().len() as u64, FRESH.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_answers_on_an_old_connection_counts_as_one_that_answers() {
        let neighbours = Arc::<Neighbours>::default();
        let [one, two] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut stream = Answering::new(ours, one, Arc::clone(&neighbours));
        tokio::time::advance(FRESH * 2).await;
        assert!(!neighbours.answer(Some(two), None, Instant::now()));
        theirs.write_all(b"here").await.unwrap();
        stream.read_exact(&mut [0; 4]).await.unwrap();
        assert!(neighbours.answer(Some(two), None, Instant::now()));
    }
}
