//! What is said of one thing that is held back, as a line of JSON that a terminal can show.

use std::fmt::Write as _;

use serde::Serialize;

/// One row. A field that is not there is left out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) printer: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) family: Option<&'a str>,
    pub(super) reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shape: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    held_back: &'a Row<'a>,
}

impl Row<'_> {
    /// As a line of JSON, in which no text can steer the terminal.
    pub(super) fn line(&self) -> String {
        // A row of texts and numbers has a JSON.
        plain(&serde_json::to_string(&Line { held_back: self }).unwrap_or_default())
    }
}

/// The same JSON, with what a terminal would obey written out: JSON itself does so with the first 32 characters alone.
fn plain(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut plain, c| {
        if c.is_control() || is_turning(c) {
            let _ = write!(plain, "\\u{:04x}", u32::from(c));
        } else {
            plain.push(c);
        }
        plain
    })
}

/// Whether it turns the direction of writing, or ends a line: a text could look like another one.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_cannot_steer_the_terminal_and_the_text_is_the_same_when_read_as_json() {
        let text = "a\u{1b}[2J\u{9b}m\u{7f}\u{202e}\"ö\\\n";
        let line = Row { reason: "unmatched", text: Some(text.to_owned()), ..Row::default() }.line();
        assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line}");
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json, serde_json::json!({"held_back": {"reason": "unmatched", "text": text}}));
    }
}
