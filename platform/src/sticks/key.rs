//! The key that signs site sticks: made at the first start, kept in a file beside the store that only its owner can read, shown to
//! nobody. Boxes are given its public half, and the store keeps it too: so a file that was lost, or that is another's, is noticed before
//! a box refuses what it signed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use catalog::Timestamp;
use data_encoding::BASE64;
use release::PublicKey;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rusqlite::{Connection, OptionalExtension as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::zeroize::Zeroizing;
use site::{Envelope, message};
use thiserror::Error;

use crate::audit;
use crate::store::{Store, StoreError};

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
    #[error("{}: no Ed25519 key; put the file of a backup there", file.display())]
    NoKey {
        /// Which.
        file: PathBuf,
    },
    /// There is none yet.
    #[error("{}: there is no key that signs site sticks yet; the platform makes it at its first start", file.display())]
    None {
        /// Where it would be.
        file: PathBuf,
    },
    /// There was one.
    #[error(
        "{}: the key that signs site sticks is gone; put the file of a backup there. If there is none, run `platform site-key --new` as \
         the platform's user: no box takes a stick of the new key until its image has its public half", file.display()
    )]
    Gone {
        /// Where it was.
        file: PathBuf,
    },
    /// There was another.
    #[error(
        "{}: this is not the key that signed site sticks before, and boxes would refuse what it signs; put the file of a backup there, or \
         move this one away and run `platform site-key --new`", file.display()
    )]
    Another {
        /// Where it is.
        file: PathBuf,
    },
    /// A new one was asked for where there is one.
    #[error("{}: there is a key already; move it away first, and keep it: boxes trust it", file.display())]
    There {
        /// Where it is.
        file: PathBuf,
    },
    /// The store does not say which it was.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    /// The key of the platform with this store.
    ///
    /// # Errors
    /// See [`SiteKeyError`].
    pub fn beside(store: &Path) -> Result<Self, SiteKeyError> {
        let file = store.with_file_name(FILE);
        match File::open(&file) {
            Ok(open) => Self::read(&open, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SiteKeyError::None { file }),
            Err(source) => Err(SiteKeyError::File { file, source }),
        }
    }

    /// Makes the key of the platform with this store, where there is none.
    ///
    /// # Errors
    /// See [`SiteKeyError`].
    pub fn make_beside(store: &Path) -> Result<Self, SiteKeyError> {
        let file = store.with_file_name(FILE);
        if file.exists() {
            return Err(SiteKeyError::There { file });
        }
        make(&file)?;
        Self::beside(store)
    }

    /// The key at a start of the platform: the one that the store knows, or, at the first start of all, a new one.
    ///
    /// # Errors
    /// A key that is gone or another one: it would sign what no box takes.
    pub async fn at_start(path: &Path, store: &Store, now: Timestamp) -> Result<Self, SiteKeyError> {
        let known = store.read(known).await?;
        let key = match (Self::beside(path), &known) {
            (Err(SiteKeyError::None { file }), Some(_)) => return Err(SiteKeyError::Gone { file }),
            (Err(SiteKeyError::None { .. }), None) => Self::make_beside(path)?,
            (key, _) => key?,
        };
        let public = key.public.to_string();
        // Another process may have been first.
        let kept = store.write(move |conn| {
            conn.execute(
                "INSERT INTO site_key (id, public, since) VALUES (1, ?1, ?2) ON CONFLICT (id) DO NOTHING",
                (public, now.0),
            )?;
            self::known(conn)
        });
        if kept.await?.as_deref() == Some(&*key.public.to_string()) {
            Ok(key)
        } else {
            Err(SiteKeyError::Another { file: path.with_file_name(FILE) })
        }
    }

    /// Makes a new key in the place of one that is gone for good.
    ///
    /// # Errors
    /// When there is one, or the file or the store cannot be written.
    pub async fn renew(path: &Path, store: &Store, by: &str, now: Timestamp) -> Result<Self, SiteKeyError> {
        let key = Self::make_beside(path)?;
        let (public, by) = (key.public.to_string(), by.to_owned());
        let noted = store.write(move |conn| {
            conn.execute(
                "INSERT INTO site_key (id, public, since) VALUES (1, ?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET public = ?1, since = ?2",
                (&public, now.0),
            )?;
            audit::note(conn, &by, "made a new site key", &public, now)
        });
        noted.await?;
        Ok(key)
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

fn known(conn: &Connection) -> Result<Option<String>, StoreError> {
    Ok(conn.query_row("SELECT public FROM site_key", [], |row| row.get(0)).optional()?)
}

// In one step, and never over another: a platform that is killed meanwhile leaves no half of a key.
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
        std::fs::hard_link(&draft, file)?;
        let directory = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()
    };
    let made = write();
    let _ = std::fs::remove_file(&draft);
    made.map_err(|source| SiteKeyError::File { file: file.to_owned(), source })
}
