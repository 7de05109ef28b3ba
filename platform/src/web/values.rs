//! A stored value as a page shows it.

use catalog::{Item, Kind, Native, Quality, Timestamp, items};

use super::condition::VALUE_OLD_MS;
use super::words;
use crate::store::pages::printer::Limit;
use crate::store::pages::{Latest, Stored};

/// The value in words, with its unit.
pub(super) fn text(item: &Item, value: &Stored) -> String {
    match (value.number, value.text.as_deref()) {
        (Some(number), _) => words::quantity(item, number),
        // A hash is long and says nothing; its first digits tell one build from another.
        (None, Some(hash)) if hash.starts_with("h:") => hash.chars().skip(2).take(8).collect(),
        (None, Some(text)) if item.codes().is_empty() => text.to_owned(),
        (None, Some(code)) => words::code(code),
        (None, None) => String::new(),
    }
}

/// The same for the id of an item; of one that this program does not know, the bare value.
pub(super) fn text_of(item: &str, value: &Stored) -> String {
    items::by_id(item).map_or_else(
        || value.text.clone().or(value.number.map(|number| number.to_string())).unwrap_or_default(),
        |item| text(item, value),
    )
}

/// What the maker wrote, with the unit's symbol: `0.5 W`. All its digits: it is there to be compared with the
/// printer's own display.
pub(super) fn native_text(native: &str) -> String {
    let Some(native) = Native::parse(native) else { return String::new() };
    let text = native.text();
    let number = text.split_once(' ').map_or("", |(number, _)| number).replace('-', "\u{2212}");
    format!("{number}\u{a0}{}", native.unit.symbol())
}

/// Whether a value says nothing of the present. A state or a count holds until the next one, however long ago that
/// was said; a measurement does not.
pub(super) fn is_old(item: &Item, measured: Timestamp, now: Timestamp) -> bool {
    matches!(item.kind(), Kind::Gauge(_)) && now.0 - measured.0 > VALUE_OLD_MS
}

/// What to say of a quality that is not good.
pub(super) fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "not valid",
    }
}

/// The limits of an item in words: `18 to 31 °C`, `over 75 °C`.
pub(super) fn limits_text(item: &Item, limits: &[Limit]) -> String {
    let nearest = |side: &str, pick: fn(f64, f64) -> f64| {
        limits.iter().filter(|l| l.item == item.id() && l.side == side).filter_map(|l| l.bound).reduce(pick)
    };
    // The tightest of several: that is the one which is passed first.
    match (nearest("low", f64::max), nearest("high", f64::min)) {
        (Some(low), Some(high)) => {
            let unit = item.unit().symbol();
            let low = words::bound(item, low);
            let low = if unit.is_empty() { &low } else { low.trim_end_matches(unit).trim_end() };
            format!("{low} to {}", words::bound(item, high))
        }
        (None, Some(high)) => format!("max {}", words::bound(item, high)),
        (Some(low), None) => format!("min {}", words::bound(item, low)),
        (None, None) => String::new(),
    }
}

/// The severity of the worst limit that a number is beyond.
pub(super) fn over(latest: &Latest, limits: &[Limit]) -> Option<u8> {
    let number = latest.value.number?;
    let beyond = |limit: &&Limit| {
        limit.item == latest.item
            && limit.bound.is_some_and(|bound| match limit.side.as_str() {
                "high" => number > bound,
                "low" => number < bound,
                _ => false,
            })
    };
    limits.iter().filter(beyond).map(|limit| limit.severity).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(side: &str, bound: f64) -> Limit {
        Limit {
            item: "vat.temperature".into(),
            side: side.into(),
            bound: Some(bound),
            severity: 2,
            message: String::new(),
        }
    }

    #[test]
    fn limits_in_words() {
        let (low, high, higher) = (limit("low", 18.0), limit("high", 31.5), limit("high", 40.0));
        let item = &items::VAT_TEMPERATURE;
        assert_eq!(limits_text(item, &[low.clone(), high.clone(), higher]), "18 to 31.5\u{a0}°C");
        assert_eq!(limits_text(item, &[high]), "max 31.5\u{a0}°C");
        assert_eq!(limits_text(item, &[low]), "min 18\u{a0}°C");
        assert_eq!(limits_text(&items::LASER_POWER, &[]), "");
    }

    #[test]
    fn what_the_maker_wrote_is_short_however_large_it_is() {
        let cases = [
            ("0.5 W", "0.5\u{a0}W"),
            ("-12.25 [degF]", "\u{2212}12.25\u{a0}°F"),
            ("1e300 W", "1e300\u{a0}W"),
            ("1e-7 W", "1e\u{2212}7\u{a0}W"),
            ("lots W", ""),
            ("5 furlong", ""),
        ];
        for (native, expected) in cases {
            assert_eq!(native_text(native), expected);
        }
    }

    #[test]
    fn codes_and_hashes_are_shortened_to_what_a_person_can_use() {
        let text_value = |text: &str| Stored { number: None, text: Some(text.into()) };
        assert_eq!(text(&items::VAT_FAULT, &text_value("over_temperature")), "over temperature");
        assert_eq!(text(&items::BUILD_ID, &text_value("h:0123456789abcdef")), "01234567");
        assert_eq!(text(&items::IDENTITY_MODEL, &text_value("ProJet_7000")), "ProJet_7000");
    }
}
