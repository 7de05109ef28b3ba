//! The list of collected data that a customer reads: generated, so that it cannot say less than the code.

use std::fmt::Write as _;

use crate::item::{Item, Kind};
use crate::items;

const HEAD: &str = "\
# What the adapter may send

This list is generated from the catalogue (`adapter catalog --format markdown`) and is complete: a value that
is not in it cannot leave the adapter, because a reading can only be made from an item of this list. Every
reading carries the item's name, a value, a time, a quality and an origin (a salted fingerprint that keeps a
repeated record from being stored twice).

No free text leaves. A state is one of the words listed; a build is a salted hash; model, serial number and
firmware are at most 48 plain characters and come from the printer's own interface or from the adapter's
configuration, never from a log line. Numbers outside the plausible range are sent with bad quality. A number that
the printer writes in another unit is converted, and the maker's own number and unit stand beside it.

The last three columns say what an item is called elsewhere and where its range or its words come from: its type
in MTConnect (`x:` marks an extension, where that standard has no name), its name in OpenTelemetry (`oneway.…`
where the semantic conventions have none), and the source; *estimate* where no public one is known.
";

/// The list of collected data as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    for (_, title, items) in items::FAMILIES {
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n## {title}\n\n| item | kind | unit | values | meaning | MTConnect | OpenTelemetry | source |\n|---|---|---|---|---|---|---|---|\n"
        );
        for item in *items {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
                item.id(),
                item.kind().name(),
                item.unit().symbol(),
                values(item),
                item.text(),
                item.mtconnect(),
                item.otel(),
                if item.source() == "estimate" { "*estimate*" } else { item.source() },
            );
        }
    }
    out
}

fn values(item: &Item) -> String {
    match item.kind() {
        Kind::Gauge(range) | Kind::Counter(range) => format!("{} to {}", range.low, range.high),
        Kind::State(codes) | Kind::Event(codes) => codes.join(", "),
        Kind::Identity => "bounded text".into(),
        Kind::Hash => "salted hash".into(),
    }
}
