//! What is told of a document that cannot be read, with a bound.

/// What a JSON parser says, cut to a bound and without what would move a terminal's cursor: it may quote the document.
pub(crate) fn reason(error: &serde_json::Error, bytes_max: usize) -> String {
    let said = error.to_string();
    let mut text = String::new();
    for character in said.chars() {
        let shown: String = match character {
            ' '..='~' => character.into(),
            other => other.escape_default().collect(),
        };
        if text.len() + shown.len() > bytes_max {
            break;
        }
        text.push_str(&shown);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn what_is_quoted_is_cut_and_escaped() {
        let error = serde_json::from_str::<Nothing>(r#"{"a\u001b[2Jb": 1}"#).unwrap_err();
        assert_eq!(reason(&error, 32), "unknown field `a\\u{1b}[2Jb`, the");
        assert_eq!(reason(&error, 18), "unknown field `a");
    }
}
