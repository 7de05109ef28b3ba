//! Cuts a document that comes in pieces into its tags and the text between them, of which it keeps one at a time.
//! Where a piece of markup ends is quick-xml's knowledge; that nothing is kept beyond its bound is ours.

use quick_xml::parser::{CommentParser, ElementParser, Parser as _, PiParser};

use super::error::{Error, Wrong};
use super::tag;
use crate::limits::{
    MTCONNECT_DOCUMENT_BYTES_MAX, MTCONNECT_NAME_BYTES_MAX, MTCONNECT_TAG_BYTES_MAX, MTCONNECT_TEXT_BYTES_MAX,
};

/// What was found; its content is [`Markup::content`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Text, with its entities still in it.
    Text,
    /// The inside of a CDATA section, which has none.
    Cdata,
    /// What stands between `<` and `>`.
    Tag,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the first character: a byte order mark may come.
    Begin,
    Text,
    /// Behind `<`.
    Open,
    /// Behind `<!`, in what says which kind it is.
    Declared,
    Tag(ElementParser),
    /// With its last bytes, which may be its end.
    Cdata([u8; 3]),
    Comment(CommentParser),
    Instruction(PiParser),
}

/// The pieces of one document.
#[derive(Debug)]
pub(super) struct Markup {
    state: State,
    /// What has come of the current piece, as far as its bound goes.
    kept: Vec<u8>,
    /// The piece is longer than what is kept of it.
    cut: bool,
    /// The piece is over, and what comes next begins another.
    over: bool,
    /// A tag has come.
    tagged: bool,
    bytes: usize,
    line: u64,
    /// The line in which the current piece begins.
    pub(super) began: u64,
}

impl Default for Markup {
    fn default() -> Self {
        let (kept, state) = (Vec::new(), State::Begin);
        Self { state, kept, cut: false, over: false, tagged: false, bytes: 0, line: 1, began: 1 }
    }
}

impl Markup {
    /// The next piece that is whole; `None` when the input is used up. What is used is taken off the input.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Found>, Error> {
        while !input.is_empty() {
            if std::mem::take(&mut self.over) {
                self.begin();
            }
            let room = MTCONNECT_DOCUMENT_BYTES_MAX - self.bytes;
            if room == 0 {
                return Err(self.error(Wrong::TooLong));
            }
            let now = input.get(..room).unwrap_or(input);
            let (used, found) = self.step(now).map_err(|wrong| self.error(wrong))?;
            let (used, rest) = input.split_at(used.min(input.len()));
            self.bytes += used.len();
            self.line += memchr::memchr_iter(b'\n', used).count() as u64;
            *input = rest;
            if found.is_some() {
                self.over = true;
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The current piece's content.
    pub(super) fn content(&self) -> Result<&str, Error> {
        // What was cut may have been cut within a character, and is of no use anyhow.
        if self.cut { Ok("") } else { str::from_utf8(&self.kept).map_err(|_| self.error(Wrong::Utf8)) }
    }

    /// Whether the current piece is longer than its content.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether the document may end here, but for its elements.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.state, State::Text) && (self.over || self.kept.trim_ascii().is_empty() && !self.cut)
    }

    pub(super) fn error(&self, wrong: Wrong) -> Error {
        Error { line: self.began, wrong }
    }

    /// Memory held, in bytes.
    pub(super) fn room(&self) -> usize {
        self.kept.capacity()
    }

    fn begin(&mut self) {
        self.kept.clear();
        self.cut = false;
        self.began = self.line;
    }

    /// One step: how many bytes it used, and what it found.
    fn step(&mut self, input: &[u8]) -> Result<(usize, Option<Found>), Wrong> {
        match self.state {
            State::Begin => self.first(input),
            State::Text => self.text(input),
            State::Open => self.opened(input),
            State::Declared => self.declared(input),
            State::Tag(parser) => self.tag(input, parser),
            State::Cdata(last) => Ok(self.cdata(input, last)),
            State::Comment(mut parser) => {
                let end = parser.feed(input);
                self.state = end.map_or(State::Comment(parser), |_| State::Text);
                self.over = end.is_some();
                // This one of the three parsers gives the place behind the end, not the place of its `>`.
                Ok((end.unwrap_or(input.len()), None))
            }
            State::Instruction(parser) => self.instruction(input, parser),
        }
    }

    /// A byte order mark of UTF-8 is passed over.
    fn first(&mut self, input: &[u8]) -> Result<(usize, Option<Found>), Wrong> {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        let byte = input.first().copied().unwrap_or_default();
        // UTF-16 and UTF-32 begin with one of these, with a mark or without.
        if self.kept.is_empty() && matches!(byte, 0 | 0xFE | 0xFF) {
            return Err(Wrong::Encoding);
        }
        if MARK.get(self.kept.len()) == Some(&byte) {
            self.kept.push(byte);
            if self.kept == MARK {
                (self.state, self.over) = (State::Text, true);
            }
            return Ok((1, None));
        }
        if !self.kept.is_empty() {
            return Err(Wrong::NotXml);
        }
        self.state = State::Text;
        Ok((0, None))
    }

    fn text(&mut self, input: &[u8]) -> Result<(usize, Option<Found>), Wrong> {
        let end = memchr::memchr(b'<', input);
        let text = input.get(..end.unwrap_or(input.len())).unwrap_or_default();
        // Said at once: what is no XML at all may go on for ever.
        if !self.tagged && !text.trim_ascii().is_empty() {
            return Err(Wrong::NotXml);
        }
        self.keep(text, MTCONNECT_TEXT_BYTES_MAX);
        let Some(end) = end else { return Ok((input.len(), None)) };
        self.state = State::Open;
        Ok((end + 1, (!self.kept.is_empty()).then_some(Found::Text)))
    }

    fn opened(&mut self, input: &[u8]) -> Result<(usize, Option<Found>), Wrong> {
        self.state = match input.first() {
            Some(b'!') => State::Declared,
            Some(b'?') => State::Instruction(PiParser::default()),
            _ => {
                self.state = State::Tag(ElementParser::default());
                return Ok((0, None));
            }
        };
        Ok((1, None))
    }

    /// Which of the things that begin with `<!` this is.
    fn declared(&mut self, input: &[u8]) -> Result<(usize, Option<Found>), Wrong> {
        self.kept.extend(input.first());
        // HTML writes it in small letters.
        let kept = self.kept.to_ascii_uppercase();
        if kept == b"--" {
            self.state = State::Comment(CommentParser::default());
        } else if self.kept == b"[CDATA[" {
            self.kept.clear();
            self.state = State::Cdata([0; 3]);
        } else if kept == b"DOCTYPE" {
            return Err(Wrong::Dtd);
        } else if ![&b"--"[..], b"[CDATA[", b"DOCTYPE"].iter().any(|known| known.starts_with(&kept)) {
            return Err(Wrong::Malformed);
        }
        Ok((1, None))
    }

    fn tag(&mut self, input: &[u8], mut parser: ElementParser) -> Result<(usize, Option<Found>), Wrong> {
        self.tagged = true;
        let end = parser.feed(input);
        self.keep(input.get(..end.unwrap_or(input.len())).unwrap_or_default(), MTCONNECT_TAG_BYTES_MAX);
        if self.cut {
            return Err(Wrong::TagTooLong);
        }
        self.state = end.map_or(State::Tag(parser), |_| State::Text);
        Ok((end.map_or(input.len(), |end| end + 1), end.map(|_| Found::Tag)))
    }

    /// Up to a `>` at a time, to see whether `]]` stands before it.
    fn cdata(&mut self, input: &[u8], mut last: [u8; 3]) -> (usize, Option<Found>) {
        let end = memchr::memchr(b'>', input);
        let piece = input.get(..end.map_or(input.len(), |end| end + 1)).unwrap_or_default();
        self.keep(piece, MTCONNECT_TEXT_BYTES_MAX + last.len());
        for byte in piece.iter().skip(piece.len().saturating_sub(last.len())) {
            last = [last[1], last[2], *byte];
        }
        if &last != b"]]>" {
            self.state = State::Cdata(last);
            return (piece.len(), None);
        }
        self.kept.truncate(self.kept.len() - last.len());
        self.state = State::Text;
        (piece.len(), Some(Found::Cdata))
    }

    /// Of an instruction only the XML declaration is of use, for its encoding.
    fn instruction(&mut self, input: &[u8], mut parser: PiParser) -> Result<(usize, Option<Found>), Wrong> {
        let end = parser.feed(input);
        self.keep(input.get(..end.unwrap_or(input.len())).unwrap_or_default(), MTCONNECT_NAME_BYTES_MAX);
        let Some(end) = end else {
            self.state = State::Instruction(parser);
            return Ok((input.len(), None));
        };
        if !tag::is_utf8(&self.kept) {
            return Err(Wrong::Encoding);
        }
        (self.state, self.over) = (State::Text, true);
        Ok((end + 1, None))
    }

    fn keep(&mut self, bytes: &[u8], max: usize) {
        let room = max - self.kept.len().min(max);
        self.cut |= bytes.len() > room;
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}
