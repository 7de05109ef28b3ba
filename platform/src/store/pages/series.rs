//! The past of one item: thinned numbers for a plot, and stretches of states for the ribbon.

use catalog::Timestamp;
use rusqlite::{Connection, named_params};

/// Most points of a plot: no screen shows more, and a week of a value a second would be 600,000.
pub const BUCKETS_MAX: i64 = 1_000;
/// Most changes of state that a ribbon is made of.
pub const CHANGES_MAX: usize = 2_000;

/// A stretch of time, in milliseconds since 1970: from inclusive, to exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
}

impl Span {
    /// Width of a bucket, so that the span has at most [`BUCKETS_MAX`] and none is under a second.
    pub fn bucket_ms(self) -> i64 {
        // One less, since the first and the last bucket are cut by the span's ends.
        ((self.to.0 - self.from.0) / (BUCKETS_MAX - 1) + 1).max(1_000)
    }
}

/// What one bucket of a plot holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// When its last value was measured.
    pub time: Timestamp,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The last value.
    pub last: f64,
}

/// Which item of which printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Row id of the thing.
    pub thing: i64,
    /// The catalogue's id, such as `laser.power`.
    pub item: &'a str,
    /// Which one of several.
    pub part: u8,
}

/// The numbers of an item, least, greatest and last of each bucket. Values of bad quality are left out: a
/// plot that a broken sensor stretches to its ends shows nothing.
pub fn numbers(conn: &Connection, subject: Subject<'_>, span: Span) -> rusqlite::Result<Vec<Bucket>> {
    let mut statement = conn.prepare_cached(
        "SELECT time, number FROM readings
         WHERE thing = :thing AND item = (SELECT id FROM items WHERE name = :item) AND part = :part
            AND time >= :from AND time < :to AND number IS NOT NULL AND quality < 2
         ORDER BY time",
    )?;
    let mut rows = statement.query(named_params! {
        ":thing": subject.thing, ":item": subject.item, ":part": subject.part,
        ":from": span.from.0, ":to": span.to.0,
    })?;
    // Thinned here row by row: the primary key gives the rows in this order, so that neither SQLite nor we
    // hold more than the buckets.
    let width = span.bucket_ms();
    let mut buckets: Vec<Bucket> = Vec::new();
    while let Some(row) = rows.next()? {
        let (time, number): (i64, f64) = (row.get(0)?, row.get(1)?);
        match buckets.last_mut() {
            Some(bucket) if bucket.time.0.div_euclid(width) == time.div_euclid(width) => {
                bucket.take(time, number)
            }
            _ => buckets.push(Bucket { time: Timestamp(time), min: number, max: number, last: number }),
        }
    }
    Ok(buckets)
}

impl Bucket {
    fn take(&mut self, time: i64, number: f64) {
        self.time = Timestamp(time);
        self.min = self.min.min(number);
        self.max = self.max.max(number);
        self.last = number;
    }
}

/// The last number before a moment: a setpoint holds until the next one.
pub fn number_before(
    conn: &Connection,
    subject: Subject<'_>,
    time: Timestamp,
) -> rusqlite::Result<Option<f64>> {
    conn.prepare_cached(
        "SELECT number FROM readings WHERE thing = ?1 AND item = (SELECT id FROM items WHERE name = ?2) AND part = ?3
            AND time < ?4 AND number IS NOT NULL ORDER BY time DESC LIMIT 1",
    )?
    .query_map((subject.thing, subject.item, subject.part, time.0), |row| row.get(0))?
    .next()
    .transpose()
}

/// The codes of an item, oldest first: the one that held at the begin, then each change. At most
/// [`CHANGES_MAX`], the newest.
pub fn codes(
    conn: &Connection,
    subject: Subject<'_>,
    span: Span,
) -> rusqlite::Result<Vec<(Timestamp, String)>> {
    let mut statement = conn.prepare_cached(
        "SELECT time, text FROM (
            SELECT time, text, lag(text) OVER (ORDER BY time) AS before FROM readings
            WHERE thing = :thing AND item = (SELECT id FROM items WHERE name = :item) AND part = :part
                AND text IS NOT NULL AND time < :to AND time >= ifnull(
                    (SELECT max(time) FROM readings WHERE thing = :thing
                        AND item = (SELECT id FROM items WHERE name = :item) AND part = :part AND time <= :from), :from))
         WHERE before IS NULL OR before <> text ORDER BY time DESC LIMIT :most",
    )?;
    let mut changes: Vec<(Timestamp, String)> = statement
        .query_map(
            named_params! { ":thing": subject.thing, ":item": subject.item, ":part": subject.part,
            ":from": span.from.0, ":to": span.to.0, ":most": i64::try_from(CHANGES_MAX).unwrap_or(i64::MAX) },
            |row| Ok((Timestamp(row.get(0)?), row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    changes.reverse();
    Ok(changes)
}
