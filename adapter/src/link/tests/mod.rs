//! Both ends against each other, and each against a peer that writes its frames by hand.

mod hostile;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::link::encode_answer;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::limits::{ANSWER_MAX, BACKOFF_CEILING, FIRST_MAX, IDLE_MAX};
use super::*;
use crate::config;
use crate::testing::{adapter, printer, readings};

/// Longer than anything here takes on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A platform that answers what it is told to, and keeps what was delivered.
#[derive(Default)]
struct Platform {
    answers: Mutex<VecDeque<Answer>>,
    delivered: Mutex<Vec<Batch>>,
    /// While it holds, nothing is answered.
    held: Mutex<bool>,
    came: Notify,
}

impl Link for Platform {
    async fn deliver(&self, batch: &Batch) -> Answer {
        self.delivered.lock().unwrap().push(batch.clone());
        self.came.notify_one();
        if *self.held.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Accepted)
    }
}

/// A directory for a socket.
struct Site {
    place: config::Link,
    platform: Arc<Platform>,
    _directory: TempDir,
}

/// A running uplink's end.
struct Open {
    state: Arc<LinkState>,
    task: JoinHandle<()>,
}

impl Site {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("link.sock");
        let place = config::Link { socket, identity_file: None, intake_user: None, uplink_user: None };
        Self { place, platform: Arc::default(), _directory: directory }
    }

    fn open(&self) -> Open {
        let gate = Gate::open(&self.place).unwrap();
        let state = Arc::<LinkState>::default();
        // It is never asked to stop: it is killed.
        let stop = CancellationToken::new();
        let task = gate.serve(Arc::clone(&self.platform), adapter(), Arc::clone(&state), stop);
        Open { state, task: tokio::spawn(task) }
    }

    fn link(&self) -> SocketLink {
        SocketLink::new(&self.place)
    }

    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.platform.answers.lock().unwrap().extend(answers);
    }

    fn delivered(&self) -> Vec<Batch> {
        self.platform.delivered.lock().unwrap().clone()
    }
}

impl Open {
    /// As a kill would: whatever is under way is gone.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

fn batch(number: i64) -> Batch {
    Batch { thing: adapter().thing_of(&printer("p01")), readings: readings(number..number + 3) }
}

fn busy(answer: Answer) -> Duration {
    let Answer::Busy { retry_after } = answer else { panic!("{answer:?}") };
    retry_after
}

#[tokio::test]
async fn what_is_handed_over_is_delivered_and_each_answer_comes_back_as_it_is() {
    let site = Site::new();
    let open = site.open();
    let link = site.link();
    let answers = [
        Answer::Accepted,
        Answer::Rejected(Rejection::UnknownThing),
        Answer::Rejected(Rejection::Malformed),
        Answer::Rejected(Rejection::TooLarge),
        Answer::Busy { retry_after: Duration::from_millis(1_250) },
        Answer::Accepted,
    ];
    site.answer(answers);
    for (number, answer) in (0..).zip(answers) {
        assert_eq!(link.deliver(&batch(number)).await, answer);
        assert_eq!(link.health().trouble().is_some(), matches!(answer, Answer::Busy { .. }));
    }
    assert_eq!(site.delivered(), (0..6).map(batch).collect::<Vec<_>>());
    assert!(open.state.connected().is_some() && link.state().connected().is_some());
    assert_eq!((open.state.batches.now(), link.state().batches.now()), (6, 6));
}

#[tokio::test]
async fn answers_find_their_batches_in_whatever_order_they_come() {
    let site = Site::new();
    let _open = site.open();
    let link = site.link();
    *site.platform.held.lock().unwrap() = true;
    let held = batch(0);
    let slow = link.deliver(&held);
    tokio::pin!(slow);
    tokio::select! {
        _ = &mut slow => panic!("it was held"),
        () = site.platform.came.notified() => {}
    }
    *site.platform.held.lock().unwrap() = false;
    // The one thing's slow answer holds up no other's.
    assert_eq!(link.deliver(&batch(10)).await, Answer::Accepted);
    assert!(futures::poll!(&mut slow).is_pending());
}

#[tokio::test]
async fn the_uplink_may_come_later_and_go_and_come_again() {
    let site = Site::new();
    let link = site.link();
    assert!(busy(link.deliver(&batch(0)).await) <= BACKOFF_CEILING);
    let why = link.health().trouble().unwrap().why;
    assert!(why.contains("no uplink is there") && why.contains("link.sock"), "{why}");
    for round in 0..20 {
        let open = site.open();
        // The first may meet with what the uplink before it left.
        let mut answers = vec![link.deliver(&batch(round)).await, link.deliver(&batch(round)).await];
        assert_eq!(answers.pop(), Some(Answer::Accepted), "{round}");
        assert!(link.health().trouble().is_none());
        open.kill().await;
    }
}

#[tokio::test]
async fn with_the_connection_goes_every_answer_that_is_waited_for() {
    let site = Site::new();
    let open = site.open();
    let link = Arc::new(site.link());
    *site.platform.held.lock().unwrap() = true;
    let waiting: Vec<_> = (0..4)
        .map(|number| {
            let link = Arc::clone(&link);
            tokio::spawn(async move { link.deliver(&batch(number)).await })
        })
        .collect();
    while site.delivered().len() < 4 {
        site.platform.came.notified().await;
    }
    open.kill().await;
    for answer in futures::future::join_all(waiting).await {
        busy(answer.unwrap());
    }
    *site.platform.held.lock().unwrap() = false;
    let _open = site.open();
    while link.deliver(&batch(0)).await != Answer::Accepted {}
}

#[tokio::test]
async fn an_intake_that_comes_again_is_served_and_a_second_one_is_turned_away_meanwhile() {
    let site = Site::new();
    let open = site.open();
    let first = site.link();
    assert_eq!(first.deliver(&batch(0)).await, Answer::Accepted);
    let second = site.link();
    busy(second.deliver(&batch(1)).await);
    assert!(second.health().trouble().unwrap().why.contains("closed the connection"));
    assert_eq!(open.state.peers_refused.by_reason(), [("a second intake".to_owned(), 1)].into());
    assert_eq!(first.deliver(&batch(2)).await, Answer::Accepted);
    drop(first);
    let again = async { while second.deliver(&batch(3)).await != Answer::Accepted {} };
    timeout(PATIENCE, again).await.unwrap();
    assert!(!site.delivered().contains(&batch(1)));
}

#[tokio::test]
async fn another_user_is_turned_away_by_either_end() {
    let mut site = Site::new();
    let open = site.open();
    let own = rustix::process::getuid().as_raw();
    site.place.uplink_user = Some(own + 1);
    let link = site.link();
    busy(link.deliver(&batch(0)).await);
    assert!(link.health().trouble().unwrap().why.contains("link.uplink_user"));
    open.kill().await;

    site.place = config::Link { uplink_user: Some(own), intake_user: Some(own + 1), ..site.place };
    let open = site.open();
    busy(site.link().deliver(&batch(0)).await);
    assert_eq!(open.state.peers_refused.by_reason(), [("another user".to_owned(), 1)].into());
    open.kill().await;

    site.place.intake_user = Some(own);
    let _open = site.open();
    assert_eq!(site.link().deliver(&batch(1)).await, Answer::Accepted);
    assert_eq!(site.delivered(), [batch(1)]);
}

#[tokio::test(start_paused = true)]
async fn an_uplink_that_hangs_is_busy_in_time_and_left() {
    let site = Site::new();
    // It listens, and does nothing else.
    let _hangs = UnixListener::bind(&site.place.socket).unwrap();
    let link = site.link();
    let start = tokio::time::Instant::now();
    busy(link.deliver(&batch(0)).await);
    assert!(start.elapsed() <= ANSWER_MAX + Duration::from_secs(1));
    assert!(link.health().trouble().unwrap().why.contains("hangs"));
    assert!(link.state().connected().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_hangs_takes_no_other_with_it() {
    let site = Site::new();
    let listener = UnixListener::bind(&site.place.socket).unwrap();
    // The first that connects is never answered, whoever comes after it at once.
    let uplink = async {
        let (_hangs, _) = listener.accept().await.unwrap();
        let (mut answers, _) = listener.accept().await.unwrap();
        let mut head = [0; 9];
        answers.read_exact(&mut head).await.unwrap();
        // Both of the others have given up meanwhile.
        tokio::time::sleep(Duration::from_millis(10)).await;
        answers.write_all(&encode_answer(0, Answer::Accepted)).await.unwrap();
        std::future::pending::<()>().await;
    };
    let (link, batches) = (site.link(), [batch(0), batch(1), batch(2)]);
    let third = async {
        tokio::time::sleep(ANSWER_MAX).await;
        link.deliver(&batches[2]).await
    };
    // While both give up, a fourth has the connection in hand.
    let fourth = async {
        tokio::time::sleep(ANSWER_MAX - Duration::from_secs(1)).await;
        let _in_hand = link.connection.lock().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    // In this order: the one leaves it, the third connects anew, and then the other comes to leave it.
    let delivered =
        async { futures::join!(link.deliver(&batches[0]), third, link.deliver(&batches[1]), fourth) };
    let (one, third, other, ()) = tokio::select! {
        biased;
        delivered = delivered => delivered,
        () = uplink => unreachable!(),
    };
    busy(one);
    busy(other);
    assert_eq!(third, Answer::Accepted);
}

#[tokio::test(start_paused = true)]
async fn who_connects_and_says_nothing_makes_room_for_an_intake() {
    let site = Site::new();
    let open = site.open();
    let idle = UnixStream::connect(&site.place.socket).await.unwrap();
    let link = site.link();
    let start = tokio::time::Instant::now();
    while link.deliver(&batch(0)).await != Answer::Accepted {
        assert!(start.elapsed() < FIRST_MAX * 2, "{:?}", open.state.peers_refused);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    drop(idle);
    // One that has said something may be silent for as long as it may have been told to wait, and no longer.
    tokio::time::sleep(IDLE_MAX - Duration::from_secs(1)).await;
    assert!(open.state.connected().is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(open.state.connected().is_none());
    // Which costs an intake nothing but a connection.
    let again = async { while link.deliver(&batch(1)).await != Answer::Accepted {} };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn the_socket_lets_its_owner_and_its_group_in_and_a_second_uplink_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = Site::new();
    let first = Gate::open(&site.place).unwrap();
    let mode = std::fs::metadata(&site.place.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o660);
    assert!(matches!(Gate::open(&site.place), Err(GateError::Taken { .. })));
    drop(first);
    // What it left behind is replaced.
    assert!(site.place.socket.exists());
    drop(Gate::open(&site.place).unwrap());
    std::fs::remove_file(&site.place.socket).unwrap();
    std::fs::write(&site.place.socket, "mine").unwrap();
    assert!(matches!(Gate::open(&site.place), Err(GateError::NoSocket { .. })));
    assert_eq!(std::fs::read(&site.place.socket).unwrap(), b"mine");
    let nowhere = config::Link { socket: Path::new("/nowhere/link.sock").into(), ..site.place };
    assert!(matches!(Gate::open(&nowhere), Err(GateError::Directory { .. })));
}
