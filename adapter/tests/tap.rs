//! `adapter tap` from outside: what would leave, and what was held back, on the operator's own terminal alone.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use protocol::lumberjack::encode_window;
use serde_json::{Value, json};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const CREDENTIALS: &str =
    "adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"000102030405060708090a0b0c0d0e0f\"\n";
const DOCS: &str = include_str!("../../docs/tap.md");

/// Names that a log of a customer may hold, and no row that leaves.
const CANARIES: [&str; 5] = ["anna.canary", "bracket-canary", "canary-host", "G1 X9.canary", "E-canary"];

/// Rows within which everything must have come; the adapter's account of itself alone is thirteen every ten seconds.
const ROWS_MAX: usize = 150;

/// What is held back of them, by printer and reason.
const HELD_BACK: [(&str, &str); 7] = [
    ("p01", "refused"),
    ("p01", "unmatched"),
    ("p01", "unmapped_fault"),
    ("p01", "not_collected"),
    ("p01", "hashed"),
    ("p02", "not_json"),
    ("p02", "not_collected"),
];

/// What the printer `p01` has written; the last line tells that the others were read.
const LOG: &str = "\
2026-11-22T10:15:30.123Z laser #000000001 INFO power=512.3mW setpoint=515mW
2026-11-22T10:15:31.123Z laser #000000002 INFO power=lots setpoint=515mW
anna.canary opened /home/anna.canary/bracket-canary.stl
2026-11-22T10:15:32.123Z recoater #000000003 FAULT code=4999 name=E-canary state=active
    operator anna.canary on canary-host was told
2026-11-22T10:15:33.123Z build #000000004 INFO job=\"bracket-canary\" user=\"anna.canary\" layer=118x
2026-11-22T10:15:34.123Z laser #000000005 INFO power=513mW
";

/// What a Beat sends of the printer `p02`.
fn events() -> Vec<Vec<u8>> {
    let shipped = json!({
        "@timestamp": "2026-11-22T10:15:31.000Z",
        "@metadata": {"beat": "filebeat"},
        "agent": {"id": "a-1", "type": "filebeat"},
        "host": {"name": "canary-host"},
        "log": {"offset": 0, "file": {"path": "/home/anna.canary/klippy.log", "inode": "7", "device_id": "1"}},
        "message": "Dumping send queue: G1 X9.canary of anna.canary",
    });
    vec![b"{\"host\":\"canary-host\"".to_vec(), shipped.to_string().into_bytes()]
}

/// A folder with a printer whose logs are read and one that ships, both as yet without a word.
struct Folder {
    directory: tempfile::TempDir,
    port: u16,
}

impl Folder {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let text = format!(
            "[platform]\nurl = \"https://127.0.0.1:1\"\ncredentials_file = \"credentials.toml\"\n\
             [beats]\nlisten = \"127.0.0.1:{port}\"\nin_clear = true\n\
             [[printers]]\nid = \"p01\"\nfamily = \"projet\"\nlogs = {{ directory = \"logs\", pattern = \"*.log\" }}\n\
             [[printers]]\nid = \"p02\"\nfamily = \"klippy\"\nbeats = {{ address = \"127.0.0.1\" }}\n"
        );
        fs::write(directory.path().join("adapter.toml"), text)?;
        let credentials = directory.path().join("credentials.toml");
        fs::write(&credentials, CREDENTIALS)?;
        fs::set_permissions(credentials, Permissions::from_mode(0o600))?;
        fs::create_dir(directory.path().join("logs"))?;
        fs::write(directory.path().join("logs/machine.log"), LOG)?;
        Ok(Self { directory, port })
    }
}

/// A running `adapter tap`; it ends with the test.
struct Tap {
    child: Child,
    lines: BufReader<ChildStdout>,
    said: Vec<(String, Value)>,
}

impl Tap {
    fn start(folder: &Path, options: &[&str]) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
        command.args(["tap", "--config", "adapter.toml"]).args(options).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, lines, said: Vec::new() })
    }

    /// Reads on until there was a row for which this is true.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Result {
        while !self.said.iter().any(|(_, row)| wanted(row)) {
            assert!(self.said.len() < ROWS_MAX, "it did not come in {:#?}", self.said);
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line)? > 0, "it ended before, after {:#?}", self.said);
            let row = serde_json::from_str(&line)?;
            self.said.push((line.trim_end().to_owned(), row));
        }
        Ok(())
    }

    /// The rows that would leave, and those that were held back.
    fn sides(&self) -> (Vec<&str>, Vec<&str>) {
        let lines = self.said.iter().map(|(line, _)| line.as_str());
        lines.partition(|line| !line.starts_with("{\"held_back\":"))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What both printers wrote, as `tap` shows it with these options.
fn tapped(options: &[&str]) -> Result<Tap> {
    let folder = Folder::new()?;
    let mut tap = Tap::start(folder.directory.path(), options)?;
    tap.until(|row| row["thing"] == "oslo-1.p01" && row.to_string().contains("513"))?;
    // It listens before it reads the first log.
    let mut beat = TcpStream::connect(("127.0.0.1", folder.port))?;
    beat.write_all(&encode_window(1, &events(), Some(3)))?;
    if options.contains(&"--held-back") {
        for (printer, reason) in HELD_BACK {
            tap.until(|row| row["held_back"]["printer"] == printer && row["held_back"]["reason"] == reason)?;
        }
    }
    Ok(tap)
}

fn canaries(rows: &[&str]) -> Vec<&'static str> {
    CANARIES.into_iter().filter(|canary| rows.iter().any(|row| row.contains(canary))).collect()
}

#[test]
fn what_leaves_holds_no_text_and_nothing_else_is_shown_unasked() -> Result {
    let tap = tapped(&[])?;
    let (leaves, held_back) = tap.sides();
    assert!(leaves.len() > 5 && held_back.is_empty(), "{held_back:#?}");
    assert_eq!(canaries(&leaves), [] as [&str; 0]);
    Ok(())
}

#[test]
fn what_is_held_back_says_why_and_not_what() -> Result {
    let tap = tapped(&["--held-back"])?;
    let (leaves, held_back) = tap.sides();
    assert_eq!(canaries(&leaves), [] as [&str; 0]);
    assert_eq!(canaries(&held_back), [] as [&str; 0], "{held_back:#?}");
    // The salt is that of the test, so that every row is known.
    let missing: Vec<_> = held_back.iter().filter(|row| !DOCS.contains(**row)).collect();
    assert!(missing.is_empty(), "docs/tap.md does not show {missing:#?}");
    Ok(())
}

#[test]
fn the_text_is_shown_to_who_asks_for_it_and_leaves_no_more_than_before() -> Result {
    let tap = tapped(&["--held-back", "--show-text"])?;
    let (leaves, held_back) = tap.sides();
    assert_eq!(canaries(&leaves), [] as [&str; 0]);
    assert_eq!(canaries(&held_back), CANARIES, "{held_back:#?}");
    Ok(())
}

#[test]
fn the_text_alone_cannot_be_asked_for() -> Result {
    let folder = Folder::new()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
    command.args(["tap", "--config", "adapter.toml", "--show-text"]).current_dir(folder.directory.path());
    let out = command.output()?;
    assert_eq!((out.status.code(), out.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8(out.stderr)?.contains("--held-back"));
    Ok(())
}
