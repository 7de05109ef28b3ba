//! A real Filebeat 8.1.3 ships a printer's log through the adapter to the platform, by each transport.

use anyhow::Result;
use demo::site::Transport;
use tests::filebeat::Options;
use tests::shipment::{Shipment, measured};

const LINES: u64 = 4000;

async fn ships(transport: Transport, tls_versions: &[&'static str]) -> Result<()> {
    let directory = env!("CARGO_TARGET_TMPDIR");
    let shipment = Shipment::new(directory, env!("CARGO_BIN_EXE_programs"), transport).await?;
    let takers = shipment.start_takers().await?;
    shipment.write(1..=LINES, measured)?;
    let options = Options { tls_versions: tls_versions.to_vec(), ..Options::default() };
    let filebeat = shipment.filebeat(options)?;
    let running = filebeat.start()?;
    shipment.until_stored(LINES).await?;
    shipment.until_acknowledged(&filebeat, &shipment.log()).await?;
    running.stop().await?;
    shipment.all_stored_once(takers, LINES).await.map(drop)
}

#[tokio::test]
async fn filebeat_ships_in_clear_and_every_line_is_stored_once() -> Result<()> {
    ships(Transport::InClear, &[]).await
}

#[tokio::test]
async fn filebeat_ships_over_tls_without_a_certificate_of_its_own() -> Result<()> {
    ships(Transport::ServerTls, &[]).await
}

#[tokio::test]
async fn filebeat_ships_over_mutual_tls_with_its_own_choice_of_versions() -> Result<()> {
    ships(Transport::MutualTls, &[]).await
}

#[tokio::test]
async fn filebeat_ships_over_tls_1_2_alone() -> Result<()> {
    ships(Transport::MutualTls, &["TLSv1.2"]).await
}

#[tokio::test]
async fn filebeat_ships_over_tls_1_3_alone() -> Result<()> {
    ships(Transport::MutualTls, &["TLSv1.3"]).await
}
