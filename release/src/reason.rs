//! What is told of a document that cannot be read, with a bound.

/// What a parser says, cut to a bound and without what would move a terminal's cursor: it may quote the document.
pub fn reason(said: &str, bytes_max: usize) -> String {
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
    #[test]
    fn what_is_quoted_is_cut_and_escaped() {
        assert_eq!(reason("a\u{1b}[2Jb", 32), "a\\u{1b}[2Jb");
        assert_eq!(reason("a\u{1b}[2Jb", 4), "a");
    }
}
