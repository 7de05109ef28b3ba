use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::{Item, items};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::document::Document;
use super::door::{name, trusts};
use super::limits::DOCUMENT_BYTES_MAX;
use super::text::sample;
use super::*;
use crate::config::PRINTERS_MAX;

/// An adapter's door with its configuration file, and how often it was asked.
struct Case {
    config: PathBuf,
    stop: CancellationToken,
    task: JoinHandle<()>,
    asked: Arc<AtomicUsize>,
    _directory: TempDir,
}

impl Case {
    fn new(document: Document) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("adapter.toml");
        fs::write(&config, "").unwrap();
        let (stop, asked) = (CancellationToken::new(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&asked);
        let document = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            document.clone()
        };
        let task = tokio::spawn(Door::open(&config, Half::Whole).unwrap().serve(document, stop.clone()));
        Self { config, stop, task, asked, _directory: directory }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(format!("\0{}", name(&self.config, Half::Whole).unwrap())).await.unwrap()
    }

    async fn asked(&self) -> Document {
        serde_json::from_value(ask(&self.config, Half::Whole).await.unwrap().document).unwrap()
    }
}

#[tokio::test]
async fn whoever_asks_gets_the_document_and_sees_whose_it_is() {
    let case = Case::new(sample::healthy());
    let answer = ask(&case.config, Half::Whole).await.unwrap();
    assert_eq!(answer.process, i32::try_from(std::process::id()).ok());
    assert_eq!(serde_json::from_value::<Document>(answer.document).unwrap(), sample::healthy());
    let many = futures::future::join_all((0..50).map(|_| case.asked())).await;
    assert!(many.iter().all(|document| *document == sample::healthy()));
    case.stop.cancel();
    case.task.await.unwrap();
    assert!(matches!(ask(&case.config, Half::Whole).await, Err(AskError::NotRunning)));
}

#[tokio::test]
async fn nothing_can_be_said_to_it() {
    // Longer than the socket holds, so that the door stands open while the asker has not read it all.
    let case = Case::new(Document { version: "x".repeat(1 << 20), ..sample::healthy() });
    let mut asker = case.connect().await;
    let mut first = [0];
    asker.read_exact(&mut first).await.unwrap();
    let said = asker.write_all(b"stop").await.unwrap_err();
    assert_eq!(said.kind(), io::ErrorKind::BrokenPipe);
    let mut rest = Vec::new();
    asker.read_to_end(&mut rest).await.unwrap();
    let whole = [&first[..], &rest].concat();
    assert!(serde_json::from_slice::<Document>(&whole).is_ok());
}

#[tokio::test]
async fn what_is_said_before_it_listens_changes_nothing() {
    let case = Case::new(sample::healthy());
    let mut asker = case.connect().await;
    // The system may have shut it by now; either way nothing comes of it.
    let _ = asker.write_all(b"{\"command\":\"stop\"}\n").await;
    assert_eq!(case.asked().await, sample::healthy());
}

#[tokio::test(start_paused = true)]
async fn an_asker_that_does_not_read_holds_up_the_next_one_for_a_moment_only() {
    let case = Case::new(Document { version: "x".repeat(1 << 20), ..sample::healthy() });
    let stalled = case.connect().await;
    while case.asked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    // Too long to be read by `ask`, but it came.
    assert!(matches!(ask(&case.config, Half::Whole).await, Err(AskError::NoDocument)));
    assert_eq!(case.asked.load(Ordering::Relaxed), 2);
    drop(stalled);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_and_free_again_afterwards() {
    let case = Case::new(sample::healthy());
    assert!(matches!(Door::open(&case.config, Half::Whole), Err(DoorError::Taken)));
    case.stop.cancel();
    case.task.await.unwrap();
    assert!(Door::open(&case.config, Half::Whole).is_ok());
}

#[tokio::test]
async fn the_halves_of_one_configuration_file_have_a_door_each() {
    let case = Case::new(sample::healthy());
    assert_eq!(ask_all(&case.config).await.unwrap().len(), 1);
    let stop = CancellationToken::new();
    let mut others = Vec::new();
    for (half, document) in [(Half::Intake, sample::intake()), (Half::Uplink, sample::uplink())] {
        let door = Door::open(&case.config, half).unwrap();
        others.push(tokio::spawn(door.serve(move || document.clone(), stop.clone())));
    }
    let answers = ask_all(&case.config).await.unwrap();
    let halves: Vec<_> = answers.iter().map(|answer| answer.document["half"].as_str().unwrap()).collect();
    assert_eq!(halves, ["whole", "intake", "uplink"]);
    stop.cancel();
    futures::future::join_all(others).await;
    case.stop.cancel();
    case.task.await.unwrap();
    assert!(matches!(ask_all(&case.config).await, Err(AskError::NotRunning)));
}

#[tokio::test]
async fn without_a_configuration_file_there_is_nobody_to_ask() {
    let error = ask_all(std::path::Path::new("/nowhere/adapter.toml")).await.unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/adapter.toml: cannot be found");
}

#[test]
fn the_longest_document_is_one_that_an_asker_reads() {
    let reasons: Vec<_> = (0..12).map(|n| format!("{n:<24}")).collect();
    let longest = items::all().map(Item::id).max_by_key(|id| id.len()).unwrap();
    let refused = RefusedPart { item: Some(longest.into()), reason: "x".repeat(64), times: u64::MAX };
    let unread = UnreadPart { reason: reasons[0].clone(), now: u64::MAX, times: u64::MAX };
    let mut document = Document { printers: Vec::new(), ..sample::with_strangers() };
    for n in 0..PRINTERS_MAX {
        let mut printer = sample::healthy().printers[0].clone();
        printer.id = format!("{n:064}");
        printer.ways.logs = Some("x".repeat(255));
        printer.ways.push = sample::with_callers().printers[1].ways.push.clone();
        printer.refused = vec![refused.clone(); REFUSED_MAX];
        printer.unread = vec![unread.clone(); reasons.len()];
        printer.unmatched = reasons.iter().map(|reason| (reason.clone(), u64::MAX)).collect();
        document.printers.push(printer);
    }
    let stranger = StrangerPart {
        certificate: Some("x".repeat(253)),
        lines: Some("x".repeat(400)),
        ..document.strangers.shown[0].clone()
    };
    document.strangers.shown = vec![stranger; 64];
    let bytes = serde_json::to_vec(&document).unwrap().len() as u64;
    assert!(bytes < DOCUMENT_BYTES_MAX / 2, "{bytes}");
}

#[test]
fn the_same_user_and_root_are_trusted_and_no_one_else() {
    for (own, other, expected) in
        [(998, 998, true), (998, 0, true), (998, 1000, false), (0, 0, true), (0, 998, false)]
    {
        assert_eq!(trusts(own, other), expected, "{own} {other}");
    }
}
