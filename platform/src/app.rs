//! What every request handler shares.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::identity::Guard;
use crate::sticks::SiteKey;
use crate::store::Store;

/// The program's state, behind an [`Arc`] in axum's routers.
pub struct App {
    /// The store.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What the configuration says that a page or a route needs.
    pub settings: Settings,
    /// Bounds guessing at passwords and codes.
    pub guard: Guard,
    /// What was counted since the start.
    pub counters: Counters,
    /// Cancelled when the program stops: a stream without end, such as server-sent events, must end then.
    pub stop: CancellationToken,
}

impl App {
    /// The state of a program that starts.
    pub fn new(store: Store, clock: Clock, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            store,
            clock,
            settings,
            guard: Guard::default(),
            counters: Counters::default(),
            stop: CancellationToken::new(),
        })
    }
}

/// What the configuration says that a page or a route needs.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address under which people and adapters reach the platform, without a slash at its end.
    pub public_url: String,
    /// The key that signs site sticks; `None` in a command that makes none, and where it is not the one from before.
    pub site_key: Option<Arc<SiteKey>>,
}

/// What was counted since the start; printed when the program stops.
#[derive(Debug, Default)]
pub struct Counters {
    /// Posts of readings that were stored.
    pub posts_stored: AtomicU64,
    /// Posts of readings that were refused: key, thing, header, body.
    pub posts_refused: AtomicU64,
    /// Readings stored for the first time.
    pub readings_stored: AtomicU64,
    /// Readings that were there already: a resend.
    pub readings_repeated: AtomicU64,
}
