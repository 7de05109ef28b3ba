//! The first page: what is wrong now and which first, then every printer, worst first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use catalog::Timestamp;

use super::alarms;
use super::condition::{self, Condition};
use super::frame::{Frame, render};
use super::problem::Problem;
use super::row::{self, Row};
use super::visitor::Visitor;
use super::words::{self, Age};
use crate::App;
use crate::store::pages::alarms::{Alarm, Open, Waiting, open, queue, quiet_since, waiting};
use crate::store::pages::fleet::{Collector, Printer, collectors, printers, retired};

#[derive(Template)]
#[template(path = "fleet.html")]
struct Page {
    frame: Frame,
    headline: String,
    queue: Vec<alarms::Row>,
    waiting: Waiting,
    quiet: Option<Age>,
    collectors_gone: Vec<Gone>,
    summary: String,
    key_titles: Vec<&'static str>,
    printers: Vec<Row>,
    retired: Vec<String>,
}

/// An adapter that is not heard, and what that means.
struct Gone {
    name: String,
    site: String,
    age: Age,
    meaning: String,
}

/// The page.
pub(super) async fn page(visitor: Visitor, State(app): State<Arc<App>>) -> Result<Html<String>, Problem> {
    let now = visitor.now;
    let (alarms, waiting, open, printers, collectors, quiet, retired) = app
        .store
        .read(move |conn| {
            let queue = queue(conn, None, now)?;
            let quiet = if queue.is_empty() { quiet_since(conn)? } else { None };
            let (waiting, open) = (waiting(conn, None)?, open(conn, None)?);
            let printers = printers(conn, &row::items())?;
            Ok((queue, waiting, open, printers, collectors(conn)?, quiet, retired(conn)?))
        })
        .await?;
    let rows = rows(printers, &open, now);
    let unsure: HashSet<String> =
        rows.iter().filter(|row| row.unsure()).map(|row| row.thing.clone()).collect();
    let listed = |alarm: Alarm| {
        let unsure = unsure.contains(&alarm.thing);
        alarms::Row::of(alarm, unsure, now)
    };
    let collectors_gone: Vec<Gone> =
        collectors.into_iter().filter_map(|collector| gone(collector, now)).collect();
    let page = Page {
        headline: headline(waiting),
        summary: summary(&rows),
        waiting,
        queue: alarms.into_iter().map(listed).collect(),
        quiet: quiet.map(|at| Age { at, now }),
        collectors_gone,
        key_titles: row::KEY_VALUES.iter().map(|(_, title)| *title).collect(),
        printers: rows,
        retired,
        frame: Frame::of(&visitor, "Fleet").live(),
    };
    render(&page)
}

fn headline(waiting: Waiting) -> String {
    let critical = match (waiting.critical, waiting.critical_unseen) {
        (0, _) => String::new(),
        (active, 0) => format!(" · {active} critical still active"),
        (_, unseen) => format!(", {unseen} critical"),
    };
    match (waiting.all, waiting.unseen) {
        (0, _) => "Nothing waits for anybody".into(),
        (_, 0) => format!("{}, all acknowledged{critical}", words::count(waiting.open, "alarm", "alarms")),
        (_, unseen) => format!("{} to acknowledge{critical}", words::count(unseen, "alarm", "alarms")),
    }
}

fn gone(collector: Collector, now: Timestamp) -> Option<Gone> {
    let at = collector.last_seen?;
    (now.0 - at.0 > condition::ADAPTER_GONE_MS).then(|| Gone {
        meaning: match collector.printers {
            0 => "it has no printers.".into(),
            1 => "its printer is unknown, not well and not ill.".into(),
            many => format!("its {many} printers are unknown, not well and not ill."),
        },
        name: collector.name,
        site: collector.site,
        age: Age { at, now },
    })
}

fn rows(printers: Vec<Printer>, open: &HashMap<String, Open>, now: Timestamp) -> Vec<Row> {
    let mut rows: Vec<Row> = printers
        .into_iter()
        .map(|printer| {
            let open = open.get(&printer.thing).copied().unwrap_or_default();
            Row::of(printer, open, now)
        })
        .collect();
    rows.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.thing.cmp(&b.thing)));
    rows
}

fn summary(rows: &[Row]) -> String {
    let count = |fits: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| fits(row)).count();
    let unknown = count(&|row| matches!(row.condition, Condition::Unknown { .. }));
    let alarmed = count(&|row| row.worst.is_some() && !matches!(row.condition, Condition::Unknown { .. }));
    let late = count(&|row| row.worst.is_none() && matches!(row.condition, Condition::Late { .. }));
    let unreached = count(&|row| row.worst.is_none() && row.condition.unsure())
        - count(&|row| row.worst.is_none() && matches!(row.condition, Condition::Unknown { .. }))
        - late;
    let mut parts = vec![words::count(rows.len(), "printer", "printers")];
    let building =
        count(&|row| matches!(&row.condition, Condition::State { code, .. } if code == "building"));
    for (number, word) in [
        (alarmed, "in alarm"),
        (unreached, "off or not reached"),
        (late, "with late data"),
        (unknown, "unknown"),
        (building, "building"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.join(" · ")
}
