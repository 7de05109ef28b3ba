//! Alarms as the queue and the history show them.

use std::collections::HashMap;

use catalog::{Quality, Timestamp};
use rusqlite::{Connection, Row, ToSql, named_params};

use super::series::{Span, Subject};
use super::{Stored, moment, quality};

/// Most rows of the queue: a flood is shown worst first and cut, and the page says that it was cut. What is counted is not.
pub const QUEUE_MAX: usize = 200;
/// Most rows of the history on one page.
pub const HISTORY_MAX: usize = 200;

/// One alarm with what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Row id, by which it is acknowledged.
    pub id: i64,
    /// Thing name of the printer.
    pub thing: String,
    /// Where the printer stands.
    pub site: String,
    /// The printer's model.
    pub model: Option<String>,
    /// When the printer's adapter last spoke to the platform.
    pub adapter_seen: Option<Timestamp>,
    /// The catalogue's id of the item that was judged.
    pub item: String,
    /// Which one of several.
    pub part: u8,
    /// 1 critical, 2 high, 3 medium, 4 low.
    pub severity: u8,
    /// What is wrong, in a technician's words.
    pub message: String,
    /// What an alarm that the printer itself reported is about, as it said with it.
    pub about: About,
    /// When it opened.
    pub opened: Timestamp,
    /// The value that opened it.
    pub opened_value: Stored,
    /// When it closed; `None` while it is active.
    pub closed: Option<Timestamp>,
    /// When a person acknowledged it.
    pub acknowledged: Option<Timestamp>,
    /// Who that was.
    pub acknowledged_by: Option<String>,
    /// `high`, `low` or `code`; `None` when the limit has been removed since.
    pub side: Option<String>,
    /// The bound of a high or low limit.
    pub bound: Option<f64>,
    /// The item's latest value.
    pub latest: Stored,
    /// When the latest value was measured.
    pub latest_time: Option<Timestamp>,
    /// How far the latest value can be trusted.
    pub latest_quality: Option<Quality>,
    /// How often this alarm opened in the last 24 hours, this time included.
    pub day: u32,
    /// How often in the last seven days.
    pub week: u32,
}

/// What a printer said of an alarm of its own, in the catalogue's codes; nothing of an alarm that a limit has made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `alarm.subsystem`.
    pub subsystem: Option<String>,
    /// `alarm.class`.
    pub class: Option<String>,
    /// `alarm.qualifier`.
    pub qualifier: Option<String>,
}

const ALARMS: &str = "SELECT alarms.id, things.name AS thing, site, things.model, adapters.last_seen AS adapter_seen,
        items.name AS item_name, alarms.part, alarms.severity, alarms.message, opened, opened_number, opened_text,
        closed, acknowledged, acknowledged_by, side, bound,
        latest.number AS latest_number, latest.text AS latest_text, latest.time AS latest_time,
        latest.quality AS latest_quality,
        (SELECT count(*) FROM alarms AS other WHERE other.thing = alarms.thing AND other.limit_id = alarms.limit_id
            AND other.part = alarms.part AND other.opened > :now - 86400000) AS day,
        (SELECT count(*) FROM alarms AS other WHERE other.thing = alarms.thing AND other.limit_id = alarms.limit_id
            AND other.part = alarms.part AND other.opened > :now - 604800000) AS week
    FROM alarms
    JOIN things ON things.id = alarms.thing
    JOIN adapters ON adapters.id = things.adapter
    JOIN items ON items.id = alarms.item
    LEFT JOIN limits ON limits.id = alarms.limit_id
    LEFT JOIN latest ON latest.thing = alarms.thing AND latest.item = alarms.item AND latest.part = alarms.part";

/// What waits for a person: active alarms, and those that closed before anybody acknowledged them. Of the
/// latter only the one of its kind that opened last, since the repeats count the others. Its first condition is
/// that of an index, word for word: what is over and was seen is not read.
const WAITS: &str = "(closed IS NULL OR acknowledged IS NULL) AND (closed IS NULL OR NOT EXISTS (
    SELECT 1 FROM alarms AS newer WHERE newer.thing = alarms.thing AND newer.limit_id = alarms.limit_id
        AND newer.part = alarms.part AND (newer.opened, newer.id) > (alarms.opened, alarms.id)))";

/// One thing's alarms, or everyone's. Said apart, so that an index finds the alarms of one among those of all.
fn of(thing: Option<&str>) -> &'static str {
    match thing {
        Some(_) => "alarms.thing = (SELECT id FROM things WHERE name = :thing)",
        None => ":thing IS NULL",
    }
}

/// What waits for a person, of one thing or of all: the active ones first, of those the worst, of equals what
/// nobody has acknowledged and what is newest.
pub fn queue(conn: &Connection, thing: Option<&str>, now: Timestamp) -> rusqlite::Result<Vec<Alarm>> {
    listed(conn, &queue_sql(thing), named_params! { ":now": now.0, ":thing": thing })
}

fn queue_sql(thing: Option<&str>) -> String {
    format!(
        "{ALARMS} WHERE {} AND {WAITS}
         ORDER BY closed IS NOT NULL, alarms.severity, acknowledged IS NOT NULL, opened DESC LIMIT {QUEUE_MAX}",
        of(thing)
    )
}

/// How many alarms wait, whether they are listed or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// All that the queue would hold without an end.
    pub all: usize,
    /// Of those, the active ones.
    pub open: usize,
    /// Those that nobody has acknowledged.
    pub unseen: usize,
    /// The active critical ones.
    pub critical: usize,
    /// The active critical ones that nobody has acknowledged.
    pub critical_unseen: usize,
}

/// Counts what waits, of one thing or of all.
pub fn waiting(conn: &Connection, thing: Option<&str>) -> rusqlite::Result<Waiting> {
    conn.prepare_cached(&waiting_sql(thing))?.query_row(named_params! { ":thing": thing }, |row| {
        let count =
            |at| Ok::<_, rusqlite::Error>(usize::try_from(row.get::<_, i64>(at)?).unwrap_or_default());
        Ok(Waiting {
            all: count(0)?,
            open: count(1)?,
            unseen: count(2)?,
            critical: count(3)?,
            critical_unseen: count(4)?,
        })
    })
}

fn waiting_sql(thing: Option<&str>) -> String {
    format!(
        "SELECT count(*), count(*) FILTER (WHERE closed IS NULL), count(*) FILTER (WHERE acknowledged IS NULL),
            count(*) FILTER (WHERE closed IS NULL AND severity = 1),
            count(*) FILTER (WHERE closed IS NULL AND severity = 1 AND acknowledged IS NULL)
         FROM alarms WHERE {} AND {WAITS}",
        of(thing)
    )
}

/// The active alarms of one thing, all of them, whether they are listed or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// How many there are.
    pub number: usize,
    /// The severity of the worst one, and whether all of that severity are acknowledged.
    pub worst: Option<(u8, bool)>,
}

/// The active alarms by the name of the thing, of one or of all that have any.
pub fn open(conn: &Connection, thing: Option<&str>) -> rusqlite::Result<HashMap<String, Open>> {
    let sql = format!(
        "SELECT things.name, count(*), min(2 * severity + (acknowledged IS NOT NULL))
         FROM alarms JOIN things ON things.id = alarms.thing WHERE {} AND closed IS NULL GROUP BY things.id",
        of(thing)
    );
    conn.prepare_cached(&sql)?
        .query_map(named_params! { ":thing": thing }, |row| {
            let (number, worst): (i64, u8) = (row.get(1)?, row.get(2)?);
            let number = usize::try_from(number).unwrap_or_default();
            Ok((row.get(0)?, Open { number, worst: Some((worst / 2, worst % 2 == 1)) }))
        })?
        .collect()
}

/// Which alarms a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// One printer's only.
    pub thing: Option<String>,
    /// `Some(true)` for active ones, `Some(false)` for past ones.
    pub open: Option<bool>,
    /// Only of this severity.
    pub severity: Option<u8>,
    /// Words that stand in the message, the printer's name, model or site.
    pub words: String,
}

/// Alarms open and past, the newest first.
pub fn history(conn: &Connection, filter: &Filter, now: Timestamp) -> rusqlite::Result<Vec<Alarm>> {
    let thing = of(filter.thing.as_deref());
    let sql = format!(
        "{ALARMS} WHERE {thing}
            AND (:open IS NULL OR (closed IS NULL) = :open)
            AND (:severity IS NULL OR alarms.severity = :severity)
            AND (:words = '' OR instr(lower(alarms.message || ' ' || things.name || ' ' || site || ' ' ||
                ifnull(things.model, '')), lower(:words)))
         ORDER BY opened DESC, alarms.id DESC LIMIT {HISTORY_MAX}"
    );
    let bound = named_params! {
        ":now": now.0, ":thing": filter.thing, ":open": filter.open, ":severity": filter.severity,
        ":words": filter.words.trim(),
    };
    listed(conn, &sql, bound)
}

fn listed(conn: &Connection, sql: &str, bound: &[(&str, &dyn ToSql)]) -> rusqlite::Result<Vec<Alarm>> {
    let mut alarms: Vec<_> = conn.prepare_cached(sql)?.query_map(bound, alarm)?.collect::<Result<_, _>>()?;
    for reported in alarms.iter_mut().filter(|alarm| alarm.item == "alarm.active") {
        reported.about = about(conn, reported.id)?;
    }
    Ok(alarms)
}

/// What the printer said in the moment in which its alarm opened: one record of the printer says all of it.
fn about(conn: &Connection, alarm: i64) -> rusqlite::Result<About> {
    let mut about = About::default();
    let mut said = conn.prepare_cached(
        "SELECT items.name, readings.text FROM alarms CROSS JOIN items CROSS JOIN readings
         WHERE alarms.id = ?1 AND items.name IN ('alarm.subsystem', 'alarm.class', 'alarm.qualifier')
            AND readings.thing = alarms.thing AND readings.item = items.id AND readings.part = alarms.part
            AND readings.time = alarms.opened",
    )?;
    let mut rows = said.query([alarm])?;
    while let Some(row) = rows.next()? {
        let (item, code): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        match item.as_str() {
            "alarm.subsystem" => about.subsystem = code,
            "alarm.class" => about.class = code,
            _ => about.qualifier = code,
        }
    }
    Ok(about)
}

/// When an alarm was active, as a mark on a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When it opened.
    pub opened: Timestamp,
    /// When it closed; `None` while it is active.
    pub closed: Option<Timestamp>,
    /// 1 critical, 2 high, 3 medium, 4 low.
    pub severity: u8,
    /// What was wrong.
    pub message: String,
}

/// The alarms of one item that were active in a stretch of time, the newest first.
pub fn marks(conn: &Connection, subject: Subject<'_>, span: Span) -> rusqlite::Result<Vec<Mark>> {
    conn.prepare_cached(&format!(
        "SELECT opened, closed, severity, message FROM alarms
         WHERE thing = :thing AND item = (SELECT id FROM items WHERE name = :item) AND part = :part
            AND opened < :to AND (closed IS NULL OR closed > :from)
         ORDER BY opened DESC LIMIT {HISTORY_MAX}"
    ))?
    .query_map(
        named_params! {
            ":thing": subject.thing, ":item": subject.item, ":part": subject.part,
            ":from": span.from.0, ":to": span.to.0,
        },
        |row| {
            Ok(Mark {
                opened: Timestamp(row.get("opened")?),
                closed: moment(row, "closed")?,
                severity: row.get("severity")?,
                message: row.get("message")?,
            })
        },
    )?
    .collect()
}

/// When the last alarm closed: an empty queue says since when it has been empty.
pub fn quiet_since(conn: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let closed: Option<i64> = conn.query_row(
        "SELECT max(max(ifnull(closed, 0), ifnull(acknowledged, 0))) FROM alarms",
        [],
        |row| row.get(0),
    )?;
    Ok(closed.map(Timestamp))
}

fn alarm(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    Ok(Alarm {
        id: row.get("id")?,
        thing: row.get("thing")?,
        site: row.get("site")?,
        model: row.get("model")?,
        adapter_seen: moment(row, "adapter_seen")?,
        item: row.get("item_name")?,
        part: row.get("part")?,
        severity: row.get("severity")?,
        message: row.get("message")?,
        about: About::default(),
        opened: Timestamp(row.get("opened")?),
        opened_value: Stored { number: row.get("opened_number")?, text: row.get("opened_text")? },
        closed: moment(row, "closed")?,
        acknowledged: moment(row, "acknowledged")?,
        acknowledged_by: row.get("acknowledged_by")?,
        side: row.get("side")?,
        bound: row.get("bound")?,
        latest: Stored { number: row.get("latest_number")?, text: row.get("latest_text")? },
        latest_time: moment(row, "latest_time")?,
        latest_quality: row.get::<_, Option<u8>>("latest_quality")?.map(quality),
        day: row.get("day")?,
        week: row.get("week")?,
    })
}

#[cfg(test)]
mod tests;
