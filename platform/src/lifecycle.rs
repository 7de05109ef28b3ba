//! How the program starts, runs and ends. It starts from the store upwards and stops from the listener
//! downwards; a part that ends by itself is a fault.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum_server::Handle;
use sd_notify::NotifyState;
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::sticks::SiteKey;
use crate::store::Store;
use crate::{alarms, identity, server};

/// How long requests under way may take to end once the program stops.
const GRACE: Duration = Duration::from_secs(10);

/// How often delays of alarms are looked at: nothing is paged finer than a second.
const TICK: Duration = Duration::from_secs(1);

/// Opens the store as `serve` and the other commands need it.
///
/// # Errors
/// When the file cannot be opened.
pub(crate) fn open_store(config: &Config) -> anyhow::Result<Store> {
    let path = &config.store.path;
    Store::open(path).with_context(|| format!("{} cannot be opened as the store", path.display()))
}

/// Serves until a signal says stop. The result is an error when a part failed.
pub(crate) async fn serve(config: &Config) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let tls = config::server_config(&config.server)?;
    let store = open_store(config)?;
    let (listener, address) = server::bind(config.server.listen)
        .with_context(|| format!("cannot listen on {} (server.listen)", config.server.listen))?;
    let url = config.server.public_url.clone().unwrap_or_else(|| format!("https://{address}"));
    let clock = Clock::system();
    // Data of printers is more than sticks: without the key, or with another, the platform serves, and makes no stick.
    let site_key = SiteKey::at_start(&config.store.path, &store, clock.now()).await;
    let site_key = site_key.map_err(|error| {
        tracing::error!("no site stick can be made: {:#}", anyhow::Error::from(error));
    });
    let site_key = site_key.ok().map(Arc::new);
    let app = App::new(store, clock, Settings { public_url: url.clone(), site_key });
    let link = first_start(&app).await?;
    let handle = Handle::new();
    let mut serving = tokio::spawn(server::serve(app.clone(), listener, tls, handle.clone()));
    let mut ticking = tokio::spawn(tick(app.clone()));
    announce(&url, link.as_deref())?;
    // Where a service manager waits for it (sd_notify(3)); elsewhere there is nobody to tell.
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that the platform serves");
    }
    let fault = tokio::select! {
        () = signals.next() => None,
        ended = &mut serving => Some(format!("the server ended: {ended:?}")),
        ended = &mut ticking => Some(format!("the alarms' clock ended: {ended:?}")),
        () = app.store.writer_ended().cancelled_owned() => Some("the store's writer ended".to_owned()),
    };
    let parts = futures::future::join(end(serving), end(ticking));
    stop(&app, &handle, parts, &mut signals).await;
    print(&stopped(&app))?;
    match fault {
        Some(fault) => bail!(fault),
        None => Ok(()),
    }
}

/// Seeds limits, and makes the set-up link when there is nobody yet.
async fn first_start(app: &App) -> anyhow::Result<Option<String>> {
    let (ids, now) = (app.store.items().clone(), app.clock.now());
    let token = app.store.write(move |conn| {
        alarms::seed(conn, &ids)?;
        identity::make_setup_link(conn, now)
    });
    let link = |token: identity::SetupToken| format!("{}/setup/{}", app.settings.public_url, token.expose());
    Ok(token.await.context("the first start's data could not be written")?.map(link))
}

fn announce(url: &str, link: Option<&str>) -> io::Result<()> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), url, "the platform serves");
    let mut ready = json!({ "event": "ready", "url": url });
    if let Some(link) = link {
        tracing::warn!("nobody can log in yet: open {link} within 24 hours to make the first admin");
        ready["setup_link"] = link.into();
    }
    print(&ready)
}

/// The machine interface: one JSON line on stdout.
fn print(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

async fn tick(app: Arc<App>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while app.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let now = app.clock.now();
        let result = match app.store.read(move |conn| alarms::due(conn, now)).await {
            Ok(true) => app.store.write(move |conn| alarms::tick(conn, now)).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::error!(%error, "delays of alarms could not be looked at; trying again");
        }
    }
}

/// Ends the parts: no new requests, those under way answered, streams closed. A second signal ends the wait.
async fn stop(app: &App, handle: &Handle<SocketAddr>, parts: impl Future, signals: &mut Signals) {
    tracing::info!("stopping");
    app.stop.cancel();
    handle.graceful_shutdown(Some(GRACE));
    tokio::select! {
        _ = parts => {}
        () = signals.next() => tracing::warn!("a second signal: stopping at once"),
    }
}

/// Waits for a part. One that has ended was the fault, and may not be waited for again.
async fn end<T>(part: JoinHandle<T>) {
    if !part.is_finished() {
        let _ = part.await;
    }
}

fn stopped(app: &App) -> Value {
    let counters = &app.counters;
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "event": "stopped",
        "posts_stored": count(&counters.posts_stored),
        "posts_refused": count(&counters.posts_refused),
        "readings_stored": count(&counters.readings_stored),
        "readings_repeated": count(&counters.readings_repeated),
    })
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
