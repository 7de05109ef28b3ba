//! `POST /Thingworx/Things/{thing}/Services/UpdatePropertyValues`: readings of one thing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use catalog::{Reading, Timestamp};
use protocol::thingworx::{self, Row};
use rusqlite::Connection;

use super::headers;
use super::refused::Refused;
use crate::app::App;
use crate::keys::{self, Holder};
use crate::store::readings::{self, Stored};
use crate::store::things::{self, ThingName};
use crate::store::{ItemIds, StoreError};

/// The last millisecond of the year 9999. Beyond lies a defect of the sender, and the end of the calendar.
const TIME_MAX: i64 = 253_402_300_799_999;

/// Stores the readings of one thing, all or none. 200 means that they are on the disk.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
    request: Request,
) -> Result<StatusCode, Refused> {
    let done = take(&app, &thing, request).await;
    let counters = &app.counters;
    match &done {
        Ok(stored) => {
            counters.posts_stored.fetch_add(1, Ordering::Relaxed);
            counters.readings_stored.fetch_add(stored.new, Ordering::Relaxed);
            counters.readings_repeated.fetch_add(stored.repeated, Ordering::Relaxed);
        }
        Err(refused) => {
            counters.posts_refused.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%refused, "a post was refused");
        }
    }
    done.map(|_| StatusCode::OK)
}

async fn take(app: &App, thing: &str, request: Request) -> Result<Stored, Refused> {
    let key = headers::key(request.headers(), request.uri())?;
    // The key is looked up before the body is read: a stranger's bytes are not worth any work.
    let holder = app.store.read_promptly(move |conn| keys::authenticate(conn, &key)).await?;
    let holder = holder.ok_or(Refused::Key)?;
    headers::require_json(request.headers())?;
    headers::require_accept(request.headers())?;
    let name = ThingName::parse(thing).filter(|name| name.adapter() == holder.name);
    let name = name.ok_or(Refused::UnknownThing)?;
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| refused_body(&rejection))?;
    let readings = readings_of(&body)?;
    let (ids, now) = (app.store.items().clone(), app.clock.now());
    app.store.write(move |conn| store(conn, &ids, &holder, &name, &readings, now)).await?
}

fn refused_body(rejection: &BytesRejection) -> Refused {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::TooLarge(format!(
            "the body is over {} bytes; send fewer rows",
            protocol::limits::UPDATE_BYTES_MAX
        )),
        _ => Refused::Malformed(format!("the body did not arrive whole: {rejection}")),
    }
}

fn readings_of(body: &[u8]) -> Result<Vec<Reading>, Refused> {
    let rows = thingworx::decode_update(body).map_err(|error| {
        let text = error.to_string();
        if error.is_too_large() { Refused::TooLarge(text) } else { Refused::Malformed(text) }
    })?;
    rows.iter().map(reading_of).collect()
}

fn reading_of(row: &Row) -> Result<Reading, Refused> {
    if !(0..=TIME_MAX).contains(&row.time.0) {
        return Err(Refused::Malformed(format!(
            "row {:?}: its time is not of the years 1970 to 9999",
            row.name
        )));
    }
    Ok(row.reading()?)
}

/// Runs in the writer's transaction. A refusal stands before anything is written.
fn store(
    conn: &Connection,
    ids: &ItemIds,
    holder: &Holder,
    name: &ThingName,
    readings: &[Reading],
    now: Timestamp,
) -> Result<Result<Stored, Refused>, StoreError> {
    if !keys::is_valid(conn, holder.key)? {
        return Ok(Err(Refused::Key));
    }
    let Some(thing) = things::register(conn, holder.adapter, name, now)? else {
        return Ok(Err(Refused::TooManyPrinters));
    };
    keys::touch(conn, holder, now)?;
    Ok(Ok(readings::store(conn, ids, thing, readings, now)?))
}
