//! Twenty printers, the adapter and the platform, each a host of its own, and on the adapter's line one frame in twenty is
//! lost in each direction and all others are 0.3 s late. In between, one printer's plug is pulled.
//!
//! Nothing that is lost is lost silently: each log line is stored once, each reading that was made is stored or was counted
//! as given up or refused, and a value that could not be read any more is said to be old.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use demo::program::{Launcher, Program};
use demo::site::{ADAPTER, Plan, Site, printer_id};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tests::network::{Badness, Host, Network, address};
use tests::{Bench, number, until};

/// A line of the simulated printers, or what Metricbeat measures at once, makes no more.
const READINGS_PER_EVENT_MAX: u64 = 10;
const PRINTERS: u8 = 20;
const BADNESS: Badness = Badness { loss_percent: 5, delay_ms: 300 };
const ADAPTER_HOST: u8 = 1;
const PLATFORM_HOST: u8 = 2;
/// The first printer's.
const PRINTER_HOST: u8 = 101;
const PIP_PORT: u16 = 7881;
/// Whose plug is pulled. It ships no log, so that all that is known of it comes by queries.
const CUT: u8 = 6;
/// Lines of each other printer, before and after the cut.
const LINES: u64 = 20;
/// What one printer's answer may be late at most (three of its heartbeats), and three intervals until a value is old: two
/// good values further apart than this have a bad one between them.
const SILENT_MS_MAX: i64 = 30_000 + 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_bad_network_loses_is_lost_silently() -> Result<()> {
    let mut network = Network::new().await?;
    let adapter_host = network.host_by_a_bad_line(ADAPTER_HOST, BADNESS).await?;
    let platform_host = network.host(PLATFORM_HOST).await?;
    let mut printer_hosts = Vec::new();
    for index in 0..PRINTERS {
        printer_hosts.push(network.host(PRINTER_HOST + index).await?);
    }
    let plan = Plan {
        printers: PRINTERS.into(),
        lines_per_second: 2.0,
        tailed_every: 0,
        faults: Vec::new(),
        port: None,
    };
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let mut bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher.clone(), plan)?;
    configure(&bench.site)?;
    bench.site.launcher = launcher.clone().within(platform_host.enter()?);
    let platform = bench.site.start_platform().await?;
    let mut printers = Vec::new();
    for (index, host) in (0..).zip(&printer_hosts) {
        printers.push(start_printer(&bench.site, &launcher, host, index).await?);
    }
    // The status is asked on the adapter's own host.
    bench.site.launcher = launcher.within(adapter_host.enter()?);
    bench.site.enrol().await?;
    let adapter = bench.site.start_adapter().await?;

    let site = &bench.site;
    let lines = |each: u64| {
        move |report: &Value| {
            let all = report["log_records"].as_array().map(Vec::as_slice).unwrap_or_default();
            let there = |one: &&Value| one["distinct"].as_u64().is_some_and(|distinct| distinct >= each);
            all.iter().filter(there).count() == usize::from(PRINTERS) - 1
        }
    };
    bench.until_stored("each printer's first lines", lines(LINES)).await?;
    until_reachable(site, CUT, |code| code == "available").await.with_context(|| bench.logs())?;
    network.plug(&printer_hosts[usize::from(CUT)], false).await?;
    until_reachable(site, CUT, |code| code == "printer_off").await.with_context(|| bench.logs())?;
    // It was said, and so it is on its way.
    until("no value of the printer without a plug is left standing", async || {
        let [good, bad] = latest(site, CUT)?;
        Ok((good == 0 && bad > 0).then_some(()))
    })
    .await?;
    network.plug(&printer_hosts[usize::from(CUT)], true).await?;
    until_reachable(site, CUT, |code| code == "available").await.with_context(|| bench.logs())?;
    bench.until_stored("each printer's later lines", lines(2 * LINES)).await?;

    let (mut written, mut events) = (0, 0);
    for printer in &mut printers {
        printer.send("stop").await?;
    }
    for (index, printer) in (0..).zip(printers) {
        let ended = printer.ended().await?;
        written += if index == CUT { 0 } else { number(&ended, "/lines_written")? };
        events += number(&ended, "/events_acknowledged")? + number(&ended, "/metric_events_acknowledged")?;
    }
    let all = |report: &Value| number(report, "/records/distinct").is_ok_and(|distinct| distinct >= written);
    bench.until_stored("the last lines", all).await?;
    let counted = adapter.stop().await?;
    let stored = site.stored().await?;
    platform.stop().await?;
    let (line, lost) = network.line().await?;

    ensure!(lost > 100, "{line} lost {lost} frames: the network was not bad");
    ensure!(number(&stored, "/records/distinct")? == written, "{written} lines: {stored}");
    ensure!(number(&stored, "/records/missing")? == 0, "{stored}");
    ensure!(number(&stored, "/records/duplicates")? == 0, "{stored}");
    let said_to_be_lost = ["/readings_given_up", "/readings_thinned", "/readings_refused"]
        .into_iter()
        .map(|counter| number(&counted, counter))
        .sum::<Result<u64>>()?;
    // An event whose acknowledgement was lost came twice, was made into readings twice and is stored once.
    let came_again =
        number(&counted, "/lines_read")?.checked_sub(events).context("more acknowledged than read")?;
    let made = number(&counted, "/readings_made")?;
    let not_stored = made.checked_sub(number(&stored, "/readings_stored")? + said_to_be_lost);
    let not_stored = not_stored.with_context(|| format!("{counted}\n{stored}"))?;
    ensure!(
        not_stored <= came_again * READINGS_PER_EVENT_MAX,
        "{came_again} events came again: {counted}\n{stored}"
    );
    ensure!(said_to_be_lost == 0, "there was room for everything: {counted}");
    no_gap_is_silent(site)
}

/// Lets every program listen at its own host's address, and call the others at theirs.
fn configure(site: &Site) -> Result<()> {
    let [adapter, platform] = [ADAPTER_HOST, PLATFORM_HOST].map(address);
    site.authority.issue(
        &site.directory,
        &["platform", "localhost", &platform],
        demo::certificates::Validity::Current,
    )?;
    let printer = |index: u8| {
        let address = format!("{}:{PIP_PORT}", address(PRINTER_HOST + index));
        json!({"id": printer_id(index.into()), "pip": address})
    };
    let printers: Vec<_> = (0..PRINTERS).map(printer).collect();
    site.configure_adapter(&json!({ "printers": printers }))?;
    rewrite(
        site,
        "platform.toml",
        &[("127.0.0.1", &platform), ("https://localhost", &format!("https://{platform}"))],
    )?;
    rewrite(
        site,
        "adapter.toml",
        &[("127.0.0.1", &adapter), ("https://localhost", &format!("https://{platform}"))],
    )
}

fn rewrite(site: &Site, name: &str, pairs: &[(&str, &str)]) -> Result<()> {
    let text = fs::read_to_string(site.file(name))?;
    let text = pairs.iter().fold(text, |text, (from, to)| text.replace(from, to));
    fs::write(site.file(name), text).map_err(Into::into)
}

/// One printer of the site's fleet, a program of its own on a host of its own.
async fn start_printer(site: &Site, launcher: &Launcher, host: &Host, index: usize) -> Result<Program> {
    let fleet = fs::read_to_string(site.file("simulator.toml"))?;
    let mut parts = fleet.split("\n[[printers]]");
    let common = parts.next().unwrap_or_default();
    let printer = parts.nth(index).context("the site has no such printer")?;
    let beats = format!("{}:{}", address(ADAPTER_HOST), site.beats_port);
    let common = common.replace(&format!("127.0.0.1:{}", site.beats_port), &beats);
    let printer = printer.replace("127.0.0.1:0", &format!("{}:{PIP_PORT}", host.address));
    let ships = if index == usize::from(CUT) { "ship = \"none\"" } else { "ship = \"beats\"" };
    let printer = printer.replace("ship = \"beats\"", ships);
    let file = site.file(&format!("{}.toml", printer_id(index)));
    fs::write(&file, format!("{common}\n[[printers]]{printer}"))?;
    let file = file.display().to_string();
    let launcher = launcher.clone().within(host.enter()?);
    let mut program = launcher.start("simulator", &["run", "--config", &file], &site.directory)?;
    program.ready().await?;
    Ok(program)
}

async fn until_reachable(site: &Site, index: u8, met: impl Fn(&str) -> bool) -> Result<()> {
    let mut last = Value::Null;
    let reachable = until("the printer's reachability", async || {
        let said: Value = serde_json::from_str(&site.status("json").await?)?;
        last = said["printers"][usize::from(index)].clone();
        let code = last["ways"]["queries"]["reachability"].as_str();
        Ok(code.is_some_and(&met).then_some(()))
    });
    reachable.await.with_context(|| format!("the status says {last}"))
}

fn store(site: &Site) -> Result<Connection> {
    Ok(Connection::open_with_flags(site.file("platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

/// Of the printer's values over its interface that grow old, how many stand as good in the store, and how many as old.
fn latest(site: &Site, index: u8) -> Result<[i64; 2]> {
    let thing = format!("{ADAPTER}.{}", printer_id(index.into()));
    let count = |quality: &str| {
        let sql = format!(
            "SELECT count(*) FROM latest JOIN things ON things.id = thing JOIN items ON items.id = item
             WHERE things.name = ?1 AND items.name IN ({POLLED}) AND quality {quality} 2"
        );
        store(site)?.query_row(&sql, [&thing], |row| row.get::<_, i64>(0)).map_err(anyhow::Error::from)
    };
    Ok([count("<>")?, count("=")?])
}

/// Some of what every simulated printer is asked for.
const POLLED: &str = "'door.state', 'laser.power', 'printer.state'";

/// Between two good values of an item that are further apart than a late answer explains there is one that says that it
/// was old.
fn no_gap_is_silent(site: &Site) -> Result<()> {
    let store = store(site)?;
    let mut select = store.prepare(&format!(
        "SELECT things.name || ' ' || items.name, time, quality FROM readings
         JOIN things ON things.id = thing JOIN items ON items.id = item
         WHERE items.name IN ({POLLED}) ORDER BY 1, time"
    ))?;
    let rows = select
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    ensure!(rows.iter().any(|(_, _, quality)| *quality == 2), "a cut made no value old");
    for pair in rows.windows(2) {
        let [(before, from, good), (series, to, good_again)] = pair else { continue };
        let silent = before == series && *good == 0 && *good_again == 0 && to - from > SILENT_MS_MAX;
        ensure!(!silent, "{series}: nothing says what was missing from {from} to {to}");
    }
    Ok(())
}
