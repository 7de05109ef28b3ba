//! A real OctoPrint prints and fails; the adapter reads its `octoprint.log` and its `serial.log`, and the platform holds
//! the states, the temperatures and the fault once, and nothing of what those logs say of people, files and geometry.

use std::fs;
use std::path::Path;

use anyhow::Result;
use demo::program::Launcher;
use demo::site::{ADAPTER, Plan, Site};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tests::octoprint::{Octoprint, USER};
use tests::{Bench, number, until};

/// Part of the base directory's name, and so of every path.
const DIRECTORY: &str = "Femur implant left";
const FILE: &str = "titan_bracket_v7.gcode";
const MESSAGE: &str = "Ring Torvald";
const MOVE: &str = "X101.234 Y33.127 E0.0412";
const FAULT: &str = "!!DEBUG:trigger_fatal_error_marlin";

/// Sooner than this, and less than a time zone away, each line is stored.
const LATE_MS: i64 = 10 * 60 * 1000;

/// Two printers of the adapter read the same logs: of one the family is set and the files are named, of the other the
/// family is recognised in whatever stands in the directory.
const PRINTERS: [(&str, &str, &str); 2] =
    [("named", "octoprint", "{octoprint,serial}.log*"), ("recognised", "auto", "*.log*")];

/// From the first start to the end of the last connection.
const STATES: &[&str] = &[
    // Started, opening the line, connecting, and there.
    "offline",
    "offline",
    "offline",
    "ready",
    "preparing",
    "building",
    "finished",
    "ready",
    // In error, and the line closed.
    "error",
    "error",
    "offline",
    "offline",
    "offline",
    "ready",
    "offline",
];

#[tokio::test]
async fn a_print_and_a_fault_of_a_real_octoprint_are_stored_once_and_nothing_private_is() -> Result<()> {
    let plan = Plan { printers: 0, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let mut octoprint = Octoprint::start(&site.file(DIRECTORY)).await?;
    let logs = octoprint.logs();
    let platform = site.start_platform().await?;
    configure(site, &logs)?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;

    octoprint.connect().await?;
    octoprint.print(FILE, &gcode()).await?;
    octoprint.command(FAULT).await?;
    octoprint.until_state("Closed").await?;
    until("both printers' alarms", async || {
        Ok((number(&site.stored().await?, "/alarms_open")? == 2).then_some(()))
    })
    .await?;
    octoprint.restart().await?;
    octoprint.connect().await?;
    octoprint.disconnect().await?;
    let said = until_read(site, &logs).await?;
    // Of each start of the printer one line: the byte that its serial port gives before it speaks.
    assert_eq!(said["printers"][0]["lines_unmatched"], 2, "{said}");
    adapter.stop().await?;
    let stored = readings(site)?;
    for (printer, ..) in PRINTERS {
        what_happened_is_there_once(&stored, &format!("{ADAPTER}.{printer}"));
    }
    let late =
        stored.iter().filter(|row| !(0..LATE_MS).contains(&(row.stored - row.time))).collect::<Vec<_>>();
    assert!(late.is_empty(), "OctoPrint's local time is not understood: {late:#?}");

    let adapter = site.start_adapter().await?;
    until_read(site, &logs).await?;
    adapter.stop().await?;
    assert_eq!(readings(site)?, stored, "reading the logs again has changed what is stored");
    platform.stop().await?;
    nothing_private_is_stored(site, &octoprint)
}

fn what_happened_is_there_once(stored: &[Row], printer: &str) {
    let values = |item: &str| -> Vec<&str> {
        let of_item = stored.iter().filter(|row| row.printer == printer && row.item == item);
        of_item.map(|row| row.value.as_str()).collect()
    };
    assert_eq!(values("printer.state"), STATES, "{printer}");
    assert_eq!(values("log.event"), ["started", "finished", "failed"], "{printer}");
    assert_eq!(values("alarm.active"), ["no", "no", "yes", "no"], "{printer}");
    assert_eq!(values("alarm.class"), ["thermal"], "{printer}");
    assert_eq!(values("alarm.subsystem"), ["bed"], "{printer}");
    assert_eq!(values("alarm.qualifier"), ["failed"], "{printer}");
    assert_eq!(values("controller.state"), ["startup", "startup"], "{printer}");
    for (item, value) in [
        ("extruder.temperature", "30.0"),
        ("extruder.temperature_setpoint", "30.0"),
        ("heated_bed.temperature", "25.0"),
        ("heated_bed.temperature_setpoint", "25.0"),
        ("chamber.temperature", "21.3"),
    ] {
        assert!(values(item).contains(&value), "{printer}: {item} was never {value}: {:?}", values(item));
    }
}

/// What the logs say of people, files and geometry, and what opens OctoPrint's door, is in no file of the store; it
/// stands in the logs, or this would prove nothing.
fn nothing_private_is_stored(site: &Site, octoprint: &Octoprint) -> Result<()> {
    let said = texts(&octoprint.logs(), "")?;
    let store = texts(&site.directory, "platform.db")?;
    for in_logs in [DIRECTORY, FILE, MESSAGE, MOVE, FAULT, USER, "VIRTUAL", "Heater_ID", "M117", "G1 X"] {
        assert!(said.contains(in_logs), "{in_logs:?} is not in OctoPrint's logs");
        assert!(!store.contains(in_logs), "{in_logs:?} is in the store");
    }
    for secret in [octoprint.api_key, octoprint.status_key, "titan", "33.127"] {
        assert!(!store.contains(secret), "{secret:?} is in the store");
    }
    // Else it would be the search that finds nothing.
    assert!(store.contains("thermal") && store.contains("extruder.temperature"));
    Ok(())
}

/// The files of a directory whose names begin so, one after the other.
fn texts(directory: &Path, begin: &str) -> Result<String> {
    let mut all = String::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(begin) {
            all += &String::from_utf8_lossy(&fs::read(entry.path())?);
        }
    }
    Ok(all)
}

/// Warm for long enough that the printer reports it: once in two seconds.
fn gcode() -> String {
    format!("M117 {MESSAGE}\nM140 S25\nM109 S30\nG1 {MOVE}\nG4 P5000\nM104 S0\nM140 S0\n")
}

fn configure(site: &Site, logs: &Path) -> Result<()> {
    site.configure_adapter(&json!({"printers": []}))?;
    let mut text = fs::read_to_string(site.file("adapter.toml"))?;
    for (printer, family, pattern) in PRINTERS {
        text += &format!(
            "\n[[printers]]\nid = {printer:?}\nfamily = {family:?}\nzone = \"Europe/Oslo\"\n\
             logs = {{ directory = {logs:?}, pattern = {pattern:?} }}\n"
        );
    }
    fs::write(site.file("adapter.toml"), text).map_err(Into::into)
}

/// Waits until the adapter has read, and the platform has stored, every line of both logs and of what they were
/// rotated to, for both printers. Gives its status then.
async fn until_read(site: &Site, logs: &Path) -> Result<Value> {
    until("every line is stored", async || {
        let texts = texts(logs, "octoprint.log")? + &texts(logs, "serial.log")?;
        let lines = u64::try_from(texts.lines().count())?;
        let said: Value = serde_json::from_str(&site.status("json").await?)?;
        let read = |printer: usize| {
            let printer = &said["printers"][printer];
            number(printer, "/lines_read").is_ok_and(|read| read >= lines) && printer["readings_waiting"] == 0
        };
        Ok((read(0) && read(1)).then_some(said))
    })
    .await
}

/// A stored reading of a printer.
#[derive(Debug, PartialEq)]
struct Row {
    printer: String,
    item: String,
    value: String,
    time: i64,
    stored: i64,
}

/// All that are stored, in the order of their times.
fn readings(site: &Site) -> Result<Vec<Row>> {
    let store = Connection::open_with_flags(site.file("platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = store.prepare(
        "SELECT things.name, items.name, coalesce(text, CAST(round(number, 6) AS TEXT)), time, stored FROM readings
         JOIN items ON items.id = item JOIN things ON things.id = thing WHERE kind = 'printer'
         ORDER BY time, readings.origin",
    )?;
    let rows = select.query_map([], |row| {
        let (printer, item, value) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Row { printer, item, value, time: row.get(3)?, stored: row.get(4)? })
    })?;
    rows.collect::<Result<_, _>>().map_err(Into::into)
}
