//! Decimal numbers as the controller writes them.

use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{map_opt, opt, recognize};
use nom::{IResult, Parser as _};

use crate::number;

/// The number that the text begins with, and what is behind it.
pub(super) fn number(text: &[u8]) -> Option<(f64, &[u8])> {
    plain(text).or_else(|| any_form(text).ok().map(|(rest, number)| (number, rest)))
}

/// One without exponent, as nearly all are: `None` where it takes the general parser. A point stands between digits.
fn plain(text: &[u8]) -> Option<(f64, &[u8])> {
    let (number, rest) = number::number(text)?;
    let written = text.get(..text.len() - rest.len())?;
    let between_digits =
        |point: usize| point > 0 && written[point - 1].is_ascii_digit() && point + 1 < written.len();
    let good = written.iter().position(|byte| *byte == b'.').is_none_or(between_digits);
    (good && !matches!(rest, [b'e' | b'E', ..])).then_some((number, rest))
}

fn any_form(input: &[u8]) -> IResult<&[u8], f64> {
    let exponent = (one_of("eE"), opt(one_of("+-")), digit1);
    let decimal = recognize((digit1, opt((char('.'), digit1)), opt(exponent)));
    // What C's printf writes of a value that is none, or beyond every bound.
    let words = alt((tag_no_case("infinity"), tag_no_case("inf"), tag_no_case("nan")));
    let written = recognize((opt(one_of("+-")), alt((decimal, words))));
    map_opt(written, |number| std::str::from_utf8(number).ok()?.parse().ok()).parse(input)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_number_is_read_as_any_other(text in "[-+]?[0-9]{0,17}(\\.[0-9]{0,17})?([eE][0-9]?)?[a-zA-Z.]{0,3}") {
            if let Some((number, rest)) = plain(text.as_bytes()) {
                let (other_rest, other) = any_form(text.as_bytes()).unwrap();
                prop_assert_eq!((number.to_bits(), rest), (other.to_bits(), other_rest));
            }
        }
    }

    #[test]
    fn what_a_printer_writes_is_plain() {
        for (text, expected) in [
            ("512.3mW", 512.3),
            ("515mW", 515.0),
            ("0.001A", 0.001),
            ("123456789.123456", 123_456_789.123_456),
        ] {
            assert_eq!(plain(text.as_bytes()).map(|(number, _)| number), Some(expected));
        }
    }
}
