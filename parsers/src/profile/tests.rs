use std::sync::Arc;

use catalog::{Salt, Timestamp};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::{Context, Line, Output};

const ACME: &str = r#"
name = "acme"
[record]
begins = '\[ *(?<time>[\d.]+)\] '
[stamp]
format = "seconds_since_anchor"
anchor = { pattern = '(?:\[.*\] )?clock is (?<time>.+) at (?<since>[\d.]+)', format = "iso" }
[[rule]]
name = "one"
pattern = 'layer (?<layer>\d+) of (?<layers>\d+)'
values = [{ item = "build.layer", group = "layer" }, { item = "build.layers", group = "layers" }]
[[rule]]
name = "heads"
pattern = 'head (?<head>\d+)'
part = "head"
[[rule]]
name = "of_head"
under = "heads"
pattern = ' +(?<temperature>\S+) (?<door>\w+)'
values = [
    { item = "head.temperature", group = "temperature", unit = "[degF]", scale = 0.1 },
    { item = "door.state", group = "door", part = 0, codes = { "AUF" = "open" }, otherwise = "closed" },
]
"#;

fn profile(text: &str) -> Arc<Profile> {
    Arc::new(Profile::parse(text).unwrap())
}

fn parser(text: &str) -> Parser {
    Parser::new(profile(text), Context { salt: Salt::new([7; 16]), zone: TimeZone::UTC })
}

fn place(position: u64) -> catalog::Place {
    Salt::new([7; 16]).source(&[b"file"]).place(position, 0)
}

fn read(parser: &mut Parser, text: &str) -> (Made, Output) {
    let mut output = Output::default();
    let line = Line { text: text.as_bytes(), place: place(7), fallback_time: Timestamp(1) };
    let made = parser.line(&line, &mut output);
    (made, output)
}

fn told(output: &Output) -> Vec<String> {
    let reading = |reading: &catalog::Reading| {
        let (item, part, value) = (reading.item().id(), reading.part(), reading.value());
        format!("{item} {part} {value:?} {} {:?}", reading.time().0, reading.quality())
    };
    output.readings.iter().map(reading).collect()
}

#[test]
fn seconds_count_from_the_line_that_says_the_time() {
    let mut parser = parser(ACME);
    let layer = "[   81.5] layer 5 of 9";
    assert_eq!(told(&read(&mut parser, layer).1)[0], "build.layer 0 Number(5.0) 1 Uncertain");
    let (made, _) = read(&mut parser, "[   80.0] clock is 1970-01-02T00:00:00Z at 80.0");
    assert_eq!(made, Made::Anchor);
    assert_eq!(told(&read(&mut parser, layer).1)[0], "build.layer 0 Number(5.0) 86401500 Good");
    // The controller starts again, and does not know the time.
    assert_eq!(read(&mut parser, "clock is unknown at 1").0, Made::Anchor);
    assert_eq!(told(&read(&mut parser, layer).1)[0], "build.layer 0 Number(5.0) 1 Uncertain");
}

#[test]
fn a_line_below_has_the_time_and_the_part_of_the_first() {
    let mut parser = parser(ACME);
    read(&mut parser, "clock is 1970-01-02T00:00:00Z at 0");
    assert_eq!(read(&mut parser, "[1] head 3").0, Made::Rule(1));
    for (text, state) in [("  770 AUF", "open"), ("  770 HALB", "closed")] {
        let (made, output) = read(&mut parser, text);
        assert_eq!(made, Made::Rule(2));
        let temperature = "head.temperature 3 Number(25.0) 86401000 Good".to_owned();
        assert_eq!(told(&output), [temperature, format!("door.state 0 Code({state:?}) 86401000 Good")]);
    }
    assert_eq!(read(&mut parser, "  note of Anna").0, Made::Continuation);
    assert_eq!(read(&mut parser, "[2] layer 5 of 9").0, Made::Rule(0));
    assert_eq!(read(&mut parser, "  770 AUF").0, Made::Continuation);
}

#[test]
fn an_origin_is_the_rule_and_the_value_and_the_line_below() {
    let mut parser = parser(ACME);
    let (_, output) = read(&mut parser, "[1] head 3\n  770 AUF\n  771 AUF");
    let origins: Vec<_> = output.readings.iter().map(|reading| reading.origin()).collect();
    let index = |below: u16, value: u16| (below * 64 + 2) * 32 + value;
    assert_eq!(
        origins,
        [index(1, 0), index(1, 1), index(2, 0), index(2, 1)].map(|index| place(7).origin(index))
    );
}

#[test]
fn a_rule_at_the_end_changes_nothing_of_the_earlier_ones() {
    let more = format!(
        "{ACME}[[rule]]\nname = \"more\"\npattern = 'layer .*'\nvalues = [{{ item = \"log.event\", code = \"started\" }}]\n"
    );
    for text in ["[1] layer 5 of 9", "[1] head 3\n  770 AUF"] {
        assert_eq!(read(&mut parser(ACME), text), read(&mut parser(&more), text));
    }
    assert_eq!(read(&mut parser(&more), "[1] layer x").0, Made::Rule(3));
}

#[test]
fn limits() {
    use crate::limits::{LINE_BYTES_MAX, PROFILE_LINE_BYTES_MAX, PROFILE_LINES_MAX};
    let mut parser = parser(ACME);
    let below = |count: u16| format!("[1] head 3{}", "\n  770 AUF".repeat(usize::from(count)));
    let (_, output) = read(&mut parser, &below(PROFILE_LINES_MAX - 1));
    assert_eq!((output.readings.len(), output.refused.len()), (62, 0));
    let (_, output) = read(&mut parser, &below(PROFILE_LINES_MAX + 5));
    assert_eq!((output.readings.len(), output.refused.len()), (62, 1));
    assert_eq!(read(&mut parser, &"x".repeat(PROFILE_LINE_BYTES_MAX)).0, Made::Continuation);
    assert_eq!(read(&mut parser, &"x".repeat(PROFILE_LINE_BYTES_MAX + 1)).0, Made::TooLong);
    assert_eq!(read(&mut parser, &"x\n".repeat(LINE_BYTES_MAX / 2)).0, Made::Continuation);
    assert_eq!(read(&mut parser, &"x\n".repeat(LINE_BYTES_MAX)).0, Made::TooLong);
    let count = |rules: usize| {
        let rule = |n| {
            format!(
                "[[rule]]\nname = \"r{n}\"\npattern = 'a{n}'\nvalues = [{{ item = \"log.event\", code = \"started\" }}]\n"
            )
        };
        let rules: String = (0..rules).map(rule).collect();
        Profile::parse(&format!("name = \"x\"\n[stamp]\nformat = \"none\"\n{rules}"))
            .map_err(|found| found.len())
    };
    assert!(count(64).is_ok());
    assert_eq!(count(65).err(), Some(1));
    let values = |values: usize| {
        let value = |n| format!("{{ item = \"log.event\", part = {n}, code = \"started\" }},");
        let values: String = (0..values).map(value).collect();
        let text = format!(
            "name = \"x\"\nstamp.format = \"none\"\n[[rule]]\nname = \"r\"\npattern = 'a'\nvalues = [{values}]"
        );
        Profile::parse(&text).map_err(|found| found.len())
    };
    assert!(values(26).is_ok());
    assert_eq!(values(27).err(), Some(1));
}

/// The costliest profile that is taken, over the line that costs it most: every pattern looks at every byte, and two find
/// their groups in as many ways as may be.
#[test]
fn the_worst_that_a_profile_can_be_is_still_read() {
    let mut parser = parser(&worst(WAYS));
    let line = "x".repeat(crate::limits::PROFILE_LINE_BYTES_MAX);
    assert_eq!(read(&mut parser, &line).0, Made::Rule(63));
    let problems = Profile::parse(&worst(WAYS + 1)).unwrap_err();
    assert!(problems.iter().all(|problem| problem.text.contains("several ways")), "{problems:?}");
}

/// As many repetitions as a pattern may have that fits in several ways.
const WAYS: usize = 58;

fn worst(ways: usize) -> String {
    let ways = "x*".repeat(ways);
    let ignored: String = (0..64).map(|n| format!("'x*i{n}',")).collect();
    let rule = |n, pattern: &str| {
        format!(
            "[[rule]]\nname = \"r{n}\"\npattern = '{pattern}'\nvalues = [{{ item = \"log.event\", code = \"started\" }}]\n"
        )
    };
    let rules: String = (0..63).map(|n| rule(n, &format!("x*r{n}"))).collect();
    let last = rule(63, &format!("(?:{ways}(?<_a>b)|x+)"));
    // The head takes nothing in the end, so that the rules see the whole line.
    format!(
        "name = \"worst\"\nignore = [{ignored}]\n[record]\nbegins = '(?:{ways}(?<_a>b)|)'\n[stamp]\nformat = \"none\"\n{rules}{last}"
    )
}

#[test]
fn the_example_in_the_documentation_reads_its_log() {
    let text = include_str!("../../../docs/profiles.md");
    let block = |begin: &str| text.split(begin).nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let log = block("The log:\n\n```\n");
    let mut parser = parser(block("The profile:\n\n```toml\n"));
    let mut output = Output::default();
    for text in log.lines() {
        let line = Line { text: text.as_bytes(), place: place(0), fallback_time: Timestamp(1) };
        assert_ne!(parser.line(&line, &mut output), Made::Unmatched, "{text}");
    }
    assert_eq!((output.readings.len(), output.refused.len()), (10, 0), "{:?}", told(&output));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_as_a_profile(text in "\\PC{0,200}") {
        fuzz_profile(text.as_bytes());
    }

    /// A profile with one piece of it replaced by anything: nearer to what a person gets wrong.
    #[test]
    fn a_profile_with_a_mistake_anywhere(at in 0usize..1100, length in 0usize..20, text in "[a-z\\[\\]{}()'\"=.?<>*\\\\ \\n0-9ä]{0,8}") {
        let boundary = |at: usize| (at..ACME.len()).find(|at| ACME.is_char_boundary(*at)).unwrap_or(ACME.len());
        let (from, to) = (boundary(at), boundary(at + length));
        fuzz_profile(format!("{}{text}{}", &ACME[..from], &ACME[to..]).as_bytes());
    }

    #[test]
    fn any_log_is_read(data in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_log(&profile(ACME), &data);
    }

    /// Lines of the format with anything in the place of their values, and nothing of that leaves.
    #[test]
    fn whatever_a_value_holds(secret in "[a-zA-Z]{6,20}") {
        for text in ["[1] layer @ of @", "[1] head @", "[@] layer 5 of 9", "[1] head 3\n  770 @", "clock is @ at @", "@"] {
            let mut parser = parser(ACME);
            let (made, output) = read(&mut parser, &text.replace('@', &secret));
            let debug = format!("{made:?} {output:?} {parser:?}");
            prop_assert!(!debug.contains(&secret), "{}", debug);
        }
    }
}
