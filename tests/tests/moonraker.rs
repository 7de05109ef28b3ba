//! The adapter asks a real Moonraker of a printer: its values arrive as they change, a fault arrives with its cause, each
//! restart is got over, a wrong key is told as a refusal, and Klipper hears nothing but queries. A second printer is asked
//! through a proxy that lets only GET through, and gives the same.

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use demo::site::{ADAPTER, Plan, Site, secret_file};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Value, json};
use tests::get_only::GetOnly;
use tests::klippy::{HOST_NAME, Klippy};
use tests::moonraker::Moonraker;
use tests::{Bench, until};

const FILE: &str = "femur_implant_torvald_v7.gcode";
const HEATER: &str = "heater_generic torvalds_chamber";
const WRONG_KEY: &str = "5f1d0c3b2a994e1e8d7c6b5a49382716";
/// The default.
const INTERVAL: Duration = Duration::from_secs(5);
/// The conversation of a new connection, on a machine that has other tests to run.
const CONVERSATION: Duration = Duration::from_secs(3);
const FAULT: &str = "Heater extruder not heating at expected rate\nSee the 'verify_heater' section in \
                     docs/Config_Reference.md\nfor the parameters that control this check.\n";

fn objects() -> Vec<(&'static str, Value)> {
    vec![
        ("extruder", json!({"temperature": 214.5, "target": 215.0, "power": 0.5, "can_extrude": true})),
        ("heater_bed", json!({"temperature": 65.25, "target": 65.0, "power": 0.25})),
        (HEATER, json!({"temperature": 45.5, "target": 50.0, "power": 1.0})),
        ("temperature_sensor torvalds_pi", json!({"temperature": 48.5})),
        ("fan", json!({"speed": 0.75, "rpm": null})),
        ("mcu", json!({"mcu_version": "v0.12.0", "last_stats": {"mcu_awake": 0.05, "freq": 50_000_110}})),
        ("system_stats", json!({"sysload": 0.5, "cputime": 100.0, "memavail": 412_340})),
        ("virtual_sdcard", json!({"progress": 0.25, "is_active": true, "file_position": 1, "file_size": 4})),
        (
            "print_stats",
            json!({"state": "printing", "filename": FILE, "total_duration": 60.5, "print_duration": 55.0,
                "filament_used": 120.5, "message": "", "info": {"total_layer": 120, "current_layer": 7}}),
        ),
    ]
}

#[tokio::test]
async fn a_real_moonraker_gives_values_faults_and_refusals_and_is_come_back_to() -> Result<()> {
    let plan = Plan { printers: 0, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)?;
    let site = &bench.site;
    let socket = site.file("klippy.sock");
    let klippy = Klippy::start(&socket, &objects())?;
    let mut moonraker = Moonraker::start(&site.file("moonraker"), &socket).await?;
    moonraker.until_klippy("ready").await?;
    let platform = site.start_platform().await?;
    let proxy = GetOnly::start(moonraker.url.trim_start_matches("http://")).await?;
    configure(site, &moonraker, &proxy)?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;

    // What it is and does.
    for (item, value) in [
        ("identity.firmware", "v0.12.0-272-g13c75ea87"),
        ("printer.reachability", "available"),
        ("printer.state", "building"),
        ("build.state", "printing"),
        ("build.progress", "25.0"),
        ("build.layer", "7.0"),
        ("extruder.temperature", "214.5"),
        ("extruder.duty", "50.0"),
        ("heated_bed.temperature", "65.25"),
        ("chamber.temperature", "45.5"),
        ("sensor.temperature", "48.5"),
        ("fan.speed", "75.0"),
        ("controller.load", "1.0"),
        ("host.load", "0.5"),
        ("alarm.active", "no"),
        ("printer.printing_hours", "0.0"),
    ] {
        until_stored(site, "right", item, value, 0).await?;
        until_stored(site, "proxied", item, value, 0).await?;
    }
    until_stored(site, "wrong", "printer.reachability", "refused", 0).await?;
    // It comes by itself as it changes, and between two intervals only the last of it is said.
    let mark = now_ms()?;
    for tenth in 1..=8 {
        klippy.set("extruder", &json!({"temperature": 215.0 + f64::from(tenth) / 10.0}));
        until_told(&moonraker, 215.0 + f64::from(tenth) / 10.0).await?;
    }
    until_stored(site, "right", "extruder.temperature", "215.8", mark).await?;
    let said = count(site, "extruder.temperature", mark)?;
    assert!(said < 8, "eight changes within an interval or two were said {said} times");

    // A fault, with its cause; what it is about comes with it and what Klipper wrote does not.
    let mark = now_ms()?;
    klippy.shut_down(FAULT);
    for (item, value) in [
        ("printer.reachability", "printer_failed"),
        ("printer.state", "error"),
        ("alarm.active", "yes"),
        ("alarm.class", "thermal"),
        ("alarm.subsystem", "extruder"),
        ("alarm.qualifier", "failed"),
    ] {
        until_stored(site, "right", item, value, mark).await?;
        until_stored(site, "proxied", item, value, mark).await?;
    }
    let told = first(site, "printer.reachability", "printer_failed", mark)?;
    assert!(told - mark < millis(INTERVAL)?, "a shutdown is said at once, and was after {} ms", told - mark);
    // Klipper is restarted by hand.
    let called = klippy.called();
    drop(klippy);
    until_stored(site, "right", "printer.reachability", "printer_off", mark).await?;
    let mark = now_ms()?;
    let klippy = Klippy::start(&socket, &objects())?;
    for (item, value) in
        [("printer.reachability", "available"), ("printer.state", "building"), ("alarm.active", "no")]
    {
        until_stored(site, "right", item, value, mark).await?;
    }

    // Moonraker is restarted: back within two intervals of the moment from which it can give values.
    moonraker.stop().await?;
    until_stored(site, "right", "printer.reachability", "printer_off", mark).await?;
    klippy.set("extruder", &json!({"temperature": 199.25}));
    moonraker.start_again().await?;
    moonraker.until_klippy("ready").await?;
    let mark = now_ms()?;
    until_stored(site, "right", "extruder.temperature", "199.25", 0).await?;
    let back = first(site, "extruder.temperature", "199.25", 0)? - mark;
    assert!(back <= millis(INTERVAL * 2 + CONVERSATION)?, "back only after {back} ms");

    // One look tells the same, and names no secret.
    let look = look(site).await?;
    for words in ["Moonraker 127.0.0.1:", "available", "refused", "extruder.temperature"] {
        assert!(look.contains(words), "{words:?} is not in {look}");
    }
    adapter.stop().await?;
    platform.stop().await?;
    let called = [called, klippy.called()].concat();
    let queries = ["info", "objects/list", "objects/query", "objects/subscribe"];
    // Moonraker's own, of which none moves anything either.
    let its_own = ["list_endpoints", "register_remote_method", "gcode/help", "gcode/subscribe_output"];
    assert!(
        called.iter().all(|method| queries.iter().chain(&its_own).any(|known| known == method)),
        "{called:?}"
    );
    nothing_private_is_stored(site, &moonraker, &look)
}

fn configure(site: &Site, moonraker: &Moonraker, proxy: &GetOnly) -> Result<()> {
    site.configure_adapter(&json!({"printers": []}))?;
    let mut text = fs::read_to_string(site.file("adapter.toml"))?;
    let key = moonraker.api_key.as_str();
    let printers =
        [("right", key, &moonraker.url), ("proxied", key, &proxy.url), ("wrong", WRONG_KEY, &moonraker.url)];
    for (printer, key, url) in printers {
        secret_file(&site.file(&format!("{printer}.key")), key)?;
        text += &format!(
            "\n[[printers]]\nid = {printer:?}\nmoonraker = {{ url = {url:?}, key_file = \"{printer}.key\" }}\n"
        );
    }
    fs::write(site.file("adapter.toml"), text).map_err(Into::into)
}

/// Waits until Moonraker itself has it: four times a second, Klipper tells of its last value.
async fn until_told(moonraker: &Moonraker, temperature: f64) -> Result<()> {
    until("Moonraker has the temperature", async || {
        let said = moonraker.get("/printer/objects/query?extruder=temperature").await?;
        Ok((said["result"]["status"]["extruder"]["temperature"] == temperature).then_some(()))
    })
    .await
}

async fn look(site: &Site) -> Result<String> {
    let configuration = site.configuration("adapter");
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    // One of the two refuses, so it ends with a failure.
    let output =
        launcher.command("adapter", &["check", "--live", "--config", &configuration]).output().await?;
    Ok(String::from_utf8(output.stdout)?)
}

fn now_ms() -> Result<i64> {
    i64::try_from(SystemTime::UNIX_EPOCH.elapsed()?.as_millis()).map_err(Into::into)
}

fn millis(duration: Duration) -> Result<i64> {
    i64::try_from(duration.as_millis()).map_err(Into::into)
}

async fn until_stored(site: &Site, printer: &str, item: &str, value: &str, since: i64) -> Result<()> {
    let what = format!("{item} of {printer} is {value}");
    let stored = until(&what, async || {
        let found = times(site, printer, item, since)?.into_iter().find(|(_, found)| found == value);
        Ok(found.map(drop))
    })
    .await;
    stored.with_context(|| format!("{:?}", times(site, printer, item, 0)))
}

/// When this value was first said since then.
fn first(site: &Site, item: &str, value: &str, since: i64) -> Result<i64> {
    let times = times(site, "right", item, since)?;
    times.into_iter().find(|(_, found)| found == value).map(|(time, _)| time).context("it was never said")
}

fn count(site: &Site, item: &str, since: i64) -> Result<usize> {
    Ok(times(site, "right", item, since)?.len())
}

/// What is stored of a printer's item, in the order of its times.
fn times(site: &Site, printer: &str, item: &str, since: i64) -> Result<Vec<(i64, String)>> {
    let store = Connection::open_with_flags(site.file("platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = store.prepare(
        "SELECT time, coalesce(text, CAST(round(number, 6) AS TEXT)) FROM readings
         JOIN items ON items.id = item JOIN things ON things.id = thing
         WHERE things.name = ?1 AND items.name = ?2 AND time >= ?3 ORDER BY time, readings.origin",
    )?;
    let rows = select.query_map(params![format!("{ADAPTER}.{printer}"), item, since], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    rows.collect::<Result<_, _>>().map_err(Into::into)
}

/// Names, texts and keys of the printer are in no file of the store, nor in what the adapter logged.
fn nothing_private_is_stored(site: &Site, moonraker: &Moonraker, look: &str) -> Result<()> {
    let mut said = look.to_owned();
    for name in ["platform.db", "platform.db-wal", "adapter.log"] {
        said += &String::from_utf8_lossy(&fs::read(site.file(name)).unwrap_or_default());
    }
    for private in [FILE, "torvald", HOST_NAME, "verify_heater", "not heating", &moonraker.api_key, WRONG_KEY]
    {
        assert!(!said.contains(private), "{private:?} has left");
    }
    // Else it would be the search that finds nothing.
    assert!(said.contains("thermal") && said.contains("extruder.temperature"));
    Ok(())
}
