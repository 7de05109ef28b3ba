//! What every line may have around it, whatever its format.

use crate::limits::LINE_BYTES_MAX;
use crate::{Output, Refusal};

/// Without the carriage return at its end, and without what a file may begin with: a byte order mark, or the
/// zeros that a file system leaves after a power failure.
pub(crate) fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let zeros = text.iter().take_while(|byte| **byte == 0).count();
    &text[zeros..]
}

/// The lines of a message, without their line feeds. Most messages have one, and it is searched once.
pub(crate) fn lines(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'\n', text);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// The first line of a message, trimmed, and the lines below it that are not blank. A shipper that joins lines gives a
/// record and its continuations as one message; anything else below the first line has no place of its own.
pub(crate) fn physical(message: &[u8]) -> (&[u8], impl Iterator<Item = &[u8]>) {
    let mut lines = lines(message).map(trimmed);
    (lines.next().unwrap_or_default(), lines.filter(|line| !is_blank(line)))
}

/// What there is to read of a message: its first line, if that is neither blank nor too long. The lines below it are
/// for the caller to judge first: in one format they go on with the record, in another they can only be counted.
pub(crate) fn readable<'a>(first: &'a [u8], output: &mut Output) -> Option<&'a [u8]> {
    if is_blank(first) {
        return None;
    }
    if first.len() > LINE_BYTES_MAX {
        output.refuse(None, Refusal::TooLong);
        return None;
    }
    Some(first)
}

/// Whether there is nothing to read.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}
