//! Shows exactly what would leave, and lets nothing leave: every row goes to standard output as one line of
//! JSON, and every receipt is dropped. A sender therefore repeats its data for as long as it is tapped.

use std::io::{self, Write};
use std::sync::Arc;

use protocol::thingworx::{Row, encode_update};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::buffer::{Buffer, Load};

/// Prints until `stop`, or until nobody reads any more.
pub(crate) async fn run(buffer: Arc<Buffer>, with_origin: bool, stop: CancellationToken) {
    loop {
        while let Some((lane, load)) = buffer.take(Instant::now()) {
            if let Err(error) = print(&load, with_origin, &mut io::stdout().lock()) {
                tracing::info!(%error, "standard output is closed");
                return;
            }
            let (kept_bytes, polled_bytes) = (load.kept_bytes, load.polled_bytes);
            drop(load);
            buffer.finish(lane, kept_bytes, polled_bytes);
        }
        let ripe_at = buffer.ripe_at();
        tokio::select! {
            () = stop.cancelled() => return,
            () = async { if let Some(at) = ripe_at { sleep_until(at).await } }, if ripe_at.is_some() => {}
            () = buffer.changed() => {}
        }
    }
}

fn print(load: &Load, with_origin: bool, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<_> = load.batch().readings.iter().map(Row::from_reading).collect();
    // Taken out of the very body that would leave, so that the two cannot differ.
    let body: Value = serde_json::from_slice(&encode_update(&rows, with_origin))?;
    for row in body["values"]["rows"].as_array().into_iter().flatten() {
        writeln!(out, "{}", json!({ "thing": load.batch().thing.as_str(), "row": row }))?;
    }
    out.flush()
}
