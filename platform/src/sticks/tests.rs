use std::fs::Permissions;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;

use catalog::Timestamp;
use release::Time;
use secrecy::SecretString;
use site::{Before, Offer, Trust};

use super::{Form, Made, SiteKey, SiteKeyError, last, make};
use crate::keys::{authenticate, create_adapter, find_adapter, new_code, redeem, touch};
use crate::testing::Bench;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const DAY: i64 = 24 * 3_600_000;

fn form() -> Form {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, text) in [
        ("expires", "3"),
        ("code", "on"),
        ("platform.url", "https://platform.test"),
        ("network.printers.interface", "enp2s0"),
        ("network.printers.address", "192.168.77.1/24"),
        ("network.uplink.interface", "enp1s0"),
        ("network.uplink.address", "dhcp"),
        ("network.nts", "time.example.com, nts.example.org"),
        ("printers[0].id", "p01"),
        ("printers[0].query", "octoprint"),
        ("printers[0].at", "192.168.77.10"),
        ("printers[0].secret", "a-status-only-key"),
        ("printers[0].evil", "x"),
        ("link.socket", "/x"),
    ] {
        pairs.push((name.into(), format!(" {text}\r\n")));
    }
    Form::of(pairs)
}

#[test]
fn only_its_owner_may_read_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("platform.db");
    assert!(matches!(SiteKey::beside(&store), Err(SiteKeyError::None { .. })));
    let line = SiteKey::make_beside(&store).unwrap().public_line();
    assert_eq!(SiteKey::beside(&store).unwrap().public_line(), line);
    assert!(matches!(SiteKey::make_beside(&store), Err(SiteKeyError::There { .. })));
    assert!(Trust::parse(&line).is_ok());
    let file = directory.path().join("site.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(SiteKey::beside(&store), Err(SiteKeyError::Readable { mode: 0o640, .. })));
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "nothing").unwrap();
    assert!(matches!(SiteKey::beside(&store), Err(SiteKeyError::NoKey { .. })));
}

/// What a server that was put back without the file would sign, no box takes: it is not made anew in silence.
#[tokio::test]
async fn a_key_that_is_gone_or_another_is_an_error_until_somebody_asks_for_a_new_one() {
    let bench = Bench::new();
    let (path, now) = (bench.database(), bench.app.clock.now());
    let start = async || SiteKey::at_start(&path, &bench.app.store, now).await;
    let first = start().await.unwrap().public_line();
    assert_eq!(start().await.unwrap().public_line(), first);
    let file = path.with_file_name("site.key");
    let kept = file.with_file_name("backup");
    std::fs::rename(&file, &kept).unwrap();
    assert!(matches!(start().await, Err(SiteKeyError::Gone { .. })));
    assert!(!file.exists(), "a key was made that no box trusts");
    SiteKey::make_beside(&path).unwrap();
    assert!(matches!(start().await, Err(SiteKeyError::Another { .. })));
    std::fs::rename(&kept, &file).unwrap();
    assert_eq!(start().await.unwrap().public_line(), first);
    let renew = async || SiteKey::renew(&path, &bench.app.store, "anna", now).await;
    assert!(matches!(renew().await, Err(SiteKeyError::There { .. })));
    std::fs::remove_file(&file).unwrap();
    let second = renew().await.unwrap().public_line();
    assert_ne!(second, first);
    assert_eq!(start().await.unwrap().public_line(), second);
}

/// The whole of it: what was typed is what a box reads; its code replaces the key; nothing of a secret stays here.
#[tokio::test]
async fn a_stick_says_what_was_typed_and_its_code_replaces_the_key() {
    let bench = Bench::new();
    let now = bench.app.clock.now();
    let key = SiteKey::make_beside(&bench.database()).unwrap();
    let trust = Trust::parse(&key.public_line()).unwrap();
    let made = bench.app.store.write(move |conn| {
        let first = create_adapter(conn, "oslo", "Oslo", "anna", now)?.expose().to_owned();
        let old = redeem(conn, &SecretString::from(first), FROM, now)?
            .map(|enrolled| enrolled.key.expose().to_owned());
        let adapter = find_adapter(conn, "oslo")?.unwrap_or_default();
        let file = make(conn, &key, adapter, &form(), "anna", now)?;
        let again = make(conn, &key, adapter, &Form::of(vec![]), "anna", now)?;
        Ok((old.unwrap_or_default(), file, again, last(conn, adapter)?))
    });
    let (old, file, again, kept) = made.await.unwrap();
    let Made::File(bytes) = file else { panic!("{file:?}") };
    assert!(matches!(again, Made::Wrong(wrong) if wrong.contains_key("platform.url")));
    let at = Time::from_seconds(now.0 / 1000 + 60);
    let document = match site::take(&bytes, &trust, Before::Nothing, at) {
        Ok(Offer::New(document)) => document,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (document.adapter.as_str(), document.printers.len(), document.network.nts.len()),
        ("oslo", 1, 2)
    );
    let kept = kept.unwrap();
    assert_eq!(
        (kept.form.text("printers[0].at"), kept.form.text("printers[0].secret")),
        ("192.168.77.10", "")
    );
    assert_eq!((kept.form.text("link.socket"), kept.form.text("printers[0].evil")), ("", ""));

    // Two days later it can still be exchanged; when the new key is used, the old one is worth nothing.
    bench.wait(2 * DAY);
    let now = bench.app.clock.now();
    let code = SecretString::from(document.code.unwrap().expose());
    let works = |key: String| {
        let key = SecretString::from(key);
        bench.app.store.read(move |conn| Ok(authenticate(conn, &key)?.is_some()))
    };
    assert!(works(old.clone()).await.unwrap());
    let typed = code.clone();
    let enrolled = bench.app.store.write(move |conn| redeem(conn, &typed, FROM, now)).await.unwrap().unwrap();
    assert!(works(old.clone()).await.unwrap(), "the answer with the new key may be on its way");
    let new = SecretString::from(enrolled.key.expose());
    let used = bench.app.store.write(move |conn| {
        let holder = authenticate(conn, &new)?;
        holder.iter().try_for_each(|holder| touch(conn, holder, now))?;
        Ok(holder.is_some())
    });
    assert!(used.await.unwrap() && !works(old).await.unwrap());
    let audit = "SELECT group_concat(who || ' ' || what || ' ' || subject, '; ') FROM audit";
    let audit: String =
        bench.app.store.read(move |conn| Ok(conn.query_row(audit, [], |row| row.get(0))?)).await.unwrap();
    assert!(audit.contains("anna made a site stick oslo, with a new code, good until "), "{audit}");
    assert!(audit.contains("adapter oslo replaced its key oslo"), "{audit}");
    let on_disk = bench.bytes_on_disk();
    for secret in [secrecy::ExposeSecret::expose_secret(&code), "a-status-only-key"] {
        let found = on_disk.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found && !audit.contains(secret), "a secret was kept");
    }
}

#[tokio::test]
async fn a_stick_without_a_code_leaves_keys_and_codes_alone() {
    let bench = Bench::new();
    let now = bench.app.clock.now();
    let key = SiteKey::make_beside(&bench.database()).unwrap();
    let mut pairs: Vec<(String, String)> =
        serde_json::from_value::<std::collections::BTreeMap<_, _>>(serde_json::to_value(form()).unwrap())
            .unwrap()
            .into_iter()
            .collect();
    pairs.retain(|(name, _)| name != "code");
    let form = Form::of(pairs);
    let code = bench.app.store.write(move |conn| {
        let first = create_adapter(conn, "oslo", "Oslo", "anna", now)?.expose().to_owned();
        let adapter = find_adapter(conn, "oslo")?.unwrap_or_default();
        // Before it has a key, a stick without a code would be of no use.
        let made = make(conn, &key, adapter, &form, "anna", now)?;
        assert!(matches!(made, Made::Wrong(wrong) if wrong.keys().eq(["code"])));
        redeem(conn, &SecretString::from(first), FROM, now)?;
        let code = new_code(conn, adapter, "anna", now)?.expose().to_owned();
        assert!(matches!(make(conn, &key, adapter, &form, "anna", now)?, Made::File(_)));
        // A second in the same second has the next number.
        assert!(matches!(make(conn, &key, adapter, &form, "anna", now)?, Made::File(_)));
        let serial = last(conn, adapter)?.map(|stick| stick.serial.get());
        assert_eq!(serial.and_then(|serial| i64::try_from(serial).ok()), Some(now.0 / 1000 + 1));
        Ok(SecretString::from(code))
    });
    let code = code.await.unwrap();
    assert!(
        bench
            .app
            .store
            .write(move |conn| redeem(conn, &code, FROM, Timestamp(now.0)))
            .await
            .unwrap()
            .is_some()
    );
}

#[test]
fn printers_come_and_go_in_a_form() {
    let mut form = Form::suggested("https://platform.test", false);
    form.add_printer();
    form.add_printer();
    let ids = |form: &Form| -> Vec<String> {
        (0..form.printers()).map(|index| form.text(&format!("printers[{index}].id")).to_owned()).collect()
    };
    assert_eq!(ids(&form), ["p01", "p02", "p03"]);
    form.remove_printer(1);
    assert_eq!(ids(&form), ["p01", "p03"]);
    form.add_printer();
    assert_eq!(ids(&form), ["p01", "p03", "p04"]);
    for _ in 0..100 {
        form.add_printer();
    }
    assert_eq!(form.printers(), 64);
    assert!(!format!("{form:?}").contains("enp1s0"));
}
