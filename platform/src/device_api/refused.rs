//! The answers that are not 200: a status for the adapter, a text for the engineer who reads its log.

use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::thingworx::RowError;
use serde_json::json;
use thiserror::Error;

use crate::store::StoreError;
use crate::store::things::PRINTERS_MAX;

/// Why a device's request was not done. No text repeats anything secret.
#[derive(Debug, Error)]
pub enum Refused {
    /// A key in the URL ends up in the logs of everything on the way.
    #[error("the key stands in the URL; send it in the header appKey instead, and have this key replaced")]
    KeyInUrl,
    /// No key, or one that is unknown or revoked.
    #[error("the header appKey is missing, or its key is unknown or revoked; enrol the adapter again")]
    Key,
    /// The content type is ThingWorx's defence against forged requests from browsers.
    #[error("the header Content-Type must be application/json")]
    ContentType,
    /// The caller takes no JSON.
    #[error("the header Accept must allow application/json")]
    Accept,
    /// No such thing, or another adapter's: which of them is not said.
    #[error(
        "this key has no thing of that name; its things are ADAPTER and ADAPTER.PRINTER, of a-z, 0-9 and -"
    )]
    UnknownThing,
    /// The adapter has registered all the printers that it may.
    #[error(
        "an adapter has at most {PRINTERS_MAX} printers; an admin can take those out of the fleet that are gone for good"
    )]
    TooManyPrinters,
    /// The body is over its limit.
    #[error("{0}")]
    TooLarge(String),
    /// The body is not what it should be.
    #[error("{0}")]
    Malformed(String),
    /// A row is not in the catalogue's words; nothing of the body was stored.
    #[error("{0}; nothing of this body was stored")]
    Row(#[from] RowError),
    /// A code that is unknown, used or expired: which of them is not said.
    #[error("the code is unknown, used or expired; have an admin make a new one")]
    Code,
    /// Too many attempts.
    #[error("too many attempts from this address; try again in {} s", .0.as_secs().max(1))]
    TooMany(Duration),
    /// The store cannot take it now.
    #[error("the platform cannot store this now; send it again later")]
    Store(#[from] StoreError),
}

/// What marks the platform's own no to a code: a status alone may be that of whatever stands before the platform.
const CODE_REFUSED: &str = "code";

/// What an adapter is asked to wait when the store does not take data.
const STORE_RETRY: Duration = Duration::from_secs(5);

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::KeyInUrl | Self::Malformed(_) | Self::Row(_) => StatusCode::BAD_REQUEST,
            Self::Key => StatusCode::UNAUTHORIZED,
            Self::ContentType | Self::TooManyPrinters | Self::Code => StatusCode::FORBIDDEN,
            Self::UnknownThing => StatusCode::NOT_FOUND,
            Self::Accept => StatusCode::NOT_ACCEPTABLE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany(wait) => Some(*wait),
            Self::Store(_) => Some(STORE_RETRY),
            _ => None,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            tracing::error!(%error, "a device's request was not stored");
        }
        let mut body = json!({ "error": self.to_string() });
        if matches!(self, Self::Code) {
            body["refused"] = CODE_REFUSED.into();
        }
        let mut response = (self.status(), Json(body)).into_response();
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}
