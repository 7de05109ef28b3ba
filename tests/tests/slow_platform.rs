//! A platform that takes ten seconds an answer, and a Filebeat that waits five: the keep-alive holds it, so that it
//! sends nothing twice.

use std::time::Duration;

use anyhow::{Result, ensure};
use demo::site::Transport;
use tests::filebeat::Options;
use tests::number;
use tests::shipment::{Shipment, bare};

/// Two or three batches of the adapter, which of one printer has one under way at a time.
const LINES: u64 = 1000;
/// Several windows, of which each waits for a batch at least.
const WINDOW: usize = 250;
const ANSWER_AFTER: Duration = Duration::from_secs(10);
const FILEBEAT_WAITS: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_platform_slower_than_filebeats_patience_makes_it_send_nothing_twice() -> Result<()> {
    let directory = env!("CARGO_TARGET_TMPDIR");
    let mut shipment = Shipment::new(directory, env!("CARGO_BIN_EXE_programs"), Transport::MutualTls).await?;
    let (takers, relay) = shipment.start_slow_takers(ANSWER_AFTER).await?;

    shipment.write(1..=LINES, bare)?;
    let options = Options { timeout: FILEBEAT_WAITS, bulk_max_size: WINDOW, ..Options::default() };
    let filebeat = shipment.filebeat(options)?;
    let running = filebeat.start()?;
    shipment.until_stored(LINES).await?;
    shipment.until_acknowledged(&filebeat, &shipment.log()).await?;
    running.stop().await?;

    let counted = shipment.all_stored_once(takers, LINES).await?;
    let passed = relay.stop().await?;
    ensure!(number(&passed, "/answers")? >= 2, "no answer went through the slow relay: {passed}");
    ensure!(number(&counted, "/lines_read")? == LINES, "a window came more than once: {counted}");
    ensure!(number(&counted, "/batches_put_off")? == 0, "the adapter did not wait for its answer: {counted}");
    Ok(())
}
