//! The parsers of the log files that one printer's Beats ship.

use std::collections::HashMap;

use catalog::{Salt, Source};
use parsers::LogParser;
use parsers::beats::{Event, File};

/// Log files of one printer that are remembered; a rotation set of six subsystems has some dozens.
const STREAMS_MAX: usize = 256;

/// One parser a file, the least lately used one given up at the limit: it begins anew when its file goes on,
/// which costs no reading.
#[derive(Debug, Default)]
pub(super) struct Streams {
    parsers: HashMap<Source, Stream>,
    uses: u64,
}

#[derive(Debug)]
struct Stream {
    parser: LogParser,
    /// Where the last line began.
    offset: u64,
    used: u64,
}

impl Streams {
    /// The parser of a file for the line at this offset; `new` makes one for a file that is not remembered, and
    /// for one that goes back: a window is sent again, or a second worker of the Beat was faster. What was read
    /// then stands below the line, and its stamps cast no doubt on this one's.
    pub(super) fn parser(
        &mut self,
        key: Source,
        offset: Option<u64>,
        new: impl Fn() -> LogParser,
    ) -> &mut LogParser {
        self.uses += 1;
        if self.parsers.len() >= STREAMS_MAX && !self.parsers.contains_key(&key) {
            let oldest = self.parsers.iter().min_by_key(|(_, stream)| stream.used).map(|(key, _)| *key);
            oldest.map(|oldest| self.parsers.remove(&oldest));
        }
        let stream = self.parsers.entry(key).or_insert_with(|| Stream { parser: new(), offset: 0, used: 0 });
        let offset = offset.unwrap_or(stream.offset);
        if offset < stream.offset {
            stream.parser = new();
        }
        (stream.offset, stream.used) = (offset, self.uses);
        &mut stream.parser
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parsers.len()
    }
}

/// What tells an event's file from all others of the printer.
pub(super) fn key(salt: &Salt, event: &Event<'_>) -> Source {
    let agent = event.agent_id.as_bytes();
    match &event.file {
        Some(File::Fingerprint(print)) => salt.source(&[agent, b"fingerprint", print.as_bytes()]),
        Some(File::Inode { device, inode }) => salt.source(&[agent, device.as_bytes(), inode.as_bytes()]),
        Some(File::Path(path)) => salt.source(&[agent, b"path", path.as_bytes()]),
        None => salt.source(&[agent]),
    }
}
