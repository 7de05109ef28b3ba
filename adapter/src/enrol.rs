//! Exchanges the one-time code of an admin for the adapter's key, and writes the credentials file. The one
//! part of the adapter that writes, and it runs on its own, before the adapter does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::config::{AdapterName, Credentials, CredentialsError, Platform};
use crate::uplink::client::{self, UplinkError};

/// A code is some dozens of characters.
const CODE_MAX: u64 = 256;
/// The answer is a name and a key.
const ANSWER_MAX: usize = 4 << 10;

/// Why the adapter was not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error("no one-time code on standard input; pipe it in: `adapter enrol --config FILE < code.txt`")]
    NoCode,
    #[error(transparent)]
    Uplink(#[from] UplinkError),
    #[error("the platform does not take this code: it is wrong, used or too old; ask for a new one")]
    CodeRefused,
    #[error("no random bytes for the salt")]
    Random,
    #[error("{}: cannot be written; the code is used up now, so ask for a new one", file.display())]
    Write {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// What the platform answers.
#[derive(Deserialize)]
struct Answer {
    adapter: String,
    key: String,
}

/// Reads the code, as the first line of what is piped in.
pub(crate) fn read_code(input: impl Read) -> Result<SecretString, EnrolError> {
    let mut text = String::new();
    input.take(CODE_MAX).read_to_string(&mut text).map_err(|_| EnrolError::NoCode)?;
    let code = text.lines().next().unwrap_or_default().trim();
    if code.is_empty() { Err(EnrolError::NoCode) } else { Ok(SecretString::from(code)) }
}

/// Enrols the adapter and returns its name.
pub(crate) async fn enrol(platform: &Platform, code: &SecretString) -> Result<AdapterName, EnrolError> {
    let file = &platform.credentials_file;
    let salt = salt(file)?;
    // Before the code is used up: a directory that cannot be written to costs no code.
    let draft = Draft::create(file)?;
    let answer = ask(platform, code).await?;
    let wrong = || UplinkError::Answer("the platform's answer names no adapter and key".into());
    let name = AdapterName::parse(&answer.adapter).ok_or_else(wrong)?;
    if answer.key.is_empty() || !answer.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong().into());
    }
    let key = SecretString::from(answer.key);
    draft.write(&name, &key, &salt)?;
    // What was written is what will be read.
    Ok(Credentials::load(file)?.adapter)
}

async fn ask(platform: &Platform, code: &SecretString) -> Result<Answer, EnrolError> {
    let mut address = platform.url.clone();
    address.set_path("/api/enrol");
    let response = client::new(platform.ca_file.as_deref())?
        .post(address)
        .json(&json!({ "code": code.expose_secret() }))
        .send()
        .await
        .map_err(|error| UplinkError::out_of_reach(&error))?;
    match response.status().as_u16() {
        200 => {}
        400 | 401 | 403 | 404 | 410 => return Err(EnrolError::CodeRefused),
        status => {
            return Err(UplinkError::Answer(format!("the platform answers {status}; try again later")).into());
        }
    }
    let body = client::body(response, ANSWER_MAX).await.unwrap_or_default();
    serde_json::from_slice(&body)
        .map_err(|_| UplinkError::Answer("the platform's answer names no adapter and key".into()).into())
}

// An adapter that is enrolled again keeps its salt: with another, what it resends would be stored twice.
fn salt(file: &Path) -> Result<String, EnrolError> {
    match Credentials::load_salt(file) {
        Ok(salt) => Ok(salt),
        Err(CredentialsError::NotEnrolled { .. }) => {
            let mut bytes = [0; 16];
            SystemRandom::new().fill(&mut bytes).map_err(|_| EnrolError::Random)?;
            Ok(HEXLOWER.encode(&bytes))
        }
        Err(error) => Err(error.into()),
    }
}

/// The new file, until it takes the place of the old one in one step.
struct Draft {
    path: PathBuf,
    target: PathBuf,
    file: File,
}

impl Draft {
    fn create(target: &Path) -> Result<Self, EnrolError> {
        let path = target.with_extension("new");
        // One that a broken run left behind may have another mode.
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|source| EnrolError::Write { file: path.clone(), source })?;
        Ok(Self { path, target: target.to_owned(), file })
    }

    fn write(mut self, name: &AdapterName, key: &SecretString, salt: &str) -> Result<(), EnrolError> {
        let text = SecretString::from(format!(
            "# Written by `adapter enrol`. Keep it secret, and keep the salt when the key changes.\n\
             adapter = {:?}\nkey = {:?}\nsalt = {salt:?}\n",
            name.as_str(),
            key.expose_secret()
        ));
        let written = self.file.write_all(text.expose_secret().as_bytes());
        let written = written.and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| fs::rename(&self.path, &self.target));
        written.map_err(|source| EnrolError::Write { file: self.target.clone(), source })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it took its place.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_first_line() {
        for (input, expected) in
            [("abc\n", Some("abc")), ("  abc \r\nmore", Some("abc")), ("", None), ("\n", None)]
        {
            let code = read_code(input.as_bytes()).ok();
            assert_eq!(code.as_ref().map(|code| code.expose_secret()), expected, "{input:?}");
        }
    }

    #[test]
    fn what_is_written_can_be_read_and_the_salt_stays() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("credentials.toml");
        let name = AdapterName::parse("oslo-1").unwrap();
        let first = salt(&file).unwrap();
        Draft::create(&file).unwrap().write(&name, &SecretString::from("key-1"), &first).unwrap();
        assert_eq!(salt(&file).unwrap(), first);
        Draft::create(&file).unwrap().write(&name, &SecretString::from("key-2"), &first).unwrap();
        let credentials = Credentials::load(&file).unwrap();
        assert_eq!((credentials.adapter, credentials.key.expose_secret()), (name, "key-2"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_draft_that_was_not_written_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        drop(Draft::create(&directory.path().join("credentials.toml")).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
