//! The program from outside: what it prints, and how it ends.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const CREDENTIALS: &str =
    "adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"000102030405060708090a0b0c0d0e0f\"\n";

fn adapter(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command
}

fn output(arguments: &[&str], directory: &Path) -> Result<Output> {
    Ok(adapter(arguments, directory).output()?)
}

/// A folder with a configuration that listens, to a platform that is not there.
fn folder() -> Result<tempfile::TempDir> {
    let directory = tempfile::tempdir()?;
    let text = "[platform]\nurl = \"https://127.0.0.1:1\"\ncredentials_file = \"credentials.toml\"\n\
                [beats]\nlisten = \"127.0.0.1:0\"\nin_clear = true\n\
                [[printers]]\nid = \"p01\"\nfamily = \"projet\"\nbeats = { address = \"127.0.0.1\" }\n";
    fs::write(directory.path().join("adapter.toml"), text)?;
    Ok(directory)
}

fn enrolled() -> Result<tempfile::TempDir> {
    let directory = folder()?;
    let file = directory.path().join("credentials.toml");
    fs::write(&file, CREDENTIALS)?;
    fs::set_permissions(file, Permissions::from_mode(0o600))?;
    Ok(directory)
}

fn terminate(process: u32) -> Result {
    Command::new("sh").arg("-c").arg(format!("kill -TERM {process}")).status()?;
    Ok(())
}

/// The same, of an adapter that can run as two processes.
fn split() -> Result<tempfile::TempDir> {
    let directory = enrolled()?;
    let file = directory.path().join("adapter.toml");
    let link = "[link]\nsocket = \"link/link.sock\"\nidentity_file = \"identity.toml\"\n";
    fs::write(&file, format!("{link}{}", fs::read_to_string(&file)?))?;
    Ok(directory)
}

#[test]
fn each_half_is_checked_and_started_by_what_it_needs() -> Result {
    let directory = split()?;
    let said = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let output = output(&[arguments, &["--config", "adapter.toml"]].concat(), directory.path())?;
        let text = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&text).contains("the-secret-key"));
        Ok((output.status.code(), String::from_utf8(text)?))
    };
    let (code, text) = said(&["intake"])?;
    assert!(
        code == Some(2) && text.contains("identity.toml: there is no such file; run `adapter enrol`"),
        "{text}"
    );
    let (code, text) = said(&["identity", "--in-clear"])?;
    let written = "{\"adapter\":\"oslo-1\",\"event\":\"identity\",\"sealed_with\":null}\n";
    assert!(code == Some(0) && text.starts_with(written) && text.contains("it is in clear"), "{text}");
    let (code, text) = said(&["check"])?;
    let intake = "runs as oslo-1, and uses [link], [buffer], [beats], [push], [pip] and [[printers]]";
    assert!(
        code == Some(0) && text.contains(intake) && text.contains("uses [platform] and [link]"),
        "{text}"
    );
    let (code, text) = said(&["uplink"])?;
    assert!(code == Some(1) && text.contains("the directory of link.socket cannot be used"), "{text}");

    // Each where the other's file is not.
    let (mine, away) = (directory.path().join("credentials.toml"), directory.path().join("away.toml"));
    fs::rename(&mine, &away)?;
    let (code, text) = said(&["check", "--half", "intake"])?;
    assert!(code == Some(0) && text.contains(intake) && !text.contains("https://"), "{text}");
    fs::rename(&away, &mine)?;
    fs::remove_file(directory.path().join("identity.toml"))?;
    let (code, text) = said(&["check", "--half", "uplink"])?;
    assert!(code == Some(0) && text.contains("https://") && !text.contains("p01"), "{text}");
    Ok(())
}

#[test]
fn it_runs_until_it_is_told_to_stop_and_says_what_it_did() -> Result {
    let directory = enrolled()?;
    let mut command = adapter(&["run", "--config", "adapter.toml"], directory.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut out = BufReader::new(child.stdout.take().ok_or("no standard output")?);
    let mut line = String::new();
    out.read_line(&mut line)?;
    let ready: Value = serde_json::from_str(&line)?;
    assert_eq!(ready["event"], "ready");
    assert!(ready["beats"].as_str().is_some_and(|address| address.starts_with("127.0.0.1:")), "{ready}");

    // Twice, as an impatient person does: with the platform away, the first waits for some seconds.
    let mut errors = BufReader::new(child.stderr.take().ok_or("no standard error")?);
    let mut log = String::new();
    terminate(child.id())?;
    while !log.contains("a second signal stops at once") {
        assert!(errors.read_line(&mut log)? > 0, "{log}");
    }
    terminate(child.id())?;
    let mut rest = String::new();
    out.read_to_string(&mut rest)?;
    let stopped: Value = serde_json::from_str(rest.trim())?;
    assert_eq!((&stopped["event"], &stopped["frames_refused"]), (&"stopped".into(), &0.into()));
    assert!(stopped["memory_peak_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{stopped}");
    assert_eq!(child.wait()?.code(), Some(0));

    errors.read_to_string(&mut log)?;
    assert!(!log.contains("the-secret-key"), "{log}");
    Ok(())
}

#[test]
fn a_wrong_configuration_is_exit_code_2_with_the_place() -> Result {
    let directory = folder()?;
    let not_enrolled = output(&["run", "--config", "adapter.toml"], directory.path())?;
    assert_eq!(not_enrolled.status.code(), Some(2));
    let said = String::from_utf8(not_enrolled.stderr)?;
    assert_eq!(said.trim(), "credentials.toml: there is no such file; run `adapter enrol`");

    fs::write(directory.path().join("adapter.toml"), "[platfrom]\n")?;
    for command in ["run", "check", "tap", "enrol"] {
        let wrong = output(&[command, "--config", "adapter.toml"], directory.path())?;
        assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(2), 0), "{command}");
        let said = String::from_utf8(wrong.stderr)?;
        assert_eq!(said.trim(), "adapter.toml:1:2: platfrom: unknown field; did you mean `platform`?");
    }
    Ok(())
}

#[test]
fn a_secret_that_others_can_read_is_refused() -> Result {
    let directory = enrolled()?;
    fs::set_permissions(directory.path().join("credentials.toml"), Permissions::from_mode(0o644))?;
    let refused = output(&["run", "--config", "adapter.toml"], directory.path())?;
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr)?;
    assert!(said.contains("run `chmod 600 credentials.toml`") && !said.contains("the-secret-key"), "{said}");
    Ok(())
}

/// Sealed, as `systemd-creds` writes it: nothing but Base64.
const SEALED: &str =
    "k6iUCUh0RJCQyvL8k8q1UyAAAAABAAAADAAAABAAAAAabYOpb5bPkNFDYXYAAAAA\nA8AAAACAAAAAAngAgp5l\n";

#[test]
fn sealed_credentials_are_what_the_service_manager_hands_over() -> Result {
    let directory = enrolled()?;
    fs::write(directory.path().join("credentials.toml"), SEALED)?;
    // As a service it is given what is in them. Some service managers let its user in by an access list, which shows
    // as the group's bits.
    let handed_over = directory.path().join("handed-over");
    fs::create_dir(&handed_over)?;
    let credentials = handed_over.join("oneway-credentials");
    fs::write(&credentials, CREDENTIALS)?;
    for (mode, code) in [(0o440, Some(0)), (0o444, Some(2))] {
        fs::set_permissions(&credentials, Permissions::from_mode(mode))?;
        let mut command = adapter(&["run", "--config", "adapter.toml"], directory.path());
        command.env("CREDENTIALS_DIRECTORY", &handed_over).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        out.read_line(&mut line)?;
        assert_eq!(line.contains("\"ready\""), code == Some(0), "{mode:o}: {line}");
        // Twice: with the platform away, the first waits for some seconds.
        terminate(child.id())?;
        terminate(child.id())?;
        assert_eq!(child.wait()?.code(), code, "{mode:o}");
    }
    // Started by hand it says who can open them.
    let by_hand = output(&["run", "--config", "adapter.toml"], directory.path())?;
    let said = String::from_utf8(by_hand.stderr)?;
    assert!(by_hand.status.code() == Some(2) && said.contains("credentials.toml: is sealed"), "{said}");
    let checked = output(&["check", "--config", "adapter.toml"], directory.path())?;
    let said = String::from_utf8(checked.stdout)?;
    assert!(said.contains("enrolled, and sealed for this machine") && said.contains("all is well"), "{said}");
    Ok(())
}

#[test]
fn a_key_file_can_be_handed_over_as_well() -> Result {
    let directory = enrolled()?;
    let mut text = fs::read_to_string(directory.path().join("adapter.toml"))?;
    text += "[[printers]]\nid = \"p03\"\n\
             octoprint = { url = \"http://127.0.0.1:1\", key_file = \"$CREDENTIALS_DIRECTORY/p03.key\" }\n";
    fs::write(directory.path().join("adapter.toml"), text)?;
    let by_hand = output(&["check", "--config", "adapter.toml"], directory.path())?;
    let said = String::from_utf8(by_hand.stdout)?;
    assert!(
        said.contains("is handed over by the service manager, which did not start this process"),
        "{said}"
    );

    let handed_over = directory.path().join("handed-over");
    fs::create_dir(&handed_over)?;
    fs::write(handed_over.join("p03.key"), "0123456789abcdef")?;
    fs::set_permissions(handed_over.join("p03.key"), Permissions::from_mode(0o400))?;
    let mut command = adapter(&["check", "--config", "adapter.toml"], directory.path());
    let as_service = command.env("CREDENTIALS_DIRECTORY", &handed_over).output()?;
    assert_eq!(as_service.status.code(), Some(0), "{}", String::from_utf8(as_service.stdout)?);
    Ok(())
}

#[test]
fn without_the_tool_that_seals_nothing_is_enrolled_and_what_else_there_is_is_said() -> Result {
    let directory = folder()?;
    let mut command = adapter(&["enrol", "--config", "adapter.toml"], directory.path());
    let mut child = command
        .env("PATH", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(b"7KQD-CODE\n")?;
    let refused = child.wait_with_output()?;
    let said = String::from_utf8(refused.stderr)?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("say `--in-clear`") && !said.contains("7KQD"), "{said}");
    assert_eq!(fs::read_dir(directory.path())?.count(), 1, "something was written");
    Ok(())
}

#[test]
fn check_live_says_whose_fault_it_is_that_a_printer_does_not_answer() -> Result {
    let directory = enrolled()?;
    let file = directory.path().join("p03.key");
    fs::write(&file, "0123456789abcdef")?;
    fs::set_permissions(&file, Permissions::from_mode(0o600))?;
    let mut text = fs::read_to_string(directory.path().join("adapter.toml"))?;
    let nothing = output(&["check", "--live", "--config", "adapter.toml"], directory.path())?;
    assert_eq!(nothing.status.code(), Some(0));
    assert!(String::from_utf8(nothing.stdout)?.contains("no printer is queried"));
    // Nobody listens on port 1.
    text +=
        "[[printers]]\nid = \"p03\"\noctoprint = { url = \"http://127.0.0.1:1\", key_file = \"p03.key\" }\n";
    fs::write(directory.path().join("adapter.toml"), &text)?;
    let off = output(&["check", "--live", "--config", "adapter.toml"], directory.path())?;
    let page = String::from_utf8(off.stdout)?;
    assert_eq!(off.status.code(), Some(1), "{page}");
    for words in ["OctoPrint 127.0.0.1:1 every 5s, IN CLEAR", "printer_off", "its interface is not"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    fs::set_permissions(&file, Permissions::from_mode(0o644))?;
    let open = output(&["check", "--live", "--config", "adapter.toml"], directory.path())?;
    assert_eq!(open.status.code(), Some(2));
    let page = String::from_utf8(open.stdout)?;
    assert!(page.contains("others can read this secret") && !page.contains("reachability"), "{page}");
    Ok(())
}

/// An agent's two first answers, to whoever asks; gives the questions.
fn agent(listener: &TcpListener) -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mtconnect-printers/powder-bed");
    let mut asked = Vec::new();
    let (mut stream, _) = listener.accept()?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(Ok(question)) = lines.next() {
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let file = if question.contains("/probe ") { "probe.xml" } else { "current.xml" };
        let document = fs::read_to_string(folder.join(file))?;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{document}", document.len())?;
        asked.push(question);
    }
    Ok(asked)
}

#[test]
fn check_live_asks_an_mtconnect_agent_what_its_printer_is_and_gives() -> Result {
    let directory = enrolled()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let file = directory.path().join("adapter.toml");
    let printer = format!(
        "[[printers]]\nid = \"m01\"\nmtconnect = {{ url = \"http://{}\" }}\n",
        listener.local_addr()?
    );
    fs::write(&file, fs::read_to_string(&file)? + &printer)?;
    let agent = std::thread::spawn(move || agent(&listener).map_err(|error| error.to_string()));
    let checked = output(&["check", "--live", "--config", "adapter.toml"], directory.path())?;
    let page = String::from_utf8(checked.stdout)?;
    assert_eq!(checked.status.code(), Some(0), "{page}");
    // It was asked, so that it has an end.
    assert_eq!(agent.join().unwrap()?, ["GET /probe HTTP/1.1", "GET /current HTTP/1.1"]);
    for words in ["MTConnect 127.0.0.1:", "available", "PBF 280", "oxygen.concentration", "build.id"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Anna"), "{page}");
    Ok(())
}

#[test]
fn check_says_what_is_configured_and_what_will_not_work() -> Result {
    let directory = enrolled()?;
    let good = output(&["check", "--config", "adapter.toml"], directory.path())?;
    let said = String::from_utf8(good.stdout)?;
    assert_eq!(good.status.code(), Some(0), "{said}");
    for part in ["oslo-1", "https://127.0.0.1:1/", "IN CLEAR", "p01", "address 127.0.0.1", "all is well"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let more = "logs = { directory = \"nowhere\", pattern = \"*.log\" }\n";
    let file = directory.path().join("adapter.toml");
    fs::write(&file, fs::read_to_string(&file)? + more)?;
    let wrong = output(&["check", "--config", "adapter.toml"], directory.path())?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stdout)?.contains("wrong: p01: nowhere: there is no such directory"));
    Ok(())
}

#[test]
fn the_catalogue_in_both_forms() -> Result {
    let directory = tempfile::tempdir()?;
    let markdown = output(&["catalog"], directory.path())?;
    assert_eq!(String::from_utf8(markdown.stdout)?.trim(), catalog::markdown().trim());
    let json = output(&["catalog", "--format", "json"], directory.path())?;
    let json: Value = serde_json::from_slice(&json.stdout)?;
    let listed = json["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(listed.len(), catalog::items::all().count());
    // A program is told what a person is told.
    for (listed, item) in listed.iter().zip(catalog::items::all()) {
        let told =
            ["id", "kind", "unit", "text", "mtconnect", "otel", "source"].map(|key| listed[key].as_str());
        let (kind, unit) = (item.kind().name(), item.unit().ucum());
        let known = [item.id(), kind, unit, item.text(), item.mtconnect(), item.otel(), item.source()];
        assert_eq!(told, known.map(Some), "{}", item.id());
    }
    Ok(())
}

const PROFILE: &str = r#"
name = "acme"
ignore = ['user .*']
[record]
begins = '(?<time>\d\S+ \S+) '
[stamp]
format = "iso"
[[rule]]
name = "bath"
pattern = 'bath (?<bath>[0-9.x]+) F'
values = [{ item = "vat.temperature", group = "bath", unit = "[degF]" }]
[[rule]]
name = "job"
pattern = 'job (?<job>.+)'
values = [{ item = "build.id", group = "job" }]
"#;

const LOG: &str = "2026-11-22 10:15:30 bath 77 F\n2026-11-22 10:15:31 user anna\n2026-11-22 10:15:32 bath 7x F\r\n\
                   2026-11-22 10:15:33 job bracket-of-anna\n\n  below\nnovelty of anna \x1b[2J\n2026-11-22 10:15:34 novelty of anna\n";

#[test]
fn a_log_is_parsed_line_by_line() -> Result {
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("acme.toml"), PROFILE)?;
    fs::write(directory.path().join("acme.log"), LOG)?;
    let arguments = ["parse", "--profile", "acme.toml", "acme.log", "--zone", "Europe/Oslo"];
    let out = output(&arguments, directory.path())?;
    let text = String::from_utf8(out.stdout)?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for expected in [
        "This holds the log's own text",
        "     1 rule bath            2026-11-22 10:15:30 bath 77 F\n",
        "vat.temperature part 0: 25 Cel (written 77 [degF]), 2026-11-22T09:15:30Z, good\n",
        "     2 ignored ",
        "refused: vat.temperature: not a number\n",
        "build.id part 0: hash ",
        "     5 blank\n",
        "     6 continuation ",
        "novelty of anna \\u{1b}[2J\n",
        "     8 unmatched ",
        "lines 8\n",
        "readings 2\n       1 build.id\n       1 vat.temperature\n",
        "unmatched 1\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    let without = output(&[&arguments[..], &["--without-text"]].concat(), directory.path())?;
    let without = String::from_utf8(without.stdout)?;
    assert!(
        without.contains("rule bath\n") && !without.contains("anna") && !without.contains("below"),
        "{without}"
    );
    Ok(())
}

#[test]
fn a_wrong_profile_is_refused_with_its_places() -> Result {
    let directory = enrolled()?;
    fs::write(directory.path().join("acme.toml"), PROFILE.replace("vat.temperature", "vat.temprature"))?;
    fs::write(directory.path().join("acme.log"), LOG)?;
    let config = fs::read_to_string(directory.path().join("adapter.toml"))?;
    fs::write(
        directory.path().join("adapter.toml"),
        config.replace("family = \"projet\"", "profile = \"acme.toml\""),
    )?;
    let expected =
        "acme.toml:11:20: `vat.temprature` is not in the catalogue; did you mean `vat.temperature`?\n";
    for arguments in
        [&["parse", "--profile", "acme.toml", "acme.log"][..], &["check", "--config", "adapter.toml"]]
    {
        let out = output(arguments, directory.path())?;
        assert_eq!((out.status.code(), String::from_utf8(out.stderr)?.as_str()), (Some(2), expected));
    }
    fs::write(directory.path().join("acme.toml"), PROFILE)?;
    let out = output(&["check", "--config", "adapter.toml"], directory.path())?;
    let text = String::from_utf8(out.stdout)?;
    assert!(out.status.success() && text.contains("profile acme"), "{text}");
    Ok(())
}

#[test]
fn a_log_is_parsed_as_one_format() -> Result {
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("log"), "T:21.4 /0.0\n")?;
    let out = output(&["parse", "--family", "marlin", "log"], directory.path())?;
    let text = String::from_utf8(out.stdout)?;
    assert!(text.contains("extruder.temperature part 0: 21.4 Cel, no time of its own, uncertain"), "{text}");
    for arguments in [&["parse", "log"][..], &["parse", "--family", "marlin", "--profile", "x", "log"]] {
        assert_eq!(output(arguments, directory.path())?.status.code(), Some(2));
    }
    Ok(())
}
