//! One printer: what it does, what waits, its past as plots, and every value.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use catalog::{Item, Kind, Timestamp, items};
use serde::Deserialize;

use super::alarms;
use super::frame::{Frame, render};
use super::problem::Problem;
use super::row::{self, Row};
use super::series::RangeWord;
use super::values;
use super::visitor::Visitor;
use super::words::{self, Age};
use crate::App;
use crate::store::StoreError;
use crate::store::pages::Latest;
use crate::store::pages::alarms::{Alarm, Filter, Open, Waiting, history, open, queue, waiting};
use crate::store::pages::fleet::{Printer, by_name};
use crate::store::pages::printer::{Limit, limits, values as latest_values};

/// Plots on the page; each is one request of the browser.
const PLOTS_MAX: usize = 6;

/// Alarms of the past on this page; the list has the others.
const HISTORY_SHOWN: usize = 20;

/// What is plotted when nobody asked for anything and no alarm points at anything: of each technology what a
/// technician looks at first.
static PLOTTED_FIRST: [&Item; 17] = [
    &items::LASER_POWER,
    &items::VAT_TEMPERATURE,
    &items::LASER_CURRENT,
    &items::RECOATER_LOAD,
    &items::BED_TEMPERATURE,
    &items::PLATE_TEMPERATURE,
    &items::OXYGEN_CONCENTRATION,
    &items::FILTER_PRESSURE_DROP,
    &items::HEAD_TEMPERATURE,
    &items::HEAD_MISSING_NOZZLES,
    &items::EXTRUDER_TEMPERATURE,
    &items::HEATED_BED_TEMPERATURE,
    &items::CHAMBER_TEMPERATURE,
    &items::VAT_LEVEL,
    &items::ADAPTER_BUFFER,
    &items::ADAPTER_BUFFER_AGE,
    &items::ADAPTER_MEMORY,
];

#[derive(Template)]
#[template(path = "printer.html")]
struct Page {
    frame: Frame,
    printer: Printer,
    row: Row,
    identity: String,
    advice: String,
    /// How long it has been out of the fleet.
    retired: Option<Age>,
    queue: Vec<alarms::Row>,
    waiting: Waiting,
    history: Vec<alarms::Row>,
    range: &'static str,
    ranges: &'static [RangeWord],
    shown_query: String,
    plots: Vec<Plot>,
    groups: Vec<Group>,
}

struct Plot {
    key: String,
    item: &'static str,
    part: u8,
    title: String,
    limits: String,
}

struct Group {
    title: String,
    values: Vec<Value>,
}

struct Value {
    item: &'static str,
    part: u8,
    label: String,
    text: &'static str,
    value: String,
    quality: &'static str,
    native: String,
    limit: String,
    over: Option<u8>,
    age: Age,
    old: bool,
    plottable: bool,
}

/// What stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    range: String,
    item: String,
    part: u8,
}

struct Model {
    printer: Printer,
    values: Vec<Latest>,
    limits: Vec<Limit>,
    queue: Vec<Alarm>,
    waiting: Waiting,
    open: Open,
    history: Vec<Alarm>,
}

/// The page.
pub(super) async fn page(
    visitor: Visitor,
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::Malformed("The address cannot be read."))?;
    let now = visitor.now;
    let model = app.store.read(move |conn| model(conn, &thing, now)).await?;
    let frame = Frame::of(&visitor, words::printer(&model.printer.thing)).live();
    render(&Page::of(frame, model, &asked))
}

fn model(conn: &rusqlite::Connection, thing: &str, now: Timestamp) -> Result<Model, StoreError> {
    let mut printer = by_name(conn, thing)?.ok_or(StoreError::NotFound("printer"))?;
    let values = latest_values(conn, printer.id)?;
    let wanted = row::items();
    let own = |latest: &&Latest| latest.part == 0 && wanted.contains(&latest.item.as_str());
    printer.values = values
        .iter()
        .filter(own)
        .map(|latest| (latest.item.clone(), latest.clone()))
        .collect::<HashMap<_, _>>();
    let filter = Filter { thing: Some(thing.to_owned()), ..Filter::default() };
    let queue = queue(conn, Some(thing), now)?;
    let waiting = waiting(conn, Some(thing))?;
    let open = open(conn, Some(thing))?.remove(thing).unwrap_or_default();
    let mut history = history(conn, &filter, now)?;
    history.truncate(HISTORY_SHOWN);
    Ok(Model { limits: limits(conn, &printer)?, printer, values, queue, waiting, open, history })
}

impl Page {
    fn of(frame: Frame, model: Model, asked: &Asked) -> Self {
        let now = frame.now;
        let row = Row::of(model.printer.clone(), model.open, now);
        let unsure = row.unsure();
        let rows = |alarms: &[Alarm]| {
            alarms.iter().map(|alarm| alarms::Row::of(alarm.clone(), unsure, now)).collect()
        };
        Self {
            identity: identity(&model.printer),
            retired: model.printer.retired.map(|at| Age { at, now }),
            advice: row.condition.advice(&model.printer.adapter),
            plots: plots(&model, asked),
            groups: groups(&model, now),
            queue: rows(&model.queue),
            waiting: model.waiting,
            history: rows(&model.history),
            range: super::series::range_or_fitting(&asked.range, now.0 - model.printer.first_seen.0).word,
            ranges: &super::series::RANGES,
            shown_query: match items::by_id(&asked.item) {
                Some(item) => format!("&item={}&part={}", item.id(), asked.part),
                None => String::new(),
            },
            printer: model.printer,
            row,
            frame,
        }
    }
}

fn identity(printer: &Printer) -> String {
    let named = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}{value}"));
    [
        named("", &printer.model),
        named("serial ", &printer.serial),
        named("firmware ", &printer.firmware),
        Some(if printer.is_adapter {
            "adapter".into()
        } else {
            format!("through adapter {}", printer.adapter)
        }),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" · ")
}

/// What was asked for, then what the alarms point at, then what is usual; each once and only what has values.
fn plots(model: &Model, asked: &Asked) -> Vec<Plot> {
    let asked = items::by_id(&asked.item).map(|item| (item, asked.part));
    let alarmed = model.queue.iter().filter_map(|alarm| Some((items::by_id(&alarm.item)?, alarm.part)));
    let parts = |item: &'static Item| {
        model.values.iter().filter(|value| value.item == item.id()).map(move |value| (item, value.part))
    };
    let usual = PLOTTED_FIRST.iter().flat_map(|item| parts(item));
    let mut chosen: Vec<(&'static Item, u8)> = Vec::new();
    for (item, part) in asked.into_iter().chain(alarmed).chain(usual) {
        let known =
            model.values.iter().any(|v| v.item == item.id() && v.part == part && v.value.number.is_some());
        if known && !chosen.contains(&(item, part)) {
            chosen.push((item, part));
        }
    }
    chosen.truncate(PLOTS_MAX);
    chosen.into_iter().map(|(item, part)| plot(item, part, &model.limits)).collect()
}

fn plot(item: &'static Item, part: u8, limits: &[Limit]) -> Plot {
    let limits = values::limits_text(item, limits);
    Plot {
        key: item.property_of(part),
        item: item.id(),
        part,
        title: words::title(item, part),
        limits: if limits.contains(" to ") { format!("limits {limits}") } else { limits },
    }
}

/// The values by subsystem, in the catalogue's order.
fn groups(model: &Model, now: Timestamp) -> Vec<Group> {
    let by_item: BTreeMap<(&str, u8), &Latest> =
        model.values.iter().map(|latest| ((latest.item.as_str(), latest.part), latest)).collect();
    let mut groups: Vec<Group> = Vec::new();
    for item in items::all() {
        // Model, serial and firmware stand in the heading.
        if matches!(item.kind(), Kind::Identity) {
            continue;
        }
        for ((_, _), latest) in by_item.range((item.id(), 0)..=(item.id(), u8::MAX)) {
            let title = words::group(item);
            let value = value(item, latest, &model.limits, now);
            match groups.iter_mut().find(|group| group.title == title) {
                Some(group) => group.values.push(value),
                None => groups.push(Group { title, values: vec![value] }),
            }
        }
    }
    groups
}

fn value(item: &'static Item, latest: &Latest, limits: &[Limit], now: Timestamp) -> Value {
    Value {
        item: item.id(),
        part: latest.part,
        label: words::label(item, latest.part),
        text: item.text(),
        value: values::text(item, &latest.value),
        quality: values::quality_word(latest.quality),
        native: latest.native.as_deref().map(values::native_text).unwrap_or_default(),
        limit: values::limits_text(item, limits),
        over: values::over(latest, limits),
        age: Age { at: latest.time, now },
        old: values::is_old(item, latest.time, now),
        plottable: latest.value.number.is_some(),
    }
}
