//! A site stick on a box that seals what it keeps. The key is one of the machine, in a file of the test's own: a TPM is asked by the same
//! words (`tests/tests/packages.rs`), and another key is to the box what a changed TPM is.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use platform::sticks::SiteKey;
use serde_json::Value;
use site::{Document, Plain as _, Serial};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Where `systemd-creds` keeps the machine's key, if not at its usual place.
const KEY: &str = "SYSTEMD_CREDENTIAL_SECRET";

struct Machine {
    directory: tempfile::TempDir,
    key: SiteKey,
}

impl Machine {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for part in ["stick", "state", "interfaces/enp1s0/device", "interfaces/enp2s0/device"] {
            fs::create_dir_all(directory.path().join(part))?;
        }
        let key = SiteKey::make_beside(&directory.path().join("x.db"))?;
        fs::write(directory.path().join("site.keys"), key.public_line())?;
        Ok(Self { directory, key })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn plug_in(&self, document: &Document) -> Result<()> {
        fs::write(self.path("stick/oneway.site"), self.key.sign(site::encode(document)?)).map_err(Into::into)
    }

    async fn take(&self, with_stick: bool) -> Result<(i32, Value, String)> {
        let mut command = Launcher::new(env!("CARGO_BIN_EXE_programs"))
            .command("adapter", &["site", "take", "--with-key", "host"]);
        for name in ["state", "to", "interfaces"] {
            command.arg(format!("--{name}")).arg(self.path(name));
        }
        command.arg("--trust").arg(self.path("site.keys"));
        if with_stick {
            command.arg("--stick").arg(self.path("stick"));
        }
        let output = command.env(KEY, self.path("machine.key")).output().await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok((output.status.code().context("it was killed")?, line, said))
    }

    /// As the service manager opens it for a service.
    async fn opened(&self, file: &str, name: &str) -> Result<String> {
        let mut child = Command::new("systemd-creds")
            .args(["decrypt", "--newline=no", &format!("--name={name}"), "-", "-"])
            .env(KEY, self.path("machine.key"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let sealed = fs::read(self.path(file))?;
        child.stdin.take().context("no input")?.write_all(&sealed).await?;
        Ok(String::from_utf8(child.wait_with_output().await?.stdout)?)
    }
}

fn document() -> Result<Document> {
    let base = fs::read(tests::repository().join("fixtures/site/base.json"))?;
    let mut document = site::decode(&base).map_err(anyhow::Error::msg)?;
    let seconds = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    document.made = release::Time::from_seconds(seconds.try_into()?);
    document.expires = document.made.after(site::limits::LIFE_MAX);
    Ok(document)
}

/// As many printers as there may be, each with the longest key, and the longest certificate.
fn largest() -> Result<Document> {
    let mut document = document()?;
    document.serial = Serial::next(Some(document.serial), 0);
    let printer = document.printers[0].clone();
    document.printers = (1..=site::limits::PRINTERS_MAX)
        .map(|number| {
            let mut printer = printer.clone();
            printer.id = site::PrinterId::parse(&format!("p{number:02}")).context("no id")?;
            let query = printer.query.as_mut().context("no query")?;
            query.secret = site::Secret::parse(&"k".repeat(site::limits::SECRET_BYTES_MAX));
            Ok(printer)
        })
        .collect::<Result<_>>()?;
    Ok(document)
}

#[tokio::test]
async fn what_a_box_keeps_is_sealed_and_a_machine_that_has_changed_is_set_up_again() -> Result<()> {
    let machine = Machine::new()?;
    let first = document()?;
    machine.plug_in(&first)?;
    let (code, line, said) = machine.take(true).await?;
    assert_eq!((code, &line["event"]), (0, &Value::from("taken")), "{said}");
    // Nothing of it is on the disk in clear, and what the services are given opens under its name.
    for name in ["state/taken", "to/sealed/p01.key", "to/adapter.toml"] {
        let text = String::from_utf8_lossy(&fs::read(machine.path(name))?).into_owned();
        assert!(!text.contains("a-status-only-key"), "{name}: {text}");
    }
    assert!(!fs::read_to_string(machine.path("state/taken"))?.contains("oslo-1"));
    assert_eq!(machine.opened("to/sealed/p01.key", "secret_p01.key").await?, "a-status-only-key");
    let said = fs::read_to_string(machine.path("to/adapter.toml"))?;
    assert!(said.contains("$CREDENTIALS_DIRECTORY/secret_p01.key"), "{said}");

    let largest = largest()?;
    machine.plug_in(&largest)?;
    let (code, line, said) = machine.take(true).await?;
    assert_eq!((code, &line["event"]), (0, &Value::from("taken")), "{said}");
    assert_eq!(fs::read_dir(machine.path("to/sealed"))?.count(), site::limits::PRINTERS_MAX);
    fs::remove_dir_all(machine.path("to"))?;
    let (code, line, said) = machine.take(false).await?;
    assert_eq!((code, &line["event"]), (0, &Value::from("kept")), "{said}");
    assert_eq!(fs::read_dir(machine.path("to/sealed"))?.count(), site::limits::PRINTERS_MAX);

    // Another board, another TPM, or Secure Boot switched off and on.
    fs::remove_file(machine.path("machine.key"))?;
    let (code, line, said) = machine.take(false).await?;
    assert_eq!((code, &line["kept_refused"]["why"]), (4, &Value::from("kept")), "{said}");
    assert!(said.contains("Make a stick with a new code"), "{said}");
    machine.plug_in(&first)?;
    let (code, line, said) = machine.take(true).await?;
    assert_eq!((code, &line["refused"]["why"]), (4, &Value::from("older")), "{said}");
    let mut newer = largest;
    newer.serial = Serial::next(Some(newer.serial), 0);
    machine.plug_in(&newer)?;
    let (code, line, said) = machine.take(true).await?;
    assert_eq!(
        (code, &line["event"], &line["code_waits"]),
        (0, &Value::from("taken"), &Value::from(true)),
        "{said}"
    );
    Ok(())
}
