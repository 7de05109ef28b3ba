//! The adapter as two processes that share nothing but a socket: what flows, what survives, and what neither half can.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site};
use protocol::link::encode_batch;
use protocol::lumberjack::encode_window;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tests::beats::Sender;
use tests::stranger::good_event;
use tests::trace::{Address, address, strace, writes};
use tests::{Bench, number, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// Longer than the uplink speaks of itself twice.
const LIVES_ON: f64 = 25.0;
/// What was under way when a half was killed may be stored until then.
const UNDER_WAY: Duration = Duration::from_secs(3);

fn bench(printers: usize, lines_per_second: f64) -> Result<Bench> {
    let plan = Plan { printers, lines_per_second, tailed_every: 5, faults: Vec::new(), port: None };
    Bench::new(env!("CARGO_TARGET_TMPDIR"), Launcher::new(env!("CARGO_BIN_EXE_programs")), plan)
}

fn distinct(at_least: u64) -> impl Fn(&Value) -> bool {
    move |report| number(report, "/records/distinct").is_ok_and(|distinct| distinct >= at_least)
}

/// What each half that runs says of itself.
async fn said(site: &Site, half: &str) -> Result<Option<Value>> {
    let text = site.status("json").await?;
    let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    Ok(documents.into_iter().find(|document| document["half"] == half))
}

/// Waits until this half says something.
async fn until_said(site: &Site, half: &str, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
    until(what, async || {
        // One that does not run yet is no failure.
        let document = said(site, half).await.ok().flatten();
        Ok(document.filter(|document| met(document)))
    })
    .await
}

/// A site with one printer that nobody simulates, and the platform, enrolled.
async fn quiet() -> Result<(Bench, Program)> {
    let bench = bench(1, 1.0)?;
    let platform = bench.site.start_platform().await?;
    bench.site.configure_adapter(&json!({"printers": [{"id": "p01"}]}))?;
    bench.site.enrol().await?;
    Ok((bench, platform))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_either_half_is_killed_again_and_again() -> Result<()> {
    const KILLS: u64 = 12;
    const LINES_BETWEEN: u64 = 120;
    let bench = bench(20, 4.0)?;
    let site = &bench.site;
    let platform = site.start_platform().await?;
    let mut simulator = site.start_simulator().await?;
    site.enrol().await?;
    // The intake first: neither waits for the other.
    let mut intake = site.start_intake().await?;
    let mut uplink = site.start_uplink().await?;

    for kill in 1..=KILLS {
        bench.until_stored("some more lines", distinct(kill * LINES_BETWEEN)).await?;
        if kill % 2 == 1 {
            uplink.kill().await?;
            uplink = site.start_uplink().await?;
        } else {
            intake.kill().await?;
            intake = site.start_intake().await?;
        }
    }
    bench.until_stored("the last lines before the stop", distinct((KILLS + 1) * LINES_BETWEEN)).await?;
    simulator.send("stop").await?;
    let counted = simulator.ended().await?;
    let written = number(&counted, "/lines_written")?;
    let report = bench.until_stored("the last lines", distinct(written)).await?;
    let stopped = intake.stop().await?;
    uplink.stop().await?;
    platform.stop().await?;

    assert_eq!(number(&report, "/printers")?, 20);
    assert_eq!(number(&report, "/records/distinct")?, written, "{counted}\n{report}");
    assert_eq!(number(&report, "/records/missing")?, 0, "{report}");
    assert_eq!(number(&report, "/records/duplicates")?, 0, "{report}");
    assert!(number(&counted, "/lines_acknowledged")? > 0);
    assert_eq!(number(&stopped, "/readings_given_up")?, 0, "{stopped}");
    Ok(())
}

#[tokio::test]
async fn neither_half_writes_and_each_connects_only_to_its_own_side() -> Result<()> {
    let bench = bench(5, 20.0)?;
    let site = &bench.site;
    let platform = site.start_platform().await?;
    let mut simulator = site.start("simulator", "run")?;
    let printers = simulator.ready().await?;
    site.configure_adapter(&printers)?;
    site.enrol().await?;
    let mut halves = Vec::new();
    for half in ["intake", "uplink"] {
        let launcher = site.launcher.clone().within(strace(&site.file(&format!("{half}.trace"))));
        let arguments = [half, "--config", &site.configuration("adapter")];
        let mut program = launcher.start_as("adapter", half, &arguments, &site.directory)?;
        program.ready().await?;
        halves.push(program);
    }
    bench.until_stored("five hundred lines through the traced halves", distinct(500)).await?;
    for half in ["intake", "uplink"] {
        assert!(said(site, half).await?.is_some(), "{half} tells nothing of itself");
    }
    simulator.send("stop").await?;
    simulator.ended().await?;
    for half in halves {
        half.stop().await?;
    }
    platform.stop().await?;

    let socket = site.socket_directory().join("link.sock").display().to_string();
    let ports: Vec<u16> = printers["printers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|printer| printer["pip"].as_str()?.rsplit_once(':')?.1.parse().ok())
        .collect();
    assert_eq!(ports.len(), 5);
    let intake = fs::read_to_string(site.file("intake.trace"))?;
    let reached = |trace: &str| -> Vec<String> {
        let mut all: Vec<_> = trace
            .lines()
            .filter_map(|line| address(line, &["connect", "sendto", "sendmsg"]))
            .map(|address| format!("{address:?}"))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let mut expected: Vec<_> = ports.iter().map(|port| format!("{:?}", Address::Port(*port))).collect();
    expected.push(format!("{:?}", Address::Path(&socket)));
    expected.sort();
    assert_eq!(
        reached(&intake),
        expected,
        "the intake connects to its printers and to the link, and to nothing else"
    );
    let written: Vec<&str> = intake.lines().filter(|line| writes(line)).collect();
    assert!(written.is_empty(), "{written:#?}");
    assert!(intake.contains("identity.toml"));
    assert!(!intake.contains("credentials.toml"), "the intake looked for the key");

    let uplink = fs::read_to_string(site.file("uplink.trace"))?;
    // A name is looked up, here in a file, and of the addresses found the system asks itself which it could reach.
    let platform_port = format!("{:?}", Address::Port(site.platform_port));
    for reached in reached(&uplink) {
        let lookup =
            [format!("{:?}", Address::Port(0)), format!("{:?}", Address::Path("/var/run/nscd/socket"))];
        assert!(reached == platform_port || lookup.contains(&reached), "the uplink reached {reached}");
    }
    let bound: Vec<_> = uplink.lines().filter_map(|line| address(line, &["bind"])).collect();
    assert!(bound.contains(&Address::Path(&socket)), "{bound:?}");
    let listens = bound.iter().any(|address| matches!(address, Address::Port(port) if *port != 0));
    assert!(!listens, "the uplink listens on a network: {bound:?}");
    let written: Vec<&str> = uplink.lines().filter(|line| writes(line)).collect();
    assert!(written.is_empty(), "{written:#?}");
    Ok(())
}

#[tokio::test]
async fn the_key_is_nowhere_in_the_intake() -> Result<()> {
    let (bench, platform) = quiet().await?;
    let site = &bench.site;
    let credentials = fs::read_to_string(site.file("credentials.toml"))?;
    let key = credentials.lines().find_map(|line| line.strip_prefix("key = \"")?.strip_suffix('"'));
    let key = key.context("no key in the credentials file")?;
    let intake = site.start_intake().await?;
    let uplink = site.start_uplink().await?;
    until_said(site, "uplink", "a batch over the link", |said| said["link"]["batches"] != 0).await?;

    // That the search would find it is shown where it must be.
    assert!(holds(uplink.pid()?, key.as_bytes())?, "the key was not found even in the uplink");
    assert!(!holds(intake.pid()?, key.as_bytes())?, "the key is in the intake's memory");
    for file in ["environ", "cmdline"] {
        let mut text = Vec::new();
        fs::File::open(format!("/proc/{}/{file}", intake.pid()?))?.read_to_end(&mut text)?;
        assert!(!contains(&text, key.as_bytes()), "the key is in the intake's {file}");
    }
    let open = fs::read_dir(format!("/proc/{}/fd", intake.pid()?))?;
    for file in open.filter_map(|file| fs::read_link(file.ok()?.path()).ok()) {
        assert!(!file.ends_with("credentials.toml"), "the intake has the credentials file open");
    }
    intake.stop().await?;
    uplink.stop().await?;

    // And given it, it refuses to start.
    let configuration = fs::read_to_string(site.file("adapter.toml"))?;
    fs::write(site.file("adapter.toml"), configuration.replace("identity.toml", "credentials.toml"))?;
    let mut command =
        site.launcher.command("adapter", &["intake", "--config", &site.configuration("adapter")]);
    let refused = command.output().await?;
    let why = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(why.contains("holds a key, which the intake must never have") && !why.contains(key), "{why}");
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_taken_over_intake_gets_nothing_through_but_catalogued_items_of_its_own_things() -> Result<()> {
    let (bench, platform) = quiet().await?;
    let site = &bench.site;
    let uplink = site.start_uplink().await?;
    let socket = site.socket_directory().join("link.sock");
    let mut tried = 0;
    for case in fs::read_dir(tests::repository().join("fixtures/link/batch"))? {
        let case = case?.path();
        let expected: Value = serde_json::from_str(&fs::read_to_string(case.join("expected.json"))?)?;
        if expected.get("error").is_none() {
            continue;
        }
        // Each is of a thing of `oslo-1` where it is whole: the same is tried as this adapter's own.
        let frame = hex(&fs::read_to_string(case.join("input.hex"))?)?;
        closed(&socket, &frame).await.with_context(|| case.display().to_string())?;
        tried += 1;
    }
    let reading = number_of_a_vat()?;
    for foreign in ["oslo-2.p01", "bench-2", "bench"] {
        closed(&socket, &encode_batch(0, foreign, std::slice::from_ref(&reading))).await?;
        tried += 1;
    }
    assert!(tried > 30);
    assert_eq!(number(&site.stored().await?, "/readings_stored")?, 0, "something came through");
    let said = said(site, "uplink").await?.context("the uplink tells nothing")?;
    let counted = said["link"]["frames_refused"].as_object().context("nothing was counted")?;
    assert_eq!(counted.values().filter_map(Value::as_u64).sum::<u64>(), tried, "{said}");

    // What the catalogue knows, of a thing of this adapter, is what there is to say.
    let mut honest = UnixStream::connect(&socket).await?;
    honest.write_all(&encode_batch(3, "bench-1.p01", &[reading])).await?;
    let mut answer = [0; 6];
    honest.read_exact(&mut answer).await?;
    assert_eq!(answer, [3, 0, 0, 0, 0, 0]);
    assert!(number(&site.stored().await?, "/readings_stored")? >= 1);
    uplink.stop().await?;
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_taken_over_uplink_can_say_nothing_but_an_answer() -> Result<()> {
    let (bench, platform) = quiet().await?;
    let site = &bench.site;
    let socket = site.socket_directory().join("link.sock");
    let listener = UnixListener::bind(&socket)?;
    let intake = site.start_intake().await?;
    let mut printer = Sender::connect(site, &site.printer_pair(0)).await?;
    printer.send(&encode_window(1, &[good_event(1)], Some(3))).await?;
    // A command, a text, an answer that nobody asked for, and an answer that carries a number.
    let words: [&[u8]; 4] =
        [&[0, 5, 0, 0, 0, 0], b"GET / HTTP/1.1\r\n\r\n", &[7, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 1]];
    for word in words {
        let (mut stream, _) = listener.accept().await?;
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        // It is left at the first word, perhaps before the last byte.
        let _ = stream.write_all(word).await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    let refused = |said: &Value| {
        let counted = said["link"]["frames_refused"].as_object();
        counted.is_some_and(|all| all.values().filter_map(Value::as_u64).sum::<u64>() >= 4)
    };
    let said = until_said(site, "intake", "what the uplink said refused", refused).await?;
    assert!(number(&said, "/buffer/readings")? > 0, "{said}");
    assert_eq!(number(&site.stored().await?, "/readings_stored")?, 0);
    drop(listener);
    let uplink = site.start_uplink().await?;
    printer.acknowledged(1).await?;
    assert_eq!(number(&site.stored().await?, "/records/distinct")?, 1);
    intake.stop().await?;
    uplink.stop().await?;
    platform.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_uplink_whose_intake_is_dead_does_not_look_healthy() -> Result<()> {
    let (bench, platform) = quiet().await?;
    let site = &bench.site;
    let intake = site.start_intake().await?;
    let uplink = site.start_uplink().await?;
    let speaks = |said: &Value| said["counters"]["readings_delivered"].as_u64() > Some(0);
    until_said(site, "uplink", "the uplink's own account of itself", speaks).await?;
    intake.kill().await?;
    let gone = |said: &Value| said["link"]["connected_s"].is_null();
    let said = until_said(site, "uplink", "that the intake has gone", gone).await?;
    let before = said["uptime_s"].as_f64().context("no uptime")?;
    let seen = last_seen(site)?;
    let lived_on = |said: &Value| said["uptime_s"].as_f64().is_some_and(|now| now > before + LIVES_ON);
    until_said(site, "uplink", "the uplink living on alone", lived_on).await?;
    let moved = Duration::from_millis((last_seen(site)? - seen).unsigned_abs());
    ensure!(moved <= UNDER_WAY, "the platform heard the adapter for {moved:?} after its intake was killed");
    uplink.stop().await?;
    platform.stop().await?;
    Ok(())
}

/// When the platform last heard the adapter, in milliseconds since 1970, by its own store.
fn last_seen(site: &Site) -> Result<i64> {
    let store = Connection::open_with_flags(site.file("platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(store.query_row("SELECT last_seen FROM adapters", [], |row| row.get(0))?)
}

/// A frame of the fixtures, of a thing of this site's adapter instead of theirs.
fn hex(text: &str) -> Result<Vec<u8>> {
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    let mut bytes = bytes.collect::<Result<Vec<_>, _>>()?;
    let (theirs, ours) = (b"\x0aoslo-1.p01".as_slice(), b"\x0bbench-1.p01".as_slice());
    if let Some(at) = bytes.windows(theirs.len()).position(|window| window == theirs) {
        bytes.splice(at..at + theirs.len(), ours.iter().copied());
        let length = u32::from_be_bytes(bytes[5..9].try_into()?).saturating_add(1);
        bytes[5..9].copy_from_slice(&length.to_be_bytes());
    }
    Ok(bytes)
}

fn number_of_a_vat() -> Result<catalog::Reading> {
    let place = catalog::Salt::new([1; 16]).source(&[b"test"]).place(1, 0);
    let mark = catalog::Mark {
        part: 0,
        time: catalog::Timestamp(1_795_342_530_123),
        quality: catalog::Quality::Good,
        origin: place.origin(0),
    };
    catalog::items::VAT_TEMPERATURE.number(22.5, mark).map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// Writes a frame and waits until the uplink has closed, without a word.
async fn closed(socket: &Path, frame: &[u8]) -> Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    // It may be cut off before the last byte is out.
    let _ = stream.write_all(frame).await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    ensure!(said.is_empty(), "it was answered: {said:?}");
    Ok(())
}

/// Whether a process has these bytes anywhere in what it can write to.
fn holds(process: i32, bytes: &[u8]) -> Result<bool> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let memory = fs::File::open(format!("/proc/{process}/mem"))?;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (range, _) = line.split_once(' ').context("a mapping without a range")?;
        let (from, to) = range.split_once('-').context("a range without an end")?;
        let (from, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        let mut held = vec![0; usize::try_from(to - from)?];
        // What the kernel keeps to itself cannot be read, by the process neither.
        if memory.read_exact_at(&mut held, from).is_ok() && contains(&held, bytes) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn contains(all: &[u8], bytes: &[u8]) -> bool {
    all.windows(bytes.len()).any(|window| window == bytes)
}
