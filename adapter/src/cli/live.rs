//! `adapter check --live`: what each printer that is queried has shown at one look.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use catalog::{Item, Reading, Value, items};

use crate::config::{Interface, Printer};
use crate::intake::poll::Look;

/// What the dashboard shows of every printer: what of it a printer does not give, somebody will miss.
static WANTED: [&Item; 6] = [
    &items::IDENTITY_MODEL,
    &items::IDENTITY_SERIAL,
    &items::IDENTITY_FIRMWARE,
    &items::PRINTER_STATE,
    &items::BUILD_STATE,
    &items::BUILD_PROGRESS,
];

/// The page, and whether every printer answered as it should.
pub(super) fn page(looks: &[(&Printer, &Interface, Look)]) -> (String, bool) {
    if looks.is_empty() {
        return ("\nno printer is queried".to_owned(), true);
    }
    let mut page =
        format!("\n{:<16} {:<30} {:<20} {:>5}  it is\n", "printer", "queried at", "reachability", "items");
    for (printer, interface, look) in looks {
        let at = format!("{} {}", interface.name(), interface.address());
        let (given, who) = (given(look), who(look));
        let id = printer.id.as_str();
        let _ = writeln!(page, "{id:<16} {at:<30} {:<20} {:>5}  {who}", look.code, given.len());
    }
    for (printer, _, look) in looks {
        let _ = writeln!(page, "\n{}: {}", printer.id, look.why);
        let given = given(look);
        line(&mut page, "gives", given.iter().copied());
        let configured = |item: &Item| *item == items::IDENTITY_MODEL && printer.model.is_some();
        let missing = WANTED.iter().filter(|item| !given.contains(item.id()) && !configured(item));
        // Of one that did not answer, everything is missing.
        line(&mut page, "missing", missing.map(|item| advice(item)).filter(|_| !given.is_empty()));
        let refused: BTreeSet<String> = look
            .refused
            .iter()
            .map(|(item, why)| format!("{} ({why})", item.map_or("a value", Item::id)))
            .collect();
        line(&mut page, "refused", refused.iter().map(String::as_str));
    }
    (page, looks.iter().all(|(_, _, look)| look.code == "available"))
}

/// An item that is missing, and what can be done about it.
fn advice(item: &Item) -> &'static str {
    if *item == items::IDENTITY_MODEL {
        "identity.model (write it in the configuration: model = \"…\")"
    } else {
        item.id()
    }
}

/// The ids of the items that it gave.
fn given(look: &Look) -> BTreeSet<&'static str> {
    look.readings.iter().map(|reading| reading.item().id()).collect()
}

/// Who it says it is.
fn who(look: &Look) -> String {
    let identity = |reading: &Reading| match reading.value() {
        Value::Identity(identity) => Some(match reading.item() {
            // A number alone says nothing.
            item if *item == items::IDENTITY_FIRMWARE => format!("firmware {}", identity.as_str()),
            item if *item == items::IDENTITY_SERIAL => format!("serial {}", identity.as_str()),
            _ => identity.as_str().to_owned(),
        }),
        _ => None,
    };
    let who: Vec<String> = look.readings.iter().filter_map(identity).collect();
    if who.is_empty() { "-".to_owned() } else { who.join(", ") }
}

fn line<'a>(page: &mut String, name: &str, words: impl Iterator<Item = &'a str>) {
    let words: Vec<&str> = words.collect();
    if !words.is_empty() {
        let _ = writeln!(page, "  {name:<9} {}", words.join(", "));
    }
}
