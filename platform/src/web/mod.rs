//! The dashboard: pages that the server renders, a little script that keeps them fresh, and nothing that the
//! essential things need a script for. It reads the store through `store::pages` and changes it only through
//! the rooms that own what is changed (`alarms`, `keys`, `identity`, `retire`), never by a statement of its own.

mod adapters;
mod alarms;
mod assets;
mod audit;
mod collected;
mod condition;
mod fleet;
mod frame;
mod guard;
mod live;
mod login;
mod printer;
mod problem;
mod retire;
mod ribbon;
mod row;
mod series;
mod setup;
mod stick;
mod values;
mod visitor;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::App;

/// Largest body of a form: names, a password and a path fit well.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// The dashboard's routes. Every answer carries the security headers; every POST must come from our own page.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(fleet::page))
        .route("/printers/{thing}", get(printer::page))
        .route("/printers/{thing}/series", get(series::numbers))
        .route("/printers/{thing}/ribbon", get(ribbon::ribbon))
        .route("/printers/{thing}/retire", get(retire::ask).post(retire::retire))
        .route("/alarms", get(alarms::page))
        .route("/alarms/{id}/acknowledge", post(alarms::acknowledge))
        .route("/adapters", get(adapters::page).post(adapters::create))
        .route("/adapters/{id}/code", post(adapters::new_code))
        .route(
            "/adapters/{id}/stick",
            get(stick::page).post(stick::act).layer(DefaultBodyLimit::max(stick::FORM_BYTES_MAX)),
        )
        .route("/site.keys", get(stick::public_key))
        .route("/keys/{id}/revoke", get(adapters::ask_revoke).post(adapters::revoke))
        .route("/audit", get(audit::page))
        .route("/collected-data", get(collected::page))
        .route("/live", get(live::events))
        .route("/login", get(login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/setup/{token}", get(setup::page).post(setup::create))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .fallback(problem::not_found)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn(guard::own_pages_only))
        .layer(middleware::from_fn(guard::security_headers))
        .layer(live::places())
}
