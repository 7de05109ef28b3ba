//! Text for a terminal of eighty columns, in which nothing that a peer said can do more than stand there.

/// Columns of the terminal.
const WIDTH: usize = 80;
/// Where the values of named lines begin.
const VALUES_AT: usize = 18;

/// The text as far as it is written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.0.extend(text.trim_end().chars().flat_map(shown));
        self.0.push('\n');
    }

    /// A new part with its title.
    pub(super) fn part(&mut self, title: &str) {
        self.line("");
        self.paragraph("", title);
    }

    /// `name   value`, the value in lines below each other.
    pub(super) fn named(&mut self, name: &str, value: &str) {
        self.paragraph(&format!("  {name:<width$}", width = VALUES_AT - 2), value);
    }

    /// Words in lines that begin below each other, the first one behind `first`.
    pub(super) fn paragraph(&mut self, first: &str, words: &str) {
        let indent = first.chars().count();
        let mut line = first.to_owned();
        let mut length = indent;
        for word in words.split_whitespace() {
            let word_length: usize = word.chars().map(|c| shown(c).count()).sum();
            if length > indent && length + 1 + word_length > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                length = indent;
            }
            if length > indent {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += word_length;
        }
        self.line(&line);
    }

    /// All of it.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The character, or its escape where it would not look like what it is.
fn shown(c: char) -> impl Iterator<Item = char> {
    let plain = matches!(c, '"' | '\'' | '\\');
    let escaped = (!plain).then(|| c.escape_debug());
    plain.then_some(c).into_iter().chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_stand_below_each_other() {
        let mut page = Page::default();
        page.named("takes data", &"word ".repeat(20));
        let text = page.into_text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], format!("  {:<16}{}", "takes data", "word ".repeat(12).trim_end()));
        assert_eq!(lines[1], format!("{}{}", " ".repeat(18), "word ".repeat(8).trim_end()));
    }

    #[test]
    fn what_a_peer_said_cannot_move_the_cursor_or_begin_a_line() {
        let mut page = Page::default();
        page.named("certificate", "a\u{1b}[2J\nb\r\u{202e}c\u{9b}d \"e\" 'ö'");
        assert_eq!(page.into_text().trim(), "certificate     a\\u{1b}[2J b \\u{202e}c\\u{9b}d \"e\" 'ö'");
    }
}
