//! The receiving half: bytes in, events and the ends of windows out.

use super::buffer::Buffer;
use super::error::Error;
use super::frame::{self, Frame};
use super::key_value;
use super::layer::{Filled, Layer};
use crate::limits;

/// What comes next on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// An event of the open window.
    Event {
        /// The sender's number for it. Beats begin each window at 1, other clients do not, and it may roll over.
        sequence: u32,
        /// The event's JSON text, unparsed: it may be anything, and is empty where it was longer than
        /// [`limits::EVENT_BYTES_MAX`]. Of a key-value frame it is made.
        json: &'a [u8],
    },
    /// The window is whole. When all of its events are safe, acknowledge this: the sequence of the last frame and
    /// never the count, since an acknowledgement of more than was sent makes Filebeat forget events. 0 for a window
    /// of 0.
    End {
        /// What to acknowledge.
        last_sequence: u32,
    },
}

/// Takes a connection's bytes in pieces of any size and gives its events, one by one, as they come.
///
/// Push what was read, then ask for steps until there is none. Neither a window nor a compressed frame is ever
/// kept whole: a decoder that is drained after each push holds one event at most, whatever was announced, and
/// within [`limits::DECODER_BYTES_MAX`]. One that says [`Error`] says it for ever and takes no more.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was pushed and not yet taken apart.
    input: Buffer,
    /// Compressed frames that are being read, the innermost last.
    layers: Vec<Layer>,
    window: Option<Open>,
    /// An event that is too long to be kept, while the rest of it comes in.
    passing: Option<Passing>,
    /// The event that was made of a key-value frame; not kept while there is nothing to do.
    made: Vec<u8>,
    /// Whether a frame came already: only before the first can the peer be a stranger to the protocol.
    greeted: bool,
    /// What ended this decoder.
    failed: Option<Error>,
}

/// The window that events go into.
#[derive(Clone, Copy, Debug)]
struct Open {
    announced: usize,
    came: usize,
    last_sequence: u32,
}

#[derive(Clone, Copy, Debug)]
struct Passing {
    sequence: u32,
    left: usize,
}

/// Where the bytes of a step are.
enum Found {
    /// The last so many bytes that were taken from the innermost buffer.
    Taken {
        sequence: u32,
        bytes: usize,
    },
    Made {
        sequence: u32,
    },
    PassedOver {
        sequence: u32,
    },
    End {
        last_sequence: u32,
    },
}

impl Decoder {
    /// A decoder for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came. Push no more than one read brings before draining.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.input.push(bytes);
        }
    }

    /// Whether it stands between two windows: no frame has begun and no window is open.
    pub fn is_idle(&self) -> bool {
        self.input.is_empty() && self.layers.is_empty() && self.window.is_none() && self.passing.is_none()
    }

    /// Memory of it, in bytes.
    pub fn room(&self) -> usize {
        let layers: usize = self.layers.iter().map(Layer::room).sum();
        self.input.room() + layers + self.made.capacity()
    }

    /// The next step, or `None` when more bytes are needed. An error is fatal: close the connection.
    ///
    /// A window that is cut short by the next one ends as far as it came, as Logstash has it: its events were sent,
    /// and its last sequence is what the sender waits for.
    pub fn next_step(&mut self) -> Result<Option<Step<'_>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let found = match self.advance() {
            Ok(found) => found,
            Err(error) => {
                *self = Self { failed: Some(error), ..Self::default() };
                return Err(error);
            }
        };
        Ok(found.map(|found| match found {
            Found::Taken { sequence, bytes } => Step::Event { sequence, json: self.innermost().taken(bytes) },
            Found::Made { sequence } => Step::Event { sequence, json: &self.made },
            Found::PassedOver { sequence } => Step::Event { sequence, json: b"" },
            Found::End { last_sequence } => Step::End { last_sequence },
        }))
    }

    fn advance(&mut self) -> Result<Option<Found>, Error> {
        loop {
            if let Some(last_sequence) = self.ended_window() {
                return Ok(Some(Found::End { last_sequence }));
            }
            if self.passing.is_none()
                && let Some(located) = self.locate()?
            {
                self.innermost_mut().take(located.used);
                self.greeted = true;
                if let Some(found) = self.frame(located.frame, located.body)? {
                    return Ok(Some(found));
                }
                continue;
            }
            if let Some(found) = self.pass_over()? {
                return Ok(Some(found));
            }
            match self.fill()? {
                Filled::More => {}
                Filled::Starved => {
                    self.input.give_back_room();
                    self.made = Vec::new();
                    return Ok(None);
                }
                Filled::Ended => self.end_layer()?,
            }
        }
    }

    fn locate(&self) -> Result<Option<frame::Located>, Error> {
        let stranger = !self.greeted && self.layers.is_empty();
        frame::locate(self.innermost().get())
            .map_err(|error| if stranger { error.of_stranger() } else { error })
    }

    fn frame(&mut self, frame: Frame, body: usize) -> Result<Option<Found>, Error> {
        match frame {
            Frame::Window { count } => Ok(self.open(count)),
            Frame::Json { sequence } => {
                self.add(sequence)?;
                Ok(Some(Found::Taken { sequence, bytes: body }))
            }
            Frame::KeyValue { sequence } => {
                self.add(sequence)?;
                self.made = key_value::json(self.innermost().taken(body));
                Ok(Some(Found::Made { sequence }))
            }
            Frame::OverLong { sequence, length } => {
                self.window.ok_or(Error::OutsideWindow { sequence })?;
                self.passing = Some(Passing { sequence, left: length });
                Ok(None)
            }
            Frame::Compressed { length } => {
                if self.layers.len() == limits::COMPRESSED_DEPTH_MAX {
                    return Err(Error::CompressedTooDeep);
                }
                self.layers.push(Layer::new(length));
                Ok(None)
            }
        }
    }

    /// The window that ends with this frame, because it was cut short.
    fn open(&mut self, announced: usize) -> Option<Found> {
        let cut = self.window.replace(Open { announced, came: 0, last_sequence: 0 });
        cut.filter(|cut| cut.came > 0).map(|cut| Found::End { last_sequence: cut.last_sequence })
    }

    fn add(&mut self, sequence: u32) -> Result<(), Error> {
        let window = self.window.as_mut().ok_or(Error::OutsideWindow { sequence })?;
        window.came += 1;
        window.last_sequence = sequence;
        Ok(())
    }

    /// Ends the window if it is full. At the end of what is there of a compressed frame that is not yet known: the
    /// frame's checksum may still say that all of it is wrong, so the end waits for more of the frame or for its end.
    fn ended_window(&mut self) -> Option<u32> {
        let sure = self.layers.last().is_none_or(|layer| !layer.plain.is_empty());
        let full = self.window.take_if(|window| sure && window.came == window.announced);
        full.map(|window| window.last_sequence)
    }

    /// Passes over an event that is too long to be kept. Without its text it is still one of the window, and is
    /// acknowledged with it.
    fn pass_over(&mut self) -> Result<Option<Found>, Error> {
        let Some(Passing { sequence, left }) = self.passing else { return Ok(None) };
        let came = left.min(self.innermost().get().len());
        self.innermost_mut().take(came);
        self.passing = (came < left).then_some(Passing { sequence, left: left - came });
        if self.passing.is_some() {
            return Ok(None);
        }
        self.add(sequence)?;
        Ok(Some(Found::PassedOver { sequence }))
    }

    /// Inflates more for the innermost frame, from the outermost that can give something.
    fn fill(&mut self) -> Result<Filled, Error> {
        let mut filled = Filled::Starved;
        for depth in (0..self.layers.len()).rev() {
            filled = self.fill_layer(depth)?;
            match filled {
                // It has nothing to inflate from: the one around it must go on first.
                Filled::Starved => {}
                // More for an outer one is more for the next try of the inner.
                Filled::More => return Ok(Filled::More),
                Filled::Ended if depth + 1 == self.layers.len() => return Ok(Filled::Ended),
                // An outer frame ended within an inner one.
                Filled::Ended => return Err(Error::FrameCut),
            }
        }
        Ok(filled)
    }

    fn fill_layer(&mut self, depth: usize) -> Result<Filled, Error> {
        let (outer, inner) = self.layers.split_at_mut(depth);
        let from = outer.last_mut().map_or(&mut self.input, |layer| &mut layer.plain);
        inner.first_mut().map_or(Ok(Filled::Starved), |layer| layer.fill(from))
    }

    fn end_layer(&mut self) -> Result<(), Error> {
        let cut = !self.innermost().is_empty() || self.passing.is_some();
        self.layers.pop();
        if cut { Err(Error::FrameCut) } else { Ok(()) }
    }

    fn innermost(&self) -> &Buffer {
        self.layers.last().map_or(&self.input, |layer| &layer.plain)
    }

    fn innermost_mut(&mut self) -> &mut Buffer {
        self.layers.last_mut().map_or(&mut self.input, |layer| &mut layer.plain)
    }
}
