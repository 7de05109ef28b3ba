//! Numbers, lengths of time and names of reasons, as a technician reads them.

use std::collections::BTreeMap;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
const KIB: f64 = 1_024.0;
const MIB: f64 = 1_048_576.0;

/// What names of reasons mean; any other is its own word.
const REASONS: [(&str, &str); 35] = [
    ("unknown sender", "from unknown senders"),
    ("known otherwise", "from printers that are known otherwise"),
    ("unknown printer", "from unknown printers"),
    ("TLS handshake", "that came to no TLS connection"),
    ("too many connections", "over a limit of connections"),
    ("tls_hello", "TLS, where the listener is in clear"),
    ("text", "no Beat, but text such as a web browser's"),
    ("version_one", "a Beat too old to be understood"),
    ("inflate_corrupt", "damaged compressed data"),
    ("inflate_truncated", "damaged compressed data"),
    ("inflate_trailing", "damaged compressed data"),
    ("inflate_too_large", "compressed data that is far too large"),
    ("checksum", "damaged on the way: a wrong checksum"),
    ("a frame was refused", "for something that is no PIP"),
    ("it broke the protocol", "for breaking the protocol"),
    ("it does not push", "for not offering to push, or not to us"),
    ("nacked", "for what could not be stored yet"),
    ("unknown_format", "in no known format"),
    ("not_json", "not JSON"),
    ("no_event", "JSON, but no Beats event"),
    ("too_deep", "JSON nested too deep"),
    ("no_time", "a measurement without its time"),
    ("no_line", "neither a log line nor a measurement"),
    ("long_line", "longer than any log line"),
    ("unknown_file", "files in no known format"),
    ("utf16_file", "files in UTF-16"),
    ("not_a_number", "not a number"),
    ("unknown_code", "no known code"),
    ("wrong_kind", "another kind of value"),
    ("wrong_unit", "a unit of something else"),
    ("no_unit", "no unit, or not a fitting one"),
    ("duplicate", "twice in one line"),
    ("too_long", "a line too long"),
    ("unfinished", "half a line"),
    ("platform", "refused by the platform"),
];

/// `12,034`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 reading`, `12,034 readings`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `once`, `12 times`.
pub(super) fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{} times", grouped(number)) }
}

/// `0.4 s`, `75 s`, `12 min`, `5 h`, `3 days`: as exact as it matters.
pub(super) fn length(seconds: f64) -> String {
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 2.0 * MINUTE => format!("{s:.0} s"),
        s if s < 2.0 * HOUR => format!("{:.0} min", s / MINUTE),
        s if s < 2.0 * DAY => format!("{:.0} h", s / HOUR),
        s => format!("{:.0} days", s / DAY),
    }
}

/// `512 bytes`, `1.4 KiB`, `64 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let exact = bytes as f64;
    match exact {
        b if b < KIB => counted(bytes, "byte"),
        b if b < MIB => format!("{:.1} KiB", b / KIB),
        b if b < 100.0 * MIB => format!("{:.1} MiB", b / MIB).replace(".0 ", " "),
        b => format!("{:.0} MiB", b / MIB),
    }
}

/// A reachability of the catalogue, to stand behind "queries: ".
pub(super) fn reachability(code: &str) -> &str {
    match code {
        "available" => "it answers",
        "starting" => "it answers and asks for a pause: nothing else is known of it yet",
        "printer_off" => "it is off",
        "network_unreachable" => "the network does not lead there",
        "printer_failed" => "it answers, but cannot do its work",
        "refused" => "one does not accept the other; check their certificates",
        "nonsense" => "what it sends is not the protocol of its interface",
        other => other,
    }
}

/// A reachability of the catalogue, of a printer that calls by itself.
pub(super) fn called(code: &str) -> &str {
    match code {
        "starting" => "it has called and asks for time: nothing else is known of it yet",
        "printer_off" => "it is off: it does not call, and others in its network answer",
        "network_unreachable" => "it does not call, and nothing in its network answers",
        "printer_failed" => "it calls, but does not answer as it should",
        "refused" => "it calls, and one does not accept the other; check their certificates",
        "nonsense" => "it calls, and what it sends is not PIP",
        other => other,
    }
}

/// `in no known format 12, not JSON 3`: the most frequent first.
pub(super) fn reasons(by_reason: &BTreeMap<String, u64>) -> String {
    let mut by_word = BTreeMap::<String, u64>::new();
    for (reason, number) in by_reason {
        *by_word.entry(word(reason)).or_default() += number;
    }
    let mut words: Vec<_> = by_word.into_iter().collect();
    words.sort_by(|(word_a, a), (word_b, b)| b.cmp(a).then_with(|| word_a.cmp(word_b)));
    words.iter().map(|(word, number)| format!("{} {word}", grouped(*number))).collect::<Vec<_>>().join("; ")
}

pub(super) fn word(reason: &str) -> String {
    let known = REASONS.iter().find(|(name, _)| *name == reason);
    known.map_or_else(|| reason.replace('_', " "), |(_, word)| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        let lengths =
            [(0.04, "0.0 s"), (9.96, "10 s"), (119.0, "119 s"), (120.0, "2 min"), (7_199.0, "120 min")];
        for (seconds, text) in
            lengths.into_iter().chain([(7_200.0, "2 h"), (172_000.0, "48 h"), (260_000.0, "3 days")])
        {
            assert_eq!(length(seconds), text);
        }
        for (size, text) in [(1, "1 byte"), (1_023, "1,023 bytes"), (1_536, "1.5 KiB"), (64 << 20, "64 MiB")]
        {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn the_most_frequent_reason_comes_first_and_the_same_word_stands_once() {
        let by_reason = [("inflate_corrupt", 2), ("inflate_trailing", 3), ("no_ack", 4), ("text", 1_000)];
        let by_reason = by_reason.map(|(reason, number)| (reason.to_owned(), number)).into();
        let expected = "1,000 no Beat, but text such as a web browser's; 5 damaged compressed data; 4 no ack";
        assert_eq!(reasons(&by_reason), expected);
    }
}
