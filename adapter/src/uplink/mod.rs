//! The only part with a route out: the ThingWorx dialect over HTTPS.

mod backoff;
pub(crate) mod client;
pub(crate) mod failure;
mod health;
mod program;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::thingworx::{Row, encode_update};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret as _;

pub use backoff::Backoff;
pub use client::UplinkError;
pub use health::{Health, Trouble};
pub use program::{Program, StartError, Told};

use crate::clock::{self, Clock};
use crate::config::{Credentials, Platform, ThingName};
use crate::link::{Answer, Batch, Link, Rejection};

/// The first wait is within this.
const BACKOFF_BASE: Duration = Duration::from_millis(500);
/// No wait is longer, unless the platform asks for it.
const BACKOFF_CEILING: Duration = Duration::from_secs(30);
/// A key that was refused is tried again only slowly: it is mended by a person, and trying must not look like
/// guessing.
const KEY_PROBE: Duration = Duration::from_secs(30);

/// The link to the platform.
pub struct Uplink {
    client: Client,
    url: Url,
    key: HeaderValue,
    with_origin: bool,
    random: SystemRandom,
    backoff: Mutex<Backoff>,
    // Also what was said last, so that an outage is one line in the log and not one a second.
    health: Arc<Health>,
}

impl Uplink {
    /// A link for these credentials. Nothing is sent yet.
    ///
    /// # Errors
    /// A certificate file cannot be used, or the key cannot be a header.
    pub fn new(platform: &Platform, credentials: &Credentials) -> Result<Self, UplinkError> {
        let mut key = HeaderValue::from_str(credentials.key.expose_secret()).map_err(|_| UplinkError::Key)?;
        key.set_sensitive(true);
        Ok(Self {
            client: client::new(platform.ca_file.as_deref())?,
            url: platform.url.clone(),
            key,
            with_origin: platform.with_origin,
            random: SystemRandom::new(),
            backoff: Mutex::new(Backoff::new(BACKOFF_BASE, BACKOFF_CEILING)),
            health: Arc::default(),
        })
    }

    /// What the link last met with, for whoever wants to look on.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    fn address(&self, thing: &ThingName) -> Url {
        let mut url = self.url.clone();
        // A thing's name is plain in a URL, by its type.
        url.set_path(&format!("/Thingworx/Things/{}/Services/UpdatePropertyValues", thing.as_str()));
        url
    }

    async fn post(&self, batch: &Batch) -> Result<(StatusCode, HeaderMap), reqwest::Error> {
        let rows: Vec<_> = batch.readings.iter().map(Row::from_reading).collect();
        let mut response = self
            .client
            .post(self.address(&batch.thing))
            .header("appKey", self.key.clone())
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .body(encode_update(&rows, self.with_origin))
            .send()
            .await?;
        let answer = (response.status(), std::mem::take(response.headers_mut()));
        client::discard(response).await;
        Ok(answer)
    }

    fn answer(&self, status: StatusCode, headers: &HeaderMap) -> Answer {
        match status.as_u16() {
            // Nothing else means durable: a 202, say, is a promise by something in between.
            200 | 204 => self.well(Answer::Accepted),
            403 | 404 => self.well(Answer::Rejected(Rejection::UnknownThing)),
            413 => self.well(Answer::Rejected(Rejection::TooLarge)),
            400 | 422 => self.well(Answer::Rejected(Rejection::Malformed)),
            401 => {
                self.say(
                    "the platform refuses the key; the data is kept. Run `adapter enrol` with a new code",
                );
                Answer::Busy { retry_after: KEY_PROBE.mul_f64(1.0 + self.random()) }
            }
            _ => self.busy(&format!("the platform answers {status}; the data is kept"), retry_after(headers)),
        }
    }

    fn well(&self, answer: Answer) -> Answer {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).succeeded();
        if self.health.well() {
            tracing::info!("the platform takes data again");
        }
        answer
    }

    fn busy(&self, what: &str, retry_after: Option<Duration>) -> Answer {
        self.say(what);
        let mut backoff = self.backoff.lock().unwrap_or_else(PoisonError::into_inner);
        Answer::Busy { retry_after: backoff.failed(self.random(), retry_after) }
    }

    // A warning: nothing is lost.
    fn say(&self, what: &str) {
        if self.health.ill(what) {
            tracing::warn!(url = %self.url, "{what}");
        }
    }

    fn random(&self) -> f64 {
        random(&self.random)
    }
}

/// From 0 up to but not including 1. Without randomness, the middle is a wait as good as any.
pub(crate) fn random(source: &SystemRandom) -> f64 {
    let mut bytes = [0; 4];
    source
        .fill(&mut bytes)
        .map_or(0.5, |()| f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0))
}

impl Link for Uplink {
    async fn deliver(&self, batch: &Batch) -> Answer {
        match self.post(batch).await {
            Ok((status, headers)) => {
                if let Some(date) = clock::http_date(&headers) {
                    self.health.told_time(date, Clock::system().now());
                }
                self.answer(status, &headers)
            }
            Err(error) => self.busy(
                &format!("the platform is out of reach: {}; the data is kept", failure::explain(&error)),
                None,
            ),
        }
    }
}

/// `Retry-After` in seconds, or as a date, which needs a clock that agrees: then the usual backoff serves.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
