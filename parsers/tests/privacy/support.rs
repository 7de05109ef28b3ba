//! What leaves, and which pieces of a text must not be in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use catalog::{Salt, Timestamp, Unit, items};
use jiff::tz::TimeZone;
use parsers::profile::Profile;
use parsers::{Context, Family, Format, Line, LogParser, Output, Refusal, Refused, Unmatched};
use proptest::prelude::*;
use protocol::thingworx::{Row, encode_update};

pub(crate) fn salt() -> Salt {
    Salt::new([7; 16])
}

pub(crate) fn context() -> Context {
    Context { salt: salt(), zone: TimeZone::UTC }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Every format that there is: the families, and the profiles that are shipped.
pub(crate) static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let profiles = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles"));
    let profile = |file: &PathBuf| {
        let profile = Profile::parse(&fs::read_to_string(file).unwrap());
        Format::Profile(Arc::new(
            profile.unwrap_or_else(|problems| panic!("{}: {problems:#?}", file.display())),
        ))
    };
    let families = Family::ALL.iter().copied().map(Format::from);
    families.chain(profiles.iter().map(profile)).collect()
});

/// What a folder holds, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// Reads lines as those of one file.
pub(crate) fn read<'a>(
    parser: &mut LogParser,
    lines: impl IntoIterator<Item = &'a [u8]>,
    output: &mut Output,
) {
    let source = salt().source(&[b"file"]);
    for (position, text) in (0..).zip(lines) {
        let place = source.place(position, salt().check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, output);
    }
}

fn rows(output: &Output) -> Vec<Row> {
    output.readings.iter().map(Row::from_reading).collect()
}

fn encoded(rows: &[Row], with_origin: bool) -> String {
    let bodies = rows.chunks(protocol::limits::ROWS_MAX).map(|rows| encode_update(rows, with_origin));
    bodies.map(|body| String::from_utf8(body).unwrap()).collect()
}

/// All that leaves, in both forms of an update.
pub(crate) fn updates(output: &Output) -> String {
    let rows = rows(output);
    encoded(&rows, false) + &encoded(&rows, true)
}

/// What leaves, but for the origins, which are a keyed hash and hold six letters in a row by chance, and for the maker's
/// own values, of which nothing but a number and a unit of the catalogue is let through here.
pub(crate) fn words(output: &Output) -> String {
    let mut rows = rows(output);
    for row in &rows {
        // The catalogue knows the property, the code, the quality and the unit.
        let reading = row.reading().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(row.native, reading.native().map(|native| native.text()));
    }
    for row in &mut rows {
        row.native = None;
    }
    encoded(&rows, false)
}

/// Everything else that a program may write to its own log, each on a line of its own so that no word is made where two
/// of them meet; but for the hashes over shapes, which begin like a figure of the line by chance.
pub(crate) fn own_log(output: &Output) -> String {
    let why = output.refused.iter().map(|refused| format!("\n{}", refused.why)).collect::<String>();
    let unmatched: Vec<_> = output.unmatched.iter().map(|_| Unmatched { shape: 0 }).collect();
    format!("\n{:?}\n{unmatched:?}{why}\n", output.refused)
}

/// Every text of the catalogue that may stand in an update, or in the program's own log.
static CATALOGUED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = items::all().flat_map(|item| {
        let codes = item.codes().iter().map(|code| (*code).to_owned());
        let part = item.property_of(7);
        codes.chain([item.id().to_owned(), item.property().to_owned(), part, format!("{item:?}")])
    });
    let units = Unit::all().map(|unit| unit.ucum().to_owned());
    // What an update without rows says, and the words of quality.
    let frame = String::from_utf8(encode_update(&[], true)).unwrap();
    words.chain(units).chain([frame, "UNCERTAIN".into()]).chain(refusals()).collect()
});

/// What refusals say of themselves, whatever was refused.
fn refusals() -> impl Iterator<Item = String> {
    use catalog::Refusal as Catalogue;
    let catalogue =
        [Catalogue::NotANumber, Catalogue::UnknownCode, Catalogue::WrongKind, Catalogue::WrongUnit];
    let own = [Refusal::Unit, Refusal::Duplicate, Refusal::TooLong, Refusal::Unfinished];
    let whys = catalogue.into_iter().map(Refusal::from).chain(own);
    whys.map(|why| format!("{why} {:?} {:?}", Refused { item: None, why }, Unmatched { shape: 0 }))
}

/// Shortest piece of text that counts as having left.
const PIECE: usize = 6;

/// Whether the text tells nobody anything: digits, and what numbers and times are written with.
fn is_numeric(piece: &str) -> bool {
    piece.bytes().all(|byte| byte.is_ascii_digit() || b"TZ+-:.eE".contains(&byte))
}

/// The first piece of the text that is in what was written and must not be.
fn found<'t>(text: &'t str, written: &str) -> Option<&'t str> {
    let starts = text.char_indices().map(|(start, _)| start);
    let mut pieces = starts.filter_map(|start| {
        let (last, letter) = text[start..].char_indices().nth(PIECE - 1)?;
        Some(&text[start..start + last + letter.len_utf8()])
    });
    pieces.find(|piece| {
        written.contains(piece) && !is_numeric(piece) && !CATALOGUED.iter().any(|word| word.contains(piece))
    })
}

/// Fails where a piece of the text is in what was written.
pub(crate) fn assert_not_in(text: &str, written: &str) -> Result<(), TestCaseError> {
    let found = found(text, written);
    prop_assert!(found.is_none(), "{found:?} of {text:?} is in {written}");
    Ok(())
}

/// Names as people give them, addresses, what looks like a number or a unit and is none, and anything else.
pub(crate) fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{3,8}[._ =-][a-z]{3,8}(\\.stl)?",
        "/home/[a-z]{3,8}/[a-z]{3,8}[0-9]{0,3}\\.stl",
        "[0-9]{1,4}[a-zA-Z]{6,12}",
        "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
        "[a-z]{6,9}(=|: ?|;|\" to \")[0-9]{1,3}( ?[a-z]{6,9})?",
        "\\PC{0,40}",
    ]
}

#[test]
fn a_piece_that_left_is_found() {
    assert_eq!(found("job anna_svensson", r#"{"name":"a_svensson"}"#), Some("a_sven"));
    assert_eq!(found("Jörg Åsél", "xJörg Åy"), Some("Jörg Å"));
    assert_eq!(found("at 2026-11-22 power=512.3mW", r#""2026-11-22","laser_power",512.3"#), None);
    assert_eq!(found("short", "short"), None);
}
