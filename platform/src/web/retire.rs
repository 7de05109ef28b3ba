//! Takes what is gone for good out of the fleet, once an admin has said so twice.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};

use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::Admin;
use super::words;
use crate::App;
use crate::retire;
use crate::store::StoreError;
use crate::store::pages::alarms::waiting;
use crate::store::pages::fleet::{by_name, collectors};

#[derive(Template)]
#[template(path = "retire.html")]
struct Page {
    frame: Frame,
    thing: String,
    adapter: String,
    is_adapter: bool,
    printers: String,
    ends: String,
}

/// Asks whether it is really to be taken out.
pub(super) async fn ask(
    Admin(visitor): Admin,
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
) -> Result<Html<String>, Problem> {
    let read = app.store.read(move |conn| {
        let printer = by_name(conn, &thing)?.ok_or(StoreError::NotFound("printer"))?;
        let collector = collectors(conn)?.into_iter().find(|collector| collector.name == printer.thing);
        let waiting = waiting(conn, Some(&thing))?;
        Ok((printer, collector.map_or(0, |collector| collector.printers), waiting.all))
    });
    let (printer, printers, waiting) = read.await?;
    render(&Page {
        frame: Frame::of(&visitor, "Take out of the fleet"),
        is_adapter: printer.is_adapter,
        adapter: printer.adapter,
        thing: printer.thing,
        printers: words::count(printers, "printer", "printers"),
        ends: match (printer.is_adapter, waiting) {
            (true, _) => "All alarms of them that wait end, acknowledged by you.".into(),
            (false, 0) => "No alarm of it waits.".into(),
            (false, 1) => "Its alarm that waits ends, acknowledged by you.".into(),
            (false, many) => format!("Its {many} alarms that wait end, acknowledged by you."),
        },
    })
}

/// Takes it out.
pub(super) async fn retire(
    Admin(visitor): Admin,
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
) -> Result<Redirect, Problem> {
    let (by, now) = (visitor.user.name, visitor.now);
    app.store.write(move |conn| retire::retire(conn, &thing, &by, now)).await?;
    Ok(Redirect::to("/"))
}
