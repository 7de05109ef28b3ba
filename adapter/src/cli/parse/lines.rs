//! The lines of a file, none of which can take more memory than the limit.

use std::io::{self, BufRead};

use parsers::limits::LINE_BYTES_MAX;

/// Steps through the lines.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: Vec::new() }
    }

    /// The next line, without its end. Of one over the limit only so much comes as shows that it is.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            // One byte for a carriage return, and one that is too many.
            let room = (LINE_BYTES_MAX + 2).saturating_sub(self.line.len());
            self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
            let taken = piece.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if end.is_some() {
                break;
            }
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        Ok(any.then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_ends() -> io::Result<()> {
        let long = "x".repeat(3 * LINE_BYTES_MAX);
        let text = format!("a\r\n\nb\n{long}\nlast");
        let mut lines = Lines::new(io::BufReader::with_capacity(7, text.as_bytes()));
        let mut lengths = Vec::new();
        while let Some(line) = lines.next()? {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [1, 0, 1, LINE_BYTES_MAX + 2, 4]);
        Ok(())
    }
}
