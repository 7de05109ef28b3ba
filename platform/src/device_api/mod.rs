//! What adapters call: posting readings in the ThingWorx dialect, and enrolment. An answer is the whole of
//! what ever goes back to an adapter, and it is `stored`, `refused` or `later`.

mod enrol;
mod headers;
mod refused;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use protocol::limits::UPDATE_BYTES_MAX;

use crate::app::App;

pub use refused::Refused;

/// Bytes of an enrolment's body: a code in JSON.
const ENROL_BYTES_MAX: usize = 1 << 10;

/// The routes of the device API.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/Thingworx/Things/{thing}/Services/UpdatePropertyValues",
            post(update::update).layer(DefaultBodyLimit::max(UPDATE_BYTES_MAX)),
        )
        .route("/api/enrol", post(enrol::enrol).layer(DefaultBodyLimit::max(ENROL_BYTES_MAX)))
}

#[cfg(test)]
mod tests;
