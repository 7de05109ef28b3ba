//! The body of the fuzz target, called by a unit test as well.

use bytes::Bytes;

use super::frame::{self, Decoded, Frame};
use super::{FrameType, Reply, Request};
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
    survives(&Frame { kind: FrameType(*kind), flags: 0, id: 7, payload: Bytes::copy_from_slice(payload) });
}

fn survives(frame: &Frame) {
    if let Ok(request) = Request::parse(frame) {
        assert_eq!(Request::parse(&request.frame(frame.id)), Ok(request));
    }
    if let Ok(reply) = Reply::parse(frame) {
        assert_eq!(Reply::parse(&reply.frame(frame.id)), Ok(reply));
    }
}
