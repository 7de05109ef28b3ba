//! Who takes an answer's body in. Most answers are small and kept whole; what can be long is read as it comes.

use bytes::{Bytes, BytesMut};

use super::Get;

/// A GET, and who takes its answer in.
pub trait Question: Send + Sync + 'static {
    /// Who takes the body in.
    type Body: Body;

    /// What is asked.
    fn get(&self) -> &Get;

    /// A new one, that has taken nothing in yet: a GET may be asked twice.
    fn body(&self) -> Self::Body;
}

/// Takes a body in, piece by piece.
pub trait Body: Send + 'static {
    /// What it makes of it.
    type Read: Send;

    /// Takes a piece in. `false`: the rest is of no use, and is not read.
    fn take(&mut self, piece: &[u8]) -> bool;

    /// There is no more.
    fn done(self) -> Self::Read;
}

/// A body that is kept whole; the transport limits it.
#[derive(Debug, Default)]
pub struct Whole(BytesMut);

impl Body for Whole {
    type Read = Bytes;

    fn take(&mut self, piece: &[u8]) -> bool {
        self.0.extend_from_slice(piece);
        true
    }

    fn done(self) -> Bytes {
        self.0.freeze()
    }
}

impl Question for Get {
    type Body = Whole;

    fn get(&self) -> &Get {
        self
    }

    fn body(&self) -> Whole {
        Whole::default()
    }
}
