//! Who did what, for admins.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::Admin;
use super::words::{self, Moment};
use crate::App;
use crate::store::pages::audit as stored;

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    entries: Vec<Entry>,
}

struct Entry {
    time: Moment,
    who: String,
    what: String,
    subject: String,
}

/// The newest entries.
pub(super) async fn page(
    Admin(visitor): Admin,
    State(app): State<Arc<App>>,
) -> Result<Html<String>, Problem> {
    let entries = app.store.read(|conn| Ok(stored::newest(conn)?)).await?;
    let entries = entries.into_iter().map(|entry| Entry {
        time: Moment(entry.time),
        who: entry.who,
        what: words::capital(&entry.what),
        subject: entry.subject,
    });
    render(&Page { entries: entries.collect(), frame: Frame::of(&visitor, "Audit") })
}
