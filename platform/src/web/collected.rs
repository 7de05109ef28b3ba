//! The customer's question "what do you take from us?", answered from the catalogue itself. Open to anybody:
//! a customer's security officer has no account here.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use catalog::{Item, Kind, items};

use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::Visitor;
use super::words;
use crate::App;

#[derive(Template)]
#[template(path = "collected.html")]
struct Page {
    frame: Frame,
    families: Vec<Family>,
}

struct Family {
    title: &'static str,
    count: String,
    items: Vec<Entry>,
}

struct Entry {
    id: &'static str,
    text: &'static str,
    kind: &'static str,
    values: String,
}

/// The catalogue as a page.
pub(super) async fn page(
    visitor: Result<Visitor, Problem>,
    State(app): State<Arc<App>>,
) -> Result<Html<String>, Problem> {
    let title = "Collected data";
    let frame = match visitor {
        Ok(visitor) => Frame::of(&visitor, title),
        Err(Problem::NotLoggedIn { .. }) => Frame::bare(title, app.clock.now()),
        Err(problem) => return Err(problem),
    };
    let families = items::FAMILIES.iter().map(|(_, title, items)| Family {
        title,
        count: words::count(items.len(), "item", "items"),
        items: items.iter().map(|item| entry(item)).collect(),
    });
    render(&Page { frame, families: families.collect() })
}

fn entry(item: &'static Item) -> Entry {
    let values = match item.kind() {
        Kind::Gauge(range) | Kind::Counter(range) => {
            let unit = item.unit().symbol();
            let unit = if unit.is_empty() { String::new() } else { format!("\u{a0}{unit}") };
            format!("{} to {}{unit}", number(range.low), number(range.high))
        }
        Kind::State(codes) | Kind::Event(codes) => {
            codes.iter().map(|code| words::code(code)).collect::<Vec<_>>().join(", ")
        }
        Kind::Identity => "at most 48 plain characters".into(),
        Kind::Hash => "a salted hash".into(),
    };
    Entry { id: item.id(), text: item.text(), kind: item.kind().name(), values }
}

fn number(value: f64) -> String {
    if value.abs() >= 1e9 { format!("{value:e}") } else { words::integer(value) }
}
