//! When an adapter did not run: what it did not see is known to nobody, but for what a log kept for it. An outage of the way to the
//! platform is none of these, since what was measured meanwhile came later.

use catalog::Timestamp;
use rusqlite::{Connection, named_params};

use super::series::Span;

/// An adapter says this often how long it has run: what is measured within this of its last word it may have seen.
const SAID_EVERY_MS: i64 = 10_000;

/// The stretches in which a printer's adapter did not run, oldest first: from one run's last word, and what it may have seen after it, to the next run's start, or to
/// the first state in between that a log told later. Those that are not longer than `ignored_ms` are left out.
pub fn outages(conn: &Connection, printer: i64, span: Span, ignored_ms: i64) -> rusqlite::Result<Vec<Span>> {
    // Of an adapter in halves it is the intake that sees printers.
    let mut statement = conn.prepare_cached(
        "WITH adapter AS (SELECT of.id FROM things AS this JOIN things AS of ON of.adapter = this.adapter AND of.kind = 'adapter'
                WHERE this.id = :printer),
            uptime AS (SELECT id FROM items WHERE name = 'adapter.uptime'),
            before AS (SELECT (SELECT max(time) FROM readings WHERE thing = (SELECT id FROM adapter)
                AND item = (SELECT id FROM uptime) AND part = parts.value AND time <= :from) AS time
                FROM (SELECT 0 AS value UNION ALL SELECT 1) AS parts)
         SELECT time, number FROM readings
         WHERE thing = (SELECT id FROM adapter) AND item = (SELECT id FROM uptime) AND part IN (0, 1) AND number IS NOT NULL
            AND time < :to AND time >= ifnull((SELECT max(time) FROM before), :from)
         ORDER BY time",
    )?;
    let mut rows =
        statement.query(named_params! { ":printer": printer, ":from": span.from.0, ":to": span.to.0 })?;
    let (mut outages, mut last_word) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let (time, uptime): (i64, f64) = (row.get(0)?, row.get(1)?);
        // The catalogue's range of it is far below what these hold.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let started = time.saturating_sub((uptime * 1000.0) as i64);
        let before = last_word.replace(time);
        if let Some(before) = before.filter(|before| started - before > ignored_ms) {
            let from = before + SAID_EVERY_MS;
            let to = first_state(conn, printer, from)?.map_or(started, |told| told.min(started));
            if to > from {
                outages.push(Span { from: Timestamp(from), to: Timestamp(to) });
            }
        }
    }
    Ok(outages)
}

fn first_state(conn: &Connection, printer: i64, from: i64) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(
        "SELECT min(time) FROM readings WHERE thing = ?1 AND item = (SELECT id FROM items WHERE name = 'printer.state')
            AND part = 0 AND time >= ?2",
    )?
    .query_row((printer, from), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use catalog::items;

    use super::*;
    use crate::testing::{Bench, START, mark, number};
    use crate::{keys, store};

    #[tokio::test]
    async fn an_adapter_that_was_started_again_did_not_run_before() {
        let bench = Bench::new();
        let ids = bench.app.store.items().clone();
        let work = move |conn: &Connection| {
            keys::create_adapter(conn, "oslo", "Oslo", "test", Timestamp(START))?;
            let now = Timestamp(START);
            let register = |name: &str| {
                let name =
                    store::things::ThingName::parse(name).ok_or(store::StoreError::NotFound("thing"))?;
                let thing = store::things::register(conn, 1, &name, now)?;
                thing.ok_or(store::StoreError::NotFound("thing"))
            };
            let (adapter, printer) = (register("oslo")?, register("oslo.p01")?);
            // Seconds after START, and how long it had run.
            let said =
                [(0, 600), (10, 610), (20, 5), (30, 15), (500, 100), (510, 510), (1_000, 1_000), (2_000, 1)];
            let said = said.map(|(time, uptime)| {
                number(&items::ADAPTER_UPTIME, START + 1_000 * time, f64::from(uptime))
            });
            store::readings::store(conn, &ids, adapter, &said, now)?;
            // Another of its halves says so too; the uplink sees nothing.
            let intake = |part: u8, time: i64, uptime: i32| {
                let mark = catalog::Mark { part, ..mark(START + 1_000 * time, catalog::Quality::Good) };
                items::ADAPTER_UPTIME.number(f64::from(uptime), mark)
            };
            let halves = [intake(1, 3_000, 990), intake(2, 3_500, 3_000), intake(1, 4_000, 1)];
            let halves = halves.map(|reading| reading.map_err(|_| store::StoreError::NotFound("reading")));
            let halves = halves.into_iter().collect::<Result<Vec<_>, _>>()?;
            store::readings::store(conn, &ids, adapter, &halves, now)?;
            // What a printer that is asked said just before its adapter ended, and a log that was read later.
            let state = |time: i64| {
                items::PRINTER_STATE.code("idle", mark(START + 1_000 * time, catalog::Quality::Good))
            };
            for time in [35, 1_003, 3_009, 3_600] {
                let told = state(time).map_err(|_| store::StoreError::NotFound("code"))?;
                store::readings::store(conn, &ids, printer, &[told], now)?;
            }
            let of = |from: i64, to: i64| {
                let span = Span { from: Timestamp(START + 1_000 * from), to: Timestamp(START + 1_000 * to) };
                let found = outages(conn, printer, span, 60_000)?;
                let since = |time: Timestamp| (time.0 - START) / 1_000;
                Ok::<_, store::StoreError>(
                    found.iter().map(|o| (since(o.from), since(o.to))).collect::<Vec<_>>(),
                )
            };
            Ok((of(0, 5_000)?, of(40, 600)?, of(600, 1_500)?))
        };
        let (all, some, none) = bench.app.store.write(work).await.unwrap();
        // Ten seconds are a restart; a silence of 490 s in one run is none of the adapter's, since it ran.
        assert_eq!(all, [(40, 400), (1_010, 1_999), (3_010, 3_600)]);
        // The one that the span begins in is known as well.
        assert_eq!(some, [(40, 400)]);
        assert_eq!(none, []);
    }
}
