//! The memory of all connections' windows together.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::limits::{HELD_BYTES_MAX, HELD_BYTES_SMALL};

/// The sum over all connections.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

/// One connection's part of it; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Part<'a> {
    all: &'a Held,
    bytes: usize,
}

impl Held {
    /// The part of a new connection.
    pub(super) fn part(&self) -> Part<'_> {
        Part { all: self, bytes: 0 }
    }
}

impl Part<'_> {
    /// The connection holds this much now. Says whether that is within what there is: if not, and the
    /// connection is one of the large ones, it must be closed.
    pub(super) fn set(&mut self, bytes: usize) -> bool {
        self.all.0.fetch_add(bytes, Ordering::Relaxed);
        let all = self.all.0.fetch_sub(self.bytes, Ordering::Relaxed) - self.bytes;
        self.bytes = bytes;
        bytes <= HELD_BYTES_SMALL || all <= HELD_BYTES_MAX
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_large_ones_go_when_there_is_no_room_and_the_small_ones_stay() {
        let held = Held::default();
        let [mut one, mut two, mut small] = [held.part(), held.part(), held.part()];
        assert!(one.set(HELD_BYTES_MAX - HELD_BYTES_SMALL));
        assert!(!two.set(HELD_BYTES_SMALL * 2));
        assert!(small.set(HELD_BYTES_SMALL));
        drop((two, small));
        assert!(one.set(HELD_BYTES_MAX));
        drop(one);
        assert!(held.part().set(HELD_BYTES_MAX));
    }
}
