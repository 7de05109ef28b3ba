//! What comes in wrong gets a clear error or a counted refusal, and nothing else stops.

use std::fs;

use anyhow::{Context as _, Result};
use demo::certificates::Validity;
use demo::program::Program;
use demo::site::Site;
use protocol::lumberjack::encode_window;
use tests::beats::Sender;
use tests::stranger::{event, good_event, start};
use tests::{Bench, number, until};

/// An uncompressed size that no window of honest events comes near.
const BOMB_BYTES: usize = 512 * 1024 * 1024;

fn bench() -> Result<Bench> {
    tests::stranger::bench(env!("CARGO_TARGET_TMPDIR"), env!("CARGO_BIN_EXE_programs"))
}

/// A window of one good line, sent on a connection of its own: the proof that the adapter still works.
async fn a_good_line_is_acknowledged(site: &Site, record: u64) -> Result<()> {
    let mut sender = Sender::connect(site, &site.printer_pair(0)).await?;
    sender.send(&encode_window(1, &[good_event(record)], Some(3))).await?;
    sender.acknowledged(1).await
}

#[tokio::test]
async fn hostile_senders_are_refused_and_the_good_one_is_served() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    let hostile = [
        ("a length of 4 GiB", b"2W\0\0\0\x012J\0\0\0\x01\xff\xff\xff\xff{".to_vec()),
        ("a zlib bomb", bomb()?),
        ("a request of the web", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ];
    for (record, (what, bytes)) in (1..).zip(&hostile) {
        let mut sender = Sender::connect(site, &site.printer_pair(0)).await?;
        // The adapter may close before the last byte is out.
        let _ = sender.send(bytes).await;
        assert_eq!(sender.closed().await?, 0, "{what} was answered");
        a_good_line_is_acknowledged(site, record).await.context(*what)?;
    }
    let counted = adapter.stop().await?;
    let report = site.stored().await?;
    platform.stop().await?;
    assert_eq!(number(&counted, "/frames_refused")?, hostile.len() as u64, "{counted}");
    assert_eq!(number(&report, "/records/distinct")?, hostile.len() as u64, "{report}");
    assert!(number(&counted, "/memory_peak_bytes")? < 64 * 1024 * 1024, "{counted}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_printer_is_refused_and_named() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    if let Ok(mut stranger) = Sender::connect(site, &site.printer_pair(1)).await {
        let _ = stranger.send(&encode_window(1, &[good_event(1)], None)).await;
        assert_eq!(stranger.closed().await?, 0);
    }
    a_good_line_is_acknowledged(site, 2).await?;
    until_logged(&adapter, "p02").await?;
    let counted = adapter.stop().await?;
    assert_eq!(number(&counted, "/senders_refused")?, 1, "{counted}");
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 1);
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn lines_in_no_known_format_are_counted_and_acknowledged_with_their_window() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    let secret = "job /home/anna/turbine-v7.stl by anna@example.com";
    let window = [event(1, secret), good_event(2), "not even JSON".to_owned(), "[1, 2]".to_owned()];
    let mut sender = Sender::connect(site, &site.printer_pair(0)).await?;
    sender.send(&encode_window(1, &window, Some(3))).await?;
    sender.acknowledged(4).await?;
    let log = adapter.log().to_owned();
    let counted = adapter.stop().await?;
    // All of it: it writes its log beside its work.
    let log = fs::read_to_string(log)?;
    platform.stop().await?;
    assert_eq!(number(&counted, "/lines_unmatched")?, 3, "{counted}");
    assert!(!log.contains("anna") && !log.contains("turbine"), "a line's text is in the adapter's log");
    let store = fs::read(site.file("platform.db"))?;
    assert!(!store.windows(7).any(|bytes| bytes == b"turbine"), "a line's text is in the store");
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_said_and_the_data_is_kept() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let platform = site.start_platform().await?;
    site.enrol().await?;
    let credentials = fs::read_to_string(site.file("credentials.toml"))?;
    let key = credentials.lines().find_map(|line| line.strip_prefix("key = ")).context("no key")?;
    let key = key.trim_matches('"').to_owned();
    let wrong: String = key.chars().map(|c| if c == 'a' { 'b' } else { 'a' }).collect();
    demo::site::secret_file(&site.file("credentials.toml"), &credentials.replace(&key, &wrong))?;

    let adapter = site.start_adapter().await?;
    let mut sender = Sender::connect(site, &site.printer_pair(0)).await?;
    sender.send(&encode_window(1, &[good_event(1)], None)).await?;
    let log = until_logged(&adapter, "refuses the key").await?;
    assert!(!log.contains(&wrong), "the key is in the log");
    adapter.kill().await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 0);

    demo::site::secret_file(&site.file("credentials.toml"), &credentials)?;
    let adapter = site.start_adapter().await?;
    a_good_line_is_acknowledged(site, 1).await?;
    adapter.stop().await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 1);
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_expired_certificate_of_the_platform_is_said_and_nothing_is_sent() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    adapter.stop().await?;
    platform.stop().await?;
    site.authority.issue(&site.directory, &["platform", "localhost", "127.0.0.1"], Validity::Expired)?;
    let platform = site.start_platform().await?;
    let adapter = site.start_adapter().await?;
    let mut sender = Sender::connect(site, &site.printer_pair(0)).await?;
    sender.send(&encode_window(1, &[good_event(1)], None)).await?;
    until_logged(&adapter, "expired").await?;
    adapter.kill().await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 0);
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_typo_in_the_configuration_is_named_with_its_place_and_the_right_word() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let configuration = fs::read_to_string(site.file("adapter.toml"))?;
    fs::write(site.file("adapter.toml"), configuration.replace("listen =", "lisen ="))?;
    let path = site.configuration("adapter");
    let output = site.launcher.command("adapter", &["run", "--config", &path]).output().await?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["adapter.toml:7:", "beats.lisen", "listen"] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    Ok(())
}

async fn until_logged(program: &Program, word: &str) -> Result<String> {
    until(&format!("{word:?} in the log"), async || {
        let log = fs::read_to_string(program.log())?;
        Ok(log.contains(word).then_some(log))
    })
    .await
}

/// A compressed frame that would inflate to far more than any limit.
fn bomb() -> Result<Vec<u8>> {
    let compressed = protocol::inflate::deflate(&vec![b' '; BOMB_BYTES], 9);
    let mut bytes = b"2W\0\0\0\x012C".to_vec();
    bytes.extend_from_slice(&u32::try_from(compressed.len())?.to_be_bytes());
    bytes.extend_from_slice(&compressed);
    Ok(bytes)
}
