//! Filebeat is killed in the middle, and what it sends again, with other times and another process id, is known by
//! where it stands in the log. Every fifth line has no clock of its own.

use std::time::Duration;

use anyhow::{Result, ensure};
use demo::site::Transport;
use tests::filebeat::Options;
use tests::shipment::{Shipment, bare};
use tests::{number, until};

const LINES: u64 = 60_000;

#[tokio::test]
async fn a_filebeat_killed_in_the_middle_of_sixty_thousand_lines_has_each_of_them_stored_once() -> Result<()>
{
    let directory = env!("CARGO_TARGET_TMPDIR");
    let mut shipment = Shipment::new(directory, env!("CARGO_BIN_EXE_programs"), Transport::MutualTls).await?;
    let (takers, mut relay) = shipment.start_slow_takers(Duration::ZERO).await?;
    shipment.write(1..=LINES, bare)?;
    let filebeat = shipment.filebeat(Options::default())?;

    let running = filebeat.start()?;
    shipment.until_stored(LINES / 6).await?;
    // What the platform stores from here on, Filebeat does not hear of: it will come again.
    relay.send("hold").await?;
    let stored = until("lines in the store that Filebeat does not know to be there", async || {
        let stored = shipment.stored().await?;
        Ok((stored > shipment.acknowledged(&filebeat)?).then_some(stored))
    })
    .await?;
    running.kill().await?;
    relay.send("0").await?;
    let acknowledged = shipment.acknowledged(&filebeat)?;
    ensure!(
        acknowledged < stored && stored < LINES,
        "killed when {acknowledged} lines were acknowledged and {stored} stored"
    );

    let running = filebeat.start()?;
    shipment.until_stored(LINES).await?;
    shipment.until_acknowledged(&filebeat, &shipment.log()).await?;
    running.stop().await?;
    let counted = shipment.all_stored_once(takers, LINES).await?;
    relay.stop().await?;
    let read = number(&counted, "/lines_read")?;
    ensure!(read > LINES, "nothing was sent twice, so nothing was shown: {read} lines came in");
    Ok(())
}
