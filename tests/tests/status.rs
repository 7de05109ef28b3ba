//! `adapter status`: what the running adapter says of itself to somebody at the box.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use demo::certificates::Validity;
use demo::site::Site;
use protocol::lumberjack::encode_window;
use serde_json::{Value, json};
use tests::beats::Sender;
use tests::stranger::{good_event, start};
use tests::{Bench, number, until};
use tokio::io::{AsyncBufReadExt as _, BufReader};

fn bench() -> Result<Bench> {
    tests::stranger::bench(env!("CARGO_TARGET_TMPDIR"), env!("CARGO_BIN_EXE_programs"))
}

fn window(record: u64) -> Vec<u8> {
    encode_window(1, &[good_event(record)], Some(3))
}

async fn ask(site: &Site) -> Result<Value> {
    serde_json::from_str(&site.status("json").await?).context("the status is not JSON")
}

/// Asks until the answer fulfils a condition.
async fn until_said(site: &Site, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
    let asking = async || {
        let said = ask(site).await?;
        Ok(met(&said).then_some(said))
    };
    until(what, asking).await
}

#[tokio::test]
async fn an_unknown_sender_is_named_and_the_lines_that_are_printed_let_it_in() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    for _ in 0..2 {
        let mut stranger = Sender::connect(site, &site.printer_pair(1)).await?;
        // The adapter may close before the last byte is out.
        let _ = stranger.send(&window(1)).await;
        assert_eq!(stranger.closed().await?, 0, "a stranger was answered");
    }
    let twice = |said: &Value| said["strangers"]["shown"][0]["times"] == 2;
    let said = until_said(site, "the stranger in the status", twice).await?;
    let stranger = &said["strangers"]["shown"][0];
    assert_eq!((&stranger["certificate"], &stranger["reason"]), (&json!("p02"), &json!("unknown sender")));
    assert_eq!(stranger["address"], "127.0.0.1");
    assert_eq!(said["reasons"]["senders_refused"], json!({"unknown sender": 2}));

    let text = site.status("text").await?;
    let lines = stranger["lines"].as_str().context("no lines to paste")?;
    for line in lines.lines() {
        assert!(text.lines().any(|shown| shown.trim() == line), "{line:?} is not in:\n{text}");
    }
    adapter.stop().await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 0);

    let configuration = fs::read_to_string(site.file("adapter.toml"))?;
    fs::write(site.file("adapter.toml"), configuration + "\n" + lines)?;
    let adapter = site.start_adapter().await?;
    let mut printer = Sender::connect(site, &site.printer_pair(1)).await?;
    printer.send(&window(1)).await?;
    printer.acknowledged(1).await?;
    let said = of_printer(&ask(site).await?, "p02")?;
    assert_eq!((&said["ways"]["beats_connections"], &said["lines_read"]), (&json!(1), &json!(1)));
    adapter.stop().await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 1);
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn with_the_platform_away_it_says_since_when_why_and_what_waits() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    let stored = |said: &Value| said["platform"]["stored_s_ago"].is_number();
    let said = until_said(site, "something stored", stored).await?;
    assert_eq!(said["platform"]["trouble"], Value::Null);
    platform.stop().await?;

    let mut printer = Sender::connect(site, &site.printer_pair(0)).await?;
    printer.send(&window(1)).await?;
    let away = |said: &Value| said["platform"]["trouble"].is_object();
    let said = until_said(site, "the platform's absence", away).await?;
    let why = said["platform"]["trouble"]["why"].as_str().context("no reason")?;
    assert!(why.contains("out of reach"), "{why}");
    assert!(number(&said, "/buffer/readings")? >= 1 && said["buffer"]["oldest_s"].is_number(), "{said}");
    let text = site.status("text").await?;
    let tries = text.contains("next try in") || text.contains("trying now");
    assert!(text.contains("NO, for") && tries, "{text}");

    let platform = site.start_platform().await?;
    printer.acknowledged(1).await?;
    let back = |said: &Value| said["platform"]["trouble"].is_null();
    until_said(site, "the platform's return", back).await?;
    adapter.stop().await?;
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn where_no_adapter_runs_it_says_so_and_ends_with_1() -> Result<()> {
    let bench = bench()?;
    let path = bench.site.configuration("adapter");
    for (config, code, words) in [
        (path.as_str(), 1, "no adapter runs with this configuration"),
        ("nowhere.toml", 2, "nowhere.toml: cannot be found"),
    ] {
        let output = bench.site.launcher.command("adapter", &["status", "--config", config]).output().await?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{said}");
        assert!(said.contains(words), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_into_use_and_its_expiry_said() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, adapter) = start(site).await?;
    let before = ask(site).await?;
    assert!(before["listener"]["certificate_days"].as_f64().is_some_and(|days| days > 0.0), "{before}");
    // Any other certificate would do; with this one the expiry cannot be mistaken.
    site.authority.issue(&site.directory, &["adapter", "localhost", "127.0.0.1"], Validity::Expired)?;
    let renewed = |said: &Value| said["listener"]["reloads"] == 1;
    let after = until_said(site, "the renewed certificate", renewed).await?;
    assert!(after["listener"]["certificate_days"].as_f64().is_some_and(|days| days < 0.0), "{after}");
    assert!(site.status("text").await?.contains("EXPIRED"));
    adapter.stop().await?;
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn listening_in_clear_is_warned_of_at_the_start_an_item_and_in_the_status() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let configuration = fs::read_to_string(site.file("adapter.toml"))?;
    let (before, beats) = configuration.split_once("[beats]").context("no [beats]")?;
    let (_, behind) = beats.split_once("\n\n").context("[beats] has no end")?;
    let beats = format!("[beats]\nlisten = \"127.0.0.1:{}\"\nin_clear = true\n\n", site.beats_port);
    let behind = behind.replace("certificate = \"p01\"", "address = \"127.0.0.1\"");
    fs::write(site.file("adapter.toml"), format!("{before}{beats}{behind}"))?;

    let (platform, adapter) = start(site).await?;
    assert_eq!(ask(site).await?["listener"]["tls"], false);
    assert!(site.status("text").await?.contains("encryption      NONE"));
    // It writes its log beside its work: only one that has ended has written all of it.
    let log = adapter.log().to_owned();
    adapter.stop().await?;
    let log = fs::read_to_string(log)?;
    assert!(log.contains("WARN") && log.contains("listens without TLS"), "{log}");

    let row = tapped(site, "in_clear").await?;
    assert!(row.contains("\"yes\""), "{row}");
    platform.stop().await?;
    Ok(())
}

/// The first row with this word that would leave.
async fn tapped(site: &Site, word: &str) -> Result<String> {
    let configuration = site.configuration("adapter");
    let mut tap = site.launcher.command("adapter", &["tap", "--config", &configuration]);
    let mut tap = tap.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut rows = BufReader::new(tap.stdout.take().context("no output")?).lines();
    while let Some(row) = rows.next_line().await? {
        if row.contains(word) {
            tap.kill().await?;
            return Ok(row);
        }
    }
    anyhow::bail!("no row with {word:?}")
}

fn of_printer(said: &Value, id: &str) -> Result<Value> {
    let printers = said["printers"].as_array().into_iter().flatten();
    let printer = printers.into_iter().find(|printer| printer["id"] == id);
    printer.cloned().with_context(|| format!("no printer {id} in {said}"))
}
