//! What the store holds, in figures: for the demo, the tests and anybody who asks whether anything was lost.

use catalog::items;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;

use crate::store::{ItemIds, StoreError};

/// Open alarms that the report names: a flood is counted and cut.
const OPEN_ALARMS_MAX: i64 = 100;

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Readings in the store.
    pub readings_stored: u64,
    /// Adapters and printers that have posted.
    pub things: u64,
    /// Printers among them.
    pub printers: u64,
    /// Alarms that were ever opened.
    pub alarms_opened: u64,
    /// Alarms that are open.
    pub alarms_open: u64,
    /// The first of them: the worst, and of equals the newest.
    pub open_alarms: Vec<OpenAlarm>,
    /// The printers' log records, all together.
    pub records: Records,
    /// The same for each printer.
    pub log_records: Vec<PrinterRecords>,
}

/// An alarm that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenAlarm {
    /// The alarm's row.
    pub id: i64,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// The printer's name on the wire.
    pub printer: String,
    /// What is wrong, in a technician's words.
    pub message: String,
    /// When it opened, in milliseconds since 1970.
    pub opened: i64,
}

/// What the numbers of the printers' own log records prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Readings of `log.record`.
    pub rows: u64,
    /// Different record numbers.
    pub distinct: u64,
    /// Rows more than numbers: something was stored twice.
    pub duplicates: u64,
    /// Numbers missing between the lowest and the highest: something was lost.
    pub missing: u64,
    /// Half of the rows were stored within this time after the line's stamp, in milliseconds.
    pub latency_p50_ms: Option<i64>,
    /// 99 of 100 rows were stored within this time, in milliseconds.
    pub latency_p99_ms: Option<i64>,
}

/// One printer's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrinterRecords {
    /// The printer's name on the wire.
    pub thing: String,
    /// Its lowest record number.
    pub first: i64,
    /// Its highest record number.
    pub last: i64,
    /// The rest.
    #[serde(flatten)]
    pub records: Records,
}

/// Counts what is in the store.
///
/// # Errors
/// When the store fails.
pub fn report(conn: &Connection, ids: &ItemIds) -> Result<Report, StoreError> {
    let item = ids.id(&items::LOG_RECORD)?;
    let count = |sql: &str| conn.query_row(sql, [], |row| unsigned(row, 0));
    let log_records = by_printer(conn, item)?;
    Ok(Report {
        readings_stored: count("SELECT count(*) FROM readings")?,
        things: count("SELECT count(*) FROM things")?,
        printers: count("SELECT count(*) FROM things WHERE kind = 'printer'")?,
        alarms_opened: count("SELECT count(*) FROM alarms")?,
        alarms_open: count("SELECT count(*) FROM alarms WHERE closed IS NULL")?,
        open_alarms: open_alarms(conn)?,
        records: together(conn, item, &log_records)?,
        log_records,
    })
}

fn open_alarms(conn: &Connection) -> Result<Vec<OpenAlarm>, StoreError> {
    let mut select = conn.prepare(
        "SELECT a.id, CASE severity WHEN 1 THEN 'critical' WHEN 2 THEN 'high' WHEN 3 THEN 'medium' ELSE 'low' END,
                things.name, message, opened
         FROM alarms a JOIN things ON things.id = a.thing WHERE closed IS NULL
         ORDER BY a.severity, opened DESC, a.id LIMIT ?1",
    )?;
    let alarms = select.query_map([OPEN_ALARMS_MAX], |row| {
        let (id, severity, printer) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(OpenAlarm { id, severity, printer, message: row.get(3)?, opened: row.get(4)? })
    })?;
    Ok(alarms.collect::<Result<_, _>>()?)
}

// `CROSS JOIN` keeps the things outside, so that the primary key of `readings` leads to the one item.
fn by_printer(conn: &Connection, item: i64) -> Result<Vec<PrinterRecords>, StoreError> {
    let mut select = conn.prepare(
        "SELECT t.id, t.name, count(*), count(DISTINCT r.number), CAST(min(r.number) AS INTEGER),
                CAST(max(r.number) AS INTEGER)
         FROM things t CROSS JOIN readings r ON r.thing = t.id WHERE r.item = ?1 GROUP BY t.id ORDER BY t.name",
    )?;
    let rows = select.query_map([item], |row| {
        let (rows, distinct, first, last) = (unsigned(row, 2)?, unsigned(row, 3)?, row.get(4)?, row.get(5)?);
        let records = Records { rows, distinct, ..Records::default() };
        Ok((row.get(0)?, PrinterRecords { thing: row.get(1)?, first, last, records }))
    })?;
    let mut printers = Vec::new();
    for row in rows {
        let (thing, mut printer) = row?;
        let records = &mut printer.records;
        records.duplicates = records.rows - records.distinct;
        // An adapter may send any number.
        let expected = printer.last.saturating_sub(printer.first).saturating_add(1);
        let expected = u64::try_from(expected).unwrap_or(0);
        records.missing = expected.saturating_sub(records.distinct);
        latencies(conn, item, Some(thing), records)?;
        printers.push(printer);
    }
    Ok(printers)
}

fn together(conn: &Connection, item: i64, printers: &[PrinterRecords]) -> Result<Records, StoreError> {
    let sum = |field: fn(&Records) -> u64| {
        printers.iter().fold(0, |sum: u64, printer| sum.saturating_add(field(&printer.records)))
    };
    let mut all = Records {
        rows: sum(|records| records.rows),
        distinct: sum(|records| records.distinct),
        duplicates: sum(|records| records.duplicates),
        missing: sum(|records| records.missing),
        ..Records::default()
    };
    latencies(conn, item, None, &mut all)?;
    Ok(all)
}

/// The nearest-rank percentiles of the time from a record's stamp to its storage.
fn latencies(
    conn: &Connection,
    item: i64,
    thing: Option<i64>,
    records: &mut Records,
) -> Result<(), StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT stored - time FROM readings
         WHERE item = ?1 AND thing IN (SELECT id FROM things WHERE ?2 IS NULL OR id = ?2) ORDER BY stored - time LIMIT 1 OFFSET ?3",
    )?;
    let mut rank = |percent: u64| {
        let rank = (records.rows * percent).div_ceil(100);
        let offset = i64::try_from(rank).unwrap_or(i64::MAX).saturating_sub(1).max(0);
        select.query_row((item, thing, offset), |row| row.get(0)).optional()
    };
    (records.latency_p50_ms, records.latency_p99_ms) = (rank(50)?, rank(99)?);
    Ok(())
}

/// A count, which SQLite has as a signed number.
fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}
