//! Sealing a secret for this machine, with the service manager's own tool (systemd-creds(1)). The secret goes to it and
//! comes from it through a pipe: never by a file, and never on a command line.

use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

const TOOL: &str = "systemd-creds";
/// A TPM takes a second or two; one that hangs shall not take a person's evening.
const TOOL_MAX: Duration = Duration::from_secs(60);

/// What a secret is sealed with, in the words of `systemd-creds --with-key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WithKey {
    /// The TPM and a key of this machine where there is a TPM, else the key of this machine alone.
    Auto,
    /// A key in a file of this machine: it keeps out who has the sealed file, not who has the whole disk.
    Host,
    /// The TPM alone, for a machine that keeps no file over a restart.
    Tpm2,
    /// Both: the disk does not open it without the board, nor the board without the disk.
    #[value(name = "host+tpm2")]
    HostAndTpm2,
}

/// Why nothing was sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error(
        "`systemd-creds` cannot be started, so the key cannot be sealed: it comes with systemd 250 and newer. To keep \
         the key in a file that only its owner can read, and that whoever has the disk can read, say `--in-clear`"
    )]
    NoTool(#[source] io::Error),
    #[error("`systemd-creds` did not take what it should seal or open")]
    Pipe(#[source] io::Error),
    #[error("`systemd-creds` did not end within {} s", TOOL_MAX.as_secs())]
    TooLong,
    #[error("this machine cannot seal with `{key}`: {said}")]
    Refused { key: &'static str, said: String },
    #[error(
        "this machine does not open it: it was sealed elsewhere, or the TPM or Secure Boot has changed since ({0})"
    )]
    NotOpened(String),
}

impl WithKey {
    /// The same, with what the machine has in place of `auto`.
    pub(crate) async fn decided(self) -> Result<Self, SealError> {
        if self != Self::Auto {
            return Ok(self);
        }
        let has_tpm2 = run(&["has-tpm2", "--quiet"], "").await?.status.success();
        Ok(if has_tpm2 { Self::HostAndTpm2 } else { Self::Host })
    }

    /// Its name, as `systemd-creds` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Host => "host",
            Self::Tpm2 => "tpm2",
            Self::HostAndTpm2 => "host+tpm2",
        }
    }

    /// Which registers of the TPM must be as they were for it to open again: Secure Boot and its keys (7), as is the tool's own
    /// choice. On a box, whose kernel image is signed as a whole, also what that was given besides (12): addons, credentials,
    /// more of a command line. Elsewhere a boot loader may put there what changes with each of its updates.
    fn measured(self) -> Option<&'static str> {
        match self {
            Self::Tpm2 => Some("--tpm2-pcrs=7+12"),
            Self::Auto | Self::Host | Self::HostAndTpm2 => None,
        }
    }
}

/// Seals the secret under this name, which it is opened by, and proves that it can be opened.
pub(crate) async fn close(with_key: WithKey, name: &str, secret: &SecretString) -> Result<String, SealError> {
    let (key, measured) = (with_key.name(), with_key.measured());
    let (with_key, name_option) = (format!("--with-key={key}"), format!("--name={name}"));
    let mut arguments = vec!["encrypt", &with_key, &name_option];
    arguments.extend(measured);
    arguments.extend(["-", "-"]);
    let output = run(&arguments, secret.expose_secret()).await?;
    let sealed = String::from_utf8(output.stdout).unwrap_or_default();
    if !output.status.success() || sealed.trim().is_empty() {
        return Err(SealError::Refused { key, said: last_line(&output.stderr) });
    }
    if open(name, &sealed).await?.expose_secret() != secret.expose_secret() {
        return Err(SealError::NotOpened("it is another text".into()));
    }
    Ok(sealed)
}

/// Opens what was sealed under this name.
pub(crate) async fn open(name: &str, sealed: &str) -> Result<SecretString, SealError> {
    let name = format!("--name={name}");
    let output = run(&["decrypt", "--newline=no", &name, "-", "-"], sealed).await?;
    if !output.status.success() {
        return Err(SealError::NotOpened(last_line(&output.stderr)));
    }
    let text = String::from_utf8(output.stdout);
    Ok(text.map_err(|_| SealError::NotOpened("it is no text".into()))?.into())
}

async fn run(arguments: &[&str], input: &str) -> Result<Output, SealError> {
    let mut tool = Command::new(TOOL);
    tool.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tool.kill_on_drop(true).spawn().map_err(SealError::NoTool)?;
    let stdin = child.stdin.take();
    let talk = async {
        if let Some(mut stdin) = stdin {
            // One that has no use for it may have ended by then, and says itself why.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait_with_output().await.map_err(SealError::Pipe)
    };
    timeout(TOOL_MAX, talk).await.unwrap_or(Err(SealError::TooLong))
}

/// The last thing that it said, which is why it failed.
fn last_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_have_the_names_of_the_tool() {
        for key in WithKey::value_variants() {
            let name = key.to_possible_value().map(|value| value.get_name().to_owned());
            assert_eq!(name.as_deref(), Some(key.name()));
        }
    }

    #[test]
    fn why_it_failed_is_the_last_line_of_what_it_said() {
        for (said, expected) in [
            ("using anyway.\nFailed to unseal: no\n\n", "Failed to unseal: no"),
            ("", "it does not say why"),
            ("\n", "it does not say why"),
        ] {
            assert_eq!(last_line(said.as_bytes()), expected);
        }
    }
}
