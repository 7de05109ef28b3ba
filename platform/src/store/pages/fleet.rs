//! The fleet: every collector and every printer, with the few values that the fleet table shows, and who is out of it.

use std::collections::HashMap;

use catalog::Timestamp;
use rusqlite::{Connection, Row, params_from_iter};

use super::{Latest, latest, moment};

/// An adapter, as far as a technician needs it: whether what it collects can be known at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Collector {
    /// Its name, such as `oslo-1`.
    pub name: String,
    /// Where it stands.
    pub site: String,
    /// When it last spoke to the platform; `None` before its first word.
    pub last_seen: Option<Timestamp>,
    /// Printers behind it.
    pub printers: usize,
}

/// A printer and who collects from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Printer {
    /// Row id of the thing.
    pub id: i64,
    /// `ADAPTER.PRINTER`.
    pub thing: String,
    /// Whether it is an adapter's own thing and no printer.
    pub is_adapter: bool,
    /// Model, once the printer or the adapter's configuration has named it.
    pub model: Option<String>,
    /// Serial number, likewise.
    pub serial: Option<String>,
    /// Firmware version, likewise.
    pub firmware: Option<String>,
    /// Name of its adapter.
    pub adapter: String,
    /// Where it stands.
    pub site: String,
    /// When its adapter last spoke to the platform.
    pub adapter_seen: Option<Timestamp>,
    /// When its first data came.
    pub first_seen: Timestamp,
    /// When the newest value that the printer itself gave was measured; what the adapter says about the
    /// printer's reachability does not count.
    pub data: Option<Timestamp>,
    /// When such a value was last stored, whenever it was measured.
    pub stored: Option<Timestamp>,
    /// When it was taken out of the fleet.
    pub retired: Option<Timestamp>,
    /// The latest values that were asked for, by item id; part 0 only.
    pub values: HashMap<String, Latest>,
}

/// Every adapter that has ever spoken and was not taken out of the fleet.
pub fn collectors(conn: &Connection) -> rusqlite::Result<Vec<Collector>> {
    conn.prepare_cached(
        "SELECT name, site, last_seen,
                (SELECT count(*) FROM things WHERE adapter = adapters.id AND kind = 'printer' AND retired IS NULL) AS printers
         FROM adapters WHERE last_seen IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM things WHERE things.name = adapters.name AND retired IS NOT NULL) ORDER BY name",
    )?
    .query_map([], |row| {
        let printers: i64 = row.get("printers")?;
        Ok(Collector {
            name: row.get("name")?,
            site: row.get("site")?,
            last_seen: moment(row, "last_seen")?,
            printers: usize::try_from(printers).unwrap_or_default(),
        })
    })?
    .collect()
}

// A printer's clock may run ahead: a value is never newer than its storage, or silence would look like health.
const PRINTERS: &str = "SELECT things.id, things.name AS thing, kind = 'adapter' AS is_adapter, model, serial, firmware, first_seen, retired,
        adapters.name AS adapter, site, adapters.last_seen AS adapter_seen,
        (SELECT max(min(time, stored)) FROM latest JOIN items ON items.id = latest.item
         WHERE thing = things.id AND items.name <> 'printer.reachability') AS data,
        (SELECT max(stored) FROM latest JOIN items ON items.id = latest.item
         WHERE thing = things.id AND items.name <> 'printer.reachability') AS stored
    FROM things JOIN adapters ON adapters.id = things.adapter";

/// Every printer in the fleet, with its latest values of these items.
pub fn printers(conn: &Connection, items: &[&str]) -> rusqlite::Result<Vec<Printer>> {
    let mut printers: Vec<Printer> = conn
        .prepare_cached(&format!(
            "{PRINTERS} WHERE kind = 'printer' AND retired IS NULL ORDER BY things.name"
        ))?
        .query_map([], printer)?
        .collect::<rusqlite::Result<_>>()?;
    let mut values = values(conn, items)?;
    for printer in &mut printers {
        printer.values = values.remove(&printer.id).unwrap_or_default();
    }
    Ok(printers)
}

/// The names of what was taken out of the fleet.
pub fn retired(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut select =
        conn.prepare_cached("SELECT name FROM things WHERE retired IS NOT NULL ORDER BY name")?;
    select.query_map([], |row| row.get(0))?.collect()
}

/// The printer with this name, or the adapter's own thing; without values.
pub fn by_name(conn: &Connection, thing: &str) -> rusqlite::Result<Option<Printer>> {
    conn.prepare_cached(&format!("{PRINTERS} WHERE things.name = ?1"))?
        .query_map([thing], printer)?
        .next()
        .transpose()
}

fn printer(row: &Row<'_>) -> rusqlite::Result<Printer> {
    Ok(Printer {
        id: row.get("id")?,
        thing: row.get("thing")?,
        is_adapter: row.get("is_adapter")?,
        model: row.get("model")?,
        serial: row.get("serial")?,
        firmware: row.get("firmware")?,
        adapter: row.get("adapter")?,
        site: row.get("site")?,
        adapter_seen: moment(row, "adapter_seen")?,
        first_seen: Timestamp(row.get("first_seen")?),
        data: moment(row, "data")?,
        stored: moment(row, "stored")?,
        retired: moment(row, "retired")?,
        values: HashMap::new(),
    })
}

type Values = HashMap<i64, HashMap<String, Latest>>;

fn values(conn: &Connection, items: &[&str]) -> rusqlite::Result<Values> {
    let marks = vec!["?"; items.len()].join(",");
    let mut statement = conn.prepare_cached(&format!(
        "SELECT thing, items.name AS item_name, part, time, since, number, text, quality, native
         FROM latest JOIN items ON items.id = latest.item
         WHERE part = 0 AND items.name IN ({marks})"
    ))?;
    let rows = statement.query_map(params_from_iter(items), |row| Ok((row.get("thing")?, latest(row)?)))?;
    let mut values = Values::new();
    for row in rows {
        let (thing, latest): (i64, Latest) = row?;
        values.entry(thing).or_default().insert(latest.item.clone(), latest);
    }
    Ok(values)
}
