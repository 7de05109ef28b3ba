//! Random secrets and the hashes that stand for them in the store.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use thiserror::Error;

/// What the store holds in place of a secret. The secrets hashed here are random and long, so a plain hash
/// cannot be turned back by trying; and since a lookup compares hashes, how long it takes tells nothing of
/// the secret.
pub type SecretHash = [u8; 32];

/// The operating system gave no random bytes.
#[derive(Debug, Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

/// 256 random bits as 43 characters that may stand in a header, a cookie or a link.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn token() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandom::new().fill(&mut *bytes).map_err(|_| NoRandomness)?;
    Ok(BASE64URL_NOPAD.encode(&*bytes).into())
}

/// 120 random bits as six groups of four letters and digits, to be copied by hand from a screen.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn code() -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0; 15]);
    SystemRandom::new().fill(&mut *bytes).map_err(|_| NoRandomness)?;
    let letters = Zeroizing::new(BASE32_NOPAD.encode(&*bytes));
    let groups: Vec<_> = (0..letters.len()).step_by(4).map(|at| &letters[at..at + 4]).collect();
    Ok(groups.join("-").into())
}

/// The hash of a token.
pub fn hash(secret: &SecretString) -> SecretHash {
    sha256(secret.expose_secret().as_bytes())
}

/// The hash of a code as somebody typed it: case, spaces and hyphens do not count.
pub fn hash_code(typed: &SecretString) -> SecretHash {
    let plain = typed.expose_secret().chars().filter(char::is_ascii_alphanumeric);
    sha256(Zeroizing::new(plain.map(|c| c.to_ascii_uppercase()).collect::<String>()).as_bytes())
}

fn sha256(bytes: &[u8]) -> SecretHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_carelessly() {
        let code = code().unwrap();
        let text = code.expose_secret();
        assert_eq!(text.len(), 29);
        let typed = format!(" {} ", text.to_lowercase().replace('-', " "));
        assert_eq!(hash_code(&typed.into()), hash_code(&code));
    }

    #[test]
    fn tokens_differ() {
        assert_ne!(hash(&token().unwrap()), hash(&token().unwrap()));
    }
}
