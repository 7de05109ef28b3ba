//! Adapters and their keys: admins create, hand over a one-time code, and revoke.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use catalog::Timestamp;
use serde::Deserialize;

use super::condition::ADAPTER_GONE_MS;
use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::Admin;
use super::words::{self, Age, Moment};
use crate::App;
use crate::keys::{self, OneTimeCode};
use crate::store::StoreError;
use crate::store::pages::adapters as stored;

#[derive(Template)]
#[template(path = "adapters.html")]
struct Page {
    frame: Frame,
    handover: Option<Handover>,
    complaint: Option<String>,
    typed_name: String,
    typed_site: String,
    adapters: Vec<Row>,
}

/// A one-time code on its way to the adapter. It stands in this one answer and nowhere else.
struct Handover {
    adapter: String,
    code: String,
    expires: Moment,
    left: String,
    url: String,
    rotation: bool,
}

struct Row {
    id: i64,
    name: String,
    site: String,
    last_seen: Option<Age>,
    gone: bool,
    enrolment: &'static str,
    code_expires: Option<Moment>,
    printers: u32,
    is_retired: bool,
    keys: Vec<Key>,
}

struct Key {
    id: i64,
    age: String,
    used: Option<Age>,
    revoked: bool,
    revoked_age: String,
    revoked_by: String,
}

/// The list and the form.
pub(super) async fn page(admin: Admin, State(app): State<Arc<App>>) -> Result<Html<String>, Problem> {
    render(&Page::of(&app, &admin).await?)
}

#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
    site: String,
}

/// Creates an adapter and shows its code. What cannot be taken comes back as it was typed.
pub(super) async fn create(
    admin: Admin,
    State(app): State<Arc<App>>,
    typed: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(typed) = typed.map_err(|_| Problem::Malformed("The form cannot be read."))?;
    let (name, site) = (typed.name.trim().to_owned(), typed.site.trim().to_owned());
    let (by, now) = (admin.0.user.name.clone(), admin.0.now);
    let (wanted, place) = (name.clone(), site.clone());
    match app.store.write(move |conn| keys::create_adapter(conn, &wanted, &place, &by, now)).await {
        Ok(code) => {
            let handover = Some(Handover::of(&app, name, &code, now, false));
            let page = Page { handover, ..Page::of(&app, &admin).await? };
            Ok((StatusCode::CREATED, render(&page)?).into_response())
        }
        Err(StoreError::Invalid(complaint) | StoreError::Conflict(complaint)) => {
            let complaint = Some(words::capital(&complaint) + ".");
            let page =
                Page { complaint, typed_name: name, typed_site: site, ..Page::of(&app, &admin).await? };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a further code for an adapter: to enrol it again, or to rotate its key.
pub(super) async fn new_code(
    admin: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id: i64 = id.parse().map_err(|_| Problem::NotFound)?;
    let (by, now) = (admin.0.user.name.clone(), admin.0.now);
    let made = app.store.write(move |conn| {
        let name = stored::name(conn, id)?.ok_or(StoreError::NotFound("adapter"))?;
        Ok((name, keys::new_code(conn, id, &by, now)?))
    });
    let (name, code) = made.await?;
    let page = Page::of(&app, &admin).await?;
    let rotation = page.adapters.iter().any(|row| row.id == id && row.keys.iter().any(|key| !key.revoked));
    render(&Page { handover: Some(Handover::of(&app, name, &code, now, rotation)), ..page })
}

#[derive(Template)]
#[template(path = "revoke.html")]
struct Revoke {
    frame: Frame,
    key: i64,
    adapter: String,
    created: Moment,
}

/// Asks whether the key is really to be revoked.
pub(super) async fn ask_revoke(
    Admin(visitor): Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let key: i64 = id.parse().map_err(|_| Problem::NotFound)?;
    let owner = app.store.read(move |conn| Ok(stored::owner(conn, key)?)).await?;
    let (adapter, created) = owner.ok_or(Problem::NotFound)?;
    render(&Revoke { frame: Frame::of(&visitor, "Revoke a key"), key, adapter, created: Moment(created) })
}

/// Revokes it.
pub(super) async fn revoke(
    Admin(visitor): Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let key: i64 = id.parse().map_err(|_| Problem::NotFound)?;
    let (by, now) = (visitor.user.name, visitor.now);
    app.store.write(move |conn| keys::revoke(conn, key, &by, now)).await?;
    Ok(Redirect::to("/adapters"))
}

impl Page {
    async fn of(app: &App, admin: &Admin) -> Result<Self, Problem> {
        let now = admin.0.now;
        let adapters = app.store.read(move |conn| Ok(stored::all(conn, now)?)).await?;
        Ok(Self {
            frame: Frame { path: "/adapters".into(), ..Frame::of(&admin.0, "Adapters") },
            handover: None,
            complaint: None,
            typed_name: String::new(),
            typed_site: String::new(),
            adapters: adapters.into_iter().map(|adapter| Row::of(adapter, now)).collect(),
        })
    }
}

impl Handover {
    fn of(app: &App, adapter: String, code: &OneTimeCode, now: Timestamp, rotation: bool) -> Self {
        Self {
            adapter,
            code: code.expose().to_owned(),
            expires: Moment(code.expires),
            left: words::duration(code.expires.0 - now.0),
            url: app.settings.public_url.clone(),
            rotation,
        }
    }
}

impl Row {
    fn of(adapter: stored::Adapter, now: Timestamp) -> Self {
        let valid = adapter.keys.iter().any(|key| key.revoked.is_none());
        Self {
            id: adapter.id,
            name: adapter.name,
            site: adapter.site,
            gone: valid
                && !adapter.is_retired
                && adapter.last_seen.is_some_and(|seen| now.0 - seen.0 > ADAPTER_GONE_MS),
            last_seen: adapter.last_seen.map(|at| Age { at, now }),
            enrolment: match (adapter.enrolled.is_some(), valid) {
                (false, _) => "waits for its code",
                (true, true) => "enrolled",
                (true, false) => "shut out: no valid key",
            },
            code_expires: adapter.code_expires.map(Moment),
            printers: adapter.printers,
            is_retired: adapter.is_retired,
            keys: adapter.keys.into_iter().map(|key| Key::of(key, now)).collect(),
        }
    }
}

impl Key {
    fn of(key: stored::Key, now: Timestamp) -> Self {
        Self {
            id: key.id,
            age: words::duration(now.0 - key.created.0),
            used: key.last_used.map(|at| Age { at, now }),
            revoked: key.revoked.is_some(),
            revoked_age: key.revoked.map_or_else(String::new, |at| words::duration(now.0 - at.0)),
            revoked_by: key.revoked_by.unwrap_or_default(),
        }
    }
}
