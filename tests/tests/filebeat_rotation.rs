//! The log is rotated while Filebeat ships it.

use std::fs::{self, File};

use anyhow::{Result, ensure};
use demo::site::Transport;
use tests::filebeat::{Filebeat, Options};
use tests::number;
use tests::shipment::{Shipment, measured, rotated};

/// Records of one log file.
const LINES: u64 = 15_000;
/// Records after the log was truncated. No program can tell a truncated file that has grown past the place where
/// it was read from one that only grew, so it must be less than what was read before.
const LINES_AFTER: u64 = 1000;

async fn shipment() -> Result<Shipment> {
    let directory = env!("CARGO_TARGET_TMPDIR");
    Shipment::new(directory, env!("CARGO_BIN_EXE_programs"), Transport::MutualTls).await
}

/// Filebeat follows the file and its rotated ones.
fn paths(shipment: &Shipment) -> Result<Options> {
    Ok(Options { paths: vec![shipment.log().with_file_name("laser.log*")], ..Options::default() })
}

fn in_the_middle(filebeat: &Filebeat, shipment: &Shipment) -> Result<()> {
    let length = fs::metadata(shipment.log())?.len();
    ensure!(filebeat.position(&shipment.log())? < length, "everything was shipped before the rotation");
    Ok(())
}

#[tokio::test]
async fn a_log_renamed_twice_while_filebeat_ships_it_is_stored_whole_and_once() -> Result<()> {
    let shipment = shipment().await?;
    let takers = shipment.start_takers().await?;
    let (log, first, second) = (shipment.log(), rotated(&shipment.log(), 1)?, rotated(&shipment.log(), 2)?);
    shipment.write(1..=LINES, measured)?;
    let filebeat = shipment.filebeat(paths(&shipment)?)?;
    let running = filebeat.start()?;

    shipment.until_stored(1).await?;
    in_the_middle(&filebeat, &shipment)?;
    fs::rename(&log, &first)?;
    shipment.write(LINES + 1..=2 * LINES, measured)?;

    shipment.until_stored(LINES + 1).await?;
    in_the_middle(&filebeat, &shipment)?;
    fs::rename(&first, &second)?;
    fs::rename(&log, &first)?;
    shipment.write(2 * LINES + 1..=3 * LINES, measured)?;

    shipment.until_stored(3 * LINES).await?;
    for log in [&log, &first, &second] {
        shipment.until_acknowledged(&filebeat, log).await?;
    }
    running.stop().await?;
    shipment.all_stored_once(takers, 3 * LINES).await.map(drop)
}

/// Filebeat takes the copy for another file and sends it from its beginning. Its own remedy, the experimental
/// `rotation.external.strategy.copytruncate`, makes 8.1.3 lose lines here (elastic/beats#45300), so it is not used.
#[tokio::test]
async fn a_log_copied_and_truncated_while_filebeat_ships_it_is_sent_again_and_stored_once() -> Result<()> {
    let shipment = shipment().await?;
    let takers = shipment.start_takers().await?;
    let log = shipment.log();
    shipment.write(1..=LINES, measured)?;
    let filebeat = shipment.filebeat(paths(&shipment)?)?;
    let running = filebeat.start()?;

    shipment.until_stored(2 * LINES_AFTER).await?;
    in_the_middle(&filebeat, &shipment)?;
    let copy = rotated(&log, 1)?;
    fs::copy(&log, &copy)?;
    File::options().write(true).open(&log)?.set_len(0)?;
    shipment.write(LINES + 1..=LINES + LINES_AFTER, measured)?;

    shipment.until_stored(LINES + LINES_AFTER).await?;
    // Of the truncated file itself, 8.1.3 may keep an old position (elastic/beats#38070).
    shipment.until_acknowledged(&filebeat, &copy).await?;
    running.stop().await?;
    let counted = shipment.all_stored_once(takers, LINES + LINES_AFTER).await?;
    let read = number(&counted, "/lines_read")?;
    ensure!(read > LINES + LINES_AFTER, "nothing was sent twice: {read} lines came in");
    Ok(())
}
