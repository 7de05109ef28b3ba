//! One way over JSON: what is wanted is given out as it stands, the rest is passed over, and no tree is made.
//!
//! All of it is checked: that each value, comma, colon and bracket stands where the grammar of RFC 8259 has one, how
//! numbers, literals and escapes are written, that no text has a control character in it, and how deep it goes. Not
//! checked are the encoding of texts, pairs of surrogates, the size of numbers and whether a field that is not read
//! stands there twice. Nothing here calls itself: a value of any depth takes the same stack.

use super::EventError;
use super::marks::Marks;
use super::text::unescape;
use crate::limits::JSON_DEPTH_MAX;

/// Where one stands in the JSON.
pub(crate) struct Scanner<'a> {
    json: &'a [u8],
    marks: Marks<'a>,
    at: usize,
    /// Objects around the field that is read.
    depth: u32,
    /// Whether the text that was passed last has escapes.
    escaped: bool,
    /// Why it stopped.
    error: Option<EventError>,
}

/// There is no going on. Why is kept in the scanner: a result that fits a register is what makes a token cheap.
#[derive(Debug)]
pub(crate) struct Stop;

impl<'a> Scanner<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Self {
        Self { json, marks: Marks::new(json), at: 0, depth: 0, escaped: false, error: None }
    }

    /// Why it stopped.
    pub(crate) fn error(&self, _: Stop) -> EventError {
        self.error.unwrap_or(EventError::Syntax { column: self.at })
    }

    /// The first byte of the next token, which is not passed.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, Stop> {
        match self.byte() {
            Some(byte) if byte > b' ' => Ok(byte),
            _ => self.peek_behind_space(),
        }
    }

    // Beats write no space between tokens.
    #[cold]
    fn peek_behind_space(&mut self) -> Result<u8, Stop> {
        let space =
            self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += space;
        self.byte().ok_or_else(|| self.syntax())
    }

    /// Passes the object that opens here; `field` must pass the value of each of its fields.
    #[inline]
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &[u8]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.at += 1;
        self.depth += 1;
        if self.peek()? != b'}' {
            loop {
                let key = self.key()?;
                if self.escaped {
                    field(self, &unescape(key))?
                } else {
                    field(self, key)?
                }
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.depth -= 1;
        self.token(b'}')
    }

    /// Passes the value that begins here, whatever it is.
    #[inline]
    pub(crate) fn skip(&mut self) -> Result<(), Stop> {
        if self.peek()? == b'"' { self.text().map(drop) } else { self.skip_any() }
    }

    fn skip_any(&mut self) -> Result<(), Stop> {
        // One bit for each bracket that is open, the innermost lowest: whether it is an object's.
        let mut objects = 0u64;
        let mut open = 0;
        loop {
            let first = self.peek()?;
            if first == b'"' {
                self.text()?;
            } else if first == b'{' || first == b'[' {
                if self.depth + open == JSON_DEPTH_MAX {
                    return Err(self.stop(EventError::TooDeep { column: self.at + 1 }));
                }
                self.at += 1;
                let object = first == b'{';
                (objects, open) = (objects << 1 | u64::from(object), open + 1);
                if self.peek()? != closing(object) {
                    if object {
                        self.key()?;
                    }
                    continue;
                }
            } else {
                self.scalar()?;
            }
            // Behind a value, or before the bracket that closes one without any in it.
            while open > 0 {
                let next = self.peek()?;
                let object = objects & 1 == 1;
                if next == b',' {
                    break;
                }
                self.token(closing(object))?;
                (objects, open) = (objects >> 1, open - 1);
            }
            if open == 0 {
                return Ok(());
            }
            self.at += 1;
            if objects & 1 == 1 {
                self.key()?;
            }
        }
    }

    /// Passes the text whose opening quote one stands at, and gives what stands in it.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'a [u8], Stop> {
        let begin = self.at + 1;
        let end = self.marks.next(begin);
        self.at = end;
        if self.byte() != Some(b'"') {
            return self.escaped_text(begin);
        }
        self.at = end + 1;
        self.escaped = false;
        Ok(self.json.get(begin..end).unwrap_or_default())
    }

    /// The same, from the first escape on.
    #[cold]
    fn escaped_text(&mut self, begin: usize) -> Result<&'a [u8], Stop> {
        while self.byte() == Some(b'\\') {
            self.at += 1;
            let kind = self.byte();
            match kind {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => self.at += 1,
                _ => return Err(self.syntax()),
            }
            if kind == Some(b'u') {
                let digits = self.rest().iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                self.at += digits;
                if digits < 4 {
                    return Err(self.syntax());
                }
            }
            self.at = self.marks.next(self.at);
        }
        let end = self.at;
        self.token(b'"')?;
        self.escaped = true;
        Ok(self.json.get(begin..end).unwrap_or_default())
    }

    /// Whether the text that was passed last has escapes.
    #[inline]
    pub(crate) fn escaped(&self) -> bool {
        self.escaped
    }

    /// Passes a number, and gives it as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a [u8], Stop> {
        let begin = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.json.get(begin..self.at).unwrap_or_default())
    }

    /// The end of the JSON.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        if self.peek().is_ok() { Err(self.syntax()) } else { Ok(()) }
    }

    /// Stops at a value that may not stand here.
    #[cold]
    pub(crate) fn misplaced(&mut self) -> Stop {
        let column = match self.peek() {
            Ok(b'{' | b'[') => self.at + 1,
            _ => match self.skip() {
                Ok(()) => self.at,
                Err(stop) => return stop,
            },
        };
        self.stop(EventError::NoEvent { column })
    }

    /// Stops at a field whose key was just passed for the second time.
    #[cold]
    pub(crate) fn again(&mut self) -> Stop {
        let passed = self.json.get(..self.at).unwrap_or_default();
        let key = passed.strip_suffix(b":").unwrap_or(passed).trim_ascii_end();
        self.stop(EventError::NoEvent { column: key.len() })
    }

    /// Stops at a number, just passed, that no double can hold.
    #[cold]
    pub(crate) fn too_large(&mut self) -> Stop {
        self.stop(EventError::Syntax { column: self.at })
    }

    /// Passes a key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Result<&'a [u8], Stop> {
        if self.peek()? != b'"' {
            return Err(self.syntax());
        }
        let key = self.text()?;
        if self.peek()? != b':' {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(key)
    }

    /// Passes a number, or one of the three words.
    fn scalar(&mut self) -> Result<(), Stop> {
        let word: &[u8] = match self.byte() {
            Some(b't') => b"true",
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            _ => return self.number().map(drop),
        };
        word.iter().try_for_each(|letter| self.token(*letter))
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        if digits == 0 { Err(self.syntax()) } else { Ok(()) }
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.json.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    /// Passes this byte.
    #[inline]
    fn token(&mut self, byte: u8) -> Result<(), Stop> {
        if self.byte() != Some(byte) {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(())
    }

    /// It is no JSON by the byte that one stands at; where it ends too soon, by its last.
    #[cold]
    fn syntax(&mut self) -> Stop {
        self.stop(EventError::Syntax { column: self.json.len().min(self.at + 1) })
    }

    fn stop(&mut self, error: EventError) -> Stop {
        self.error = Some(error);
        Stop
    }
}

fn closing(object: bool) -> u8 {
    if object { b'}' } else { b']' }
}
