//! The body of the fuzz target, called by a unit test as well.

use super::{Error, Event, Follow, Reader};
use crate::limits;

/// What comes of a document: its events, and what was wrong with it.
pub(super) type Outcome = (Vec<Event>, Result<(), Error>);

/// Whatever the bytes are: no panic, no more memory than the limit, and the same events and error however they are cut.
/// The first byte says in how large pieces.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let Some((size, document)) = data.split_first() else { return };
    let whole = read([document]);
    assert_eq!(read(document.chunks(usize::from(*size) + 1)), whole, "in pieces of {size} + 1");
    follow(&whole.0);
}

/// Reads a document that comes in these pieces.
pub(super) fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    for mut piece in pieces {
        loop {
            match reader.next_event(&mut piece) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Err(error)),
            }
        }
        assert!(reader.room() <= limits::MTCONNECT_READER_BYTES_MAX, "{} bytes held", reader.room());
    }
    (events, reader.finish())
}

/// Whatever an agent says, it can be asked on.
fn follow(events: &[Event]) {
    let mut follow = Follow::new();
    for _ in 0..3 {
        for event in events {
            match event {
                Event::Header(header) => drop(follow.header(header)),
                Event::Error(error) => drop(follow.refused(error)),
                _ => {}
            }
        }
        follow.complete();
        assert!(!follow.ask().to_string().is_empty());
    }
}
