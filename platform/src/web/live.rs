//! Server-sent events: each says only that something changed. The page then fetches itself again, so that an
//! event carries no data and no right to see it has to be judged here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use futures::Stream;
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::problem::Problem;
use super::visitor::Visitor;
use crate::App;

/// Streams at one time, over all people: each holds a connection and a task.
const CLIENTS_MAX: usize = 256;

/// Least time between two events of one stream: a page is read by a person.
const STEP: Duration = Duration::from_secs(1);

/// Longest time between two events: what has gone silent changes nothing in the store, and the page must say
/// that it has gone.
const SILENCE: Duration = Duration::from_secs(10);

/// A stream ends after this time and the browser comes again: a session that is over gets no new one.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// The places for streams.
#[derive(Clone)]
pub(super) struct Places(Arc<Semaphore>);

/// The layer that gives the handlers their places.
pub(super) fn places() -> Extension<Places> {
    Extension(Places(Arc::new(Semaphore::new(CLIENTS_MAX))))
}

/// The stream of one page.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Extension(places): Extension<Places>,
    _visitor: Visitor,
) -> Result<impl IntoResponse, Problem> {
    let place = places.0.try_acquire_owned().map_err(|_| Problem::Full)?;
    let ticks = Ticks { changes: app.store.changes(), stop: app.stop.clone(), begun: false, _place: place };
    let life = tokio::time::Instant::now() + LIFE;
    let stream = stream(ticks, life);
    Ok(Sse::new(stream))
}

struct Ticks {
    changes: watch::Receiver<u64>,
    stop: CancellationToken,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

fn stream(ticks: Ticks, life: tokio::time::Instant) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(ticks, move |mut ticks| async move {
        // The first event comes at once: the page knows then that it is connected.
        if ticks.begun {
            ticks.next(life).await?;
        }
        ticks.begun = true;
        let number = *ticks.changes.borrow_and_update();
        Some((Ok(Event::default().event("change").data(number.to_string())), ticks))
    })
}

impl Ticks {
    /// Waits for the next change, but at least [`STEP`] and at most [`SILENCE`]; `None` when the stream is over.
    async fn next(&mut self, life: tokio::time::Instant) -> Option<()> {
        let changed = async {
            tokio::time::sleep(STEP).await;
            // The error of `timeout` is that nothing changed; that of `changed` is that the store has ended.
            tokio::time::timeout(SILENCE, self.changes.changed()).await.unwrap_or(Ok(())).ok()
        };
        tokio::select! {
            changed = changed => changed,
            () = self.stop.cancelled() => None,
            () = tokio::time::sleep_until(life) => None,
        }
    }
}
