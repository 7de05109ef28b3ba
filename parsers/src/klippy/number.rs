//! Numbers as Python's `%d` and `%.3f` write them, fast.

use crate::number::{Number, decimal};

/// The number that the text begins with, up to a space, and what stands behind it; `None` where there is none.
#[inline]
pub(super) fn number(text: &[u8]) -> (Option<Number>, &[u8]) {
    match decimal(text) {
        Some((number, rest)) if matches!(rest, [] | [b' ', ..]) => (Some(number), rest),
        _ => any(text),
    }
}

/// Any other form: `nan`, `inf`, an exponent, or no number at all.
fn any(text: &[u8]) -> (Option<Number>, &[u8]) {
    let (token, rest) = token(text);
    let value = std::str::from_utf8(token).ok().and_then(|text| text.parse().ok());
    (value.map(|value| Number { value, decimals: 0 }), rest)
}

/// What stands before the next space, and the rest with it.
pub(super) fn token(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| *byte == b' ').unwrap_or(text.len()))
}

/// A time in seconds, as milliseconds, with what stands behind it: further digits are left out.
pub(super) fn millis(text: &[u8]) -> Option<(i64, &[u8])> {
    /// More seconds than 300 years have digits.
    const SECONDS_DIGITS_MAX: usize = 10;
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (seconds, mut rest) = text.split_at(digits);
    if digits == 0 || digits > SECONDS_DIGITS_MAX {
        return None;
    }
    let mut sum = seconds.iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0')) * 1000;
    if let [b'.', behind @ ..] = rest {
        rest = behind;
        let mut weight = 100;
        while let [digit @ b'0'..=b'9', behind @ ..] = rest {
            sum += i64::from(digit - b'0') * weight;
            weight /= 10;
            rest = behind;
        }
    }
    Some((sum, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        let cases: &[(&str, Option<f64>, u8)] = &[
            ("0", Some(0.0), 0),
            ("180000206", Some(180_000_206.0), 0),
            ("23.1", Some(23.1), 1),
            ("-12.75", Some(-12.75), 2),
            ("0.000063", Some(0.000_063), 6),
            ("1.", Some(1.0), 0),
            ("123456789012345678901", Some(123_456_789_012_345_680_000.0), 0),
            ("1e3", Some(1000.0), 0),
            ("inf", Some(f64::INFINITY), 0),
            ("-inf", Some(f64::NEG_INFINITY), 0),
            ("", None, 0),
            ("-", None, 0),
            ("1.2.3", None, 0),
            ("12a", None, 0),
            ("\u{b2}", None, 0),
        ];
        for (text, expected, decimals) in cases {
            for behind in ["", " sysload=1"] {
                let text = format!("{text}{behind}");
                let (found, rest) = number(text.as_bytes());
                assert_eq!(
                    found.map(|number| (number.value, number.decimals)),
                    expected.map(|value| (value, *decimals))
                );
                assert_eq!(rest, behind.as_bytes(), "{text}");
            }
        }
        assert!(number(b"nan").0.is_some_and(|number| number.value.is_nan()));
    }

    #[test]
    fn times() {
        let cases: &[(&str, Option<(i64, &str)>)] = &[
            ("625.9: ", Some((625_900, ": "))),
            ("625: ", Some((625_000, ": "))),
            ("625.123456)", Some((625_123, ")"))),
            ("1795342530.1", Some((1_795_342_530_100, ""))),
            ("17953425301", None),
            (".5", None),
            ("-5", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(time, rest)| (time, rest.as_bytes()));
            assert_eq!(millis(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_way_gives_the_same_double(whole in 0u64..1_000_000_000_000, decimals in 0usize..9, fraction in 0u64..1_000_000_000, minus: bool) {
            let fraction = format!("{fraction:09}");
            let point = if decimals == 0 { "" } else { "." };
            let text = format!("{}{whole}{point}{}", if minus { "-" } else { "" }, &fraction[..decimals]);
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(number(text.as_bytes()).0.map(|number| number.value), Some(expected));
        }
    }
}
