//! One way over JSON: where the values of the fields stand that are read. The rest is passed over, and no tree is made.
//!
//! All of it is checked: that each value, comma, colon and bracket stands where the grammar of RFC 8259 has one, how
//! numbers, literals and escapes are written, that no text has a control character in it, and how deep it goes. Not
//! checked are the encoding of texts, pairs of surrogates, the size of numbers and whether a field that is not read
//! stands there twice. Nothing here calls itself: a value of any depth takes the same stack.
//!
//! Which fields an event has, and in which order, is another in each: so all of them, read or not, take the same
//! way through the same code, and a processor has little to guess.

use super::EventError;
use super::fields::{Field, KEY_BYTES_MAX};
use super::marks::{Marks, Words};
use super::text::{WHOLE_DIGITS, double, unescape};
use super::values::{Span, Values};
use crate::limits::JSON_DEPTH_MAX;

impl Values<'_> {
    /// Finds those in the one object that the JSON is.
    pub(super) fn find(&mut self) -> Result<(), EventError> {
        let mut words = Words::new();
        let mut scanner =
            Scanner { json: self.json, marks: words.marks(self.json), values: self, error: None };
        let Err(Stop) = scanner.whole() else { return Ok(()) };
        Err(scanner.error.unwrap_or(EventError::Syntax { column: self.json.len() }))
    }
}

/// Over the JSON. Where one stands is handed from one step to the next, and so stays in a register.
struct Scanner<'v, 'a> {
    json: &'a [u8],
    marks: Marks<'v>,
    values: &'v mut Values<'a>,
    /// Why it stopped.
    error: Option<EventError>,
}

/// There is no going on. Why is kept in the scanner: a result that fits a register is what makes a token cheap.
struct Stop;

impl Scanner<'_, '_> {
    fn whole(&mut self) -> Result<(), Stop> {
        let (at, first) = self.token(0)?;
        if first != b'{' {
            return Err(self.misplaced(at, first));
        }
        let at = self.object(at)?;
        // Nothing but space may stand behind it.
        let Ok((behind, _)) = self.token(at) else { return Ok(()) };
        Err(self.syntax(behind))
    }

    /// Passes the object that opens here, and gives where it ends.
    fn object(&mut self, mut at: usize) -> Result<usize, Stop> {
        // What is around the innermost bracket, the outermost first.
        let mut around = [Field::Other; JSON_DEPTH_MAX as usize];
        let mut depth = 0;
        let (mut inside, mut field) = (Field::Other, Field::Event);
        let mut first = b'{';
        loop {
            // At a value.
            if first == b'"' {
                let end = self.text(at, field)?;
                self.values.keep(field, Span::new(at, end));
                at = end;
            } else if first == b'{' || first == b'[' {
                if field == Field::Message {
                    return Err(self.misplaced(at, first));
                }
                let Some(outer) = around.get_mut(depth) else {
                    return Err(self.stop(EventError::TooDeep { column: at + 1 }));
                };
                self.values.keep(field, Span::new(at, at + 1));
                *outer = inside;
                depth += 1;
                inside = if first == b'{' { field } else { Field::Item };
                (at, first) = self.token(at + 1)?;
                if first != closing(inside) {
                    (at, first, field) = self.member(at, inside)?;
                    continue;
                }
            } else {
                at = self.scalar(at, first, field)?;
            }
            // Behind a value, or before the bracket that closes one without any in it.
            loop {
                (at, first) = self.token(at)?;
                if first == b',' {
                    break;
                }
                if first != closing(inside) {
                    return Err(self.syntax(at));
                }
                at += 1;
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
                inside = around[depth];
            }
            (at, first, field) = self.member(at + 1, inside)?;
        }
    }

    /// To the value of the next member, past its key if it has one: where it begins, its first byte, its field.
    #[inline(always)]
    fn member(&mut self, at: usize, inside: Field) -> Result<(usize, u8, Field), Stop> {
        if inside == Field::Item {
            return self.token(at).map(|(at, first)| (at, first, Field::Other));
        }
        let begin = self.past(at, b'"')?;
        let end = self.marks.next(begin);
        // Two branches that a processor can guess, and all that a key takes as Beats write it.
        if let Some([b'"', b':', first]) = self.json.get(end..).and_then(<[u8]>::first_chunk)
            && *first > b' '
        {
            let field = self.known(begin, end, inside);
            self.once(field, end + 1)?;
            return Ok((end + 2, *first, field));
        }
        self.unusual_member(begin, end, inside)
    }

    /// The same for a key with escapes in it, or with space behind it.
    #[cold]
    fn unusual_member(
        &mut self,
        begin: usize,
        end: usize,
        inside: Field,
    ) -> Result<(usize, u8, Field), Stop> {
        let plain = self.byte(end) == Some(b'"');
        let end = self.escapes(end)?;
        let key = self.json.get(begin..end - 1).unwrap_or_default();
        let field = if plain { near_the_end(key, inside) } else { near_the_end(&unescape(key), inside) };
        let behind = self.past(end, b':')?;
        self.once(field, end)?;
        let (at, first) = self.token(behind)?;
        Ok((at, first, field))
    }

    /// Stops at a field that is read and came before; its key ends here.
    #[inline(always)]
    fn once(&mut self, field: Field, end: usize) -> Result<(), Stop> {
        if self.values.has(field) {
            return Err(self.stop(EventError::NoEvent { column: end }));
        }
        Ok(())
    }

    /// The field with the key that stands here.
    #[inline(always)]
    fn known(&self, begin: usize, end: usize, inside: Field) -> Field {
        match self.json.get(begin..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => Field::of(inside, bytes, end - begin),
            None => near_the_end(self.json.get(begin..end).unwrap_or_default(), inside),
        }
    }

    /// Passes a text, from its opening quote on, and gives where it ends.
    #[inline(always)]
    fn text(&mut self, at: usize, field: Field) -> Result<usize, Stop> {
        let end = self.marks.next(at + 1);
        if self.byte(end) == Some(b'"') {
            return Ok(end + 1);
        }
        self.values.escaped |= field.bit();
        self.escapes(end)
    }

    /// Passes the rest of a text, from its first escape on.
    #[cold]
    fn escapes(&mut self, mut at: usize) -> Result<usize, Stop> {
        while self.byte(at) == Some(b'\\') {
            at += 1;
            let kind = self.byte(at);
            match kind {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => at += 1,
                _ => return Err(self.syntax(at)),
            }
            if kind == Some(b'u') {
                let digits = self.rest(at).iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                at += digits;
                if digits < 4 {
                    return Err(self.syntax(at));
                }
            }
            at = self.marks.next(at);
        }
        if self.byte(at) == Some(b'"') { Ok(at + 1) } else { Err(self.syntax(at)) }
    }

    /// Passes a number, or one of the three words.
    fn scalar(&mut self, at: usize, first: u8, field: Field) -> Result<usize, Stop> {
        let end = match first {
            b't' => self.word(at, b"true")?,
            b'f' => self.word(at, b"false")?,
            b'n' => self.word(at, b"null")?,
            _ => self.number(at)?,
        };
        if field == Field::Other {
            return Ok(end);
        }
        if field == Field::Message && first != b'n' {
            return Err(self.stop(EventError::NoEvent { column: end }));
        }
        // A number that is read and that no double can hold is an error.
        let written = self.json.get(at..end).unwrap_or_default();
        if matches!(first, b'-' | b'0'..=b'9') && !field.is_object() && !is_held(written) {
            return Err(self.stop(EventError::Syntax { column: end }));
        }
        self.values.keep(field, Span::new(at, end));
        Ok(end)
    }

    fn word(&mut self, at: usize, word: &[u8]) -> Result<usize, Stop> {
        let same = self.rest(at).iter().zip(word).take_while(|(one, other)| one == other).count();
        if same == word.len() { Ok(at + same) } else { Err(self.syntax(at + same)) }
    }

    fn number(&mut self, mut at: usize) -> Result<usize, Stop> {
        at += usize::from(self.byte(at) == Some(b'-'));
        at = match self.byte(at) {
            Some(b'0') => at + 1,
            _ => self.digits(at)?,
        };
        if self.byte(at) == Some(b'.') {
            at = self.digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = self.byte(at) {
            at += 1;
            at += usize::from(matches!(self.byte(at), Some(b'+' | b'-')));
            at = self.digits(at)?;
        }
        Ok(at)
    }

    fn digits(&mut self, at: usize) -> Result<usize, Stop> {
        let digits = self.rest(at).iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 { Err(self.syntax(at)) } else { Ok(at + digits) }
    }

    /// Where the next token begins, and its first byte.
    #[inline(always)]
    fn token(&mut self, at: usize) -> Result<(usize, u8), Stop> {
        match self.byte(at) {
            Some(byte) if byte > b' ' => Ok((at, byte)),
            _ => self.token_behind_space(at),
        }
    }

    /// Passes this byte, and gives where the next one is.
    #[inline(always)]
    fn past(&mut self, at: usize, byte: u8) -> Result<usize, Stop> {
        if self.byte(at) == Some(byte) { Ok(at + 1) } else { self.past_space_and(at, byte) }
    }

    // Beats write no space between tokens.
    #[cold]
    fn past_space_and(&mut self, at: usize, byte: u8) -> Result<usize, Stop> {
        let (at, found) = self.token(at)?;
        if found == byte { Ok(at + 1) } else { Err(self.syntax(at)) }
    }

    #[cold]
    fn token_behind_space(&mut self, at: usize) -> Result<(usize, u8), Stop> {
        let space =
            self.rest(at).iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        let at = at + space;
        self.byte(at).map(|byte| (at, byte)).ok_or_else(|| self.syntax(at))
    }

    /// Stops at a value that may not stand here.
    #[cold]
    fn misplaced(&mut self, at: usize, first: u8) -> Stop {
        let end = match first {
            b'{' | b'[' => Ok(at + 1),
            b'"' => self.text(at, Field::Other),
            _ => self.scalar(at, first, Field::Other),
        };
        end.map_or_else(|stop| stop, |column| self.stop(EventError::NoEvent { column }))
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> Option<u8> {
        self.json.get(at).copied()
    }

    fn rest(&self, at: usize) -> &[u8] {
        self.json.get(at..).unwrap_or_default()
    }

    /// It is no JSON by the byte here; where it ends too soon, by its last.
    #[cold]
    fn syntax(&mut self, at: usize) -> Stop {
        self.stop(EventError::Syntax { column: self.json.len().min(at + 1) })
    }

    #[cold]
    fn stop(&mut self, error: EventError) -> Stop {
        self.error = Some(error);
        Stop
    }
}

/// The field with a key that has fewer bytes behind it than the longest key may have, or that was written with escapes.
#[cold]
fn near_the_end(key: &[u8], inside: Field) -> Field {
    let mut bytes = [0; KEY_BYTES_MAX];
    match bytes.get_mut(..key.len()) {
        Some(begin) if !key.contains(&0) => begin.copy_from_slice(key),
        _ => return Field::Other,
    }
    Field::of(inside, &bytes, key.len())
}

/// Whether a double holds the number.
fn is_held(written: &[u8]) -> bool {
    // With so few digits, it does.
    let whole = written.len() <= WHOLE_DIGITS && written.iter().all(u8::is_ascii_digit);
    whole || double(written).is_finite()
}

fn closing(inside: Field) -> u8 {
    if inside == Field::Item { b']' } else { b'}' }
}
