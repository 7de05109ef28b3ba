//! Decimal numbers as controllers write them, without an allocation and without a second look.

/// The number at the beginning of the text, and what follows it: a sign, digits, a point and digits. Words such as
/// `nan` and `inf` are no number here.
pub(crate) fn number(text: &[u8]) -> Option<(f64, &[u8])> {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let whole = digits(text.get(sign..)?);
    let point = sign + whole;
    let fraction = match text.get(point) {
        Some(b'.') => 1 + digits(text.get(point + 1..)?),
        _ => 0,
    };
    if whole == 0 && fraction <= 1 {
        return None;
    }
    let (number, rest) = text.split_at(point + fraction);
    Some((exact(number, sign, whole).or_else(|| parsed(number))?, rest))
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Up to fifteen digits are a whole number that a double holds exactly, and one division by a power of ten that it holds
/// exactly too rounds once: the result is the nearest double.
fn exact(number: &[u8], sign: usize, whole: usize) -> Option<f64> {
    let digits = number.get(sign..)?;
    if digits.len() > 16 {
        return None;
    }
    let mantissa = digits
        .iter()
        .filter(|byte| **byte != b'.')
        .fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let decimals = digits.len().saturating_sub(whole + 1);
    let value = mantissa as f64 / POWERS.get(decimals)?;
    Some(if number.first() == Some(&b'-') { -value } else { value })
}

const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

fn parsed(number: &[u8]) -> Option<f64> {
    std::str::from_utf8(number).ok()?.parse().ok()
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
