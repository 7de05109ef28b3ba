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

/// How a box's look at a bundle ends, as exit codes: it would be taken.
pub const TAKEN: Option<i32> = Some(0);
/// It could not be read, or not be reached.
pub const FAILED: Option<i32> = Some(1);
/// The command line, the root or the configuration is wrong.
pub const USAGE: Option<i32> = Some(2);
/// It is not good.
pub const REFUSED: Option<i32> = Some(3);
/// There is nothing in it for this box.
pub const NOTHING: Option<i32> = Some(4);

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

    /// Has each file of a folder but those that are passed over looked at when it is changed, cut short and gone; gives how often. Afterwards
    /// all is as it was.
    pub fn harmed(
        &self,
        folder: &str,
        is_passed_over: impl Fn(&str) -> bool,
        mut look: impl FnMut(&str) -> Result<()>,
    ) -> Result<u64> {
        let mut looks = 0;
        for entry in fs::read_dir(self.machine(folder)?)? {
            let path = entry?.path();
            let name = path.file_name().context("no name")?.to_string_lossy().into_owned();
            if is_passed_over(&name) {
                continue;
            }
            let good = fs::read(&path)?;
            let mut changed = good.clone();
            changed[good.len() / 2] ^= 4;
            for bad in [Some(changed), Some(good[..good.len() - 1].to_vec()), None] {
                fs::remove_file(&path)?;
                bad.map(|bytes| fs::write(&path, bytes)).transpose()?;
                look(&name)?;
                fs::write(&path, &good)?;
                looks += 1;
            }
        }
        Ok(looks)
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

/// An archive as `docker save` makes it, of an image for this kind of machine that holds this text; gives the image's names, by
/// its configuration and by its manifest.
pub fn save_image(archive: &Path, text: &str, architecture: &str) -> Result<[String; 2]> {
    let folder = tempfile::tempdir()?;
    let blobs = folder.path().join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let blob = |value: &Value| -> Result<String> {
        let bytes = value.to_string();
        let digest = sum(&bytes)?;
        fs::write(blobs.join(&digest), bytes)?;
        Ok(digest)
    };
    let configuration =
        json!({"architecture": architecture, "os": "linux", "config": {"Labels": {"text": text}}});
    let image = blob(&configuration)?;
    let inner =
        blob(&json!({"schemaVersion": 2, "config": {"digest": format!("sha256:{image}")}, "layers": []}))?;
    let write = |name: &str, value: &Value| fs::write(folder.path().join(name), value.to_string());
    write("index.json", &json!({"manifests": [{"digest": format!("sha256:{inner}")}]}))?;
    let place = format!("blobs/sha256/{image}");
    write("manifest.json", &json!([{"Config": place, "RepoTags": ["oneway:latest"], "Layers": []}]))?;
    let names = ["blobs", "index.json", "manifest.json"];
    let packed =
        Command::new("tar").arg("-cf").arg(archive).arg("-C").arg(folder.path()).args(names).status()?;
    ensure!(packed.success(), "tar: {packed}");
    fs::set_permissions(archive, fs::Permissions::from_mode(0o644))?;
    Ok([image, inner].map(|digest| format!("sha256:{digest}")))
}

fn sum(text: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    fs::write(&file, text)?;
    let output = Command::new("sha256sum").arg(file).output()?;
    Ok(String::from_utf8(output.stdout)?.split(' ').next().context("no sum")?.to_owned())
}
