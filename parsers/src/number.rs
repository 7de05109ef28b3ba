//! Decimal numbers as controllers write them, without an allocation and without a second look.

/// A number at the head of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// Digits behind the point.
    pub(crate) decimals: u8,
}

/// The number at the beginning of the text, and what follows it: a sign, digits, a point and digits. Words such as
/// `nan` and `inf` are no number here.
pub(crate) fn number(text: &[u8]) -> Option<(f64, &[u8])> {
    decimal(text).map(|(number, rest)| (number.value, rest))
}

/// The same, with how many digits stand behind its point.
#[inline]
pub(crate) fn decimal(text: &[u8]) -> Option<(Number, &[u8])> {
    let unsigned = match text {
        [b'-' | b'+', unsigned @ ..] => unsigned,
        unsigned => unsigned,
    };
    let (mut mantissa, whole, mut rest) = digits(0, unsigned);
    let mut decimals = 0;
    if let [b'.', fraction @ ..] = rest {
        (mantissa, decimals, rest) = digits(mantissa, fraction);
    }
    if whole + decimals == 0 {
        return None;
    }
    let magnitude = match exact(mantissa, whole + decimals, decimals) {
        Some(magnitude) => magnitude,
        None => std::str::from_utf8(unsigned.get(..unsigned.len() - rest.len())?).ok()?.parse().ok()?,
    };
    let value = if text.first() == Some(&b'-') { -magnitude } else { magnitude };
    Some((Number { value, decimals: u8::try_from(decimals).unwrap_or(u8::MAX) }, rest))
}

/// The digits that the text begins with, put behind those of `number`; how many they are, and what is behind them. Of
/// more than nineteen the number is nonsense, which [`exact`] does not take.
fn digits(mut number: u64, text: &[u8]) -> (u64, usize, &[u8]) {
    let mut rest = text;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = behind;
    }
    (number, text.len() - rest.len(), rest)
}

/// Digits that a whole number may have which a double holds exactly, whatever they are.
const DIGITS_EXACT: usize = 15;
/// Powers of ten up to so many digits behind the point; a double holds these exactly too.
const POWERS: [f64; DIGITS_EXACT + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number with these digits, so many in all and so many of them behind the point: one division of two numbers that
/// are exact rounds once, so it gives the nearest double, as a general parser does (Clinger, "How to read floating
/// point numbers accurately", 1990). `None` where there are too many digits for that.
fn exact(mantissa: u64, digits: usize, decimals: usize) -> Option<f64> {
    if digits > DIGITS_EXACT {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
    let mantissa = mantissa as f64;
    POWERS.get(decimals).map(|power| mantissa / power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_what_follows() {
        for (text, expected) in [
            ("214.41 /215", Some((214.41, " /215"))),
            ("-3", Some((-3.0, ""))),
            ("+0.5x", Some((0.5, "x"))),
            ("7.", Some((7.0, ""))),
            (".5", Some((0.5, ""))),
            ("1234567890123456789", Some((1_234_567_890_123_456_789.0, ""))),
            ("", None),
            ("-", None),
            (".", None),
            ("nan", None),
            ("inf", None),
        ] {
            let found =
                number(text.as_bytes()).map(|(value, rest)| (value, std::str::from_utf8(rest).unwrap()));
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library_reads_it(text in "-?[0-9]{1,12}(\\.[0-9]{0,12})?") {
            let expected: f64 = text.parse().unwrap();
            let (value, rest) = number(text.as_bytes()).unwrap();
            prop_assert_eq!((value.to_bits(), rest.len()), (expected.to_bits(), 0));
        }
    }
}
