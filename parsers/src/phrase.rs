//! Whole phrases at the beginning of a message: what a machine says, and not what a person says with the same words.

/// Whether the text begins with the phrase. In it `#` is a number, such as `2` or `0.2`.
///
/// A phrase that ends in a letter or a number is followed by the text's end or by what ends a phrase: `Heater # fault` is
/// in `Heater 1 fault: too hot` and not in `Heater 1 fault cleared`. One that ends otherwise may be followed by anything.
pub(crate) fn begins(phrase: &str, text: &[u8]) -> bool {
    let mut rest = text;
    for byte in phrase.bytes() {
        let length = match byte {
            b'#' => rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count(),
            byte => usize::from(rest.first().is_some_and(|first| first.eq_ignore_ascii_case(&byte))),
        };
        if length == 0 {
            return false;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    let ends = |rest: &[u8]| {
        matches!(rest.trim_ascii_end(), [] | [b':' | b',' | b'.' | b'!', ..] | [b' ', b'(', ..])
    };
    !phrase.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '#') || ends(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_whole() {
        for (phrase, text, expected) in [
            ("Heater # fault", "Heater 1 fault: too hot", true),
            ("Heater # fault", "heater 12 fault", true),
            ("Heater # fault", "Heater 1 fault \r", true),
            ("Heater # fault", "Heater 1 fault cleared", false),
            ("Heater # fault", "Heater 1 faults", false),
            ("Heater # fault", "Heater fault", false),
            ("Heater # fault", "Heater  fault", false),
            ("Driver # error", "Driver 0.2 error: short-to-ground", true),
            ("event", "event (10.4V)", true),
            ("on heater #", "on heater 1, too hot", true),
            ("on heater #", "on heater 1 of Anna", false),
            ("switched ", "switched off", true),
            ("switched ", "switched", false),
            ("", "", true),
        ] {
            assert_eq!(begins(phrase, text.as_bytes()), expected, "{phrase} in {text}");
        }
    }
}
