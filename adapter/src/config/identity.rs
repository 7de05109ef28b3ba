//! The identity file: who the adapter is, without its key. Written by `adapter enrol`, read by the intake.

use std::io;
use std::path::{Path, PathBuf};

use catalog::Salt;
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::handed_over;
use super::names::AdapterName;
use super::secret_file::{self, SecretFileError};

/// The name under which the identity is sealed and a service manager hands it over.
pub(crate) const IDENTITY_NAME: &str = "oneway-identity";

/// Who the adapter is, as far as it must be known to make readings: nothing of it opens the platform.
#[derive(Clone, Debug)]
pub struct AdapterIdentity {
    /// Its name on the platform.
    pub adapter: AdapterName,
    /// Its secret for origins and hashes, which stays when the key changes.
    pub salt: Salt,
}

/// Why there is no identity. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFileError {
    /// The file could not be read as a secret.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// There is no such file.
    #[error("{}: there is no such file; run `adapter enrol`, or `adapter identity` where it is enrolled", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// It is sealed, and this process was not given what is in it.
    #[error(
        "{}: is sealed, and the service manager alone opens it: start the intake as a service, such as \
         `systemctl start oneway-intake`",
        file.display()
    )]
    Sealed {
        /// The file.
        file: PathBuf,
    },
    /// It has a key: the intake must not have one.
    #[error(
        "{}: holds a key, which the intake must never have; name the identity file that `adapter enrol` or `adapter \
         identity` writes, and keep the credentials file out of the intake's reach", file.display()
    )]
    HoldsKey {
        /// The file.
        file: PathBuf,
    },
    /// The file holds something else. The text names no value.
    #[error("{}: {what}; run `adapter identity` where the credentials are", file.display())]
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
    salt: String,
    /// Looked for only to be refused by name.
    key: Option<serde::de::IgnoredAny>,
}

impl AdapterIdentity {
    /// Reads the identity that the service manager handed over, and if it did not, the identity file. One with a key in
    /// it is refused.
    ///
    /// # Errors
    /// See [`IdentityFileError`].
    pub fn load(file: &Path) -> Result<Self, IdentityFileError> {
        let handed_over = handed_over::file(IDENTITY_NAME);
        let file = handed_over.as_deref().unwrap_or(file);
        let text = secret_file::read_shared(file).map_err(|error| match error {
            SecretFileError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                IdentityFileError::Missing { file: file.to_owned() }
            }
            error => IdentityFileError::File(error),
        })?;
        let damaged = |what| IdentityFileError::Damaged { file: file.to_owned(), what };
        if handed_over::is_sealed(text.expose_secret()) {
            return Err(IdentityFileError::Sealed { file: file.to_owned() });
        }
        // The error of the library would quote the line.
        let raw: Raw = toml::from_str(text.expose_secret())
            .map_err(|_| damaged("does not hold exactly adapter and salt"))?;
        if raw.key.is_some() {
            return Err(IdentityFileError::HoldsKey { file: file.to_owned() });
        }
        let adapter =
            AdapterName::parse(&raw.adapter).ok_or(damaged("adapter is not a name of an adapter"))?;
        Ok(Self { adapter, salt: salt(&raw.salt).map_err(damaged)? })
    }
}

/// The text of an identity file, from a salt's digits.
pub(crate) fn identity_text(adapter: &AdapterName, salt: &str) -> SecretString {
    SecretString::from(format!(
        "# Written by `adapter enrol` or `adapter identity`, for `adapter intake`. It holds no key.\n\
         adapter = {:?}\nsalt = {salt:?}\n",
        adapter.as_str()
    ))
}

/// A salt from its 32 hexadecimal digits.
pub(super) fn salt(digits: &str) -> Result<Salt, &'static str> {
    let bytes = HEXLOWER.decode(digits.as_bytes()).map_err(|_| "salt is not hexadecimal")?;
    <[u8; 16]>::try_from(bytes).map(Salt::new).map_err(|_| "salt has not 32 digits")
}
