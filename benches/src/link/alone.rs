//! Batches of the largest size, one after the other, handed to a platform without HTTP: directly, as in one process, and
//! over the socket. Both ends are in this process, so that what is measured is both ends' work.

use std::path::PathBuf;
use std::sync::Arc;

use adapter::config::{self, AdapterName, PrinterId};
use adapter::link::{Answer, BATCH_READINGS_MAX, Batch, Gate, Link, LinkState, SocketLink};
use anyhow::{Context as _, Result, ensure};
use catalog::{Mark, Quality, Reading, Salt, Timestamp, items};
use protocol::link::encode_batch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// Measures both, and gives a line of each and their difference.
pub(super) async fn measure(batches: u32) -> Result<String> {
    let adapter = AdapterName::parse("bench").context("a name of an adapter")?;
    let printer = PrinterId::parse("p01").context("an id of a printer")?;
    let batch = Batch { thing: adapter.thing_of(&printer), readings: readings()? };
    let store = Arc::new(Store::new(adapter.thing()));
    let direct = microseconds(&*store, &batch, batches).await?;

    let directory = tempfile::tempdir()?;
    let place = place(directory.path().join("link.sock"));
    let gate = Gate::open(&place)?;
    let stop = CancellationToken::new();
    let served = gate.serve(Arc::clone(&store), adapter, Arc::<LinkState>::default(), stop.clone());
    let served = tokio::spawn(served);
    let link = SocketLink::new(&place);
    let over = microseconds(&link, &batch, batches).await?;
    stop.cancel();
    served.await?;
    let bytes = encode_batch(0, batch.thing.as_str(), &batch.readings).len();
    Ok(format!(
        "a batch of {BATCH_READINGS_MAX} readings, {bytes} bytes on the link:\n\
         | handed over | µs a batch |\n|---|---|\n| directly | {direct:.1} |\n| over the socket | {over:.1} |"
    ))
}

async fn microseconds(link: &impl Link, batch: &Batch, batches: u32) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..batches {
        ensure!(link.deliver(batch).await == Answer::Accepted, "a batch was not taken");
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(batches))
}

fn place(socket: PathBuf) -> config::Link {
    config::Link { socket, identity_file: None, intake_user: None, uplink_user: None }
}

/// As a printer's log gives them: numbers and codes, some in the maker's own unit.
fn readings() -> Result<Vec<Reading>> {
    let source = Salt::new([7; 16]).source(&[b"bench"]);
    let watt = catalog::Unit::by_ucum("W").context("a unit")?;
    let made = (0..).take(BATCH_READINGS_MAX).map(|number: u16| {
        let (time, origin) =
            (Timestamp(1_795_342_530_000 + i64::from(number)), source.place(u64::from(number), 7));
        let mark = Mark { part: 0, time, quality: Quality::Good, origin: origin.origin(0) };
        match number % 5 {
            0 => items::LOG_RECORD.number(f64::from(number), mark),
            1 => items::LASER_POWER.measured(0.5, watt, mark),
            2 => items::DOOR_STATE.code("open", mark),
            _ => items::VAT_TEMPERATURE.number(22.5, mark),
        }
    });
    made.collect::<Result<_, _>>().map_err(|refusal| anyhow::anyhow!("{refusal}"))
}
