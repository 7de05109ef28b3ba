//! The body of the fuzz target, called by a unit test as well.

use bytes::Bytes;

use super::frame::{self, Decoded, Frame};
use super::{Cursor, FrameType, Reply, Request};
use crate::limits;

/// Whatever the bytes are: no panic, a frame that decodes encodes to its bytes, and a request or reply that
/// parses survives its own frame. Since chance hits no checksum, the bytes are tried as a payload as well; the
/// first chooses the type.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    if let Ok(Decoded::Complete { frame, used }) = frame::decode(data, limits::PIP_PAYLOAD_BYTES_MAX) {
        assert_eq!(frame.encode(), data.get(..used).unwrap_or_default());
        survives(&frame);
    }
    let Some((kind, payload)) = data.split_first() else { return };
    survives(&Frame::with(FrameType(*kind), 7, Bytes::copy_from_slice(payload)));
}

fn survives(frame: &Frame) {
    if let Ok(request) = Request::parse(frame) {
        assert_eq!(request.kind(), frame.kind());
        assert!(!request.kind().is_write());
        assert_eq!(Request::parse(&request.frame(frame.id())), Ok(request));
    }
    if let Ok(reply) = Reply::parse(frame) {
        assert_eq!(reply.kind(), frame.kind());
        assert_eq!(Reply::parse(&reply.frame(frame.id())), Ok(reply.clone()));
        follows(reply);
    }
}

/// A list of events says the same of a reader's place, wherever the reader stood: what is taken joins on to what it
/// had or there is a gap that says so, and the same list again brings nothing.
fn follows(reply: Reply) {
    let (Reply::HeldEvents(list) | Reply::Notify(list)) = reply else { return };
    let stood = [Cursor::default(), Cursor::after(0), Cursor::after(list.held().first())];
    for mut cursor in stood {
        let wanted = cursor.next();
        let taken = cursor.take(list.clone());
        if let (Some(wanted), Some(first), None) = (wanted, taken.events.first(), taken.gap) {
            assert_eq!(first.sequence, wanted);
        }
        let again = cursor.take(list.clone());
        assert_eq!((again.gap, again.events.len()), (None, 0));
    }
}
