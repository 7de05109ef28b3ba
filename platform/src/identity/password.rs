//! argon2id, which is slow and takes memory on purpose.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::IdentityError;

/// Shortest password, in characters.
pub(super) const LENGTH_MIN: usize = 12;

/// Longest password, in characters: bounds the work of hashing.
pub(super) const LENGTH_MAX: usize = 200;

/// Hashes at the same time, of 19 MiB each: a flood of log-ins must not take the memory.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Verified against when there is no such user, so that the answer takes as long as for a real one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&"nobody-has-this".into()).ok());

/// Whether the password may be chosen.
pub(super) fn check(password: &SecretString) -> Result<(), IdentityError> {
    let length = password.expose_secret().chars().count();
    if (LENGTH_MIN..=LENGTH_MAX).contains(&length) { Ok(()) } else { Err(IdentityError::Password) }
}

/// The password's hash in PHC form.
pub(super) async fn hash(password: SecretString) -> Result<String, IdentityError> {
    check(&password)?;
    off_thread(move || hash_now(&password)).await?
}

/// Whether the password is the one behind the hash. Without a hash it takes as long and is false.
pub(super) async fn verify(password: SecretString, hash: Option<String>) -> Result<bool, IdentityError> {
    if check(&password).is_err() {
        // No user can have such a password, which is no secret.
        return Ok(false);
    }
    off_thread(move || verify_now(&password, hash.as_deref())).await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IdentityError> {
    let turn = TURNS.acquire().await.map_err(|error| IdentityError::Hash(error.to_string()))?;
    // The turn goes with the hash, which goes on when its caller has gone away.
    let work = move || (work(), turn).0;
    tokio::task::spawn_blocking(work).await.map_err(|error| IdentityError::Hash(error.to_string()))
}

// Argon2's defaults are OWASP's: argon2id, 19 MiB, two passes, one lane.
fn hash_now(password: &SecretString) -> Result<String, IdentityError> {
    let failed = |error: argon2::password_hash::Error| IdentityError::Hash(error.to_string());
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).map_err(|_| IdentityError::Hash("no random bytes".into()))?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &SecretString, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let Some(hash) = hash.or(NOBODY.as_deref()) else { return false };
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let same = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
    same && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_that_goes_away_does_not_free_the_turn_of_its_hash() {
        let (end, ended) = std::sync::mpsc::sync_channel::<()>(1);
        let hashing = off_thread(move || ended.recv());
        assert!(futures::FutureExt::now_or_never(hashing).is_none());
        assert_eq!(TURNS.available_permits(), 1);
        end.send(()).unwrap();
        drop(TURNS.acquire_many(2).await.unwrap());
    }
}
