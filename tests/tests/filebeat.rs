//! A real Filebeat 8.1.3 ships a printer's log through the adapter to the platform, over mutual TLS. It runs,
//! like everything it talks to, in a network namespace with nothing but loopback.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use demo::site::{Plan, Site};
use serde_json::json;
use tests::namespace::Namespace;
use tests::{Bench, number, repository};
use tokio::process::{Child, Command};

const LINES: u64 = 10_000;

#[tokio::test]
async fn filebeat_ships_a_log_and_every_line_is_stored_once() -> Result<()> {
    let namespace = Namespace::new().await?;
    let inside = namespace.enter().await?;
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs")).within(inside.clone());
    let plan = Plan { printers: 1, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher, plan)?;
    let site = &bench.site;

    let platform = site.start_platform().await?;
    site.configure_adapter(&json!({"printers": [{"id": "p01"}]}))?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;
    let log = site.printer_directory(0).join("laser.log");
    fs::write(&log, log_of(LINES)?)?;
    let _filebeat = start_filebeat(site, &inside, &log)?;

    let complete = |report: &serde_json::Value| {
        number(report, "/records/distinct").is_ok_and(|distinct| distinct >= LINES)
    };
    let report = bench.until_stored("every line that Filebeat ships", complete).await?;
    assert_eq!(number(&report, "/records/distinct")?, LINES);
    assert_eq!(number(&report, "/records/duplicates")?, 0);
    assert_eq!(number(&report, "/records/missing")?, 0);

    let counted = adapter.stop().await?;
    assert_eq!(number(&counted, "/lines_unmatched")?, 0, "{counted}");
    assert_eq!(number(&counted, "/frames_refused")?, 0, "{counted}");
    platform.stop().await?;
    Ok(())
}

fn log_of(lines: u64) -> Result<String> {
    let mut log = String::new();
    for record in 1..=lines {
        let (second, milli) = (record / 1000 % 60, record % 1000);
        let power = 500.0 + (record % 97) as f64 / 10.0;
        writeln!(
            log,
            "2026-11-22T10:15:{second:02}.{milli:03}Z laser #{record:09} INFO power={power:.1}mW current=21.4A"
        )?;
    }
    Ok(log)
}

fn start_filebeat(site: &Site, inside: &[String], log: &Path) -> Result<Child> {
    let filebeat = repository().join("target/peers/filebeat");
    anyhow::ensure!(filebeat.exists(), "{} is not there; run tests/set-up", filebeat.display());
    let home = site.file("filebeat");
    fs::create_dir_all(&home)?;
    let configuration = home.join("filebeat.yml");
    fs::write(&configuration, filebeat_configuration(site, log))?;
    let errors = fs::File::create(site.file("filebeat.log"))?;
    let (before, rest) = inside.split_first().context("nothing to enter")?;
    Command::new(before)
        .args(rest)
        .arg(filebeat.canonicalize()?)
        .args(["--strict.perms=false", "-e", "-c"])
        .arg(&configuration)
        .args(["--path.home", &home.display().to_string()])
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .context("Filebeat cannot be started")
}

fn filebeat_configuration(site: &Site, log: &Path) -> String {
    format!(
        "filebeat.inputs:\n\
         - type: filestream\n  id: projet\n  paths: [{log:?}]\n  prospector.scanner.check_interval: 1s\n\
         output.logstash:\n  hosts: [\"localhost:{port}\"]\n\
         \x20 ssl.certificate_authorities: [{ca:?}]\n  ssl.certificate: {certificate:?}\n  ssl.key: {key:?}\n\
         logging.level: info\nlogging.metrics.enabled: false\n",
        port = site.beats_port,
        ca = site.file("ca.pem"),
        certificate = site.file("p01.pem"),
        key = site.file("p01.key"),
    )
}
