//! The HTTPS client, with every limit that it has.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::failure;
use crate::tls::{self, TlsError};

/// Time for the connection and the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole request: a batch is small, and the platform answers once its disk has it.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// An idle connection is closed before a firewall forgets it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// Most of an answer's body that is read. What stands in it is never looked at, but a body that was read to
/// its end lets the connection serve again.
const BODY_MAX: usize = 16 << 10;
/// Time for that body: the head has said all that matters.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there is no uplink.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// A certificate file cannot be used. The owner's to mend.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The key has characters that no header can carry. The owner's to mend.
    #[error("the key of the credentials file has characters that no key has; run `adapter enrol` again")]
    Key,
    /// The client could not be set up.
    #[error("the HTTPS client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// The platform could not be reached. Trying again can help.
    #[error("the platform is out of reach: {0}")]
    OutOfReach(String),
    /// The platform answered something else than was asked for.
    #[error("{0}")]
    Answer(String),
}

impl UplinkError {
    pub(crate) fn out_of_reach(error: &reqwest::Error) -> Self {
        Self::OutOfReach(failure::explain(error))
    }
}

/// A client that follows no redirect (the key would go along), asks no proxy of the environment, and keeps its
/// time limits.
pub(crate) fn new(ca_file: Option<&Path>) -> Result<Client, UplinkError> {
    Client::builder()
        .tls_backend_preconfigured(tls::client(ca_file, None)?)
        .https_only(true)
        .redirect(Policy::none())
        .no_proxy()
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()
        .map_err(UplinkError::Client)
}

/// Reads a bounded part of the body and forgets it.
pub(crate) async fn discard(response: Response) {
    // Either way the body is of no use; when it is not read to its end, the connection is closed.
    if response.content_length().is_none_or(|length| length <= BODY_MAX as u64) {
        let _ = tokio::time::timeout(BODY_TIMEOUT, body(response, BODY_MAX)).await;
    }
}

/// The body, unless it is longer than `max` bytes or breaks off.
pub(crate) async fn body(mut response: Response, max: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        if body.len() + part.len() > max {
            return None;
        }
        body.extend_from_slice(&part);
    }
    Some(body)
}
