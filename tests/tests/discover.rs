//! `adapter discover` finds what announces itself as the real products do, and a real OctoPrint; what it prints is a
//! configuration; and it connects to none of them.

use std::fs;
use std::process::Output;

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use demo::site::{Plan, Site, secret_file};
use serde_json::{Value, json};
use tests::announcer::announce;
use tests::namespace::Namespace;
use tests::octoprint::{STATUS_KEY, announcing};
use tests::{Bench, until};

const ADDRESS: &str = "10.77.0.9";
/// What a person calls a printer may be anything.
const NAME: &str = "Anna's \"left\" femur \u{202e}7";

struct Lan {
    bench: Bench,
    namespace: Namespace,
    within: Vec<String>,
}

impl Lan {
    async fn new() -> Result<Self> {
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
        let plan =
            Plan { printers: 0, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
        let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher, plan)?;
        bench.site.configure_adapter(&json!({"printers": []}))?;
        let namespace = Namespace::new().await?;
        let within = namespace.enter().await?;
        Ok(Self { bench, namespace, within })
    }

    fn site(&self) -> &Site {
        &self.bench.site
    }

    /// The adapter with these arguments and its configuration, on this network and behind these words.
    async fn adapter(&self, before: &[&str], arguments: &[&str]) -> Result<Said> {
        let within = self.within.iter().cloned().chain(before.iter().map(|word| (*word).to_owned()));
        let launcher = self.site().launcher.clone().within(within.collect());
        let configuration = self.site().configuration("adapter");
        let arguments = [arguments, &["--config", &configuration]].concat();
        Said::new(launcher.command("adapter", &arguments).output().await?)
    }

    /// Adds lines to the configuration, and each key file that they name, with this key.
    fn paste(&self, lines: &str, key: &str) -> Result<()> {
        for word in lines.split('"').filter(|word| word.ends_with(".key")) {
            secret_file(&self.site().file(word), key)?;
        }
        let file = self.site().file("adapter.toml");
        fs::write(&file, fs::read_to_string(&file)? + "\n" + lines).map_err(Into::into)
    }
}

struct Said {
    text: String,
    lines: String,
    code: Option<i32>,
}

impl Said {
    fn new(output: Output) -> Result<Self> {
        let (text, lines) = (String::from_utf8(output.stderr)?, String::from_utf8(output.stdout)?);
        Ok(Self { text, lines, code: output.status.code() })
    }

    /// What the table says of the printer at this place.
    fn row(&self, place: &str) -> Result<&str> {
        let row = self.text.lines().find(|line| line.contains(place));
        row.with_context(|| format!("{place} is not in:\n{}", self.text))
    }
}

fn services() -> Value {
    let service = |kind: &str, name: &str, host: &str, port: u16, txt: Value, addresses: &[&str]| json!({"type": kind, "name": name, "host": host, "port": port, "txt": txt, "addresses": addresses});
    let octoprint = json!({"path": "/octoprint", "version": "1.11.8", "u": "anna", "p": "hunter2"});
    let moonraker = json!({"uuid": "x", "https_port": "7130", "version": "v0.9.3"});
    let duet = json!({"version": "3.5.1", "product": "RepRapFirmware for Duet 3 MB6HC"});
    json!([
        service("_octoprint._tcp", NAME, "octopi", 80, octoprint, &["172.17.0.1", ADDRESS]),
        service("_prusalink._tcp", "PrusaLink at mk3", "mk3", 8080, json!({"path": "/"}), &[]),
        service("_octoprint._tcp", "PrusaLink at mk3", "mk3", 8080, json!({"path": "/"}), &[]),
        service("_moonraker._tcp", "Moonraker @ voron", "voron", 7125, moonraker, &["10.77.0.10"]),
        service("_http._tcp", "duet3", "duet3", 80, duet, &["10.77.0.11"]),
        service("_http._tcp", "cellar", "nas", 80, json!({"path": "/"}), &["10.77.0.12"]),
    ])
}

#[tokio::test]
async fn what_announces_itself_is_found_pasted_and_then_known() -> Result<()> {
    let lan = Lan::new().await?;
    let alone = lan.adapter(&[], &["discover", "--for", "1s"]).await?;
    assert_eq!(alone.code, Some(2), "{}", alone.text);
    assert!(alone.text.contains("but for loopback"), "{}", alone.text);
    lan.namespace.add_interface("lan0", ADDRESS).await?;
    let silent = lan.adapter(&[], &["discover", "--for", "1s"]).await?;
    assert_eq!((silent.code, silent.lines.as_str()), (Some(0), ""));
    assert!(silent.text.contains("lan0") && silent.text.contains("0 printers announce"), "{}", silent.text);
    assert!(silent.text.contains("No printer announced itself"), "{}", silent.text);

    let _announcer = announce(&lan.within, ADDRESS, &services()).await?;
    let trace = lan.site().file("discover.trace").display().to_string();
    let strace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,%file", "-o", &trace];
    let discover = ["discover", "--interface", "lan0", "--for", "4s"];
    // On a busy machine the announcer may not answer all within one look.
    let places = ["10.77.0.9:80 ", "10.77.0.9:8080", "10.77.0.10:7125", "10.77.0.11:80"];
    let found = until("all of them announce themselves", async || {
        let found = lan.adapter(&strace, &discover).await?;
        assert_eq!(found.code, Some(0), "{}", found.text);
        Ok(places.iter().all(|place| found.text.contains(place)).then_some(found))
    })
    .await?;
    for (place, words) in [
        ("10.77.0.9:80 ", ["Anna's \"left\" femur \\u{202e}7", "OctoPrint 1.11.8"]),
        ("10.77.0.9:8080", ["PrusaLink at mk3", "PrusaLink"]),
        ("10.77.0.10:7125", ["Moonraker @ voron", "Moonraker v0.9.3"]),
        ("10.77.0.11:80", ["duet3", "Duet 3.5.1"]),
    ] {
        let row = found.row(place)?;
        assert!(words.iter().all(|word| row.contains(word)), "{row}");
    }
    assert!(!found.text.contains("cellar"), "{}", found.text);
    assert!(!format!("{}{}", found.text, found.lines).contains("hunter2"));
    assert!(found.lines.contains("url = \"http://10.77.0.9/octoprint\""), "{}", found.lines);
    it_only_asked(&fs::read_to_string(&trace)?);

    lan.paste(&found.lines, "0123456789")?;
    let checked = lan.adapter(&[], &["check"]).await?;
    assert_eq!(checked.code, Some(0), "{}{}", checked.text, checked.lines);
    let again = until("all of them announce themselves again", async || {
        let again = lan.adapter(&[], &discover).await?;
        Ok(places.iter().all(|place| again.text.contains(place)).then_some(again))
    })
    .await?;
    assert_eq!(again.lines, "", "{}", again.text);
    assert!(again.row("10.77.0.9:80 ")?.ends_with("octoprint"), "{}", again.text);
    Ok(())
}

/// It has connected to nothing, sent to none but the group, and opened nothing for writing.
fn it_only_asked(trace: &str) {
    let sent: Vec<&str> = trace.lines().filter(|line| line.contains(" sendto(")).collect();
    assert!(!sent.is_empty(), "the trace is empty: strace cannot trace here");
    let elsewhere = sent.iter().filter(|line| !line.contains("inet_addr(\"224.0.0.251\")"));
    assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&&str>::new());
    for call in [" connect(", "O_WRONLY", "O_RDWR", "O_CREAT"] {
        let calls: Vec<&str> = trace.lines().filter(|line| line.contains(call)).collect();
        assert!(calls.is_empty(), "{calls:#?}");
    }
}

#[tokio::test]
async fn a_real_octoprint_is_found_and_its_lines_lead_to_it() -> Result<()> {
    let lan = Lan::new().await?;
    lan.namespace.add_interface("lan0", ADDRESS).await?;
    let _octoprint = announcing(&lan.site().file("octoprint"), NAME, 5000, &lan.within)?;
    let discover = ["discover", "--interface", "lan0", "--for", "2s"];
    let found = until("OctoPrint announces itself", async || {
        let found = lan.adapter(&[], &discover).await?;
        Ok((!found.lines.is_empty()).then_some(found))
    })
    .await?;
    let row = found.row("10.77.0.9:5000")?;
    assert!(row.contains("OctoPrint 1.11."), "{row}");
    lan.paste(&found.lines, STATUS_KEY)?;
    let page = until("OctoPrint answers the lines that were pasted", async || {
        let page = lan.adapter(&[], &["check", "--live"]).await?.lines;
        Ok(page.contains("firmware 1.11.").then_some(page))
    })
    .await?;
    // No printer is connected to it, and it says so to the key.
    assert!(page.contains("no printer is connected to its OctoPrint"), "{page}");
    Ok(())
}
