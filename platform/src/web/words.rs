//! Numbers, times and names as a technician reads them.

use std::fmt;

use askama::filters::HtmlSafe;
use catalog::{Item, Timestamp};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment seen from another: prints as a `<time>` element with its age as text. The script keeps the age
/// running and adds the browser's own time zone; without the script the age of the page's making stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age {
    /// The moment.
    pub(crate) at: Timestamp,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

impl Age {
    /// Milliseconds between the two; never negative, since a printer's clock may run ahead.
    pub(crate) fn ms(self) -> i64 {
        (self.now.0 - self.at.0).max(0)
    }
}

// Prints digits, letters and its own markup only.
impl HtmlSafe for Age {}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (machine, person) = (rfc3339(self.at), utc(self.at));
        write!(f, r#"<time datetime="{machine}" title="{person}" data-age>{}</time>"#, duration(self.ms()))
    }
}

/// A moment as a date and time: UTC, which the script turns into the browser's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

// Prints digits, letters and its own markup only.
impl HtmlSafe for Moment {}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (machine, person) = (rfc3339(self.0), utc(self.0));
        write!(f, r#"<time datetime="{machine}" title="{person}" data-at>{person}</time>"#)
    }
}

fn civil(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(time.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// RFC 3339 with milliseconds, UTC.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    civil(time).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn utc(time: Timestamp) -> String {
    civil(time).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A length of time in its one or two largest units: `12 s`, `4 min`, `5 h 10 min`, `3 d`. The same rule
/// stands in `app.js`, which keeps ages running.
pub(crate) fn duration(ms: i64) -> String {
    match ms {
        ..MINUTE => format!("{} s", ms.max(0) / SECOND),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        HOUR..DAY => format!("{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
        _ => format!("{} d", ms / DAY),
    }
}

/// A number with the unit of its item, rounded to what its sensor can mean.
pub(crate) fn quantity(item: &Item, value: f64) -> String {
    match item.unit().ucum() {
        "By" => bytes(value),
        // Long times read badly in seconds, short ones (an exposure) badly in anything else.
        "s" if value.abs() >= 120.0 => duration(whole(value).saturating_mul(SECOND)),
        // A count of layers or records says what it counts in its name.
        unit if unit.starts_with('{') => decimal(value, 0),
        _ => with_unit(&decimal(value, decimals(item)), item.unit().symbol()),
    }
}

/// A limit or another round number: as [`quantity`], without zeros that say nothing.
pub(crate) fn bound(item: &Item, value: f64) -> String {
    if item.unit().ucum() == "By" {
        return bytes(value);
    }
    if item.unit().ucum().starts_with('{') {
        return decimal(value, 0);
    }
    let text = decimal(value, decimals(item));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    with_unit(text, item.unit().symbol())
}

fn decimals(item: &Item) -> usize {
    match item.unit().ucum() {
        "Cel" | "A" | "V" | "s" => 1,
        "mm" | "1" if matches!(item.kind(), catalog::Kind::Gauge(_)) => 2,
        _ => 0,
    }
}

fn with_unit(number: &str, unit: &str) -> String {
    // A no-break space: a number and its unit stay on one line.
    if unit.is_empty() { number.to_owned() } else { format!("{number}\u{a0}{unit}") }
}

/// A number with thin spaces between thousands and a true minus sign.
fn decimal(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut out = String::with_capacity(plain.len() + 8);
    // `-0.0` and what rounds to it carry no sign.
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('\u{2212}');
    }
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out + rest
}

/// A count.
pub(crate) fn integer(value: f64) -> String {
    decimal(value, 0)
}

fn bytes(value: f64) -> String {
    const STEPS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut step) = (value, 0);
    while value.abs() >= 1024.0 && step + 1 < STEPS.len() {
        value /= 1024.0;
        step += 1;
    }
    let decimals = usize::from(step > 0 && value.abs() < 100.0);
    with_unit(&decimal(value, decimals), STEPS.get(step).copied().unwrap_or_default())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and pages show no such durations"
)]
fn whole(value: f64) -> i64 {
    value as i64
}

/// An item's subsystem as a heading: `laser.power` → `Laser`.
pub(crate) fn group(item: &Item) -> String {
    match item.id().split('.').next().unwrap_or_default() {
        "host" => "Printer's computer".into(),
        "log" => "Log".into(),
        name => capital(&code(name)),
    }
}

/// An item's name within its subsystem: `laser.power_setpoint` → `Power setpoint`; the part where there are
/// several: `Filesystem used 2`.
pub(crate) fn label(item: &Item, part: u8) -> String {
    let name = capital(&item.id().split_once('.').map_or(item.id(), |(_, rest)| rest).replace('_', " "));
    let name = if name == "Cpu" { "CPU".into() } else { name };
    if part == 0 { name } else { format!("{name} {part}") }
}

/// An item's whole name: `Laser power`.
pub(crate) fn title(item: &Item, part: u8) -> String {
    let name = label(item, part).to_lowercase();
    match item.id().split('.').next().unwrap_or_default() {
        "host" => capital(&name).replacen("Cpu", "CPU", 1),
        subsystem => format!("{} {name}", capital(&code(subsystem))),
    }
}

/// A code as words: `over_temperature` → `over temperature`.
pub(crate) fn code(code: &str) -> String {
    code.replace('_', " ")
}

/// The same with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `1 printer`, `3 printers`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The name that people say: a printer's thing is `ADAPTER.PRINTER`, and they say `p03`.
pub(crate) fn printer(thing: &str) -> &str {
    thing.split_once('.').map_or(thing, |(_, printer)| printer)
}

#[cfg(test)]
mod tests {
    use catalog::items;

    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let cases = [
            (&items::VAT_TEMPERATURE, 31.249, "31.2\u{a0}°C"),
            (&items::VAT_TEMPERATURE, -0.01, "0.0\u{a0}°C"),
            (&items::AMBIENT_TEMPERATURE, -12.0, "\u{2212}12.0\u{a0}°C"),
            (&items::LASER_POWER, 1234.5, "1\u{202f}234\u{a0}mW"),
            (&items::BUILD_REMAINING, 11_520.0, "3 h 12 min"),
            (&items::EXPOSURE_TIME, 41.26, "41.3\u{a0}s"),
            (&items::HOST_MEMORY_TOTAL, 8_589_934_592.0, "8.0\u{a0}GiB"),
            (&items::PRINTER_BOOTS, 12.0, "12"),
        ];
        for (item, value, expected) in cases {
            assert_eq!(quantity(item, value), expected, "{}", item.id());
        }
        assert_eq!(bound(&items::VAT_TEMPERATURE, 45.0), "45\u{a0}°C");
        assert_eq!(bound(&items::LASER_POWER, 450.0), "450\u{a0}mW");
    }

    #[test]
    fn ages_have_one_or_two_units() {
        let cases =
            [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (18_600_000, "5 h 10 min"), (3 * DAY, "3 d")];
        for (ms, expected) in cases {
            assert_eq!(duration(ms), expected);
        }
    }

    #[test]
    fn an_age_is_a_time_element() {
        let age = Age { at: Timestamp(1_763_806_530_000), now: Timestamp(1_763_806_542_500) };
        assert_eq!(
            age.to_string(),
            r#"<time datetime="2025-11-22T10:15:30.000Z" title="2025-11-22 10:15:30 UTC" data-age>12 s</time>"#
        );
    }

    #[test]
    fn names() {
        assert_eq!(title(&items::LASER_POWER_SETPOINT, 0), "Laser power setpoint");
        assert_eq!(label(&items::HOST_FILESYSTEM_USED, 2), "Filesystem used 2");
        assert_eq!(code("over_temperature"), "over temperature");
        assert_eq!(printer("oslo-1.p03"), "p03");
    }
}
