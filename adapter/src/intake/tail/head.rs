//! What a file's first lines say of it: decisions only, no file.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::{Salt, Source, Timestamp};
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

/// How a file begins that is left alone, to know it again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    length: usize,
    check: u32,
}

impl Beginning {
    /// That of a file with this first piece.
    pub(super) fn of(head: &[u8], salt: &Salt) -> Self {
        Self { length: head.len(), check: salt.check(head) }
    }

    /// Whether a file with this first piece may be the same, longer or not.
    pub(super) fn is_of(self, head: &[u8], salt: &Salt) -> bool {
        head.get(..self.length).is_some_and(|begins| salt.check(begins) == self.check)
    }
}

/// What tells a file from others whose first line has no date and may be theirs as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Undated {
    pub(super) inode: u64,
    /// When it was made, since a deleted file's inode is given to another; where the file system is one that can be believed.
    pub(super) born: Option<SystemTime>,
    /// When it was last seen to be emptied.
    pub(super) emptied: Option<Emptied>,
}

/// A moment at which a log was emptied. By its time it is another one than all before the adapter last started, and by its
/// number than those since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Emptied {
    at: Timestamp,
    times: u32,
}

impl Emptied {
    /// The one that comes after another.
    pub(super) fn after(before: Option<Self>, at: Timestamp) -> Self {
        Self { at, times: before.map_or(1, |before| before.times.wrapping_add(1)) }
    }
}

impl Undated {
    fn source(&self, printer: &[u8], salt: &Salt) -> Source {
        // Without the device: the kernel gives a network share another number at each mount.
        let inode = self.inode.to_be_bytes();
        let since = |born: SystemTime| born.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let born = self.born.map(|born| since(born).to_be_bytes());
        let emptied = self.emptied.map(|Emptied { at, times }| (at.0.to_be_bytes(), times.to_be_bytes()));
        let mut fields = vec![&b"tail"[..], printer, &inode];
        if let Some(born) = &born {
            fields.extend([&b"born"[..], born]);
        }
        if let Some((at, times)) = &emptied {
            fields.extend([&b"emptied"[..], at, times]);
        }
        salt.source(&fields)
    }
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
/// it has none, as at each start of a `marlin` board, two files may begin alike: there the inode stands for the file, and
/// each time that it is emptied makes it another one. Of that nothing is left after a restart: then what stands in it is read
/// as of its first time, and comes a second time, or is taken for what stood there then. That is the lesser evil: within one
/// run, a fault that is written again at each start of the board is no repetition of the first.
pub(super) fn source(head: &[u8], printer: &PrinterId, undated: &Undated, salt: &Salt) -> Option<Source> {
    let text = head.strip_prefix(UTF8_MARK).unwrap_or(head);
    let longest = text.len() > LINE_BYTES_MAX;
    let end = text.iter().position(|byte| *byte == b'\n').or(longest.then_some(LINE_BYTES_MAX))?;
    let line = without_end(text.get(..end).unwrap_or_default());
    let printer = printer.as_str().as_bytes();
    Some(if is_dated(line) {
        salt.source(&[b"tail", printer, b"head", line])
    } else {
        undated.source(printer, salt)
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

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
        let of = |head: &[u8], inode| source(head, &printer, &inode_alone(inode), &salt);
        assert_eq!(of(LINE, 1), of(&[LINE, b"more\n"].concat(), 2), "a copy");
        let board: &[u8] = b"FIRMWARE_NAME:Marlin 2.1.2.1 (May 15 2023 20:18:11) UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff\n";
        for start in [&b"start\n"[..], board] {
            assert_ne!(of(start, 1), of(start, 2), "two starts of one board");
        }
        assert_eq!((of(b"", 1), of(&LINE[..20], 1)), (None, None), "a first line that is not whole");
        assert!(of(&b"9".repeat(LINE_BYTES_MAX + 1), 1).is_some());
    }

    fn inode_alone(inode: u64) -> Undated {
        Undated { inode, ..Undated::default() }
    }

    #[test]
    fn a_file_without_stamps_is_another_by_its_inode_its_birth_and_each_time_it_is_emptied() {
        let (salt, printer) = (Salt::new([7; 16]), PrinterId::parse("p01").unwrap());
        let born = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        let first = Emptied::after(None, Timestamp(5));
        let second = Emptied::after(Some(first), Timestamp(5));
        let anew = Emptied::after(None, Timestamp(6));
        let files = [
            inode_alone(1),
            inode_alone(2),
            Undated { born: born(1), ..inode_alone(1) },
            Undated { born: born(2), ..inode_alone(1) },
            Undated { emptied: Some(first), ..inode_alone(1) },
            Undated { emptied: Some(second), ..inode_alone(1) },
            Undated { emptied: Some(anew), ..inode_alone(1) },
            Undated { born: born(1), emptied: Some(first), ..inode_alone(1) },
        ];
        let of = |head: &[u8]| -> HashSet<_> {
            files.iter().map(|file| source(head, &printer, file, &salt)).collect()
        };
        assert_eq!((of(b"start\n").len(), of(LINE).len()), (files.len(), 1));
    }

    #[test]
    fn the_origins_of_a_file_that_is_dated_are_those_of_all_versions() {
        let (salt, printer) = (Salt::new([7; 16]), PrinterId::parse("p01").unwrap());
        let line = LINE.strip_suffix(b"\r\n").unwrap();
        assert_eq!(
            source(LINE, &printer, &inode_alone(1), &salt),
            Some(salt.source(&[b"tail", b"p01", b"head", line]))
        );
    }
}
