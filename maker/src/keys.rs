//! Private keys, as PKCS#8 in a PEM file (RFC 8410), and public keys, as a line: `ed25519 PUBLIC-KEY HOLDER`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use data_encoding::BASE64;
use release::{Envelope, Holder, Key, PublicKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::limits;

/// The word that a public key's line begins with.
const ALGORITHM: &str = "ed25519";
/// How a private key's file begins and ends (RFC 7468). An Ed25519 key is one line between.
const FIRST: &str = "-----BEGIN PRIVATE KEY-----";
const LAST: &str = "-----END PRIVATE KEY-----";
/// Bytes of an Ed25519 private key.
const SEED_BYTES: usize = 32;
/// What stands before them in PKCS#8 (RFC 8410, section 7), as OpenSSL writes it as well.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// Bits of the mode that let anyone but the owner in.
const OTHERS: u32 = 0o077;

/// Where a private key comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A file that only its owner can read.
    File(PathBuf),
    /// Standard input, written as `-`: for a key that lies encrypted and is opened by another program.
    Input,
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        if text == "-" { Self::Input } else { Self::File(text.into()) }
    }
}

/// Bytes of a private key, which are overwritten before their memory goes back. What the library that signs keeps of a key
/// is not: it ends with the process, which leaves no core behind (`cli.rs`).
type Wiped = Zeroizing<Vec<u8>>;

/// A private key.
pub(crate) struct Secret(Ed25519KeyPair);

impl Secret {
    /// Makes a new one; gives its file's text as well.
    pub(crate) fn generate() -> Result<(Self, Wiped)> {
        let mut der = Wiped::new(Vec::with_capacity(PKCS8.len() + SEED_BYTES));
        der.extend_from_slice(&PKCS8);
        der.resize(PKCS8.len() + SEED_BYTES, 0);
        let seed = der.get_mut(PKCS8.len()..).unwrap_or_default();
        SystemRandom::new().fill(seed).ok().context("no random bytes for a key")?;
        let mut pem = Wiped::new(vec![0; BASE64.encode_len(der.len())]);
        BASE64.encode_mut(&der, &mut pem);
        let mut text = Wiped::new(Vec::with_capacity(FIRST.len() + pem.len() + LAST.len() + 3));
        for line in [FIRST.as_bytes(), &pem, LAST.as_bytes()] {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        Ok((Self::parse(&text)?, text))
    }

    /// Reads one.
    pub(crate) fn read(source: &Source) -> Result<Self> {
        let text = match source {
            Source::Input => bounded(io::stdin()).context("standard input: no key can be read")?,
            Source::File(path) => {
                let failed = || format!("{}: cannot be read", path.display());
                let file = File::open(path).with_context(failed)?;
                let mode = file.metadata().with_context(failed)?.permissions().mode() & 0o7777;
                ensure!(
                    mode & OTHERS == 0,
                    "{0}: others can read this key (mode {mode:04o}); run `chmod 600 {0}`",
                    path.display()
                );
                bounded(file).with_context(failed)?
            }
        };
        Self::parse(&text)
    }

    fn parse(pem: &[u8]) -> Result<Self> {
        let wanted = "no Ed25519 key; a file of `release key new` or of `openssl genpkey -algorithm ed25519` is wanted";
        let text = std::str::from_utf8(pem)
            .ok()
            .and_then(|text| text.trim().strip_prefix(FIRST)?.strip_suffix(LAST));
        let mut base64 = Wiped::new(Vec::with_capacity(pem.len()));
        base64.extend(text.context(wanted)?.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        let length = BASE64.decode_len(base64.len()).ok().context(wanted)?;
        let mut der = Wiped::new(vec![0; length]);
        let length = BASE64.decode_mut(&base64, &mut der).ok().context(wanted)?;
        // Keys of OpenSSL have no public half beside the private one.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.get(..length).context(wanted)?);
        Ok(Self(pair.ok().context(wanted)?))
    }

    /// Its public half.
    pub(crate) fn public(&self) -> Result<PublicKey> {
        PublicKey::from_bytes(self.0.public_key().as_ref()).context("a public key of another length")
    }

    /// Adds its signature.
    pub(crate) fn sign(&self, envelope: &mut Envelope) -> Result<()> {
        let signature = self.0.sign(&envelope.message());
        let signature = signature.as_ref().try_into().context("a signature of another length")?;
        envelope.sign(self.public()?, signature);
        Ok(())
    }
}

fn bounded(mut input: impl Read) -> Result<Wiped> {
    // All the room at once: a vector that grows leaves copies of itself behind.
    let mut text = Wiped::new(vec![0; limits::KEY_BYTES_MAX + 1]);
    let mut length = 0;
    while let Some(room) = text.get_mut(length..).filter(|room| !room.is_empty()) {
        match input.read(room)? {
            0 => break,
            read => length += read,
        }
    }
    ensure!(length <= limits::KEY_BYTES_MAX, "too long for a key");
    text.truncate(length);
    Ok(text)
}

/// Makes a key: `HOLDER.key`, which only its owner can read, and `HOLDER.pub`, which may go round. Gives the public line.
pub(crate) fn new(holder: &Holder, folder: &Path) -> Result<String> {
    let (secret, pem) = Secret::generate()?;
    let key = Key { holder: holder.clone(), public: secret.public()? };
    write_new(&folder.join(format!("{holder}.key")), 0o600, &pem)?;
    write_new(&folder.join(format!("{holder}.pub")), 0o644, format!("{}\n", line(&key)).as_bytes())?;
    Ok(line(&key))
}

// One that is there is somebody's key, and is not written over.
fn write_new(path: &Path, mode: u32, text: &[u8]) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()));
    written.with_context(|| format!("{}: cannot be written", path.display()))
}

/// A public key's line.
pub(crate) fn line(key: &Key) -> String {
    format!("{ALGORITHM} {} {}", key.public, key.holder)
}

/// Reads a public key's file.
pub(crate) fn read_public(path: &Path) -> Result<Key> {
    let failed = || format!("{}: cannot be read", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(failed)?;
    file.take(limits::KEY_BYTES_MAX as u64).read_to_string(&mut text).with_context(failed)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let key = match words[..] {
        [ALGORITHM, public, holder] => PublicKey::parse(public).zip(Holder::parse(holder)),
        _ => None,
    };
    match key {
        Some((public, holder)) => Ok(Key { holder, public }),
        None => {
            bail!("{}: no public key; one line `{ALGORITHM} PUBLIC-KEY HOLDER` is wanted", path.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use release::Role;
    use std::fs;

    #[test]
    fn a_key_is_written_once_and_for_its_owner_and_signs() {
        let folder = tempfile::tempdir().unwrap();
        let anna = Holder::parse("anna").unwrap();
        let said = new(&anna, folder.path()).unwrap();
        assert!(new(&anna, folder.path()).is_err());
        let path = folder.path().join("anna.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&path).unwrap().contains(said.split(' ').nth(1).unwrap()));

        let public = read_public(&folder.path().join("anna.pub")).unwrap();
        assert_eq!(line(&public), said);
        let secret = Secret::read(&Source::File(path.clone())).unwrap();
        let mut envelope = Envelope::unsigned(release::Form::One, Role::Root, b"{}".to_vec());
        secret.sign(&mut envelope).unwrap();
        let (key, signature) = envelope.signatures()[0];
        assert_eq!(key, public.public);
        assert!(key.verifies(&envelope.message(), &signature));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Secret::read(&Source::File(path)).err().unwrap().to_string();
        assert!(refused.contains("others can read this key"), "{refused}");
    }

    #[test]
    fn a_keys_file_is_as_long_as_a_key_and_no_longer() {
        let long = vec![b'x'; limits::KEY_BYTES_MAX];
        assert_eq!(bounded(&long[..]).unwrap().len(), limits::KEY_BYTES_MAX);
        assert!(bounded(&[&long[..], b"x"].concat()[..]).is_err());
        let (_, text) = Secret::generate().unwrap();
        assert_eq!(text.len(), text.capacity(), "a copy was left behind when it grew");
    }

    #[test]
    fn a_key_of_openssl_is_taken() {
        // RFC 8410, section 10.3: the private key of an example, without its public half.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let secret = Secret::parse(pem.as_bytes()).unwrap();
        let expected = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        assert_eq!(secret.public().unwrap().to_string(), expected);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pub");
        let public = "1".repeat(64);
        for (text, good) in [
            (format!("ed25519 {public} anna\n"), true),
            (format!("ed25519 {public}\n"), false),
            (format!("rsa {public} anna\n"), false),
            (format!("ed25519 {public} anna\ned25519 {public} ben\n"), false),
            ("-----BEGIN PRIVATE KEY-----\n".to_owned(), false),
        ] {
            fs::write(&path, &text).unwrap();
            assert_eq!(read_public(&path).is_ok(), good, "{text}");
        }
        assert!(
            [
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                "",
            ]
            .iter()
            .all(|text| Secret::parse(text.as_bytes()).is_err())
        );
    }
}
