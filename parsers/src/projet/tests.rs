use catalog::Timestamp;

use super::*;
use crate::limits::{LINE_BYTES_MAX, PAIRS_MAX};
use catalog::{Salt, Source};
use jiff::tz::TimeZone;

fn source() -> Source {
    Salt::new([7; 16]).source(&[b"file"])
}

fn read(parser: &mut Parser, text: &str) -> Output {
    let mut output = Output::default();
    let line = Line { text: text.as_bytes(), place: source().place(7, 0), fallback_time: Timestamp(0) };
    parser.line(&line, &mut output);
    output
}

fn parser() -> Parser {
    Parser::new(Context { salt: Salt::new([7; 16]), zone: TimeZone::UTC })
}

#[test]
fn an_origin_is_the_pairs_place_in_the_line_whatever_stands_before_it() {
    let text = "2026-11-22T10:15:30Z laser #000000001 INFO of_later=1 power=x note=\"\" current=1A hours=2h";
    let origins: Vec<_> = read(&mut parser(), text).readings.iter().map(|r| r.origin()).collect();
    assert_eq!(origins, [0, 4, 5].map(|index| source().place(7, 0).origin(index)));
}

#[test]
fn the_time_of_a_line_does_not_depend_on_the_lines_above() {
    let oslo = Context { salt: Salt::new([7; 16]), zone: TimeZone::get("Europe/Oslo").unwrap() };
    let line = "2026-10-25T02:30:00 laser #000000002 INFO power=1mW";
    let alone = read(&mut Parser::new(oslo.clone()), line);
    let mut after_another = Parser::new(oslo);
    read(&mut after_another, "2026-10-25T02:59:00 laser #000000001 INFO power=1mW");
    assert_eq!(read(&mut after_another, line), alone);
}

#[test]
fn joined_lines_are_one_record_and_its_continuations() {
    let text = "2026-11-22T10:15:30Z vat #000000001 FAULT code=2031 state=active\r\n    below\r\n\tbelow\n";
    let output = read(&mut parser(), text);
    assert_eq!((output.readings.len(), output.unmatched.len()), (3, 0));
    let output = read(&mut parser(), &format!("{text}{text}"));
    assert_eq!((output.readings.len(), output.unmatched.len()), (3, 1));
}

#[test]
fn limits() {
    let head = "2026-11-22T10:15:30Z laser #000000001 INFO";
    let pairs = |count: usize| format!("{head}{}", " note=\"\"".repeat(count));
    assert!(read(&mut parser(), &pairs(PAIRS_MAX)).refused.is_empty());
    assert_eq!(read(&mut parser(), &pairs(PAIRS_MAX + 1)).refused.len(), 1);

    let long = |length: usize| format!("{head} note=\"{}\"", "x".repeat(length - head.len() - 8));
    assert_eq!(read(&mut parser(), &long(LINE_BYTES_MAX)).readings.len(), 1);
    let over = read(&mut parser(), &long(LINE_BYTES_MAX + 1));
    assert_eq!((over.readings.len(), over.refused[0].why), (0, Refusal::TooLong));
}
