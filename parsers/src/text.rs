//! What every line may have around it, whatever its format.

/// Without the carriage return at its end, and without what a file may begin with: a byte order mark, or the
/// zeros that a file system leaves after a power failure.
pub(crate) fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let zeros = text.iter().take_while(|byte| **byte == 0).count();
    &text[zeros..]
}

/// The first line of a message, trimmed, and the lines below it that are not blank. A shipper that joins lines gives a
/// record and its continuations as one message; anything else below the first line has no place of its own.
pub(crate) fn physical(message: &[u8]) -> (&[u8], impl Iterator<Item = &[u8]>) {
    let mut lines = message.split(|byte| *byte == b'\n').map(trimmed);
    (lines.next().unwrap_or_default(), lines.filter(|line| !is_blank(line)))
}

/// Whether there is nothing to read.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}
