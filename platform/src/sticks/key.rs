//! The key that signs site sticks: made at the first start, kept in a file beside the store that only its owner can read, shown to
//! nobody. Boxes are given its public half.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use release::PublicKey;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::zeroize::Zeroizing;
use site::{Envelope, message};
use thiserror::Error;

/// The key's file, beside the store.
const FILE: &str = "site.key";
/// Bits of the mode that let anyone but the owner in.
const OTHERS: u32 = 0o077;
/// Characters of a line of PEM (RFC 7468).
const PEM_LINE: usize = 64;
/// Bytes of the file; an Ed25519 key has some 200.
const BYTES_MAX: u64 = 4 << 10;

/// Why there is no key.
#[derive(Debug, Error)]
pub enum SiteKeyError {
    /// The file cannot be read or written.
    #[error("{}: the key that signs site sticks cannot be read or made", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others can read it.
    #[error("{0}: others can read this key (mode {mode:04o}); run `chmod 600 {0}`", file.display())]
    Readable {
        /// Which.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("{}: no Ed25519 key; put the file of a backup there, or move it away to have a new one made, which no box trusts yet", file.display())]
    NoKey {
        /// Which.
        file: PathBuf,
    },
    /// No random bytes for a new one.
    #[error(transparent)]
    Randomness(#[from] crate::secret::NoRandomness),
}

/// The key. `Debug` does not show it.
pub struct SiteKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SiteKey {
    /// The key of the platform with this store; a new one where there is none.
    ///
    /// # Errors
    /// See [`SiteKeyError`].
    pub fn beside(store: &Path) -> Result<Self, SiteKeyError> {
        let file = store.with_file_name(FILE);
        let failed = |source| SiteKeyError::File { file: file.clone(), source };
        match File::open(&file) {
            Ok(open) => Self::read(&open, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(&file)?;
                Self::read(&File::open(&file).map_err(failed)?, &file)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn read(open: &File, file: &Path) -> Result<Self, SiteKeyError> {
        let failed = |source| SiteKeyError::File { file: file.to_owned(), source };
        // Asked of the open file, not of the path, which could be another one by then.
        let mode = open.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(SiteKeyError::Readable { file: file.to_owned(), mode });
        }
        let mut pem = Zeroizing::new(Vec::new());
        open.take(BYTES_MAX).read_to_end(&mut pem).map_err(failed)?;
        let no_key = || SiteKeyError::NoKey { file: file.to_owned() };
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| no_key())?;
        // Keys of OpenSSL have no public half beside the private one.
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).map_err(|_| no_key())?;
        let public = PublicKey::from_bytes(pair.public_key().as_ref()).ok_or_else(no_key)?;
        Ok(Self { pair, public })
    }

    /// Its public half, as boxes are given it.
    pub fn public_line(&self) -> String {
        site::line(&self.public)
    }

    /// A document as a signed file.
    pub fn sign(&self, body: Vec<u8>) -> Vec<u8> {
        let mut signature = [0; 64];
        // Both have 64 bytes (RFC 8032).
        for (to, from) in signature.iter_mut().zip(self.pair.sign(&message(&body)).as_ref()) {
            *to = *from;
        }
        Envelope { key: self.public, signature, body }.to_bytes()
    }
}

impl std::fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SiteKey({})", self.public)
    }
}

// In one step: a platform that is killed meanwhile leaves no half of a key.
fn make(file: &Path) -> Result<(), SiteKeyError> {
    let der =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| crate::secret::NoRandomness)?;
    let text = Zeroizing::new(BASE64.encode(der.as_ref()));
    let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
    for line in text.as_bytes().chunks(PEM_LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    let draft = file.with_extension(format!("key.{}", std::process::id()));
    // In a container every start has the same number.
    let _ = std::fs::remove_file(&draft);
    let write = || {
        let mut open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        open.write_all(pem.as_bytes()).and_then(|()| open.sync_all())?;
        std::fs::rename(&draft, file)
    };
    let made = write();
    if made.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    made.map_err(|source| SiteKeyError::File { file: file.to_owned(), source })
}
