//! Alarms as a person reads them, the page that lists them, and the one press that acknowledges.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect};
use catalog::{Quality, Timestamp, items};
use serde::Deserialize;

use super::condition::{self, ADAPTER_GONE_MS, Condition};
use super::frame::{Frame, render};
use super::problem::Problem;
use super::values;
use super::visitor::{Visitor, own_path};
use super::words::{self, Age, Moment};
use crate::App;
use crate::store::pages::alarms::{self, About, Alarm, Filter, HISTORY_MAX};
use crate::store::pages::fleet::printers;

/// One row.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) thing: String,
    pub(super) site: String,
    pub(super) severity: u8,
    pub(super) message: String,
    pub(super) day: u32,
    pub(super) week: u32,
    /// Active when it was last heard of, and that is too long ago to say more.
    pub(super) stale: bool,
    /// Whether a list of the past offers to acknowledge it; on a printer's page the queue does that.
    pub(super) list_acknowledges: bool,
    alarm: Alarm,
    now: Timestamp,
}

impl Row {
    /// A row; `unsure` says whether the printer's values say nothing of the present.
    pub(super) fn of(alarm: Alarm, unsure: bool, now: Timestamp) -> Self {
        let heard = alarm.adapter_seen.is_some_and(|seen| now.0 - seen.0 <= ADAPTER_GONE_MS);
        // Whether the printer is reached is the adapter's own word.
        let unsure = unsure && alarm.item != items::PRINTER_REACHABILITY.id();
        Self {
            id: alarm.id,
            thing: alarm.thing.clone(),
            site: alarm.site.clone(),
            severity: alarm.severity.clamp(1, 4),
            message: words::capital(&alarm.message),
            day: alarm.day,
            week: alarm.week,
            stale: alarm.closed.is_none() && (!heard || unsure),
            list_acknowledges: false,
            alarm,
            now,
        }
    }

    fn open(&self) -> bool {
        self.alarm.closed.is_none()
    }

    fn hollow(&self) -> bool {
        !self.open() || self.alarm.acknowledged.is_some()
    }

    pub(super) fn class(&self) -> String {
        let stale = if self.stale { " stale" } else { "" };
        let acked = if self.alarm.acknowledged.is_some() { " acked" } else { "" };
        let open = if self.open() { " open" } else { " closed" };
        format!("sev-{}{open}{stale}{acked}", self.severity)
    }

    pub(super) fn mark(&self) -> String {
        format!("mark-{}", self.severity)
    }

    pub(super) fn mark_class(&self) -> String {
        let colour = if self.stale { "stale".to_owned() } else { self.severity.to_string() };
        format!("m-{colour}{}", if self.hollow() || self.stale { " hollow" } else { "" })
    }

    pub(super) fn severity_word(&self) -> &'static str {
        severity_word(self.severity)
    }

    pub(super) fn standing(&self) -> Option<&'static str> {
        match (self.stale, self.open()) {
            (true, _) => Some("stale, last known: active"),
            (false, false) => Some("over"),
            (false, true) => None,
        }
    }

    pub(super) fn printer(&self) -> &str {
        words::printer(&self.thing)
    }

    /// The printer's page, at the plot of what was judged.
    pub(super) fn link(&self) -> String {
        let plottable = items::by_id(&self.alarm.item).is_some_and(|item| item.codes().is_empty());
        let page = format!("/printers/{}", self.thing);
        if plottable { format!("{page}?item={}&part={}", self.alarm.item, self.alarm.part) } else { page }
    }

    /// What was measured, against what, and on which machine.
    pub(super) fn detail(&self) -> String {
        if let Some(about) = about(&self.alarm.about) {
            return about;
        }
        let mut parts = Vec::new();
        let then = values::text_of(&self.alarm.item, &self.alarm.opened_value);
        let now = values::text_of(&self.alarm.item, &self.alarm.latest);
        let name = items::by_id(&self.alarm.item).map(|item| words::title(item, self.alarm.part));
        if let Some(name) = name {
            let between = if self.alarm.opened_value.text.is_some() { ": " } else { " " };
            parts.push(if then.is_empty() { name } else { format!("{name}{between}{then}") });
        }
        if self.open() && !now.is_empty() && now != then {
            parts.push(if self.of_now() { format!("now {now}") } else { format!("last known {now}") });
        }
        if let (Some(item), Some(bound)) = (items::by_id(&self.alarm.item), self.alarm.bound) {
            parts.push(format!("limit {}", words::bound(item, bound)));
        }
        parts.join(" · ")
    }

    /// Whether the latest value can be said to be the present one.
    fn of_now(&self) -> bool {
        let old = match (items::by_id(&self.alarm.item), self.alarm.latest_time) {
            (Some(item), Some(measured)) => values::is_old(item, measured, self.now),
            _ => false,
        };
        !self.stale && !old && self.alarm.latest_quality != Some(Quality::Bad)
    }

    pub(super) fn since(&self) -> Age {
        Age { at: self.alarm.opened, now: self.now }
    }

    pub(super) fn over(&self) -> Option<Age> {
        self.alarm.closed.map(|at| Age { at, now: self.now })
    }

    pub(super) fn opened_at(&self) -> Moment {
        Moment(self.alarm.opened)
    }

    pub(super) fn lasted(&self) -> String {
        match self.alarm.closed {
            Some(closed) => words::duration(closed.0 - self.alarm.opened.0),
            None if self.stale => "not known".into(),
            None => "still active".into(),
        }
    }

    pub(super) fn acknowledged(&self) -> Option<(&str, Age)> {
        let by = self.alarm.acknowledged_by.as_deref().unwrap_or("somebody");
        self.alarm.acknowledged.map(|at| (by, Age { at, now: self.now }))
    }
}

/// What an alarm of the printer's own is about: `Bed: thermal, failed`.
fn about(About { subsystem, class, qualifier }: &About) -> Option<String> {
    let subsystem = words::capital(&words::code(subsystem.as_deref()?));
    if class.as_deref() == Some("unmapped") {
        return Some(format!("{subsystem}: of a kind that is in no table"));
    }
    let what: Vec<_> = [class, qualifier].into_iter().flatten().filter(|code| *code != "unmapped").collect();
    let what: Vec<_> = what.into_iter().map(|code| words::code(code)).collect();
    Some(if what.is_empty() { subsystem } else { format!("{subsystem}: {}", what.join(", ")) })
}

/// The word of a severity.
pub(super) fn severity_word(severity: u8) -> &'static str {
    match severity {
        1 => "Critical",
        2 => "High",
        3 => "Medium",
        _ => "Low",
    }
}

const SHOWS: [(&str, &str); 3] = [("all", "open and past"), ("open", "open"), ("past", "past")];
const SEVERITIES: [(&str, &str); 4] = [("1", "critical"), ("2", "high"), ("3", "medium"), ("4", "low")];

#[derive(Template)]
#[template(path = "alarms.html")]
struct Page {
    frame: Frame,
    history: Vec<Row>,
    shows: &'static [(&'static str, &'static str)],
    severities: &'static [(&'static str, &'static str)],
    show: String,
    severity: String,
    words: String,
    thing: String,
    filtered: bool,
    cut: bool,
}

/// What stands in the address of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    show: String,
    severity: String,
    q: String,
    thing: String,
}

/// Alarms open and past.
pub(super) async fn page(
    visitor: Visitor,
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::Malformed("The filter in the address cannot be read."))?;
    let filter = Filter {
        thing: Some(asked.thing.clone()).filter(|thing| !thing.is_empty()),
        open: match asked.show.as_str() {
            "open" => Some(true),
            "past" => Some(false),
            _ => None,
        },
        severity: asked.severity.parse().ok(),
        words: asked.q.chars().take(100).collect(),
    };
    let filtered = filter != Filter::default();
    let now = visitor.now;
    let read = app
        .store
        .read(move |conn| Ok((alarms::history(conn, &filter, now)?, printers(conn, &condition::ITEMS)?)));
    let (alarms, printers) = read.await?;
    let unsure = printers.iter().filter(|printer| Condition::of(printer, now).unsure());
    let unsure: HashSet<&str> = unsure.map(|printer| printer.thing.as_str()).collect();
    let page = Page {
        frame: Frame::of(&visitor, "Alarms").live(),
        cut: alarms.len() == HISTORY_MAX,
        history: alarms
            .into_iter()
            .map(|alarm| {
                let unsure = unsure.contains(alarm.thing.as_str());
                Row { list_acknowledges: true, ..Row::of(alarm, unsure, now) }
            })
            .collect(),
        shows: &SHOWS,
        severities: &SEVERITIES,
        show: asked.show,
        severity: asked.severity,
        words: asked.q,
        thing: asked.thing,
        filtered,
    };
    render(&page)
}

#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    back: String,
}

/// Acknowledges an alarm and goes back to where that was pressed.
pub(super) async fn acknowledge(
    visitor: Visitor,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    back: Result<Form<Back>, FormRejection>,
) -> Result<Redirect, Problem> {
    let id: i64 = id.parse().map_err(|_| Problem::NotFound)?;
    let Form(back) = back.map_err(|_| Problem::Malformed("The form cannot be read."))?;
    let (by, now) = (visitor.user.name, visitor.now);
    app.store.write(move |conn| crate::alarms::acknowledge(conn, id, &by, now)).await?;
    Ok(Redirect::to(own_path(&back.back)))
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.alarm.fmt(f)
    }
}
