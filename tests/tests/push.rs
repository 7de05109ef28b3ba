//! Printers that call the adapter and push what happens, over TLS: what is acknowledged is stored, what is not comes
//! again, and who is missing is told of.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site, free_port};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tests::{Bench, number, until};

/// A site with two printers that call. The configuration knows the first one, and the second has a certificate of the same
/// authority.
fn bench() -> Result<Bench> {
    let plan = Plan { printers: 2, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let (port, ca) = (free_port()?, site.file("ca.pem"));

    let simulator = fs::read_to_string(site.file("simulator.toml"))?;
    let (head, printers) = simulator.split_once("\n[beats]").context("no [beats]")?;
    let (_, printers) = printers.split_once("\n[[printers]]").context("no printers")?;
    let printers = format!("\n[[printers]]{printers}");
    let printers = printers.replace("ship = \"beats\"", "ship = \"none\"\npush = true");
    let push =
        format!("[push]\naddress = \"127.0.0.1:{port}\"\nserver_name = \"localhost\"\nca_file = {ca:?}\n");
    fs::write(site.file("simulator.toml"), format!("{head}\n{push}{printers}"))?;

    let adapter = format!(
        "[platform]\nurl = \"https://localhost:{}\"\nca_file = {ca:?}\ncredentials_file = {:?}\n\n\
         [push]\nlisten = \"127.0.0.1:{port}\"\ncertificate_file = {:?}\nkey_file = {:?}\nclient_ca_file = {ca:?}\n\n\
         [[printers]]\nid = \"p01\"\npush = {{ certificate = \"p01\" }}\n",
        site.uplink_port,
        site.file("credentials.toml"),
        site.file("adapter.pem"),
        site.file("adapter.key"),
    );
    fs::write(site.file("adapter.toml"), adapter)?;
    Ok(bench)
}

/// The platform, the printers and the adapter.
async fn start(site: &Site) -> Result<(Program, Program, Program)> {
    let platform = site.start_platform().await?;
    site.enrol().await?;
    // The site's own way would write the adapter's configuration anew.
    let configuration = site.configuration("simulator");
    let mut printers =
        site.launcher.start("simulator", &["run", "--config", &configuration], &site.directory)?;
    printers.ready().await?;
    Ok((platform, printers, site.start_adapter().await?))
}

fn store(site: &Site) -> Result<Connection> {
    Connection::open_with_flags(site.file("platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(Into::into)
}

/// The sequences of the printer's events that are stored, in order. They are the position in a reading's origin; what was
/// asked for, and what the adapter knows by itself, has its time there, in milliseconds.
fn sequences(site: &Site) -> Result<Vec<i64>> {
    let store = store(site)?;
    let mut select = store.prepare(
        "SELECT hex(substr(origin, 9, 8)) FROM readings JOIN things ON things.id = thing
         WHERE things.kind = 'printer' AND hex(substr(origin, 9, 8)) < '000000E000000000' ORDER BY 1",
    )?;
    let rows = select.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|row| i64::from_str_radix(&row?, 16).map_err(Into::into)).collect()
}

/// The values of one item, in the order of their times.
fn values(site: &Site, item: &str) -> Result<Vec<String>> {
    let store = store(site)?;
    let mut select = store.prepare(
        "SELECT coalesce(text, CAST(CAST(number AS INTEGER) AS TEXT)) FROM readings JOIN items ON items.id = item
         WHERE items.name = ?1 ORDER BY time, origin",
    )?;
    let rows = select.query_map([item], |row| row.get(0))?;
    rows.collect::<Result<_, _>>().map_err(Into::into)
}

/// What the adapter says of the printer's calls.
async fn calls(site: &Site) -> Result<Value> {
    let said: Value = serde_json::from_str(&site.status("json").await?)?;
    Ok(said["printers"][0]["ways"]["push"].clone())
}

/// Waits until so many events are stored and acknowledged, and gives how many were acknowledged.
async fn until_acknowledged(bench: &Bench, at_least: u64) -> Result<u64> {
    until("acknowledged events", async || {
        let said = calls(&bench.site).await?;
        Ok(said["acknowledged"].as_u64().filter(|sequence| *sequence >= at_least))
    })
    .await
    .with_context(|| bench.logs())
}

async fn until_reachability(bench: &Bench, code: &str) -> Result<()> {
    let reached = async || Ok((calls(&bench.site).await?["reachability"] == code).then_some(()));
    until(code, reached).await.with_context(|| bench.logs())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_is_stored_once_whoever_dies_and_acknowledged_only_then() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, mut printers, adapter) = start(site).await?;
    // Each of the printer's items has been told of at least once.
    let acknowledged = until_acknowledged(&bench, 36).await?;
    let stored = sequences(site)?;
    ensure!(
        stored.len() as u64 >= acknowledged,
        "{acknowledged} are acknowledged, and {} stored",
        stored.len()
    );

    // Without the platform nothing is acknowledged, whatever comes.
    platform.stop().await?;
    let kept = until("events that wait", async || {
        let said: Value = serde_json::from_str(&site.status("json").await?)?;
        let waits =
            said["platform"]["trouble"].is_object() && number(&said, "/printers/0/readings_waiting")? >= 4;
        Ok(waits.then_some(said))
    })
    .await
    .with_context(|| bench.logs())?;
    let acknowledged = number(&kept, "/printers/0/ways/push/acknowledged")?;
    let stored = sequences(site)?.last().copied().unwrap_or_default();
    // What the platform stored last may not have been acknowledged; what was acknowledged is stored.
    ensure!(acknowledged <= stored.unsigned_abs(), "{acknowledged} are acknowledged, and {stored} stored");

    // What was under way dies with the adapter. The printer has no acknowledgement of it and tells it again.
    adapter.kill().await?;
    let platform = site.start_platform().await?;
    let adapter = site.start_adapter().await?;
    let acknowledged = until_acknowledged(&bench, stored.unsigned_abs() + 10).await?;
    let stored = sequences(site)?;
    let whole: Vec<i64> = (1..).take(stored.len()).collect();
    ensure!(stored == whole, "events are missing or double: {stored:?}");
    ensure!(acknowledged <= stored.len() as u64, "{acknowledged} are acknowledged of {}", stored.len());
    ensure!(values(site, "interface.event")?.is_empty() && values(site, "interface.lost")?.is_empty());

    // More happens than the printer can keep: the hole between its numbers is told of.
    printers.send("fault p01 events_lost").await?;
    printers.send("clear p01").await?;
    until("a gap", async || Ok((values(site, "interface.event")? == ["gap"]).then_some(())))
        .await
        .with_context(|| bench.logs())?;
    let lost: u64 =
        until("how many are lost", async || Ok(values(site, "interface.lost")?.pop())).await?.parse()?;
    ensure!(lost >= 4_096, "{lost}");
    let stored = until("what comes behind the gap", async || {
        let stored = sequences(site)?;
        Ok(stored.windows(2).any(|pair| pair[1] - pair[0] > 1).then_some(stored))
    })
    .await?;
    let missing: i64 = stored.windows(2).map(|pair| pair[1] - pair[0] - 1).sum();
    assert_eq!(missing.unsigned_abs(), lost);

    // The other printer is nobody's, and is named once it has called the adapter that was started last.
    let said = until("the stranger", async || {
        let said: Value = serde_json::from_str(&site.status("json").await?)?;
        Ok(said["strangers"]["shown"][0].is_object().then_some(said))
    })
    .await?;
    let push = &said["printers"][0]["ways"]["push"];
    assert_eq!((number(push, "/gaps")?, number(push, "/lost")?), (1, lost));
    let stranger = &said["strangers"]["shown"][0];
    assert_eq!((&stranger["certificate"], &stranger["reason"]), (&"p02".into(), &"unknown printer".into()));
    ensure!(number(&said, "/reasons/senders_refused/unknown printer")? > 0, "{said}");
    let text = site.status("text").await?;
    for words in [
        "for printers that call",
        "push: connected from 127.0.0.1",
        "push: 1 gap",
        "push = { certificate = \"p02\" }",
    ] {
        ensure!(text.contains(words), "{words:?} is not in:\n{text}");
    }
    adapter.stop().await?;
    platform.stop().await?;
    printers.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_fault_it_is_that_nothing_is_pushed_is_told() -> Result<()> {
    let bench = bench()?;
    let site = &bench.site;
    let (platform, mut printers, adapter) = start(site).await?;
    until_reachability(&bench, "available").await?;
    printers.send("fault p01 nonsense").await?;
    until_reachability(&bench, "nonsense").await?;
    printers.send("clear p01").await?;
    until_reachability(&bench, "available").await?;
    // The mains are pulled. Nothing else is in its network that could tell its power from a cable.
    printers.send("fault p01 off").await?;
    until_reachability(&bench, "network_unreachable").await?;
    let text = site.status("text").await?;
    ensure!(text.contains("NOT CONNECTED now, last from 127.0.0.1"), "{text}");
    printers.send("clear p01").await?;
    until_reachability(&bench, "available").await?;
    until("each of them in the store", async || {
        let told = values(site, "printer.reachability")?;
        let all = ["starting", "available", "nonsense", "network_unreachable"];
        Ok(all.iter().all(|code| told.iter().any(|said| said == code)).then_some(()))
    })
    .await
    .with_context(|| bench.logs())?;
    adapter.stop().await?;
    platform.stop().await?;
    printers.stop().await?;
    Ok(())
}
