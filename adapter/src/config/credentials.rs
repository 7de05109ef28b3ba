//! The credentials: who the adapter is. Written by `adapter enrol` into a file, in clear or sealed; read by everything
//! else, from that file or, where the service manager opens what is sealed, from where it hands it over.

use std::io;
use std::path::{Path, PathBuf};

use catalog::Salt;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::handed_over;
use super::identity::{self, AdapterIdentity};
use super::names::AdapterName;
use super::secret_file::{self, SecretFileError};

/// The name under which the credentials are sealed and a service manager hands them over.
pub const CREDENTIALS_NAME: &str = "oneway-credentials";

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
    /// It is sealed, and this process was not given what is in it.
    #[error(
        "{}: is sealed, and the service manager alone opens it: start the adapter as a service, such as \
         `systemctl start oneway-adapter`",
        file.display()
    )]
    Sealed {
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
    /// Reads the credentials that the service manager handed over, and if it did not, the credentials file.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn load(file: &Path) -> Result<Self, CredentialsError> {
        let handed_over = handed_over::file(CREDENTIALS_NAME);
        let file = handed_over.as_deref().unwrap_or(file);
        Self::parse(&read(file)?, file)
    }

    /// Who the adapter is, without its key.
    pub fn identity(&self) -> AdapterIdentity {
        AdapterIdentity { adapter: self.adapter.clone(), salt: self.salt.clone() }
    }

    /// Reads the text of credentials, which came from this file.
    pub(crate) fn parse(text: &SecretString, file: &Path) -> Result<Self, CredentialsError> {
        parse(text, file)?.check().map_err(|what| CredentialsError::Damaged { file: file.to_owned(), what })
    }

    /// The text of the credentials file itself, whatever was handed over.
    pub(crate) fn read(file: &Path) -> Result<SecretString, CredentialsError> {
        read(file)
    }

    /// The salt alone, out of the text of credentials.
    pub(crate) fn parse_salt(text: &SecretString, file: &Path) -> Result<String, CredentialsError> {
        Self::parse(text, file)?;
        Ok(parse(text, file)?.salt)
    }
}

fn read(file: &Path) -> Result<SecretString, CredentialsError> {
    secret_file::read(file).map_err(|error| match error {
        SecretFileError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            CredentialsError::NotEnrolled { file: file.to_owned() }
        }
        error => CredentialsError::File(error),
    })
}

fn parse(text: &SecretString, file: &Path) -> Result<Raw, CredentialsError> {
    let text = text.expose_secret();
    if handed_over::is_sealed(text) {
        return Err(CredentialsError::Sealed { file: file.to_owned() });
    }
    // The error of the library would quote the line, which can be the key's.
    let what = "does not hold exactly adapter, key and salt";
    toml::from_str(text).map_err(|_| CredentialsError::Damaged { file: file.to_owned(), what })
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
