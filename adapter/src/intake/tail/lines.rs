//! Splits what was read of a file into whole lines: decisions only, no file.

use super::limits::LINE_BYTES_MAX;

/// One whole line, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where the line begins, counted from the beginning of what was read.
    pub(super) start: usize,
    /// The text, without `\n` or `\r\n`.
    pub(super) text: &'a [u8],
}

/// What was made of a piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// The whole lines, in order.
    pub(super) lines: Vec<Line<'a>>,
    /// How many bytes are done with. What follows is the beginning of a line and is read again when there is
    /// more of it, so that nothing but a position is held.
    pub(super) used: usize,
    /// Lines over the limit that were passed over.
    pub(super) too_long: u64,
    /// Whether the piece ended inside a line over the limit: the next piece begins with the rest of it.
    pub(super) inside_too_long: bool,
}

/// What stands before a piece, and behind it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// What the split of the piece before said.
    pub(super) inside_too_long: bool,
    /// Whether nothing more will ever be written: a last line without an end is taken as it stands.
    pub(super) last: bool,
}

/// Splits a piece.
pub(super) fn split(piece: &[u8], around: Around) -> Split<'_> {
    let inside_too_long = around.inside_too_long;
    let mut out = Split { lines: Vec::new(), used: 0, too_long: 0, inside_too_long };
    for end in piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at) {
        let start = out.used;
        out.used = end + 1;
        if std::mem::take(&mut out.inside_too_long) {
            continue;
        }
        let text = piece.get(start..end).unwrap_or_default();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let (start, text) = behind_a_hole(start, text);
        if text.len() > LINE_BYTES_MAX {
            out.too_long += 1;
        } else {
            out.lines.push(Line { start, text });
        }
    }
    let rest = piece.len() - out.used;
    if rest > 0 && behind_a_hole(out.used, piece.get(out.used..).unwrap_or_default()).1.is_empty() {
        out.used = piece.len();
        return out;
    }
    if around.last && rest > 0 && rest <= LINE_BYTES_MAX && !out.inside_too_long {
        out.lines.push(Line { start: out.used, text: piece.get(out.used..).unwrap_or_default() });
        out.used = piece.len();
        return out;
    }
    // One byte more than the limit may still be the `\r` of a line end.
    if out.inside_too_long || rest > LINE_BYTES_MAX + 1 {
        out.too_long += u64::from(!out.inside_too_long);
        out.inside_too_long = true;
        out.used = piece.len();
    }
    out
}

/// A line without the zeros before it: they are where its writer left a hole, as one does that writes on at its old place
/// in a file that was emptied.
fn behind_a_hole(start: usize, text: &[u8]) -> (usize, &[u8]) {
    let zeros = text.iter().take_while(|byte| **byte == 0).count();
    (start + zeros, text.get(zeros..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(piece: &str) -> (Vec<String>, usize) {
        let split = split(piece.as_bytes(), Around::default());
        let lines = split.lines.iter().map(|line| String::from_utf8_lossy(line.text).into_owned()).collect();
        (lines, split.used)
    }

    fn after(split: &Split<'_>) -> Around {
        Around { inside_too_long: split.inside_too_long, last: false }
    }

    #[test]
    fn a_last_line_that_will_get_no_end_is_taken_as_it_stands() {
        let last = Around { last: true, inside_too_long: false };
        for (piece, expected) in
            [("", &[][..]), ("half", &["half"]), ("one\nhalf", &["one", "half"]), ("one\n", &["one"])]
        {
            let split = split(piece.as_bytes(), last);
            let lines: Vec<_> = split.lines.iter().map(|line| str::from_utf8(line.text).unwrap()).collect();
            assert_eq!((lines, split.used), (expected.to_vec(), piece.len()));
        }
        let rest = split(b"rest", Around { last: true, inside_too_long: true });
        assert_eq!((rest.lines.len(), rest.used), (0, 4), "the end of a line over the limit");
    }

    #[test]
    fn whole_lines_only() {
        let cases: [(&str, &[&str], usize); 7] = [
            ("", &[], 0),
            ("half", &[], 0),
            ("one\n", &["one"], 4),
            ("one\r\ntwo\r\n", &["one", "two"], 10),
            ("one\n\nthree\nhal", &["one", "", "three"], 11),
            ("\r\n", &[""], 2),
            ("a\rb\n", &["a\rb"], 4),
        ];
        for (piece, lines, used) in cases {
            assert_eq!(texts(piece), (lines.iter().map(ToString::to_string).collect(), used), "{piece:?}");
        }
    }

    #[test]
    fn a_line_starts_where_it_stands() {
        let split = split(b"one\r\ntwo\n", Around::default());
        assert_eq!(split.lines.iter().map(|line| line.start).collect::<Vec<_>>(), [0, 5]);
    }

    #[test]
    fn however_it_is_cut_the_lines_are_the_same() {
        let text = b"first\r\nsecond line\n\nfourth\n";
        for cut in 0..=text.len() {
            let first = split(&text[..cut], Around::default());
            let second = split(&text[first.used..], after(&first));
            let lines: Vec<_> = first.lines.iter().chain(&second.lines).map(|line| line.text).collect();
            assert_eq!(lines, [&b"first"[..], b"second line", b"", b"fourth"], "cut at {cut}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over_and_counted_once() {
        let mut text = vec![b'x'; LINE_BYTES_MAX * 3];
        text.extend(b"\nshort\n");
        let mut rest = &text[..];
        let (mut around, mut too_long, mut lines) = (Around::default(), 0, Vec::new());
        while !rest.is_empty() {
            let piece = &rest[..rest.len().min(LINE_BYTES_MAX + 100)];
            let split = split(piece, around);
            (around, too_long) = (after(&split), too_long + split.too_long);
            lines.extend(split.lines.iter().map(|line| line.text.to_vec()));
            rest = &rest[split.used..];
        }
        assert_eq!((too_long, lines), (1, vec![b"short".to_vec()]));
    }

    #[test]
    fn a_hole_in_a_file_is_passed_over_however_long_it_is() {
        let hole = [b"one\n", &vec![0; LINE_BYTES_MAX * 3][..], b"two\nthree\n"].concat();
        for cut in [hole.len(), 4, 100, LINE_BYTES_MAX * 2, hole.len() - 10] {
            let first = split(&hole[..cut], Around::default());
            let second = split(&hole[first.used..], after(&first));
            let lines: Vec<_> = first.lines.iter().chain(&second.lines).map(|line| line.text).collect();
            assert_eq!(lines, [&b"one"[..], b"two", b"three"], "cut at {cut}");
            let two =
                second.lines.iter().find(|line| line.text == b"two").map(|line| first.used + line.start);
            assert!(cut == hole.len() || two == Some(hole.len() - 10), "cut at {cut}");
            assert_eq!((first.too_long, second.too_long), (0, 0));
        }
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_taken() {
        for end in ["\n", "\r\n"] {
            let text = ["x".repeat(LINE_BYTES_MAX).as_str(), end].concat();
            for cut in [LINE_BYTES_MAX, text.len() - 1] {
                assert_eq!(split(&text.as_bytes()[..cut], Around::default()).used, 0);
            }
            assert_eq!(split(text.as_bytes(), Around::default()).lines.len(), 1);
        }
    }
}
