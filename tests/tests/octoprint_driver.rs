//! A real OctoPrint is queried with a key that can only read. The platform holds what it does, its temperatures, how far
//! its job is, and the cause when its firmware stops it; nothing of names and keys; and when OctoPrint has been started
//! again, the adapter is back by itself.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use demo::site::{ADAPTER, Plan, Site, secret_file};
use reqwest::{Method, StatusCode};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::json;
use tests::octoprint::{Octoprint, USER};
use tests::{Bench, number, until};

/// Part of the base directory's name, and so of every path.
const DIRECTORY: &str = "Femur implant left";
const FILE: &str = "titan_bracket_v7.gcode";
const MESSAGE: &str = "Ring Torvald";
const FAULT: &str = "!!DEBUG:trigger_fatal_error_marlin";
const PRINTER: &str = "p03";

/// What is used where the configuration names none; this one does not.
const INTERVAL: Duration = Duration::from_secs(5);
/// From the first answer of an OctoPrint that has been started again to the adapter's reading: two intervals to its
/// call, and a second for what it then asks on a machine that does other work.
const BACK_WITHIN: Duration = Duration::from_secs(2 * INTERVAL.as_secs() + 1);

/// The firmware's words are "Thermal Runaway, system stopped! Heater_ID: bed".
const CAUSE: [(&str, &str); 5] = [
    ("printer.state", "error"),
    ("alarm.active", "yes"),
    ("alarm.class", "thermal"),
    ("alarm.subsystem", "bed"),
    ("alarm.qualifier", "failed"),
];

#[tokio::test]
async fn a_real_octoprint_is_read_with_a_status_key_through_a_print_a_fault_and_a_restart() -> Result<()> {
    let plan = Plan { printers: 0, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let mut octoprint = Octoprint::start(&site.file(DIRECTORY)).await?;
    let key = octoprint.key_that_can_only_read().await?;
    the_key_can_only_read(&octoprint, &key).await?;
    let platform = site.start_platform().await?;
    configure(site, &octoprint.url, &key)?;
    site.enrol().await?;
    octoprint.connect().await?;
    let adapter = site.start_adapter().await?;
    let stored = Stored(site);

    stored.until(&[("printer.reachability", "available"), ("printer.state", "ready")]).await?;
    octoprint.print(FILE, &gcode()).await?;
    stored
        .until(&[("printer.state", "ready"), ("build.state", "completed"), ("build.progress", "100.0")])
        .await?;
    the_print_is_there(&stored)?;
    check_says_what_it_is(site).await?;

    octoprint.command(FAULT).await?;
    let failed = [&CAUSE[..], &[("printer.reachability", "printer_failed")]].concat();
    stored.until(&failed).await?;
    assert_eq!(octoprint.answers(Method::GET, "/api/printer", &key).await?, StatusCode::CONFLICT);
    // Three intervals and more without one: what is still said after that is said of what OctoPrint answers.
    stored.until_bad("extruder.temperature").await?;
    assert_eq!(stored.now(&failed)?, failed, "the cause was not kept while OctoPrint answers 409");
    assert!(number(&site.stored().await?, "/alarms_open")? > 0, "no alarm is open");

    octoprint.restart().await?;
    let back = stored.clock()?;
    stored.until(&[("printer.state", "offline"), ("alarm.active", "no")]).await?;
    let seen = stored.since("printer.state", "offline")?;
    let late = Duration::from_millis(u64::try_from(seen - back).unwrap_or_default());
    assert!(late <= BACK_WITHIN, "OctoPrint was back for {late:?} before the adapter saw it");
    octoprint.connect().await?;
    stored.until(&[("printer.reachability", "available"), ("printer.state", "ready")]).await?;
    // What it answers while it starts is not even HTTP.
    assert!(!stored.all("printer.reachability")?.contains(&"nonsense".to_owned()));

    adapter.stop().await?;
    platform.stop().await?;
    nothing_private_is_stored(site, &octoprint, &key)
}

async fn the_key_can_only_read(octoprint: &Octoprint, key: &str) -> Result<()> {
    for (method, path, expected) in [
        (Method::GET, "/api/version", StatusCode::OK),
        (Method::GET, "/api/job", StatusCode::OK),
        (Method::GET, "/api/printer/error", StatusCode::OK),
        (Method::GET, "/api/files", StatusCode::FORBIDDEN),
        (Method::GET, "/api/settings", StatusCode::FORBIDDEN),
        (Method::GET, "/api/access/users", StatusCode::FORBIDDEN),
        (Method::POST, "/api/connection", StatusCode::FORBIDDEN),
        (Method::POST, "/api/printer/command", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(octoprint.answers(method.clone(), path, key).await?, expected, "{method} {path}");
    }
    Ok(())
}

async fn check_says_what_it_is(site: &Site) -> Result<()> {
    let arguments = ["check", "--live", "--config", &site.configuration("adapter")];
    let page = site.launcher.run("adapter", &arguments, "").await?;
    for words in ["OctoPrint 127.0.0.1:", "available", "1.11.", "printer.state", "heated_bed.temperature"] {
        assert!(page.contains(words), "{words:?} is not in:\n{page}");
    }
    assert!(!page.contains("refused"), "{page}");
    Ok(())
}

fn the_print_is_there(stored: &Stored<'_>) -> Result<()> {
    let states = stored.all("printer.state")?;
    assert!(states.contains(&"building".to_owned()), "{states:?}");
    assert_eq!(stored.all("build.state")?, ["printing", "completed"]);
    let progress = stored.all("build.progress")?;
    let part = |text: &String| text.parse().is_ok_and(|number: f64| 0.0 < number && number < 100.0);
    assert!(progress.iter().any(part), "{progress:?}");
    let ids = stored.all("build.id")?;
    let hash =
        |id: &String| id.len() >= 16 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    assert!(matches!(&ids[..], [id] if hash(id)), "{ids:?}");
    for (item, value) in [
        ("extruder.temperature", "30.0"),
        ("extruder.temperature_setpoint", "30.0"),
        ("heated_bed.temperature", "25.0"),
        ("heated_bed.temperature_setpoint", "25.0"),
    ] {
        let values = stored.all(item)?;
        assert!(values.contains(&value.to_owned()), "{item} was never {value}: {values:?}");
    }
    Ok(())
}

/// What OctoPrint knows of people and files, and what opens its door, is in no file of the store.
fn nothing_private_is_stored(site: &Site, octoprint: &Octoprint, key: &str) -> Result<()> {
    let mut store = String::new();
    for entry in fs::read_dir(&site.directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("platform.db") {
            store += &String::from_utf8_lossy(&fs::read(entry.path())?);
        }
    }
    let secrets = [octoprint.api_key, octoprint.status_key, key, "oneway adapter"];
    let names = [DIRECTORY, FILE, "titan", MESSAGE, USER, "VIRTUAL", "Heater_ID", "Thermal Runaway"];
    for private in secrets.iter().chain(&names) {
        assert!(!store.contains(private), "{private:?} is in the store");
    }
    // Else it would be the search that finds nothing.
    assert!(store.contains("thermal") && store.contains("extruder.temperature"));
    Ok(())
}

/// Warm, and long enough for some rounds of questions. OctoPrint tells the progress by the bytes of the file.
fn gcode() -> String {
    let dwell = format!("G4 P3000\n;{}\n", "-".repeat(200));
    format!("M117 {MESSAGE}\nM140 S25\nM109 S30\n{}M104 S0\nM140 S0\n", dwell.repeat(4))
}

fn configure(site: &Site, url: &str, key: &str) -> Result<()> {
    site.configure_adapter(&json!({"printers": []}))?;
    let text = fs::read_to_string(site.file("adapter.toml"))?;
    secret_file(&site.file("p03.key"), &format!("{key}\n"))?;
    let printer = format!(
        "\n[[printers]]\nid = {PRINTER:?}\noctoprint = {{ url = {url:?}, key_file = \"p03.key\" }}\n"
    );
    fs::write(site.file("adapter.toml"), text + &printer).map_err(Into::into)
}

/// What the platform holds of the printer.
struct Stored<'a>(&'a Site);

/// An item and its value.
type Pair = (&'static str, &'static str);

impl Stored<'_> {
    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags(self.0.file("platform.db"), flags).map_err(Into::into)
    }

    /// What the clock shows that the readings' times are of, in milliseconds since 1970.
    fn clock(&self) -> Result<i64> {
        let sql = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
        self.open()?.query_row(sql, [], |row| row.get(0)).map_err(Into::into)
    }

    /// Waits until the latest value of each item is this one, and good.
    async fn until(&self, wanted: &[Pair]) -> Result<()> {
        let what = format!("{wanted:?} in the store");
        until(&what, async || Ok((self.now(wanted)? == wanted).then_some(()))).await
    }

    /// Those of these values that are the latest of their items, and good.
    fn now(&self, wanted: &[Pair]) -> Result<Vec<Pair>> {
        let store = self.open()?;
        let mut select = store.prepare(
            "SELECT count(*) FROM latest JOIN items ON items.id = item JOIN things ON things.id = thing
             WHERE things.name = ?1 AND items.name = ?2 AND coalesce(text, CAST(number AS TEXT)) = ?3 AND quality = 0",
        )?;
        let mut found = Vec::new();
        for (item, value) in wanted {
            let row = params![format!("{ADAPTER}.{PRINTER}"), item, value];
            if select.query_row(row, |row| row.get::<_, u32>(0))? > 0 {
                found.push((*item, *value));
            }
        }
        Ok(found)
    }

    /// Waits until the latest value of an item is a bad one.
    async fn until_bad(&self, item: &str) -> Result<()> {
        until(&format!("a bad {item} in the store"), async || {
            let bad = self.open()?.query_row(
                "SELECT count(*) FROM latest JOIN items ON items.id = item WHERE items.name = ?1 AND quality = 2",
                [item],
                |row| row.get::<_, u32>(0),
            )?;
            Ok((bad > 0).then_some(()))
        })
        .await
    }

    /// When this last became the value, in milliseconds since 1970.
    fn since(&self, item: &str, value: &str) -> Result<i64> {
        let sql = "SELECT max(time) FROM readings JOIN items ON items.id = item
                   WHERE items.name = ?1 AND text = ?2 AND quality = 0";
        self.open()?.query_row(sql, [item, value], |row| row.get(0)).context("no such reading")
    }

    /// Every good value that came, one after the other, the same one once.
    fn all(&self, item: &str) -> Result<Vec<String>> {
        let store = self.open()?;
        let mut select = store.prepare(
            "SELECT coalesce(text, CAST(round(number, 6) AS TEXT)) FROM readings JOIN items ON items.id = item
             JOIN things ON things.id = thing
             WHERE things.name = ?1 AND items.name = ?2 AND quality = 0 ORDER BY time",
        )?;
        let rows = select.query_map([format!("{ADAPTER}.{PRINTER}"), item.to_owned()], |row| row.get(0))?;
        let mut values = rows.collect::<Result<Vec<String>, _>>()?;
        values.dedup();
        Ok(values)
    }
}
