//! The supervisor and an engine that only notes what it is told.

use std::collections::HashMap;
use std::fs;

use tokio::sync::oneshot;
use tokio::time::{advance, pause, resume};

use super::*;
use crate::config::load_sections;
use crate::supervise::limits::REFUSED_AGAIN;

mod double;

use double::Double;

const CONFIGURATION: &str = r#"
[platform]
url = "https://platform:8443"
credentials_file = "/nowhere/credentials.toml"

[link]
socket = "/run/oneway/link.sock"
uplink_user = 10002
identity_file = "/nowhere/identity.toml"

[pip]
ca_file = "/nowhere/ca.pem"
certificate_file = "/nowhere/intake.pem"
key_file = "/nowhere/intake.key"

[[printers]]
id = "p01"
family = "projet"
pip = { address = "192.0.2.7:7901", server_name = "p01", interval = "1s" }

[supervise]
intake_image = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
uplink_image = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
"#;

fn supervisor(engine: &Double, archives: &[PathBuf]) -> Supervisor {
    let file = engine.directory().join("adapter.toml");
    fs::write(&file, CONFIGURATION).unwrap();
    let sections = load_sections(&file, &HashMap::new()).unwrap();
    let supervise = sections.supervise.clone().unwrap();
    let places = Places { account: engine.directory().join("account"), intake: None, uplink: None };
    let plan = Plan {
        engine: engine.socket(),
        topology: Topology::of(&file, &sections, &supervise, &places).unwrap(),
        images: Images { intake: supervise.intake_image, uplink: supervise.uplink_image },
        around: Around::of(&sections, None),
        archives: archives.to_owned(),
        places,
    };
    Supervisor::new(plan, State::new(), Unverified::new(Instant::now()))
}

#[tokio::test]
async fn after_a_breach_at_a_switch_stand_ins_try_before_a_half_runs_again() {
    let engine = Double::new();
    let mut supervisor = supervisor(&engine, &[]);
    let started = || engine.done("post containers/", "/start");
    let passed = supervisor.pass_in_time().await;
    assert!(matches!(passed, Err(Trouble::Breach(_))), "{passed:?}");
    assert_eq!(started(), ["oneway-uplink-check", "oneway-intake-check"]);
    // As if they had found nothing: what is switched to is what finds it.
    supervisor.approved = true;
    let (answer, answered) = oneshot::channel();
    let images = Images { intake: supervisor.plan.images.uplink.clone(), ..supervisor.plan.images.clone() };
    let before = Instant::now();
    supervisor.obey(Order::Switch(images, answer)).await;
    let why = answered.await.unwrap().unwrap_err();
    assert!(why.contains("not separated"), "{why}");
    assert_eq!(started(), ["oneway-uplink", "oneway-intake"]);
    assert_eq!(supervisor.any_runs().await, Some(false));
    assert!(supervisor.verified.is_none());
    assert_eq!(supervisor.state.document().separation, Separation::Broken);
    assert_eq!(supervisor.state.document().breaches, 1);
    // Nor do they at once, whoever orders it.
    assert!(supervisor.rests_until >= before + BREACH_BASE);
    pause();
    advance(supervisor.rests_until.duration_since(Instant::now())).await;
    resume();
    let passed = supervisor.pass_in_time().await;
    assert!(matches!(passed, Err(Trouble::Breach(_))), "{passed:?}");
    assert_eq!(started(), ["oneway-uplink-check", "oneway-intake-check"]);
}

#[tokio::test]
async fn an_archive_that_does_not_bring_the_image_is_loaded_once() {
    let engine = Double::without_images();
    let archives = ["intake.tar", "uplink.tar"].map(|name| engine.directory().join(name));
    for archive in &archives {
        fs::write(archive, "images").unwrap();
    }
    let mut supervisor = supervisor(&engine, &archives);
    let loads = async |supervisor: &mut Supervisor| {
        let passed = supervisor.pass_in_time().await;
        assert!(matches!(passed, Err(Trouble::NoImage { .. })), "{passed:?}");
        engine.done("post images/load", "").len()
    };
    assert_eq!(loads(&mut supervisor).await, 2);
    assert_eq!(loads(&mut supervisor).await, 0);
    // Another one in its place, and another engine.
    fs::write(&archives[1], "other images").unwrap();
    assert_eq!(loads(&mut supervisor).await, 1);
    supervisor.engine = None;
    assert_eq!(loads(&mut supervisor).await, 2);
    assert_eq!(loads(&mut supervisor).await, 0);
}

#[tokio::test]
async fn an_archive_that_the_engine_refuses_is_given_again_after_a_while() {
    let engine = Double::without_images();
    engine.refuses_archives(true);
    let archive = engine.directory().join("images.tar");
    fs::write(&archive, "images").unwrap();
    let mut supervisor = supervisor(&engine, &[archive]);
    let loads = async |supervisor: &mut Supervisor| {
        let trouble = supervisor.pass_in_time().await.unwrap_err();
        // Whoever looks is told why, whether it was tried just now or before.
        assert!(trouble.to_string().contains("no space left on device"), "{trouble}");
        engine.done("post images/load", "").len()
    };
    assert_eq!(loads(&mut supervisor).await, 1);
    assert_eq!(loads(&mut supervisor).await, 0);
    pause();
    advance(REFUSED_AGAIN).await;
    resume();
    assert_eq!(loads(&mut supervisor).await, 1);
    assert_eq!(loads(&mut supervisor).await, 0);
}
