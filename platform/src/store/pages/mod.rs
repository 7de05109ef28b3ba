//! What the pages show, read from the store: plain rows, no HTML and no judgement. Nothing here writes.

pub mod adapters;
pub mod alarms;
pub mod audit;
pub mod fleet;
pub mod outages;
pub mod printer;
pub mod series;

use catalog::{Quality, Timestamp};
use rusqlite::Row;

/// A value as it is stored: one of the two is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// A gauge's or counter's number.
    pub number: Option<f64>,
    /// A code, an identity or `h:` with a hash.
    pub text: Option<String>,
}

/// The latest reading of an item of one printer.
#[derive(Clone, Debug, PartialEq)]
pub struct Latest {
    /// The catalogue's id, such as `laser.power`.
    pub item: String,
    /// Which one of several.
    pub part: u8,
    /// When it was measured.
    pub time: Timestamp,
    /// Since when a text, such as a state's code, has been this one.
    pub since: Timestamp,
    /// The value.
    pub value: Stored,
    /// How far it can be trusted.
    pub quality: Quality,
    /// What the maker wrote, where that was in another unit: `0.5 W`.
    pub native: Option<String>,
}

fn latest(row: &Row<'_>) -> rusqlite::Result<Latest> {
    Ok(Latest {
        item: row.get("item_name")?,
        part: row.get("part")?,
        time: Timestamp(row.get("time")?),
        since: Timestamp(row.get("since")?),
        value: Stored { number: row.get("number")?, text: row.get("text")? },
        quality: quality(row.get("quality")?),
        native: row.get("native")?,
    })
}

/// The stored number of a quality; what a newer version may have written is not trusted.
fn quality(number: u8) -> Quality {
    match number {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        _ => Quality::Bad,
    }
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}
