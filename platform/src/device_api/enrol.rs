//! `POST /api/enrol`: a one-time code for a key.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::headers;
use super::refused::Refused;
use crate::app::App;
use crate::keys;

/// Longest code as somebody may type it, in bytes.
const CODE_LENGTH_MAX: usize = 100;

#[derive(Deserialize)]
struct Body {
    code: String,
}

/// Exchanges `{"code": …}` for `{"adapter": …, "key": …}`, once.
pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let now = app.clock.now();
    headers::require_json(&headers)?;
    headers::require_accept(&headers)?;
    app.guard.enrol(address.ip(), now).map_err(Refused::TooMany)?;
    let code = code(&body)?;
    let enrolled = app.store.write(move |conn| keys::redeem(conn, &code, address.ip(), now)).await?;
    let Some(enrolled) = enrolled else {
        tracing::warn!(address = %address.ip(), "an enrolment was refused: its code is unknown, used or expired");
        return Err(Refused::Code);
    };
    tracing::info!(adapter = enrolled.adapter, address = %address.ip(), "an adapter was enrolled");
    let body = json!({ "adapter": enrolled.adapter, "key": enrolled.key.expose() });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn code(body: &[u8]) -> Result<SecretString, Refused> {
    let body: Body = serde_json::from_slice(body)
        // The parser's own words could repeat the code.
        .map_err(|_| Refused::Malformed("the body must be {\"code\": \"…\"}".into()))?;
    if body.code.len() > CODE_LENGTH_MAX { Err(Refused::Code) } else { Ok(body.code.into()) }
}
