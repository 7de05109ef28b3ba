//! What a file's first lines say of it: decisions only, no file.

use catalog::{Salt, Source};
use parsers::{Family, Format};

use super::dated::is_dated;
use super::limits::{HEAD_LINES_MAX, LINE_BYTES_MAX, PIECE_BYTES};
use crate::config::PrinterId;

/// What some editors put before the first line of a UTF-8 file.
pub(super) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// What a file is.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// A log of this format.
    Of(Format),
    /// Not enough of it is written yet.
    NotYet,
    /// Nothing that is read.
    Strange(Strange),
}

/// Why a file is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Strange {
    /// It begins with the byte order mark of UTF-16.
    Utf16,
    /// Its first lines are of no family that is known.
    NoFamily,
}

impl Strange {
    /// Its name among the counts.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf16 => "utf16_file",
            Self::NoFamily => "unknown_file",
        }
    }

    /// What to say of it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Utf16 => "it is UTF-16, and only UTF-8 and Latin-1 are read; have the printer write UTF-8",
            Self::NoFamily => {
                "its first lines are in no known format; set the printer's `family` to have it read"
            }
        }
    }
}

/// Judges the first piece of a file. `format` is what the configuration says, if it says anything.
pub(super) fn judge(head: &[u8], format: Option<&Format>) -> Head {
    if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Head::Strange(Strange::Utf16);
    }
    if let Some(format) = format {
        // One byte can be half a mark.
        return if head.len() > 1 { Head::Of(format.clone()) } else { Head::NotYet };
    }
    let text = head.strip_prefix(UTF8_MARK).unwrap_or(head);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').take_while(|line| line.ends_with(b"\n"));
    let mut known = lines.by_ref().take(HEAD_LINES_MAX).filter_map(|line| Family::of_line(without_end(line)));
    match known.next() {
        Some(family) => Head::Of(family.into()),
        None if lines.next().is_some() || head.len() >= PIECE_BYTES => Head::Strange(Strange::NoFamily),
        None => Head::NotYet,
    }
}

/// What every origin of the file's readings is made from; nothing before its first line is whole.
///
/// A first line with a date and a time stands for its file wherever that goes: a copy that rotation makes, a file on a
/// share that is mounted anew, and one that is read again after a restart give the origins of the first reading. Where
/// it has none, as at each start of a `marlin` board, two files may begin alike: there the inode stands for the file.
pub(super) fn source(head: &[u8], printer: &PrinterId, inode: u64, salt: &Salt) -> Option<Source> {
    let text = head.strip_prefix(UTF8_MARK).unwrap_or(head);
    let longest = text.len() > LINE_BYTES_MAX;
    let end = text.iter().position(|byte| *byte == b'\n').or(longest.then_some(LINE_BYTES_MAX))?;
    let line = without_end(text.get(..end).unwrap_or_default());
    let printer = printer.as_str().as_bytes();
    Some(if is_dated(line) {
        salt.source(&[b"tail", printer, b"head", line])
    } else {
        // Without the device: the kernel gives a network share another number at each mount.
        salt.source(&[b"tail", printer, &inode.to_be_bytes()])
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"2026-11-22T10:15:30.123Z laser #000000001 INFO power=512.3mW\r\n";

    /// In one word.
    fn said(head: &[u8], format: Option<&Format>) -> String {
        match judge(head, format) {
            Head::Of(format) => format.to_string(),
            Head::NotYet => "not yet".to_owned(),
            Head::Strange(strange) => strange.name().to_owned(),
        }
    }

    #[test]
    fn the_family_is_recognised_from_the_first_lines() {
        let strange = |count: usize| b"something else\n".repeat(count);
        let cases = [
            (vec![], "not yet"),
            (LINE[..LINE.len() - 2].to_vec(), "not yet"),
            (LINE.to_vec(), "projet"),
            ([UTF8_MARK, LINE].concat(), "projet"),
            ([&strange(3)[..], LINE].concat(), "projet"),
            (b"Build job name: rocket\n".to_vec(), "build_protocol"),
            (strange(HEAD_LINES_MAX), "not yet"),
            ([&strange(HEAD_LINES_MAX - 1)[..], LINE].concat(), "projet"),
            ([&strange(HEAD_LINES_MAX)[..], LINE].concat(), "unknown_file"),
            (vec![b'x'; PIECE_BYTES], "unknown_file"),
        ];
        for (head, expected) in cases {
            assert_eq!(said(&head, None), expected, "{} bytes", head.len());
        }
    }

    #[test]
    fn a_format_that_is_set_is_taken_and_utf_16_is_never() {
        let duet = Format::from(Family::Duet);
        assert_eq!(said(b"an", Some(&duet)), "duet");
        assert_eq!(said(b"\xff", Some(&duet)), "not yet");
        for mark in UTF16_MARKS {
            for format in [None, Some(&duet)] {
                assert_eq!(said(mark, format), "utf16_file");
            }
        }
    }

    #[test]
    fn a_stamped_first_line_stands_for_its_file_and_any_other_does_not() {
        let (salt, printer) = (Salt::new([7; 16]), PrinterId::parse("p01").unwrap());
        let of = |head: &[u8], inode| source(head, &printer, inode, &salt);
        assert_eq!(of(LINE, 1), of(&[LINE, b"more\n"].concat(), 2), "a copy");
        let board: &[u8] = b"FIRMWARE_NAME:Marlin 2.1.2.1 (May 15 2023 20:18:11) UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff\n";
        for start in [&b"start\n"[..], board] {
            assert_ne!(of(start, 1), of(start, 2), "two starts of one board");
        }
        assert_eq!((of(b"", 1), of(&LINE[..20], 1)), (None, None), "a first line that is not whole");
        assert!(of(&b"9".repeat(LINE_BYTES_MAX + 1), 1).is_some());
    }

    #[test]
    fn the_origins_of_a_file_that_is_dated_are_those_of_all_versions() {
        let (salt, printer) = (Salt::new([7; 16]), PrinterId::parse("p01").unwrap());
        let line = LINE.strip_suffix(b"\r\n").unwrap();
        assert_eq!(source(LINE, &printer, 1, &salt), Some(salt.source(&[b"tail", b"p01", b"head", line])));
    }
}
