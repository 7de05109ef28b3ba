//! Fields that are read. One whose value is of another type than the one expected counts as absent.

use std::borrow::Cow;

use super::scan::{Scanner, Stop};
use super::text::Text;

/// What a field's value may be read as.
pub(crate) trait Field<'a> {
    /// Passes the value and takes what is in it; it was as by default before.
    fn read(&mut self, scanner: &mut Scanner<'a>) -> Result<(), Stop>;
}

/// A number, whole or not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Measure {
    /// The field is not there, or is null.
    #[default]
    Absent,
    /// The field is no number.
    Other,
    /// The number.
    Number(f64),
}

/// The line of a log: the one field in which a value of another type is an error, since it would be lost.
#[derive(Clone, Copy, Default)]
pub(crate) struct Message<'a>(Text<'a>);

impl<'a> Message<'a> {
    /// Its bytes, which need not be UTF-8.
    pub(crate) fn bytes(self) -> Option<Cow<'a, [u8]>> {
        self.0.bytes()
    }
}

impl<'json: 'a, 'a> Field<'json> for Text<'a> {
    #[inline]
    fn read(&mut self, scanner: &mut Scanner<'json>) -> Result<(), Stop> {
        match scanner.peek()? {
            b'"' => *self = text(scanner)?,
            b'-' | b'0'..=b'9' => *self = Text::Number(number(scanner)?),
            _ => scanner.skip()?,
        }
        Ok(())
    }
}

impl<'json: 'a, 'a> Field<'json> for Message<'a> {
    fn read(&mut self, scanner: &mut Scanner<'json>) -> Result<(), Stop> {
        match scanner.peek()? {
            b'"' => self.0 = text(scanner)?,
            b'n' => scanner.skip()?,
            _ => return Err(scanner.misplaced()),
        }
        Ok(())
    }
}

impl Field<'_> for Measure {
    fn read(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        *self = match scanner.peek()? {
            b'-' | b'0'..=b'9' => Self::Number(double(number(scanner)?)),
            b'n' => scanner.skip().map(|()| Self::Absent)?,
            _ => scanner.skip().map(|()| Self::Other)?,
        };
        Ok(())
    }
}

#[inline]
fn text<'a>(scanner: &mut Scanner<'a>) -> Result<Text<'a>, Stop> {
    let text = scanner.text()?;
    Ok(if scanner.escaped() { Text::Escaped(text) } else { Text::Plain(text) })
}

/// A number as it is written. One that no double can hold is an error.
fn number<'a>(scanner: &mut Scanner<'a>) -> Result<&'a [u8], Stop> {
    let written = scanner.number()?;
    // With so few digits, it can.
    let whole = written.len() <= 19 && written.iter().all(u8::is_ascii_digit);
    if whole || double(written).is_finite() { Ok(written) } else { Err(scanner.too_large()) }
}

fn double(written: &[u8]) -> f64 {
    std::str::from_utf8(written).ok().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}

/// A struct with the fields that are read of an object, each by its key. What has another type than an object has
/// none of them; a field for the second time is an error, since two readers would take different ones.
macro_rules! object {
    ($(
        $(#[$doc:meta])*
        $vis:vis struct $name:ident $(<$life:lifetime>)? {
            $($(#[$field_doc:meta])* $field_vis:vis $field:ident: $type:ty = $key:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Default)]
        $vis struct $name $(<$life>)? {
            $($(#[$field_doc])* $field_vis $field: $type,)*
        }

        impl<'json $(: $life, $life)?> $crate::beats::field::Field<'json> for $name $(<$life>)? {
            fn read(
                &mut self,
                scanner: &mut $crate::beats::scan::Scanner<'json>,
            ) -> Result<(), $crate::beats::scan::Stop> {
                if scanner.peek()? != b'{' {
                    return scanner.skip();
                }
                $(let mut $field = false;)*
                scanner.object(|scanner, key| match key {
                    $($key if std::mem::replace(&mut $field, true) => Err(scanner.again()),
                    $key => $crate::beats::field::Field::read(&mut self.$field, scanner),)*
                    _ => scanner.skip(),
                })
            }
        }
    )*};
}
pub(crate) use object;
