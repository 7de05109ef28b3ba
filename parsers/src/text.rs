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

/// What there is to read of a message: its first line, trimmed, if that is neither blank nor too long. A shipper that joins
/// lines gives a record and its continuations as one message: a line below that `is_lost` says is more than that has no
/// place of its own, and is counted.
pub(crate) fn first_line<'a>(
    message: &'a [u8],
    is_lost: impl Fn(&[u8]) -> bool,
    output: &mut Output,
) -> Option<&'a [u8]> {
    let mut lines = lines(message).map(trimmed);
    let first = lines.next().unwrap_or_default();
    lines.filter(|below| !is_blank(below) && is_lost(below)).for_each(|below| output.unmatch(below));
    readable(first, output)
}

/// What there is to read of a line, if it is neither blank nor too long.
pub(crate) fn readable<'a>(line: &'a [u8], output: &mut Output) -> Option<&'a [u8]> {
    if is_blank(line) {
        return None;
    }
    if line.len() > LINE_BYTES_MAX {
        output.refuse(None, Refusal::TooLong);
        return None;
    }
    Some(line)
}

/// Whether there is nothing to read.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}
