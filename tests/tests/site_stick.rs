//! A site stick from end to end: an admin in a real Chromium fills the form and downloads the file; a box takes it, enrols and
//! runs with exactly what was typed, and data flows; what is forged, expired, older or another's is refused. The pictures of
//! `docs/install.md` come from here.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site};
use platform::sticks::SiteKey;
use serde_json::Value;
use site::{Document, Envelope};
use tests::browser::{Browser, Driver, Screen};
use tests::{Bench, number, repository, soon, until};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const NAME: &str = "ingrid";
const PASSWORD: &str = "a long enough password";
const ADAPTER: &str = "oslo-7";
const RELEASES: &str = "https://updates.example.com/oneway";

/// The pictures of the guide that are made here.
const PICTURES: [&str; 7] = [
    "adapters",
    "stick-network",
    "stick-printer",
    "stick-updates",
    "stick-mistake",
    "stick-make",
    "first-data",
];

/// A box's directories, and a stick.
struct Machine<'a> {
    site: &'a Site,
    directory: PathBuf,
}

impl<'a> Machine<'a> {
    async fn new(site: &'a Site, name: &str) -> Result<Self> {
        let directory = site.file(name);
        for part in ["state", "interfaces/enp1s0/device", "interfaces/enp2s0/device"] {
            fs::create_dir_all(directory.join(part))?;
        }
        let configuration = site.configuration("platform");
        let keys = site.launcher.run("platform", &["site-key", "--config", &configuration], "").await?;
        fs::write(directory.join("site.keys"), keys)?;
        Ok(Self { site, directory })
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    fn plug_in(&self, file: &[u8]) -> Result<()> {
        self.plug_in_named("oneway.site", file)
    }

    fn plug_in_named(&self, name: &str, file: &[u8]) -> Result<()> {
        let stick = self.directory.join("stick");
        fs::create_dir_all(&stick)?;
        fs::write(stick.join(name), file).map_err(Into::into)
    }

    fn pull_out(&self) -> Result<()> {
        fs::remove_dir_all(self.directory.join("stick")).map_err(Into::into)
    }

    /// Runs a step; gives its exit code, its line and what it said to people.
    async fn step(&self, arguments: &[&str]) -> Result<(i32, Value, String)> {
        let output = self.site.launcher.command("adapter", arguments).output().await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok((output.status.code().context("it was killed")?, line, said))
    }

    async fn take(&self) -> Result<(i32, Value, String)> {
        let (stick, trust, interfaces) =
            (self.path("stick"), self.path("site.keys"), self.path("interfaces"));
        let (state, to, socket) = (self.path("state"), self.path("to"), self.path("link.sock"));
        let mut arguments =
            vec!["site", "take", "--in-clear", "--trust", &trust, "--interfaces", &interfaces];
        arguments.extend(["--state", &state, "--to", &to, "--socket", &socket]);
        // As a box does: only when one is mounted.
        if Path::new(&stick).exists() {
            arguments.extend(["--stick", &stick]);
        }
        self.step(&arguments).await
    }

    async fn enrol(&self) -> Result<(i32, Value, String)> {
        let (state, to) = (self.path("state"), self.path("to"));
        self.step(&["site", "enrol", "--in-clear", "--state", &state, "--to", &to]).await
    }

    async fn start(&self) -> Result<Program> {
        let configuration = self.path("to/adapter.toml");
        let mut program = self.site.launcher.start(
            "adapter",
            &["run", "--config", &configuration],
            &self.site.directory,
        )?;
        program.ready().await?;
        Ok(program)
    }

    fn mode(&self, name: &str) -> Result<u32> {
        Ok(fs::metadata(self.directory.join(name))?.permissions().mode() & 0o777)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_makes_a_stick_and_the_box_runs_with_exactly_what_was_typed() -> Result<()> {
    let plan = Plan { printers: 1, lines_per_second: 4.0, tailed_every: 0, faults: Vec::new(), port: None };
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher, plan)?;
    let site = &bench.site;
    let (platform, setup_link) = site.start_new_platform().await?;
    let mut simulator = site.start("simulator", "run")?;
    let ready = simulator.ready().await?;
    let pip = ready["printers"][0]["pip"].as_str().context("no address of the printer")?.to_owned();

    let driver = Driver::start().await?;
    let browser = driver.open(Screen::Desktop).await?;
    log_in(&browser, site, &setup_link).await?;
    let first = first_stick(&browser, site, &pip).await?;
    let the_box = Machine::new(site, "box").await?;
    refused_by_a_new_box(&the_box, site, &first).await?;
    taken_and_enrolled(&the_box, &first, site, &pip).await?;
    let adapter = the_box.start().await?;
    bench
        .until_stored("what is asked of the printer and what it ships", |report| {
            let stored = number(report, "/readings_stored").is_ok_and(|count| count > 20);
            stored && report["log_records"][0]["thing"] == format!("{ADAPTER}.p01")
        })
        .await?;
    browser.page.goto(&site.url()).await?;
    browser.wait_for(&format!("#printer-{ADAPTER}\\.p01")).await?;
    browser.document_picture("first-data", "main").await?;

    refused_later(&the_box, site, &first).await?;
    a_no_of_somebody_between_spends_no_code(site, &first).await?;
    a_clock_that_is_behind_keeps_no_stick_out(site, &first).await?;
    a_new_key_for_the_same_adapter(&browser, &the_box, site).await?;
    // The one that runs has the old key, and goes on until the new one is used.
    ensure!(!replaced(&browser, site).await?, "the old key ended before the new one was used");
    adapter.stop().await?;
    let adapter = the_box.start().await?;
    until("the old key is replaced", async || Ok(replaced(&browser, site).await?.then_some(()))).await?;
    browser.picture("stick-audit").await?;
    adapter.stop().await?;
    // What was sealed on another machine is of no use here: a new code sets the box up again, and says so.
    a_box_whose_key_does_not_open(&browser, &the_box, site).await?;
    codes_come_from_the_command_line_too(&the_box, site).await?;

    browser.page.close().await?;
    let phone = driver.open(Screen::Phone).await?;
    log_in_again(&phone, site).await?;
    open_form(&phone, site).await?;
    phone.picture("stick").await?;
    ensure!(!phone.overflows().await?, "the form is wider than a phone");
    phone.page.close().await?;
    simulator.kill().await?;
    platform.stop().await.map(drop)
}

async fn log_in(browser: &Browser, site: &Site, link: &str) -> Result<()> {
    browser.page.goto(link).await?;
    browser.fill("#name", NAME).await?;
    browser.fill("#password", PASSWORD).await?;
    browser.fill("#again", PASSWORD).await?;
    browser.click("#setup-submit").await?;
    log_in_again(browser, site).await
}

async fn log_in_again(browser: &Browser, site: &Site) -> Result<()> {
    browser.page.goto(&format!("{}/login", site.url())).await?;
    browser.fill("#name", NAME).await?;
    browser.fill("#password", PASSWORD).await?;
    browser.click("#login-submit").await?;
    browser.wait_for("#logout").await.map(drop)
}

async fn open_form(browser: &Browser, site: &Site) -> Result<()> {
    browser.page.goto(&format!("{}/adapters", site.url())).await?;
    browser.click(&format!("#stick-{ADAPTER}")).await?;
    browser.wait_for("#stick").await.map(drop)
}

/// The admin creates the adapter, makes a mistake or two, mends them, and downloads the file.
async fn first_stick(browser: &Browser, site: &Site, pip: &str) -> Result<Vec<u8>> {
    browser.page.goto(&format!("{}/adapters", site.url())).await?;
    browser.fill("#adapter-name", ADAPTER).await?;
    browser.fill("#adapter-site", "Oslo, hall 2").await?;
    browser.click("#create-adapter-submit").await?;
    browser.page.goto(&format!("{}/adapters", site.url())).await?;
    browser.document_picture("adapters", "main").await?;
    open_form(browser, site).await?;
    browser.picture("stick").await?;
    // As it would be at a site.
    browser.fill("#updates-url", RELEASES).await?;
    browser.fill("#printers-0-at", "192.168.77.10").await?;
    browser.fill("#printers-0-secret", "a status-only key").await?;
    browser.document_picture("stick-printer", "#printer-0").await?;
    browser.fill("#printers-0-secret", "").await?;
    fill(browser, site, pip).await?;
    // Two mistakes: a name in the place of an address, and one interface twice.
    browser.fill("#printers-0-at", "printer.local").await?;
    browser.fill("#network-uplink-interface", "enp2s0").await?;
    browser.click("#make-stick").await?;
    browser.wait_for("#complaint").await?;
    browser.document_picture("stick-mistake", "#complaint").await?;
    ensure!(browser.text("#complaint").await?.contains("asks no name server"), "the mistake is not said");
    browser.fill("#printers-0-at", pip).await?;
    browser.click("#check-stick").await?;
    browser.wait_for("#complaint").await?;
    browser.fill("#network-uplink-interface", "enp1s0").await?;
    browser.click("#check-stick").await?;
    browser.wait_for("#checked").await?;
    browser.document_picture("stick-network", "form.stick fieldset:has(#network-uplink-interface)").await?;
    browser.document_picture("stick-updates", "form.stick fieldset:has(#updates-url)").await?;
    browser.document_picture("stick-make", "form.stick .last").await?;
    ensure!(!browser.overflows().await?, "the form is wider than the screen");
    browser.click("#make-stick").await?;
    browser.downloaded("oneway.site").await
}

async fn fill(browser: &Browser, site: &Site, pip: &str) -> Result<()> {
    let read = |name: &str| fs::read_to_string(site.file(name));
    browser.fill("#platform-url", &site.url()).await?;
    browser.fill("#platform-authority", &read("ca.pem")?).await?;
    browser.fill("#tls-authority", &read("ca.pem")?).await?;
    browser.fill("#tls-certificate", &read("adapter.pem")?).await?;
    browser.fill("#tls-key", &read("adapter.key")?).await?;
    browser.fill("#updates-authority", &read("ca.pem")?).await?;
    browser.choose("#beats", "tls").await?;
    browser.fill("#beats-port", &site.beats_port.to_string()).await?;
    browser.choose("#printers-0-query", "pip").await?;
    browser.fill("#printers-0-at", pip).await?;
    browser.click("#printer-0 summary").await?;
    browser.fill("#printers-0-server-name", "p01").await?;
    browser.fill("#printers-0-zone", "UTC").await?;
    browser.choose("#printers-0-family", "projet").await?;
    browser.fill("#printers-0-beats", "p01").await
}

/// Before it has taken any: each of these leaves it as it was, with nothing to run with.
async fn refused_by_a_new_box(the_box: &Machine<'_>, site: &Site, good: &[u8]) -> Result<()> {
    let nothing = the_box.take().await?;
    assert_eq!((nothing.0, &nothing.1["event"]), (4, &Value::from("nothing")), "{nothing:?}");
    assert!(nothing.1.get("refused").is_none(), "{nothing:?}");
    // As a browser calls a second one. A stick with a release alone is no mistake.
    the_box.plug_in_named("oneway (1).site", good)?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!((code, &line["refused"]["why"]), (4, &Value::from("no_file")), "{line}");
    assert!(said.contains("under this very name"), "{said}");
    the_box.plug_in_named("release", b"")?;
    let (code, line, _) = the_box.take().await?;
    assert!(code == 4 && line.get("refused").is_none(), "{line}");
    the_box.pull_out()?;
    let changed = String::from_utf8(good.to_vec())?.replace(ADAPTER, "oslo-8").into_bytes();
    let stranger = SiteKey::make_beside(&the_box.directory.join("x.db"))?.sign(Envelope::parse(good)?.body);
    let mut other_plug = document(good)?;
    other_plug.network.uplink.interface = site::Plain::parse("eno1").context("no name")?;
    for (file, why, count) in [
        (changed, "changed", 1),
        (stranger, "stranger", 1),
        (expired(site, good)?, "expired", 1),
        (expired(site, good)?, "expired", 2),
        (signed(site, &other_plug)?, "interface", 1),
        (good[..good.len() / 2].to_vec(), "changed", 2),
        (vec![b' '; 300 << 10], "too_long", 1),
    ] {
        the_box.plug_in(&file)?;
        let (code, line, said) = the_box.take().await?;
        assert_eq!((code, &line["event"]), (4, &Value::from("nothing")), "{why}: {line} {said}");
        assert_eq!(
            (&line["refused"]["why"], &line["refused"]["count"]),
            (&Value::from(why), &Value::from(count)),
            "{said}"
        );
        assert!(said.contains("REFUSED") && said.contains("this box has no configuration"), "{said}");
    }
    Ok(())
}

async fn taken_and_enrolled(the_box: &Machine<'_>, file: &[u8], site: &Site, pip: &str) -> Result<()> {
    the_box.plug_in(file)?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!(
        (code, &line["event"], &line["code_waits"]),
        (0, &Value::from("taken"), &Value::from(true)),
        "{said}"
    );
    let configuration = fs::read_to_string(the_box.path("to/adapter.toml"))?;
    let listens = format!("0.0.0.0:{}", site.beats_port);
    for words in [&site.url(), pip, &listens, "enp1s0", "enp2s0", RELEASES, "ca_file = \"updates-ca.pem\""] {
        assert!(configuration.contains(words), "{words} is not in {configuration}");
    }
    assert!(!configuration.contains("PRIVATE"), "{configuration}");
    // Who asks for releases is a user of its own, and reads these two and no more.
    let read_by_all = [("to/adapter.toml", 0o644), ("to/updates-ca.pem", 0o644)];
    let kept = [("to/secrets/adapter.key", 0o600), ("to/code", 0o600), ("state/taken", 0o600)];
    for (name, mode) in read_by_all.into_iter().chain(kept) {
        assert_eq!(the_box.mode(name)?, mode, "{name}");
    }
    let (code, line, said) = the_box.enrol().await?;
    assert_eq!(
        (code, &line["event"], &line["adapter"]),
        (0, &Value::from("enrolled"), &Value::from(ADAPTER)),
        "{said}"
    );
    assert!(!Path::new(&the_box.path("to/code")).exists(), "the code is still there");
    let configuration_file = the_box.path("to/adapter.toml");
    let checked = site.launcher.run("adapter", &["check", "--config", &configuration_file], "").await?;
    assert!(checked.contains(&format!("from a stick and {RELEASES} every 6h")), "{checked}");

    // The stick was left in, over restarts that leave nothing in memory; and then it is pulled out.
    for event in ["same", "same", "kept"] {
        fs::remove_dir_all(the_box.path("to"))?;
        if event == "kept" {
            the_box.pull_out()?;
        }
        let (code, line, said) = the_box.take().await?;
        assert_eq!(
            (code, &line["event"], &line["code_waits"]),
            (0, &Value::from(event), &Value::from(false)),
            "{said}"
        );
        assert_eq!(fs::read_to_string(the_box.path("to/adapter.toml"))?, configuration);
        let (code, line, said) = the_box.enrol().await?;
        assert_eq!((code, &line["event"]), (0, &Value::from("enrolled before")), "{said}");
    }
    Ok(())
}

/// With a configuration in place: it stays, whatever is plugged in, and a newer one without a code replaces it.
async fn refused_later(the_box: &Machine<'_>, site: &Site, first: &[u8]) -> Result<()> {
    let mut newer = document(first)?;
    newer.serial = site::Serial::next(Some(newer.serial), 0);
    newer.code = None;
    newer.printers[0].model = site::Plain::parse("ProJet 7000 HD");
    let mut others = newer.clone();
    others.adapter = site::Plain::parse("oslo-8").context("no name")?;
    others.serial = site::Serial::next(Some(others.serial), 0);
    the_box.plug_in(&signed(site, &newer)?)?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!(
        (code, &line["event"], &line["code_waits"]),
        (0, &Value::from("taken"), &Value::from(false)),
        "{said}"
    );
    let configuration = fs::read_to_string(the_box.path("to/adapter.toml"))?;
    assert!(configuration.contains("ProJet 7000 HD"), "{configuration}");
    // The document's own rules let it pass: a key is a key. The adapter would not start with it.
    let mut unread = newer.clone();
    unread.serial = site::Serial::next(Some(unread.serial), 0);
    unread.tls.key = site::Plain::parse(&fs::read_to_string(site.file("platform.key"))?);
    let mut far = newer.clone();
    far.serial = site::Serial::next(Some(far.serial), 0);
    far.printers[0].query.as_mut().context("no query")?.at =
        site::Plain::parse("[fd00::9]:7881").context("no address")?;
    for (file, why) in [
        (signed(site, &unread)?, "configuration"),
        (signed(site, &far)?, "unreadable"),
        (first.to_vec(), "older"),
        (signed(site, &others)?, "other_adapter"),
        (expired(site, first)?, "older"),
    ] {
        the_box.plug_in(&file)?;
        let (code, line, said) = the_box.take().await?;
        assert_eq!((code, &line["event"]), (3, &Value::from("kept")), "{said}");
        assert_eq!(line["refused"]["why"], why, "{said}");
        assert_eq!(fs::read_to_string(the_box.path("to/adapter.toml"))?, configuration);
    }
    the_box.pull_out()?;
    // What the box kept is looked at again: a changed file is not used.
    let kept = the_box.path("state/taken");
    let good = fs::read(&kept)?;
    fs::write(&kept, String::from_utf8(good.clone())?.replace("enp1s0", "enp9s0"))?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!((code, &line["kept_refused"]["why"]), (4, &Value::from("kept")), "{line}");
    assert!(said.contains("Make a stick with a new code"), "{said}");
    // And its number is still known: what is older stays out, and the very same comes in again.
    for (file, code, event) in [(first.to_vec(), 4, "nothing"), (signed(site, &newer)?, 0, "taken")] {
        fs::write(&kept, String::from_utf8(good.clone())?.replace("enp1s0", "enp9s0"))?;
        the_box.plug_in(&file)?;
        let (found, line, said) = the_box.take().await?;
        assert_eq!((found, &line["event"]), (code, &Value::from(event)), "{said}");
        assert_eq!(line["refused"]["why"] == "older", code == 4, "{line}");
    }
    the_box.pull_out()?;
    assert_eq!(the_box.take().await?.1["event"], "kept");
    Ok(())
}

/// An answer that is not the platform's says nothing of the code: it is tried again later.
async fn a_no_of_somebody_between_spends_no_code(site: &Site, first: &[u8]) -> Result<()> {
    for status in ["400", "403", "404"] {
        let the_box = Machine::new(site, &format!("behind-{status}")).await?;
        let mut between = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/turned_away.py"))
            .args([site.file("platform.pem"), site.file("platform.key"), status.into()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = between.stdout.take().context("no output")?;
        let port = soon("its port", BufReader::new(said).lines().next_line()).await?.context("no port")?;
        let mut other = document(first)?;
        other.platform.url =
            site::Plain::parse(&format!("https://localhost:{port}")).context("no address")?;
        the_box.plug_in(&signed(site, &other)?)?;
        assert_eq!(the_box.take().await?.1["code_waits"], true);
        let (code, _, said) = the_box.enrol().await?;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("the answer is {status}")) && said.contains("again later"), "{said}");
        assert!(Path::new(&the_box.path("to/code")).exists(), "the code is gone");
        assert!(!Path::new(&the_box.path("state/spent")).exists(), "the code is spent");
    }
    Ok(())
}

/// A box whose clock is behind takes a stick all the same, and says so. That it cannot set its clock is no reason to have nothing.
async fn a_clock_that_is_behind_keeps_no_stick_out(site: &Site, first: &[u8]) -> Result<()> {
    let the_box = Machine::new(site, "behind").await?;
    let mut later = document(first)?;
    later.made = later.made.after(Duration::from_secs(20 * 24 * 3600));
    later.expires = later.made.after(Duration::from_secs(3600));
    the_box.plug_in(&signed(site, &later)?)?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!((code, &line["event"]), (0, &Value::from("taken")), "{said}");
    assert_eq!(line["clock_behind"], later.made.to_string());
    assert!(said.contains("this machine's clock says"), "{said}");
    // One that was made before that and has ended by then is over, whatever the clock says.
    let mut over = document(first)?;
    over.serial = site::Serial::next(Some(later.serial), 0);
    the_box.plug_in(&signed(site, &over)?)?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!((code, &line["refused"]["why"]), (3, &Value::from("expired")), "{said}");
    // Without the right to set the clock.
    the_box.pull_out()?;
    let (trust, interfaces, state, to) =
        (the_box.path("site.keys"), the_box.path("interfaces"), the_box.path("state"), the_box.path("to"));
    let take = site.launcher.command("adapter", &["site", "take", "--in-clear", "--set-clock"]);
    let output = Command::new("setpriv")
        .args(["--bounding-set", "-sys_time", "--inh-caps", "-sys_time"])
        .arg(take.as_std().get_program())
        .args(take.as_std().get_args())
        .args(["--trust", &trust, "--interfaces", &interfaces, "--state", &state, "--to", &to])
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("clock cannot be set"), "{said}");
    Ok(())
}

/// The page has what was typed for the last stick, but no secret; a new code takes the place of the key.
async fn a_new_key_for_the_same_adapter(browser: &Browser, the_box: &Machine<'_>, site: &Site) -> Result<()> {
    open_form(browser, site).await?;
    let value = |id: &str| format!("return document.getElementById('{id}').value");
    for (id, kept) in [("tls-key", false), ("tls-certificate", true), ("printers-0-at", true)] {
        let found = browser.page.execute(&value(id), Vec::new()).await?;
        assert_eq!(!found.as_str().unwrap_or_default().is_empty(), kept, "{id}");
    }
    let ticked = browser.page.execute("return document.getElementById('code').checked", Vec::new()).await?;
    assert_eq!(ticked, false, "an adapter that is enrolled is offered a new key unasked");
    browser.fill("#tls-key", &fs::read_to_string(site.file("adapter.key"))?).await?;
    browser.click("#code").await?;
    browser.click("#make-stick").await?;
    let file = browser.downloaded("oneway.site").await?;
    the_box.plug_in(&file)?;
    let before = fs::read(the_box.path("state/credentials"))?;
    let (code, line, said) = the_box.take().await?;
    assert_eq!((code, &line["code_waits"]), (0, &Value::from(true)), "{said}");
    // Half a box later, somebody else with a copy of the stick is too late.
    let thief = Machine::new(site, "thief").await?;
    thief.plug_in(&file)?;
    assert_eq!(thief.take().await?.0, 0);
    assert_eq!(the_box.enrol().await?.0, 0, "with the code of the stick");
    assert_ne!(fs::read(the_box.path("state/credentials"))?, before);
    let (code, line, said) = thief.enrol().await?;
    assert_eq!((code, &line["event"]), (3, &Value::from("refused")), "{said}");
    assert!(said.contains("look in the platform's audit"), "{said}");
    browser.page.goto(&format!("{}/audit", site.url())).await?;
    let audit = browser.text("#audit").await?;
    for words in ["Made a site stick", "with a new code", &format!("{ADAPTER}, from 127.0.0.1")] {
        assert!(audit.contains(words), "{words} is not in {audit}");
    }
    let secret = document(&file)?.code.context("no code")?;
    ensure!(!audit.contains(secret.expose()), "the code stands in the audit");
    Ok(())
}

async fn replaced(browser: &Browser, site: &Site) -> Result<bool> {
    browser.page.goto(&format!("{}/audit", site.url())).await?;
    Ok(browser.text("#audit").await?.contains("Replaced its key"))
}

async fn a_box_whose_key_does_not_open(browser: &Browser, the_box: &Machine<'_>, site: &Site) -> Result<()> {
    open_form(browser, site).await?;
    browser.fill("#tls-key", &fs::read_to_string(site.file("adapter.key"))?).await?;
    browser.click("#code").await?;
    browser.click("#make-stick").await?;
    the_box.plug_in(&browser.downloaded("oneway.site").await?)?;
    let elsewhere = "bm90IHNlYWxlZCBoZXJl".repeat(10);
    fs::write(the_box.path("state/credentials"), &elsewhere)?;
    assert_eq!(the_box.take().await?.1["code_waits"], true);
    let (code, line, said) = the_box.enrol().await?;
    assert_eq!((code, &line["event"]), (0, &Value::from("enrolled")), "{said}");
    assert!(said.contains("could not open the key that it had"), "{said}");
    assert_eq!(fs::read_to_string(the_box.path("state/credentials.foreign"))?, elsewhere);
    let adapter = the_box.start().await?;
    adapter.stop().await.map(drop)
}

/// `platform adapter code`, of whose codes one with `--replace` ends the key before.
async fn codes_come_from_the_command_line_too(the_box: &Machine<'_>, site: &Site) -> Result<()> {
    let (platform, adapter) = (site.configuration("platform"), the_box.path("to/adapter.toml"));
    for more in [&[][..], &["--replace"]] {
        let words = [&["adapter", "code", ADAPTER, "--config", &platform], more].concat();
        let code = site.launcher.run("platform", &words, "").await?;
        let enrol = ["enrol", "--in-clear", "--config", &adapter];
        let said: Value = serde_json::from_str(&site.launcher.run("adapter", &enrol, &code).await?)?;
        assert_eq!((&said["event"], &said["adapter"]), (&Value::from("enrolled"), &Value::from(ADAPTER)));
        ensure!(site.launcher.run("adapter", &enrol, &code).await.is_err(), "a code was taken twice");
    }
    let unknown = ["adapter", "code", "nobody-1", "--config", &platform];
    ensure!(site.launcher.run("platform", &unknown, "").await.is_err(), "a code for nobody");
    Ok(())
}

fn document(file: &[u8]) -> Result<Document> {
    site::decode(&Envelope::parse(file)?.body).map_err(anyhow::Error::msg)
}

/// As the platform signs it.
fn signed(site: &Site, document: &Document) -> Result<Vec<u8>> {
    Ok(SiteKey::beside(&site.file("platform.db"))?.sign(site::encode(document)?))
}

fn expired(site: &Site, file: &[u8]) -> Result<Vec<u8>> {
    let mut document = document(file)?;
    let long_ago = release::Time::parse("2020-01-01T00:00:00Z").context("no time")?;
    (document.made, document.expires) = (long_ago, long_ago.after(std::time::Duration::from_secs(3600)));
    signed(site, &document)
}

/// The guide shows the pictures that are made here, and no other; each is small.
#[test]
fn the_pictures_of_the_guide_are_made_by_a_test() {
    let guide = fs::read_to_string(repository().join("docs/install.md")).unwrap();
    let named: BTreeSet<&str> =
        guide.split("](pictures/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let made: BTreeSet<String> = PICTURES.iter().map(|name| format!("{name}.png")).collect();
    let drawn = BTreeSet::from(["plugs.svg".to_owned()]);
    assert_eq!(named.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), &made | &drawn);
    let directory = repository().join("docs/pictures");
    let there: BTreeSet<String> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, &made | &drawn);
    for name in there {
        let length = fs::metadata(directory.join(&name)).unwrap().len();
        assert!(length < 150_000, "{name} has {length} bytes");
    }
}
