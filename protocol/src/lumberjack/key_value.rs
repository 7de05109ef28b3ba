//! A key-value frame's pairs as the JSON object that a newer sender would have sent.

use super::frame;

/// The pairs of a key-value frame's body as one object of strings. Bytes that are no UTF-8 stay as they are: what
/// was logged in another encoding is for the parsers to judge. Of a key that stands twice, both are kept.
pub(super) fn json(pairs: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pairs.len());
    let mut rest = pairs;
    while let Ok((behind, (key, value))) = frame::pair(rest, usize::MAX) {
        out.push(if out.is_empty() { b'{' } else { b',' });
        put_text(&mut out, key);
        out.push(b':');
        put_text(&mut out, value);
        rest = behind;
    }
    if out.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    out
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..0x20 => out.extend_from_slice(&escaped(*byte)),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

// RFC 8259 wants every control character as six characters; the short forms of some are a choice.
fn escaped(control: u8) -> [u8; 6] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    [b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    fn pairs(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let texts = pairs.iter().flat_map(|(key, value)| [key, value]);
        texts
            .flat_map(|text| [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat())
            .collect()
    }

    #[test]
    fn every_byte_comes_back_from_a_json_parser() {
        let value: String = (0..=127u8).map(char::from).chain("ü€😀".chars()).collect();
        let json = json(&pairs(&[(b"line", value.as_bytes()), (b"a \"key\"", b"")]));
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read, serde_json::json!({ "line": value, "a \"key\"": "" }));
    }

    #[test]
    fn what_is_no_utf_8_is_kept() {
        assert_eq!(json(&pairs(&[(b"line", b"T=21\xb0C")])), b"{\"line\":\"T=21\xb0C\"}");
        assert_eq!(json(b""), b"{}");
    }

    #[test]
    fn the_longest_frame_becomes_no_event_that_is_too_long() {
        let value = vec![0; limits::PAIRS_BYTES_MAX];
        let mut all = vec![(&b""[..], &b""[..]); limits::PAIRS_MAX - 1];
        all.push((b"", &value));
        let json = json(&pairs(&all));
        assert!(
            (6 * limits::PAIRS_BYTES_MAX..=limits::EVENT_BYTES_MAX).contains(&json.len()),
            "{}",
            json.len()
        );
    }
}
