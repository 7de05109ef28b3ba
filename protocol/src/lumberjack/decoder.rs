//! The receiving half: bytes in, whole windows out.

use bytes::{Buf as _, Bytes, BytesMut};

use super::error::Error;
use super::frame::{self, Frame, Located};
use super::window::{Event, Open, Window};
use crate::inflate::inflate;
use crate::limits;

/// Takes a connection's bytes in pieces of any size and gives its windows, in order.
///
/// Push what was read, then ask for windows until there is none. A decoder that is drained so after each push
/// holds at most [`limits::DECODER_BYTES_MAX`]; one that says [`Error`] says it for ever and takes no more.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was pushed and not yet taken apart: after draining, at most one unfinished frame.
    input: BytesMut,
    /// Compressed frames that are being read, the innermost last.
    blocks: Vec<Block>,
    /// The window that events go into.
    window: Option<Open>,
    /// Bytes that the open window keeps alive, so that they can be limited.
    held: usize,
    /// Whether a frame came already: only before the first can the peer be a stranger to the protocol.
    greeted: bool,
    /// What ended this decoder.
    failed: Option<Error>,
}

/// What a compressed frame inflated to.
#[derive(Debug)]
struct Block {
    rest: Bytes,
    /// Its full length: an event that was cut from it keeps all of it alive.
    size: usize,
}

impl Decoder {
    /// A decoder for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came. Push no more than one read brings before draining.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.input.extend_from_slice(bytes);
        }
    }

    /// Bytes held: what is not yet taken apart, and what the open window keeps.
    pub fn buffered(&self) -> usize {
        self.input.len() + self.held
    }

    /// The next whole window, or `None` when more bytes are needed. An error is fatal: close the connection.
    ///
    /// A window that is cut short by the next one is given as far as it came, as Logstash does: its events were
    /// sent, and its last sequence is what the sender waits for.
    pub fn next_window(&mut self) -> Result<Option<Window>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.advance().inspect_err(|error| self.fail(*error))
    }

    fn advance(&mut self) -> Result<Option<Window>, Error> {
        loop {
            if let Some(full) = self.window.take_if(|window| window.is_full()) {
                return Ok(Some(full.close(self.settle())));
            }
            let Some((frame, body)) = self.read()? else { return Ok(None) };
            match frame {
                Frame::Window { count } => {
                    if let Some(cut) = self.open(count) {
                        return Ok(Some(cut));
                    }
                }
                Frame::Json { sequence } => self.add(Event { sequence, json: body })?,
                Frame::Compressed => self.unpack(&body)?,
            }
        }
    }

    fn read(&mut self) -> Result<Option<(Frame, Bytes)>, Error> {
        while let Some(block) = self.blocks.last_mut() {
            if !block.rest.is_empty() {
                let located = frame::locate(&block.rest)?.ok_or(Error::FrameCut)?;
                return Ok(Some((located.frame, body(block.rest.split_to(located.used), located))));
            }
            self.blocks.pop();
        }
        self.read_input()
    }

    fn read_input(&mut self) -> Result<Option<(Frame, Bytes)>, Error> {
        let located =
            frame::locate(&self.input).map_err(|e| if self.greeted { e } else { e.of_stranger() })?;
        let Some(located) = located else { return Ok(None) };
        self.greeted = true;
        let whole = self.input.split_to(located.used);
        self.give_back_room();
        let body = match located.frame {
            // A copy: a slice would keep all of the input's memory alive, which nobody counts.
            Frame::Json { .. } => Bytes::copy_from_slice(&whole[located.used - located.body..]),
            _ => body(whole.freeze(), located),
        };
        Ok(Some((located.frame, body)))
    }

    // A connection lives for months: one large frame must not keep its room for ever.
    fn give_back_room(&mut self) {
        if self.input.is_empty() && self.input.capacity() > limits::IDLE_BYTES_MAX {
            self.input = BytesMut::new();
        }
    }

    fn open(&mut self, count: usize) -> Option<Window> {
        let cut = self.window.replace(Open::new(count)).filter(|window| !window.is_empty());
        let held = self.settle();
        cut.map(|cut| cut.close(held))
    }

    fn add(&mut self, event: Event) -> Result<(), Error> {
        // What comes out of a block is counted with the block.
        let weight = if self.blocks.is_empty() { event.json.len() } else { 0 };
        if self.held + weight > limits::WINDOW_BYTES_MAX {
            return Err(Error::WindowTooHeavy);
        }
        let window = self.window.as_mut().ok_or(Error::OutsideWindow { sequence: event.sequence })?;
        self.held += weight;
        window.push(event);
        Ok(())
    }

    fn unpack(&mut self, compressed: &[u8]) -> Result<(), Error> {
        if self.blocks.len() == limits::COMPRESSED_DEPTH_MAX {
            return Err(Error::CompressedTooDeep);
        }
        let room = limits::WINDOW_BYTES_MAX - self.held;
        let rest = Bytes::from(inflate(compressed, room).map_err(Error::Inflate)?);
        let size = rest.len();
        self.held += size;
        self.blocks.push(Block { rest, size });
        Ok(())
    }

    // A window is done: only blocks that still have something to give are ours. Says what goes with the window.
    fn settle(&mut self) -> usize {
        let before = self.held;
        self.blocks.retain(|block| !block.rest.is_empty());
        self.held = self.blocks.iter().map(|block| block.size).sum();
        before - self.held
    }

    fn fail(&mut self, error: Error) {
        *self = Self { failed: Some(error), ..Self::default() };
    }
}

fn body(mut frame: Bytes, located: Located) -> Bytes {
    frame.advance(located.used - located.body);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lumberjack::encode_window;

    #[test]
    fn room_for_a_large_frame_is_given_back() {
        let mut decoder = Decoder::new();
        decoder.push(&encode_window(1, &[vec![b' '; limits::EVENT_BYTES_MAX]], None));
        assert!(decoder.input.capacity() > limits::IDLE_BYTES_MAX);
        assert!(decoder.next_window().is_ok_and(|window| window.is_some()));
        assert!(decoder.input.capacity() <= limits::IDLE_BYTES_MAX);
        assert_eq!(decoder.buffered(), 0);
    }
}
