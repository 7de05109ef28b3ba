//! Who must still say yes before a source may forget a record.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

/// One holder's share in the fate of a record. It is accepted only when the platform has stored what hangs on
/// it; dropped in any other way, by an error, a stop or a panic, it counts as a *nack* and the source keeps
/// its data.
#[must_use = "a receipt that is dropped unresolved is a nack"]
#[derive(Debug)]
pub struct Receipt {
    group: Arc<Group>,
    accepted: bool,
}

/// How a group of receipts ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every holder accepted: the source may forget the record.
    Accepted,
    /// At least one holder did not: the source sends the record again.
    Nacked,
}

/// Resolves when the last holder of the group is gone.
#[derive(Debug)]
pub struct Verdict(oneshot::Receiver<Outcome>);

#[derive(Debug)]
struct Group {
    nacked: AtomicBool,
    // Taken once, in `drop`; the lock is there because `Drop` of an `Arc`'s content has no owner to name.
    verdict: Mutex<Option<oneshot::Sender<Outcome>>>,
}

impl Receipt {
    /// A new group with its first holder.
    pub fn group() -> (Self, Verdict) {
        let (sender, receiver) = oneshot::channel();
        let group = Group { nacked: AtomicBool::new(false), verdict: Mutex::new(Some(sender)) };
        (Self { group: Arc::new(group), accepted: false }, Verdict(receiver))
    }

    /// Another holder of the same group; each holder must accept.
    pub fn share(&self) -> Self {
        Self { group: Arc::clone(&self.group), accepted: false }
    }

    /// What hangs on this holder is stored, or refused and counted.
    pub fn accept(mut self) {
        self.accepted = true;
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if !self.accepted {
            // The count of the `Arc` orders this store before the group's own drop.
            self.group.nacked.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let outcome = if *self.nacked.get_mut() { Outcome::Nacked } else { Outcome::Accepted };
        if let Some(sender) = self.verdict.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody listens any more when the source is gone, and then nobody needs to know.
            let _ = sender.send(outcome);
        }
    }
}

impl Future for Verdict {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(outcome.unwrap_or(Outcome::Nacked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_holder_must_accept() {
        for (accepting, expected) in [
            (vec![true], Outcome::Accepted),
            (vec![false], Outcome::Nacked),
            (vec![true, true, true], Outcome::Accepted),
            (vec![true, false, true], Outcome::Nacked),
            (vec![false, true], Outcome::Nacked),
        ] {
            let (first, verdict) = Receipt::group();
            let mut holders: Vec<_> = accepting[1..].iter().map(|_| first.share()).collect();
            holders.push(first);
            for (holder, accept) in holders.into_iter().zip(&accepting) {
                if *accept { holder.accept() } else { drop(holder) }
            }
            assert_eq!(verdict.await, expected, "{accepting:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_said_before_the_last_holder_is_gone() {
        let (first, mut verdict) = Receipt::group();
        let second = first.share();
        first.accept();
        assert!(futures::poll!(&mut verdict).is_pending());
        second.accept();
        assert_eq!(verdict.await, Outcome::Accepted);
    }

    #[tokio::test]
    async fn a_panic_is_a_nack() {
        let (receipt, verdict) = Receipt::group();
        let task = tokio::spawn(async move {
            let _held = receipt;
            panic!("a holder broke");
        });
        assert!(task.await.is_err());
        assert_eq!(verdict.await, Outcome::Nacked);
    }

    #[tokio::test]
    async fn a_source_that_has_gone_is_no_trouble() {
        let (receipt, verdict) = Receipt::group();
        drop(verdict);
        receipt.accept();
    }
}
