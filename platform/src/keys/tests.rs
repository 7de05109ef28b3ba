use std::net::{IpAddr, Ipv4Addr};

use catalog::Timestamp;
use secrecy::SecretString;

use super::{
    CODE_LIFE, authenticate, create_adapter, find_adapter, new_code, redeem, replacing_code, revoke,
};
use crate::store::StoreError;
use crate::testing::Bench;

const HOUR: i64 = 3_600_000;
const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

async fn at<T: Send + 'static>(
    bench: &Bench,
    work: impl FnOnce(&rusqlite::Connection, Timestamp) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let now = bench.app.clock.now();
    bench.app.store.write(move |conn| work(conn, now)).await
}

async fn adapter(bench: &Bench) -> SecretString {
    let made = at(bench, |conn, now| create_adapter(conn, "oslo", "Oslo hall 2", "anna", now)).await.unwrap();
    made.expose().into()
}

async fn enrol(bench: &Bench, code: &SecretString) -> Option<SecretString> {
    let code = code.clone();
    at(bench, move |conn, now| redeem(conn, &code, FROM, now))
        .await
        .unwrap()
        .map(|enrolled| enrolled.key.expose().into())
}

async fn again(bench: &Bench) -> SecretString {
    let made = at(bench, |conn, now| new_code(conn, find_adapter(conn, "oslo")?.unwrap(), "anna", now));
    made.await.unwrap().expose().into()
}

async fn works(bench: &Bench, key: &SecretString) -> bool {
    let key = key.clone();
    let used = at(bench, move |conn, now| {
        let holder = authenticate(conn, &key)?;
        holder.iter().try_for_each(|holder| super::touch(conn, holder, now))?;
        Ok(holder.is_some())
    });
    used.await.unwrap()
}

#[tokio::test]
async fn a_code_works_once() {
    let bench = Bench::new();
    let code = adapter(&bench).await;
    let key = enrol(&bench, &code).await.unwrap();
    assert!(works(&bench, &key).await);
    assert!(enrol(&bench, &code).await.is_none());
}

#[tokio::test]
async fn a_code_expires_and_a_newer_one_ends_it() {
    let bench = Bench::new();
    let code = adapter(&bench).await;
    bench.wait(15 * 60_000);
    assert!(enrol(&bench, &code).await.is_none());
    let second = again(&bench).await;
    let third = again(&bench).await;
    assert!(enrol(&bench, &second).await.is_none());
    assert!(enrol(&bench, &third).await.is_some());
    assert!(enrol(&bench, &"WRON-GCOD-E234-5672-AAAA-BBBB".into()).await.is_none());
}

#[tokio::test]
async fn two_keys_are_valid_in_a_rotation_and_the_old_one_ends_with_it() {
    let bench = Bench::new();
    let code = adapter(&bench).await;
    let first = enrol(&bench, &code).await.unwrap();
    let code = again(&bench).await;
    let second = enrol(&bench, &code).await.unwrap();
    assert!(works(&bench, &first).await && works(&bench, &second).await);
    bench.wait(25 * HOUR);
    // As long as nothing comes with the new key, the old one stays: the adapter may have lost the answer.
    assert!(works(&bench, &first).await);
    assert!(works(&bench, &second).await);
    assert!(!works(&bench, &first).await);
}

#[tokio::test]
async fn a_third_key_ends_the_first() {
    let bench = Bench::new();
    let code = adapter(&bench).await;
    let first = enrol(&bench, &code).await.unwrap();
    for _ in 0..2 {
        let code = again(&bench).await;
        enrol(&bench, &code).await.unwrap();
    }
    assert!(!works(&bench, &first).await);
}

/// By the code of a stick, which replaces what was there before.
async fn replaced(bench: &Bench) -> SecretString {
    let made = at(bench, |conn, now| {
        let adapter = find_adapter(conn, "oslo")?.unwrap();
        replacing_code(conn, adapter, CODE_LIFE, "anna", now)
    });
    let code: SecretString = made.await.unwrap().expose().into();
    enrol(bench, &code).await.unwrap()
}

/// The answer with the new key may be lost on its way. Until the new key is used, the box has the old one.
#[tokio::test]
async fn a_key_is_replaced_when_the_new_one_is_used_and_not_before() {
    let bench = Bench::new();
    let first = enrol(&bench, &adapter(&bench).await).await.unwrap();
    assert!(works(&bench, &first).await);
    // Two answers are lost, one after the other.
    let lost = replaced(&bench).await;
    let second = replaced(&bench).await;
    bench.wait(25 * HOUR);
    assert!(works(&bench, &first).await, "the key that was used has to last until another one is");
    assert!(!works(&bench, &lost).await, "a newer key was had for another code");
    assert!(works(&bench, &second).await);
    assert!(!works(&bench, &first).await);
    let noted: Vec<String> = at(&bench, |conn, _| {
        let mut select =
            conn.prepare("SELECT who || ' ' || what || ' ' || subject FROM audit ORDER BY id")?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    })
    .await
    .unwrap();
    assert_eq!(
        noted.iter().filter(|line| *line == "adapter oslo enrolled oslo, from 203.0.113.9").count(),
        3
    );
    assert_eq!(noted.last().map(String::as_str), Some("adapter oslo replaced its key oslo"));
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_for_good() {
    let bench = Bench::new();
    let code = adapter(&bench).await;
    let key = enrol(&bench, &code).await.unwrap();
    for _ in 0..2 {
        at(&bench, |conn, now| revoke(conn, 1, "anna", now)).await.unwrap();
    }
    assert!(!works(&bench, &key).await);
    assert!(matches!(
        at(&bench, |conn, now| revoke(conn, 2, "anna", now)).await,
        Err(StoreError::NotFound("key"))
    ));
    let noted: i64 = at(&bench, |conn, _| {
        Ok(conn.query_row("SELECT count(*) FROM audit WHERE what = 'revoked a key'", [], |row| row.get(0))?)
    })
    .await
    .unwrap();
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn neither_key_nor_code_is_in_the_file_or_in_debug() {
    use secrecy::ExposeSecret as _;
    let bench = Bench::new();
    let code = adapter(&bench).await;
    let key = enrol(&bench, &code).await.unwrap();
    let bytes = bench.bytes_on_disk();
    let plain = code.expose_secret().replace('-', "");
    for secret in [key.expose_secret(), code.expose_secret(), &plain] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    let shown = at(&bench, |conn, now| new_code(conn, 1, "anna", now)).await.unwrap();
    assert!(!format!("{shown:?}").contains(shown.expose()));
}

#[tokio::test]
async fn names_are_checked() {
    let bench = Bench::new();
    for (name, site) in [("Oslo", "x"), ("", "x"), ("a.b", "x"), ("oslo", " "), ("oslo", "a\nb")] {
        let refused = at(&bench, move |conn, now| create_adapter(conn, name, site, "anna", now)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{name} {site}");
    }
    adapter(&bench).await;
    let refused = at(&bench, |conn, now| create_adapter(conn, "oslo", "x", "anna", now)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
}
