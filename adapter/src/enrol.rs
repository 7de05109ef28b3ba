//! Exchanges the one-time code of an admin for the adapter's key, and writes the credentials file: sealed for this
//! machine, unless a person says that it shall be in clear. The one part of the adapter that writes, and it runs on its
//! own, before the adapter does.

pub(crate) mod seal;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

pub(crate) use self::seal::{SealError, WithKey};
use crate::config::{
    AdapterIdentity, AdapterName, CREDENTIALS_NAME, Credentials, CredentialsError, IDENTITY_NAME,
    IdentityFileError, Platform, identity_text,
};
use crate::files::directory_of;
use crate::uplink::client::{self, UplinkError};

/// A code is some dozens of characters.
const CODE_MAX: u64 = 256;
/// The mode of what only its owner may read.
const OWNER: u32 = 0o600;
/// The mode of what the group that the halves share may read.
const GROUP: u32 = 0o640;
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
    #[error("{}: is named for the key and for the identity, and each needs a file of its own", .0.display())]
    OneFile(PathBuf),
    #[error("no random bytes for the salt")]
    Random,
    #[error("{}: cannot be written; the code is used up now, so ask for a new one", file.display())]
    Write {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: cannot be written", file.display())]
    WriteIdentity {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Identity(#[from] IdentityFileError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(
        "{}: was sealed on another machine, or this machine's TPM has changed since; move it away to enrol without \
         its salt: what is then sent a second time is stored a second time",
        file.display()
    )]
    Foreign {
        file: PathBuf,
        #[source]
        source: SealError,
    },
}

/// How the credentials are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Sealed for this machine.
    Sealed(WithKey),
    /// In a file that its owner can read, and whoever has the disk.
    InClear,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Enrolled {
    /// The adapter's name.
    pub(crate) adapter: AdapterName,
    /// What the credentials are sealed with, if they are.
    pub(crate) sealed_with: Option<WithKey>,
}

/// What the platform answers.
#[derive(Deserialize)]
struct Answer {
    adapter: String,
    key: String,
}

/// What it answers otherwise. Its own no to a code has a mark, since a status alone may come from whatever stands before it.
#[derive(Deserialize)]
struct Refusal {
    refused: Option<String>,
}

/// That mark.
const CODE_REFUSED: &str = "code";

/// Reads the code, as the first line of what is piped in.
pub(crate) fn read_code(input: impl Read) -> Result<SecretString, EnrolError> {
    let mut text = String::new();
    input.take(CODE_MAX).read_to_string(&mut text).map_err(|_| EnrolError::NoCode)?;
    let code = text.lines().next().unwrap_or_default().trim();
    if code.is_empty() { Err(EnrolError::NoCode) } else { Ok(SecretString::from(code)) }
}

/// Enrols the adapter. With an identity file named, the intake's half of what is known is written there: name and salt,
/// and no key.
pub(crate) async fn enrol(
    platform: &Platform,
    identity_file: Option<&Path>,
    code: &SecretString,
    keeping: Keeping,
) -> Result<Enrolled, EnrolError> {
    let file = &platform.credentials_file;
    if identity_file.is_some_and(|other| other == file) {
        return Err(EnrolError::OneFile(file.clone()));
    }
    // Before the code is used up: a machine that cannot seal, a salt that cannot be had and a directory that cannot be
    // written to cost no code.
    let sealed_with = prepare(keeping).await?;
    let salt = salt(file).await?;
    let draft = Draft::create(file, OWNER)?;
    let identity = identity_file.map(|file| Draft::create(file, GROUP)).transpose()?;
    let answer = ask(platform, code).await?;
    let wrong = || UplinkError::Answer("the platform's answer names no adapter and key".into());
    let name = AdapterName::parse(&answer.adapter).ok_or_else(wrong)?;
    if answer.key.is_empty() || !answer.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong().into());
    }
    let text = credentials_text(&name, &SecretString::from(answer.key), &salt);
    // What is written is what will be read.
    Credentials::parse(&text, file)?;
    // First: with a key in place it is enrolled, and then nothing may be missing.
    if let Some(identity) = identity {
        identity.write(&kept(sealed_with, IDENTITY_NAME, identity_text(&name, &salt)).await?)?;
    }
    draft.write(&kept(sealed_with, CREDENTIALS_NAME, text).await?)?;
    if sealed_with.is_none() {
        identity_file.map(AdapterIdentity::load).transpose()?;
    }
    Ok(Enrolled { adapter: name, sealed_with })
}

// Seals something that is no secret, to see that it can be done.
async fn prepare(keeping: Keeping) -> Result<Option<WithKey>, EnrolError> {
    let Keeping::Sealed(with_key) = keeping else { return Ok(None) };
    let with_key = with_key.decided().await?;
    seal::close(with_key, CREDENTIALS_NAME, &SecretString::from("a try")).await?;
    Ok(Some(with_key))
}

/// The text as it is written.
async fn kept(
    sealed_with: Option<WithKey>,
    name: &str,
    text: SecretString,
) -> Result<SecretString, EnrolError> {
    match sealed_with {
        Some(with_key) => Ok(seal::close(with_key, name, &text).await?.into()),
        None => Ok(text),
    }
}

/// Writes the identity file again, out of the credentials.
pub(crate) async fn write_identity(
    credentials_file: &Path,
    identity_file: &Path,
    keeping: Keeping,
) -> Result<Enrolled, EnrolError> {
    let sealed_with = prepare(keeping).await?;
    let text = credentials(credentials_file).await?;
    let adapter = Credentials::parse(&text, credentials_file)?.adapter;
    let salt = Credentials::parse_salt(&text, credentials_file)?;
    let failed = |error| match error {
        EnrolError::Write { file, source } => EnrolError::WriteIdentity { file, source },
        error => error,
    };
    let draft = Draft::create(identity_file, GROUP).map_err(failed)?;
    draft.write(&kept(sealed_with, IDENTITY_NAME, identity_text(&adapter, &salt)).await?).map_err(failed)?;
    Ok(Enrolled { adapter, sealed_with })
}

fn credentials_text(name: &AdapterName, key: &SecretString, salt: &str) -> SecretString {
    SecretString::from(format!(
        "# Written by `adapter enrol`. Keep it secret, and keep the salt when the key changes.\n\
         adapter = {:?}\nkey = {:?}\nsalt = {salt:?}\n",
        name.as_str(),
        key.expose_secret()
    ))
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
    let status = response.status().as_u16();
    let body = client::body(response, ANSWER_MAX).await.unwrap_or_default();
    if status == 200 {
        let wrong = |_| UplinkError::Answer("the platform's answer names no adapter and key".into()).into();
        return serde_json::from_slice(&body).map_err(wrong);
    }
    let refusal: Option<Refusal> = serde_json::from_slice(&body).ok();
    if refusal.and_then(|it| it.refused).as_deref() == Some(CODE_REFUSED) {
        return Err(EnrolError::CodeRefused);
    }
    let said = format!(
        "the answer is {status}, which says nothing of the code and may not be the platform's; try again later"
    );
    Err(UplinkError::Answer(said).into())
}

/// The salt of the credentials, or a new one where there are none. An adapter that is enrolled again keeps it: with another, what it
/// resends would be stored twice.
pub(crate) async fn salt(file: &Path) -> Result<String, EnrolError> {
    match credentials(file).await {
        Ok(text) => Ok(Credentials::parse_salt(&text, file)?),
        Err(EnrolError::Credentials(CredentialsError::NotEnrolled { .. })) => {
            let mut bytes = [0; 16];
            SystemRandom::new().fill(&mut bytes).map_err(|_| EnrolError::Random)?;
            Ok(HEXLOWER.encode(&bytes))
        }
        Err(error) => Err(error),
    }
}

/// The text of the credentials file, opened where it is sealed.
async fn credentials(file: &Path) -> Result<SecretString, EnrolError> {
    let text = Credentials::read(file)?;
    match Credentials::parse(&text, file) {
        Err(CredentialsError::Sealed { .. }) => {
            let foreign = |source| match source {
                SealError::NotOpened(_) => EnrolError::Foreign { file: file.to_owned(), source },
                source => source.into(),
            };
            seal::open(CREDENTIALS_NAME, text.expose_secret()).await.map_err(foreign)
        }
        _ => Ok(text),
    }
}

/// The new file, until it takes the place of the old one in one step.
struct Draft {
    path: PathBuf,
    target: PathBuf,
    file: File,
}

impl Draft {
    fn create(target: &Path, mode: u32) -> Result<Self, EnrolError> {
        // Beside it, and not in place of its ending: two files that differ in that alone need a draft each.
        let mut path = target.as_os_str().to_owned();
        path.push(".new");
        let path = PathBuf::from(path);
        // One that a broken run left behind may have another mode.
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        // Whatever the umask left of it.
        let file = file.and_then(|file| file.set_permissions(Permissions::from_mode(mode)).map(|()| file));
        let file = file.map_err(|source| EnrolError::Write { file: path.clone(), source })?;
        Ok(Self { path, target: target.to_owned(), file })
    }

    fn write(mut self, text: &SecretString) -> Result<(), EnrolError> {
        let written = self.file.write_all(text.expose_secret().as_bytes());
        let written = written.and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| fs::rename(&self.path, &self.target));
        // The name as well: a key that is gone with the power is a code that was used for nothing.
        let written = written.and_then(|()| File::open(directory_of(&self.target))?.sync_all());
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

    #[tokio::test]
    async fn what_is_written_can_be_read_and_the_salt_stays() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("credentials.toml");
        let name = AdapterName::parse("oslo-1").unwrap();
        let first = salt(&file).await.unwrap();
        let write = |key: &str| {
            let text = credentials_text(&name, &SecretString::from(key), &first);
            Draft::create(&file, OWNER).unwrap().write(&text).unwrap();
        };
        write("key-1");
        assert_eq!(salt(&file).await.unwrap(), first);
        write("key-2");
        let credentials = Credentials::load(&file).unwrap();
        assert_eq!((credentials.adapter, credentials.key.expose_secret()), (name, "key-2"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_identity_has_the_name_and_the_salt_and_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let (file, identity_file) =
            (directory.path().join("credentials.toml"), directory.path().join("identity.toml"));
        let name = AdapterName::parse("oslo-1").unwrap();
        let salt = salt(&file).await.unwrap();
        let text = credentials_text(&name, &SecretString::from("the-secret-key"), &salt);
        Draft::create(&file, OWNER).unwrap().write(&text).unwrap();
        let written = write_identity(&file, &identity_file, Keeping::InClear).await.unwrap();
        assert_eq!((written.adapter, written.sealed_with), (name.clone(), None));
        let identity = AdapterIdentity::load(&identity_file).unwrap();
        assert_eq!((identity.adapter, identity.salt), (name, Credentials::load(&file).unwrap().salt));
        let written = fs::read_to_string(&identity_file).unwrap();
        assert!(written.contains(&salt) && !written.contains("the-secret-key"), "{written}");
        let mode = |file| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&identity_file)), (0o600, 0o640));
        // The one for the other is refused, and says nothing of what is in it.
        let refused = AdapterIdentity::load(&file).unwrap_err();
        let said = format!("{refused} {refused:?}");
        assert!(
            matches!(refused, IdentityFileError::HoldsKey { .. }) && !said.contains("the-secret-key"),
            "{said}"
        );
    }

    #[test]
    fn a_draft_that_was_not_written_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        drop(Draft::create(&directory.path().join("credentials.toml"), OWNER).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
