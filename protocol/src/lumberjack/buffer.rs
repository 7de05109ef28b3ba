//! Bytes that came and are not yet taken apart.

use crate::limits;

/// A queue of bytes in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// An empty one with so much room.
    pub(super) fn with_room(room: usize) -> Self {
        Self { bytes: vec![0; room], start: 0, end: 0 }
    }

    /// What is there.
    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// What was taken last, which is there until something is added.
    pub(super) fn taken(&self, bytes: usize) -> &[u8] {
        self.bytes.get(self.start.saturating_sub(bytes)..self.start).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Memory of it, used or not.
    pub(super) fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes from the front.
    pub(super) fn take(&mut self, bytes: usize) {
        self.start = self.end.min(self.start + bytes);
    }

    /// Adds a copy at the end, with more memory if need be.
    pub(super) fn push(&mut self, more: &[u8]) {
        if self.is_empty() && self.room() > limits::IDLE_BYTES_MAX {
            *self = Self::default();
        }
        self.move_to_front();
        let needed = self.end + more.len();
        self.grow(needed);
        if let Some(free) = self.bytes.get_mut(self.end..needed) {
            free.copy_from_slice(more);
            self.end = needed;
        }
    }

    /// The free memory at the end, at least a byte: when all is full it grows, for an event that is longer.
    pub(super) fn free(&mut self) -> &mut [u8] {
        self.move_to_front();
        if self.end == self.bytes.len() {
            // The longest frame that is looked at whole is an event's.
            let longest = limits::FRAME_HEAD_BYTES + limits::EVENT_BYTES_MAX;
            self.grow((self.end * 2).min(longest).max(self.end + 1));
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes were written into what [`Buffer::free`] gave.
    pub(super) fn filled(&mut self, bytes: usize) {
        self.end = self.bytes.len().min(self.end + bytes);
    }

    /// A connection lives for months: one large frame must not keep its room for ever.
    pub(super) fn give_back_room(&mut self) {
        if self.is_empty() && self.room() > limits::IDLE_BYTES_MAX {
            *self = Self::default();
        }
    }

    fn grow(&mut self, room: usize) {
        let more = room.saturating_sub(self.bytes.len());
        // Doubling, as `Vec` would, is twice what hundreds of connections may hold.
        self.bytes.reserve_exact(more);
        self.bytes.resize(self.bytes.len() + more, 0);
    }

    fn move_to_front(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }
}
