//! The credentials file: who the adapter is. Written by `adapter enrol`, read by everything else.

use std::io;
use std::path::{Path, PathBuf};

use catalog::Salt;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::identity::{self, AdapterIdentity};
use super::names::AdapterName;
use super::secret_file::{self, SecretFileError};

/// Who the adapter is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its name on the platform.
    pub adapter: AdapterName,
    /// Its key.
    pub key: SecretString,
    /// Its secret for origins and hashes, which stays when the key changes.
    pub salt: Salt,
}

/// Why there are no credentials. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file could not be read as a secret.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// There is no such file.
    #[error("{}: there is no such file; run `adapter enrol`", file.display())]
    NotEnrolled {
        /// The file.
        file: PathBuf,
    },
    /// The file holds something else. The text names no value: one of them is the key.
    #[error("{}: {what}; run `adapter enrol` again, or restore the file", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    adapter: String,
    key: String,
    salt: String,
}

impl Credentials {
    /// Reads the credentials file.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn load(file: &Path) -> Result<Self, CredentialsError> {
        read(file)?.check().map_err(|what| CredentialsError::Damaged { file: file.to_owned(), what })
    }

    /// Who the adapter is, without its key.
    pub fn identity(&self) -> AdapterIdentity {
        AdapterIdentity { adapter: self.adapter.clone(), salt: self.salt.clone() }
    }

    /// The salt alone, as its 32 hexadecimal digits, to be written again beside a new key.
    pub(crate) fn load_salt(file: &Path) -> Result<String, CredentialsError> {
        let raw = read(file)?;
        let salt = raw.salt.clone();
        raw.check().map_err(|what| CredentialsError::Damaged { file: file.to_owned(), what })?;
        Ok(salt)
    }
}

fn read(file: &Path) -> Result<Raw, CredentialsError> {
    let text = secret_file::read(file).map_err(|error| match error {
        SecretFileError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            CredentialsError::NotEnrolled { file: file.to_owned() }
        }
        error => CredentialsError::File(error),
    })?;
    // The error of the library would quote the line, which can be the key's.
    let what = "does not hold exactly adapter, key and salt";
    toml::from_str(text.expose_secret())
        .map_err(|_| CredentialsError::Damaged { file: file.to_owned(), what })
}

impl Raw {
    fn check(self) -> Result<Credentials, &'static str> {
        let raw = self;
        let adapter = AdapterName::parse(&raw.adapter).ok_or("adapter is not a name of an adapter")?;
        let key = SecretString::from(raw.key);
        // It travels in a header.
        let plain = key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
        if key.expose_secret().is_empty() || !plain {
            return Err("key is empty or has characters that no key has");
        }
        Ok(Credentials { adapter, key, salt: identity::salt(&raw.salt)? })
    }
}
