//! Who waits for which answer. A slot is given out once and free again only when its answer came, so that an answer is
//! for the batch that it says, or for none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::limits::LINK_SLOTS_MAX;
use tokio::sync::oneshot;

use super::Answer;

/// The slots of one connection.
#[derive(Debug)]
pub(super) struct Slots(Mutex<Option<[Slot; LINK_SLOTS_MAX as usize]>>);

type Slot = Option<oneshot::Sender<Answer>>;

/// Why there is no slot, or nobody for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotError {
    /// The connection is over.
    Closed,
    /// Each waits already.
    AllTaken,
    /// No batch waits in this slot.
    NotAsked,
}

impl Default for Slots {
    fn default() -> Self {
        Self(Mutex::new(Some([const { None }; LINK_SLOTS_MAX as usize])))
    }
}

impl Slots {
    /// A slot, and where its answer will come.
    pub(super) fn take(&self) -> Result<(u8, oneshot::Receiver<Answer>), SlotError> {
        let mut slots = self.lock();
        let slots = slots.as_mut().ok_or(SlotError::Closed)?;
        let free = (0..).zip(slots.iter_mut()).find(|(_, slot)| slot.is_none());
        let (number, slot) = free.ok_or(SlotError::AllTaken)?;
        let (sender, receiver) = oneshot::channel();
        *slot = Some(sender);
        Ok((number, receiver))
    }

    /// The answer for the batch in this slot came.
    pub(super) fn answer(&self, number: u8, answer: Answer) -> Result<(), SlotError> {
        let mut slots = self.lock();
        let slots = slots.as_mut().ok_or(SlotError::Closed)?;
        let waiting = slots.get_mut(usize::from(number)).and_then(Option::take);
        // Whoever sent the batch may have given up waiting.
        let _ = waiting.ok_or(SlotError::NotAsked)?.send(answer);
        Ok(())
    }

    /// No answer will come any more.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    pub(super) fn closed(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Option<[Slot; LINK_SLOTS_MAX as usize]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_the_batch_that_it_says_or_for_none() {
        let slots = Slots::default();
        let (one, mut answer_to_one) = slots.take().unwrap();
        let (other, mut answer_to_other) = slots.take().unwrap();
        assert_ne!(one, other);
        assert_eq!(slots.answer(other, Answer::Accepted), Ok(()));
        assert_eq!(answer_to_other.try_recv(), Ok(Answer::Accepted));
        assert!(answer_to_one.try_recv().is_err());
        for nobody in [other, LINK_SLOTS_MAX - 1, u8::MAX] {
            assert_eq!(slots.answer(nobody, Answer::Accepted), Err(SlotError::NotAsked));
        }
        slots.close();
        assert!(answer_to_one.try_recv().is_err() && slots.closed());
        assert_eq!(slots.take().unwrap_err(), SlotError::Closed);
    }

    #[test]
    fn a_slot_that_nobody_waits_in_any_more_is_not_given_out_before_its_answer() {
        let slots = Slots::default();
        for _ in 0..LINK_SLOTS_MAX {
            // Whoever waited has gone.
            drop(slots.take().unwrap());
        }
        assert_eq!(slots.take().unwrap_err(), SlotError::AllTaken);
        assert_eq!(slots.answer(3, Answer::Accepted), Ok(()));
        assert_eq!(slots.take().unwrap().0, 3);
    }
}
