//! The rows behind one limit over one series: its alarms, its running delay, its stored readings.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use catalog::{Quality, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::judge::Fresh;
use super::machine::{Change, Sample, State};
use super::rule::Rule;
use crate::store::StoreError;

/// One limit over one series of one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series<'a> {
    pub(super) conn: &'a Connection,
    pub(super) rule: &'a Rule,
    pub(super) thing: i64,
    pub(super) part: u8,
}

/// An alarm's row, as far as judging needs it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alarm {
    pub(super) id: i64,
    pub(super) span: Span,
}

/// From when to when an alarm is, and the value that opened it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) opened: Timestamp,
    /// `None` while it is open.
    pub(super) closed: Option<Timestamp>,
    pub(super) sample: Option<Sample>,
}

impl Span {
    pub(super) fn covers(&self, time: Timestamp) -> bool {
        self.opened <= time && self.closed.is_none_or(|closed| closed > time)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let before = |one: &Self, other: &Self| one.closed.is_some_and(|closed| closed < other.opened);
        !before(self, other) && !before(other, self)
    }
}

const ALARM: &str = "SELECT id, opened, closed, opened_number, opened_text FROM alarms
     WHERE thing = ?1 AND limit_id = ?2 AND part = ?3";

fn open() -> String {
    format!("{ALARM} AND closed IS NULL")
}

/// Two questions, each for an index. With OR, and to give them in order, SQLite would read the whole series.
fn since() -> String {
    format!("{ALARM} AND closed IS NULL UNION ALL {ALARM} AND closed >= ?4")
}

impl Series<'_> {
    /// Where the limit stands.
    pub(super) fn state(&self) -> Result<State, StoreError> {
        let pending = "SELECT since FROM alarm_pending WHERE thing = ?1 AND limit_id = ?2 AND part = ?3";
        let pending = self
            .conn
            .prepare_cached(pending)?
            .query_row(self.key(), |row| Ok(Timestamp(row.get(0)?)))
            .optional()?;
        Ok(State { active: self.open_alarm()?.is_some(), pending })
    }

    /// Keeps the running delay, or forgets it.
    pub(super) fn keep_pending(&self, state: State) -> Result<(), StoreError> {
        let (thing, limit, part) = self.key();
        let Some(since) = state.pending else {
            let delete = "DELETE FROM alarm_pending WHERE thing = ?1 AND limit_id = ?2 AND part = ?3";
            self.conn.prepare_cached(delete)?.execute(self.key())?;
            return Ok(());
        };
        let towards = if state.active { "off" } else { "on" };
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO alarm_pending (thing, limit_id, part, since, towards) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((thing, limit, part, since.0, towards))?;
        Ok(())
    }

    /// The alarm that is open.
    pub(super) fn open_alarm(&self) -> Result<Option<Alarm>, StoreError> {
        Ok(self.conn.prepare_cached(&open())?.query_row(self.key(), alarm).optional()?)
    }

    /// The alarms that were open at this time or opened after it, oldest first.
    pub(super) fn alarms_since(&self, from: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        let (thing, limit, part) = self.key();
        let mut select = self.conn.prepare_cached(&since())?;
        let alarms = select.query_map((thing, limit, part, from.0), alarm)?;
        let mut alarms: Vec<_> = alarms.collect::<Result<_, _>>()?;
        alarms.sort_by_key(|alarm| (alarm.span.opened, alarm.id));
        Ok(alarms)
    }

    /// Lets the open alarm begin no later than its newest value: it was opened by one of the future, before a
    /// clock was set right.
    pub(super) fn begin_by(&self, time: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE alarms SET opened = ?4
             WHERE thing = ?1 AND limit_id = ?2 AND part = ?3 AND closed IS NULL AND opened > ?4";
        let (thing, limit, part) = self.key();
        self.conn.prepare_cached(update)?.execute((thing, limit, part, time.0))?;
        Ok(())
    }

    /// Does what a step said.
    pub(super) fn apply(&self, change: Change, sample: Option<&Sample>) -> Result<(), StoreError> {
        match change {
            Change::Opened(opened) => self.insert(&Span { opened, closed: None, sample: sample.cloned() }),
            Change::Closed(closed) => {
                let Some(alarm) = self.open_alarm()? else { return Ok(()) };
                self.set_span(alarm.id, &Span { closed: Some(closed), ..alarm.span })
            }
        }
    }

    /// Writes a new alarm, open or already closed.
    pub(super) fn insert(&self, span: &Span) -> Result<(), StoreError> {
        let (number, text) = columns(span.sample.as_ref());
        self.conn
            .prepare_cached(
                "INSERT INTO alarms
                 (thing, item, part, limit_id, severity, message, opened, opened_number, opened_text, closed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute((
                self.thing,
                self.rule.item,
                self.part,
                self.rule.limit,
                self.rule.severity,
                &self.rule.message,
                span.opened.0,
                number,
                text,
                span.closed.map(|time| time.0),
            ))?;
        Ok(())
    }

    /// Gives an alarm its span.
    pub(super) fn set_span(&self, id: i64, span: &Span) -> Result<(), StoreError> {
        let (number, text) = columns(span.sample.as_ref());
        self.conn
            .prepare_cached(
                "UPDATE alarms SET opened = ?2, closed = ?3, opened_number = coalesce(?4, opened_number),
                 opened_text = coalesce(?5, opened_text) WHERE id = ?1",
            )?
            .execute((id, span.opened.0, span.closed.map(|time| time.0), number, text))?;
        Ok(())
    }

    /// Shows the stored readings that can be judged, oldest first and up to the latest, until it is told to
    /// stop; says whether it came to the end. What a clock that ran ahead left after the latest is passed over.
    pub(super) fn walk(
        &self,
        from: Timestamp,
        mut show: impl FnMut(Timestamp, Sample) -> ControlFlow<()>,
    ) -> Result<bool, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT time, number, text FROM readings
             WHERE thing = ?1 AND item = ?2 AND part = ?3 AND time >= ?4 AND quality <> 2
             AND time <= (SELECT time FROM latest WHERE thing = ?1 AND item = ?2 AND part = ?3)
             ORDER BY time, origin",
        )?;
        let mut rows = select.query((self.thing, self.rule.item, self.part, from.0))?;
        while let Some(row) = rows.next()? {
            if let Some(sample) = sample(row.get(1)?, row.get(2)?)
                && show(Timestamp(row.get(0)?), sample).is_break()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The last value before this time that can be judged.
    pub(super) fn before(&self, time: Timestamp) -> Result<Option<Sample>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT number, text FROM readings
             WHERE thing = ?1 AND item = ?2 AND part = ?3 AND time < ?4 AND quality <> 2 ORDER BY time DESC LIMIT 1",
        )?;
        let key = (self.thing, self.rule.item, self.part, time.0);
        let found = select.query_row(key, |row| Ok(sample(row.get(0)?, row.get(1)?)));
        Ok(found.optional()?.flatten())
    }

    fn key(&self) -> (i64, i64, u8) {
        (self.thing, self.rule.limit, self.part)
    }
}

/// Ends the alarms and delays of limits that are not among these.
pub(super) fn end_others(
    conn: &Connection,
    thing: i64,
    rules: &[Rule],
    now: Timestamp,
) -> Result<(), StoreError> {
    let others = |select: &str| -> Result<BTreeSet<i64>, StoreError> {
        let mut select = conn.prepare_cached(select)?;
        let mut limits: BTreeSet<_> =
            select.query_map([thing], |row| row.get(0))?.collect::<Result<_, _>>()?;
        rules.iter().for_each(|rule| _ = limits.remove(&rule.limit));
        Ok(limits)
    };
    for limit in others("SELECT limit_id FROM alarms WHERE thing = ?1 AND closed IS NULL")? {
        let close = "UPDATE alarms SET closed = max(opened, ?3) WHERE thing = ?1 AND limit_id = ?2 AND closed IS NULL";
        conn.execute(close, (thing, limit, now.0))?;
    }
    for limit in others("SELECT limit_id FROM alarm_pending WHERE thing = ?1")? {
        conn.execute("DELETE FROM alarm_pending WHERE thing = ?1 AND limit_id = ?2", (thing, limit))?;
    }
    Ok(())
}

/// The item, part and last value that can be judged of each series of a thing.
pub(super) fn present(conn: &Connection, thing: i64) -> Result<Vec<(i64, u8, Fresh)>, StoreError> {
    let select = "SELECT r.item, r.part, r.time, r.number, r.text FROM latest l JOIN readings r
         ON r.thing = l.thing AND r.item = l.item AND r.part = l.part AND r.quality <> 2 AND r.time = (
             SELECT time FROM readings WHERE thing = l.thing AND item = l.item AND part = l.part
             AND time <= l.time AND quality <> 2 ORDER BY time DESC LIMIT 1)
         WHERE l.thing = ?1 ORDER BY r.item, r.part, r.origin";
    let mut select = conn.prepare_cached(select)?;
    let rows = select.query_map([thing], |row| {
        let (time, sample) = (Timestamp(row.get(2)?), sample(row.get(3)?, row.get(4)?));
        let fresh = sample.map(|sample| Fresh { time, quality: Quality::Good, sample });
        Ok((row.get(0)?, row.get(1)?, fresh))
    })?;
    let rows = rows.filter_map(|row| row.map(|(item, part, fresh)| Some((item, part, fresh?))).transpose());
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a row's columns hold.
pub(super) fn sample(number: Option<f64>, text: Option<String>) -> Option<Sample> {
    number.map(Sample::Number).or(text.map(Sample::Code))
}

fn columns(sample: Option<&Sample>) -> (Option<f64>, Option<&str>) {
    match sample {
        Some(Sample::Number(number)) => (Some(*number), None),
        Some(Sample::Code(code)) => (None, Some(code)),
        None => (None, None),
    }
}

fn alarm(row: &rusqlite::Row<'_>) -> rusqlite::Result<Alarm> {
    let span = Span {
        opened: Timestamp(row.get(1)?),
        closed: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        sample: sample(row.get(3)?, row.get(4)?),
    };
    Ok(Alarm { id: row.get(0)?, span })
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::keys;
    use crate::store::things::{self, ThingName};
    use crate::testing::Bench;

    #[tokio::test]
    async fn what_a_series_had_long_ago_is_not_read_to_judge_it() {
        let bench = Bench::new();
        let ids = bench.app.store.items().clone();
        let steps = bench.app.store.write(move |conn| {
            crate::alarms::seed(conn, &ids)?;
            keys::create_adapter(conn, "oslo", "Oslo", "test", Timestamp(0))?;
            let name = ThingName::parse("oslo").ok_or(StoreError::NotFound("thing"))?;
            let thing =
                things::register(conn, 1, &name, Timestamp(0))?.ok_or(StoreError::NotFound("thing"))?;
            let rules = Rule::of_thing(conn, thing)?;
            let rule = rules.first().ok_or(StoreError::NotFound("limit"))?;
            let series = Series { conn, rule, thing, part: 0 };
            let mut steps = Vec::new();
            for hundred in 0..20 {
                for number in 0..100 {
                    let opened = Timestamp(1_000 * (100 * hundred + number));
                    series.insert(&Span { opened, closed: Some(Timestamp(opened.0 + 500)), sample: None })?;
                }
                let newest = Timestamp(100_000 * (hundred + 1) - 1_000);
                assert_eq!(series.open_alarm()?, None);
                assert_eq!(series.alarms_since(newest)?.len(), 1);
                for sql in [open(), since()] {
                    steps.push(conn.prepare_cached(&sql)?.reset_status(StatementStatus::VmStep));
                }
            }
            Ok(steps)
        });
        let steps = steps.await.unwrap();
        assert!(steps.iter().all(|step| (1..200).contains(step)), "{steps:?}");
    }
}
