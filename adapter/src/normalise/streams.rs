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
    streams: HashMap<Source, Stream>,
    uses: u64,
}

#[derive(Debug, Default)]
struct Stream {
    parser: Option<LogParser>,
    /// Where the last line began.
    offset: u64,
    used: u64,
}

/// A file whose lines are being read. It is taken out of [`Streams`], so that connections of the same printer
/// read different files at the same time; two that read the same one begin anew, as after a restart.
#[derive(Debug)]
pub(super) struct Open {
    agent: Vec<u8>,
    file: Option<File<'static>>,
    /// Of its lines' places. Not the key: a file keeps it when it is rotated, and must not share a parser with the next.
    source: Source,
    key: Source,
    stream: Stream,
}

impl Streams {
    /// Takes out the file that an event is from.
    pub(super) fn take(&mut self, salt: &Salt, event: &Event<'_>) -> Open {
        let key = key(salt, event);
        let stream = self.streams.remove(&key).unwrap_or_default();
        let file = event.file.clone().map(File::into_owned);
        Open { agent: event.agent_id.clone().into_owned(), file, source: event.source(salt), key, stream }
    }

    /// Remembers how far a file was read. Of two that read it at the same time, the one that is further.
    pub(super) fn give_back(&mut self, open: Option<Open>) {
        let Some(Open { key, stream, .. }) = open else { return };
        self.uses += 1;
        if self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(&key) {
            let oldest = self.streams.iter().min_by_key(|(_, stream)| stream.used).map(|(key, _)| *key);
            oldest.map(|oldest| self.streams.remove(&oldest));
        }
        let stream = Stream { used: self.uses, ..stream };
        let kept = self.streams.entry(key).or_default();
        if kept.offset <= stream.offset {
            *kept = stream;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.streams.len()
    }
}

impl Open {
    /// Whether this is the file that the event is from.
    pub(super) fn is_of(&self, event: &Event<'_>) -> bool {
        self.agent == *event.agent_id && self.file == event.file
    }

    /// What its lines' places are in.
    pub(super) fn source(&self) -> Source {
        self.source
    }

    /// The parser for the line at this offset; `new` makes one for a file that is not remembered, and for one that
    /// goes back: a window is sent again, or a second worker of the Beat was faster. What was read then stands
    /// below the line, and its stamps cast no doubt on this one's.
    pub(super) fn parser(
        &mut self,
        offset: Option<u64>,
        new: impl Fn() -> Option<LogParser>,
    ) -> Option<&mut LogParser> {
        let Stream { parser, offset: last, .. } = &mut self.stream;
        let offset = offset.unwrap_or(*last);
        if offset < *last {
            *parser = None;
        }
        *last = offset;
        if parser.is_none() {
            *parser = new();
        }
        parser.as_mut()
    }
}

/// What tells an event's file from all others of the printer.
fn key(salt: &Salt, event: &Event<'_>) -> Source {
    let agent = event.agent_id.as_ref();
    match &event.file {
        Some(File::Fingerprint(print)) => salt.source(&[agent, b"fingerprint", print]),
        Some(File::Inode { device, inode }) => salt.source(&[agent, device, inode]),
        Some(File::Path(path)) => salt.source(&[agent, b"path", path]),
        None => salt.source(&[agent]),
    }
}
