//! Those who make releases: each person and each server has a machine, which here is a folder, and files are carried from
//! one to the other.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Standard output and then standard error.
    pub text: String,
    /// The exit code.
    pub code: Option<i32>,
}

/// The machines.
pub struct Makers {
    programs: PathBuf,
    directory: TempDir,
}

impl Makers {
    /// No machine yet. The executable is the one with every program in it.
    pub fn new(programs: &str, below: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("makers-").tempdir_in(below)?;
        Ok(Self { programs: programs.into(), directory })
    }

    /// The folder of a machine.
    pub fn machine(&self, name: &str) -> Result<PathBuf> {
        let folder = self.directory.path().join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Runs `release` and wants it to do what it is told.
    pub fn release(&self, arguments: &[&str]) -> Result<String> {
        let said = self.program("release", arguments, "")?;
        ensure!(said.code == Some(0), "release {}: {said:?}", arguments.join(" "));
        Ok(said.text)
    }

    /// Runs a program, with this on its standard input.
    pub fn program(&self, role: &str, arguments: &[&str], input: &str) -> Result<Said> {
        let mut command = Command::new(&self.programs);
        command.arg(role).args(arguments).current_dir(self.directory.path());
        said(command, input)
    }

    /// The same, behind these words.
    pub fn program_within(&self, words: &[&str], role: &str, arguments: &[&str]) -> Result<Said> {
        let (first, rest) = words.split_first().context("no words")?;
        let mut command = Command::new(first);
        command.args(rest).arg(&self.programs).arg(role).args(arguments).current_dir(self.directory.path());
        said(command, "")
    }

    /// Makes a key on its holder's machine; gives the public file's path.
    pub fn key(&self, holder: &str) -> Result<String> {
        self.machine(holder)?;
        self.release(&["key", "new", holder, "--out", holder])?;
        Ok(format!("{holder}/{holder}.pub"))
    }

    /// Carries a document to its signer's machine, with the roots that are there, and back when it is signed.
    pub fn sign(&self, holder: &str, folder: &str, document: &str) -> Result<Said> {
        let machine = self.machine(holder)?;
        for entry in fs::read_dir(self.machine(folder)?)? {
            let name = entry?.file_name();
            if name.to_string_lossy().ends_with(".root.signed") {
                fs::copy(self.machine(folder)?.join(&name), machine.join(&name))?;
            }
        }
        fs::copy(self.machine(folder)?.join(document), machine.join(document))?;
        let key = format!("{holder}/{holder}.key");
        let said = self.program("release", &["sign", &format!("{holder}/{document}"), "--key", &key], "")?;
        fs::copy(machine.join(document), self.machine(folder)?.join(document))?;
        Ok(said)
    }

    /// Copies a whole folder in the place of another.
    pub fn carry(&self, from: &str, to: &str) -> Result<()> {
        let target = self.machine(to)?;
        fs::remove_dir_all(&target)?;
        fs::create_dir(&target)?;
        for entry in fs::read_dir(self.machine(from)?)? {
            let entry = entry?;
            fs::copy(entry.path(), target.join(entry.file_name()))?;
        }
        Ok(())
    }

    /// What an adapter makes of a bundle.
    pub fn check(&self, folder: &str, more: &[&str]) -> Result<Said> {
        self.program("adapter", &[&["update", "check", folder], more].concat(), "")
    }
}

fn said(mut command: Command, input: &str) -> Result<Said> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // A program that does not ask for it may have ended.
    let _ = child.stdin.take().context("no input")?.write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output()?;
    let text = String::from_utf8(stdout)? + &String::from_utf8(stderr)?;
    Ok(Said { text, code: status.code() })
}

/// An archive as `docker save` makes it, of an image that holds this text; gives the image's name.
pub fn save_image(archive: &Path, text: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes);
    let configuration =
        json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"text": text}}}).to_string();
    write("configuration", configuration.as_bytes())?;
    let sum = Command::new("sha256sum").arg("configuration").current_dir(folder.path()).output()?;
    let digest = String::from_utf8(sum.stdout)?.split(' ').next().context("no sum")?.to_owned();
    fs::rename(folder.path().join("configuration"), folder.path().join(format!("{digest}.json")))?;
    let manifest: Value =
        json!([{"Config": format!("{digest}.json"), "RepoTags": ["oneway:latest"], "Layers": ["layer.tar"]}]);
    write("manifest.json", manifest.to_string().as_bytes())?;
    write("layer.tar", text.as_bytes())?;
    let names = [format!("{digest}.json"), "layer.tar".into(), "manifest.json".into()];
    let packed =
        Command::new("tar").arg("-cf").arg(archive).arg("-C").arg(folder.path()).args(names).status()?;
    ensure!(packed.success(), "tar: {packed}");
    fs::set_permissions(archive, fs::Permissions::from_mode(0o644))?;
    Ok(format!("sha256:{digest}"))
}
