use std::net::IpAddr;
use std::time::Duration;

use catalog::Timestamp;

use super::{
    Guard, IdentityError, LogIn, Role, SessionToken, SetupToken, add_user, current, log_in, log_out,
    make_setup_link, remove_user, session, set_password, set_role, setup_link_works, use_setup_link,
};
use crate::secret;
use crate::testing::{Bench, START};

const HOUR: i64 = 3_600_000;
const PASSWORD: &str = "correct horse battery";

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

async fn with_anna() -> Bench {
    let bench = Bench::new();
    add_user(&bench.app, "anna", Role::Technician, PASSWORD.into(), "test").await.unwrap();
    bench
}

async fn enter(bench: &Bench, name: &str, password: &str) -> Option<SessionToken> {
    match log_in(&bench.app, name, password.into(), address(1)).await.unwrap() {
        LogIn::In(token) => Some(token),
        LogIn::Wrong => None,
        LogIn::TooMany { .. } => panic!("limited"),
    }
}

#[tokio::test]
async fn only_the_right_password_of_a_known_name_lets_in() {
    let bench = with_anna().await;
    let token = enter(&bench, "anna", PASSWORD).await.unwrap();
    let user = current(&bench.app, &token).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.role), ("anna", Role::Technician));
    assert!(enter(&bench, "anna", "correct horse batterz").await.is_none());
    assert!(enter(&bench, "nobody", PASSWORD).await.is_none());
    assert!(enter(&bench, "anna", "").await.is_none());
    assert!(current(&bench.app, &SessionToken::new("x")).await.unwrap().is_none());
    assert!(!format!("{token:?}").contains(token.expose()));
    let bytes = bench.bytes_on_disk();
    for secret in [PASSWORD, token.expose()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

#[tokio::test]
async fn who_is_logged_in_sees_the_pages_while_nothing_can_be_written() {
    let bench = with_anna().await;
    let token = enter(&bench, "anna", PASSWORD).await.unwrap();
    bench.app.store.write(|conn| Ok(conn.pragma_update(None, "query_only", true)?)).await.unwrap();
    bench.wait(HOUR);
    assert!(current(&bench.app, &token).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_ends_idle_in_the_end_and_by_logging_out() {
    let bench = with_anna().await;
    let idle = enter(&bench, "anna", PASSWORD).await.unwrap();
    bench.wait(12 * HOUR);
    assert!(current(&bench.app, &idle).await.unwrap().is_none());

    let used = enter(&bench, "anna", PASSWORD).await.unwrap();
    for _ in 0..7 * 24 / 8 - 1 {
        bench.wait(8 * HOUR);
        assert!(current(&bench.app, &used).await.unwrap().is_some());
    }
    bench.wait(8 * HOUR);
    assert!(current(&bench.app, &used).await.unwrap().is_none());

    let left = enter(&bench, "anna", PASSWORD).await.unwrap();
    let token = left.clone();
    bench.app.store.write(move |conn| log_out(conn, &token)).await.unwrap();
    assert!(current(&bench.app, &left).await.unwrap().is_none());
}

#[tokio::test]
async fn names_and_passwords_are_checked() {
    let bench = with_anna().await;
    let add =
        |name, password: &str| add_user(&bench.app, name, Role::Admin, password.to_owned().into(), "test");
    assert!(matches!(add("anna", PASSWORD).await, Err(IdentityError::Taken(_))));
    assert!(matches!(add("a b", PASSWORD).await, Err(IdentityError::Name)));
    assert!(matches!(add("bob", "too short").await, Err(IdentityError::Password)));
    assert!(matches!(add("bob", &"x".repeat(201)).await, Err(IdentityError::Password)));
}

#[tokio::test]
async fn the_set_up_link_makes_one_admin_once() {
    let bench = Bench::new();
    let make = || bench.app.store.write(|conn| make_setup_link(conn, Timestamp(START)));
    let replaced = make().await.unwrap().unwrap();
    let link = make().await.unwrap().unwrap();
    let using = |token: &SetupToken, password: &'static str| {
        let (app, token) = (bench.app.clone(), token.clone());
        async move { use_setup_link(&app, &token, "anna", password.into()).await }
    };
    assert!(matches!(using(&replaced, PASSWORD).await, Err(IdentityError::Link)));
    assert!(matches!(using(&link, "short").await, Err(IdentityError::Password)));
    using(&link, PASSWORD).await.unwrap();
    assert!(matches!(using(&link, PASSWORD).await, Err(IdentityError::Link)));
    assert!(enter(&bench, "anna", PASSWORD).await.is_some());
    // With a user there is no further link.
    assert!(make().await.unwrap().is_none());
}

#[tokio::test]
async fn the_set_up_link_expires() {
    let bench = Bench::new();
    let link = bench.app.store.write(|conn| make_setup_link(conn, Timestamp(START))).await.unwrap().unwrap();
    let works = |time| {
        let link = link.clone();
        bench.app.store.read(move |conn| setup_link_works(conn, &link, Timestamp(time)))
    };
    assert!(works(START + 24 * HOUR - 1).await.unwrap());
    assert!(!works(START + 24 * HOUR).await.unwrap());
}

#[tokio::test]
async fn guessing_is_slowed_by_name_and_address() {
    let bench = with_anna().await;
    let attempt = |from, password: &'static str| log_in(&bench.app, "anna", password.into(), address(from));
    for _ in 0..5 {
        assert!(matches!(attempt(1, "wrong password").await.unwrap(), LogIn::Wrong));
    }
    assert!(matches!(attempt(1, PASSWORD).await.unwrap(), LogIn::TooMany { .. }));
    // Somebody else cannot lock her out with that.
    assert!(matches!(attempt(2, PASSWORD).await.unwrap(), LogIn::In(_)));
    bench.wait(10 * 60_000);
    assert!(matches!(attempt(1, PASSWORD).await.unwrap(), LogIn::In(_)));
}

#[test]
fn the_guard_counts_addresses_and_stays_small() {
    let guard = Guard::default();
    for n in 0..30 {
        guard.log_in(&format!("name{n}"), address(1), Timestamp(START)).unwrap();
    }
    let left = guard.log_in("name", address(1), Timestamp(START + 60_000)).unwrap_err();
    assert_eq!(left, Duration::from_secs(9 * 60));
    for n in 0..30_000u32 {
        let _ = guard.log_in(&format!("name{n}"), IpAddr::from(n.to_be_bytes()), Timestamp(START));
    }
    assert!(guard.len() <= 10_000);
}

#[test]
fn an_ipv6_network_counts_as_one_address() {
    let guard = Guard::default();
    let at = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host]);
    for host in 0..20 {
        guard.enrol(at(host), Timestamp(START)).unwrap();
    }
    assert!(guard.enrol(at(99), Timestamp(START)).is_err());
}

#[tokio::test]
async fn an_account_that_ends_or_changes_ends_its_sessions_and_the_audit_says_so() {
    let bench = Bench::new();
    for name in ["anna", "bob"] {
        add_user(&bench.app, name, Role::Admin, PASSWORD.into(), "test").await.unwrap();
    }
    let gone = async |token: &SessionToken| current(&bench.app, token).await.unwrap().is_none();

    let token = enter(&bench, "anna", PASSWORD).await.unwrap();
    set_password(&bench.app, "anna", "another good password".into(), "bob").await.unwrap();
    assert!(gone(&token).await && enter(&bench, "anna", PASSWORD).await.is_none());

    let token = enter(&bench, "anna", "another good password").await.unwrap();
    set_role(&bench.app, "anna", Role::Technician, "bob").await.unwrap();
    assert!(gone(&token).await);
    let token = enter(&bench, "anna", "another good password").await.unwrap();
    assert_eq!(current(&bench.app, &token).await.unwrap().unwrap().role, Role::Technician);

    let compared = session::find(&bench.app, "anna").await.unwrap().unwrap();
    remove_user(&bench.app, "anna", "bob").await.unwrap();
    assert!(gone(&token).await && enter(&bench, "anna", "another good password").await.is_none());
    // Somebody of the same name who comes next is not the one who was.
    add_user(&bench.app, "anna", Role::Technician, PASSWORD.into(), "test").await.unwrap();
    let opened = bench.app.store.write(move |conn| {
        session::open(conn, &compared, "anna", &secret::hash(&"x".into()), Timestamp(START))
    });
    assert!(!opened.await.unwrap());

    let said = bench.app.store.read(|conn| {
        let select = "SELECT group_concat(what || ' ' || subject, '; ') FROM audit WHERE who = 'bob' AND what <> 'logged in'";
        Ok(conn.query_row(select, [], |row| row.get::<_, String>(0))?)
    });
    let expected = "changed a user's password anna; made a user technician anna; removed a user anna";
    assert_eq!(said.await.unwrap(), expected);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let bench = with_anna().await;
    add_user(&bench.app, "bob", Role::Admin, PASSWORD.into(), "test").await.unwrap();
    let token = enter(&bench, "bob", PASSWORD).await.unwrap();
    assert!(matches!(remove_user(&bench.app, "bob", "bob").await, Err(IdentityError::LastAdmin(_))));
    let demoted = set_role(&bench.app, "bob", Role::Technician, "bob").await;
    assert!(matches!(demoted, Err(IdentityError::LastAdmin(_))));
    // Nothing has changed.
    assert!(current(&bench.app, &token).await.unwrap().is_some());
    set_role(&bench.app, "anna", Role::Admin, "bob").await.unwrap();
    remove_user(&bench.app, "bob", "anna").await.unwrap();
    assert!(matches!(remove_user(&bench.app, "bob", "anna").await, Err(IdentityError::Unknown(_))));
}

#[tokio::test]
async fn others_who_guess_do_not_keep_out_who_logged_in_here_lately() {
    let bench = with_anna().await;
    let attempt = |from, password: &'static str| log_in(&bench.app, "anna", password.into(), address(from));
    assert!(matches!(attempt(1, PASSWORD).await.unwrap(), LogIn::In(_)));
    // Five from each of twenty networks.
    for n in 0..100 {
        bench.app.guard.log_in("anna", address(2 + n / 5), Timestamp(START)).unwrap();
    }
    assert!(matches!(attempt(99, PASSWORD).await.unwrap(), LogIn::TooMany { .. }));
    assert!(matches!(attempt(1, PASSWORD).await.unwrap(), LogIn::In(_)));
    // There, too, guessing is slowed.
    for _ in 0..5 {
        assert!(matches!(attempt(1, "wrong password").await.unwrap(), LogIn::Wrong));
    }
    assert!(matches!(attempt(1, PASSWORD).await.unwrap(), LogIn::TooMany { .. }));
}

#[test]
fn who_is_right_uses_nothing_up() {
    let guard = Guard::default();
    for n in 0..31 {
        let name = format!("name{n}");
        guard.log_in(&name, address(1), Timestamp(START)).unwrap();
        guard.log_in_was_right(&name, address(1), Timestamp(START));
    }
    for n in 0..101 {
        guard.log_in("anna", address(n), Timestamp(START)).unwrap();
        guard.log_in_was_right("anna", address(n), Timestamp(START));
    }
    // Nor does it give others a further attempt.
    guard.log_in("nobody", address(1), Timestamp(START)).unwrap();
    guard.log_in("anna", address(1), Timestamp(START)).unwrap();
    guard.log_in_was_right("anna", address(1), Timestamp(START));
    // What is left: the wrong one's name and address, its address, and its name.
    assert_eq!(guard.len(), 3);
}

#[test]
fn where_a_name_was_right_is_forgotten_in_time_and_kept_in_bounds() {
    let guard = Guard::default();
    let from = |n: u32| IpAddr::from(n.to_be_bytes());
    let right = |n, now| {
        guard.log_in("anna", from(n), now).unwrap();
        guard.log_in_was_right("anna", from(n), now);
    };
    for n in 0..3_000 {
        right(n, Timestamp(START + i64::from(n)));
    }
    assert!(guard.known_len() <= 1_000);
    let later = Timestamp(START + 31 * 24 * HOUR);
    for n in 5_000..5_100 {
        guard.log_in("anna", from(n), later).unwrap();
    }
    assert!(guard.log_in("anna", from(2_999), later).is_err(), "of a month ago");
}
