//! The poller against a Duet on a real socket: one login, however often it is asked, and the session given back at the end.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use catalog::Value;
use tokio::time::Duration;

use super::peer::Duet;
use crate::config::{HostPort, HttpTarget, Interface, Printer};
use crate::normalise::testing::{self, Bench};

/// Waits, beside the poller, until the printer remembers this.
async fn wait_until(duet: &Duet, is: impl FnMut(&super::peer::State) -> bool + Send + 'static) {
    let duet = duet.clone();
    tokio::task::spawn_blocking(move || duet.wait_until(is)).await.unwrap();
}

/// Stores everything until an item has this code.
async fn until(bench: &Bench, id: &str, code: &str) {
    let is = |value: &Value| matches!(value, Value::Code(found) if *found == code);
    while !bench.store(1, |reading| reading.item().id() == id).await.iter().any(|reading| is(reading.value()))
    {
    }
}

#[tokio::test]
async fn one_session_serves_every_round_and_is_given_back() {
    let (duet, bench, directory) = (Duet::start().unwrap(), testing::bench(), tempfile::tempdir().unwrap());
    let password = directory.path().join("p01.password");
    fs::write(&password, "open sesame&more\n").unwrap();
    fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    let target = HttpTarget {
        address: HostPort::parse(&format!("127.0.0.1:{}", duet.port)).unwrap(),
        tls: None,
        prefix: String::new(),
        key_file: Some(password),
        interval: Duration::from_millis(50),
    };
    let printer = Printer { interface: Some(Interface::Duet(target)), ..testing::printer() };
    crate::intake::poll::start(&[printer], None, &bench.context).unwrap();
    until(&bench, "printer.state", "building").await;
    wait_until(&duet, |state| state.answered >= 20).await;
    assert_eq!(duet.with(|state| (state.logins, state.sessions.len())), (1, 1));
    // The mains fail for a moment: the session is gone, and one login makes another.
    duet.with(super::peer::State::restart);
    wait_until(&duet, |state| state.answered >= 40).await;
    assert_eq!(duet.with(|state| (state.logins, state.sessions.len())), (2, 1));
    bench.lifecycle.soft.cancel();
    wait_until(&duet, |state| state.sessions.is_empty()).await;
    assert_eq!(duet.with(|state| state.logins), 2);
}
