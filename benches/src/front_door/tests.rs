use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::sender::{self, Until};
use super::server::{Control, Counts};
use super::{measure, oneway};
use crate::{READINGS_PER_EVENT, WINDOW_EVENTS};

const WINDOWS: u64 = 4;
const EVENTS: u64 = WINDOWS * WINDOW_EVENTS as u64;

/// Sends a few windows to a server in this process.
async fn take_in<F: Future<Output = anyhow::Result<Counts>>>(serve: impl FnOnce(Control) -> F) -> Counts {
    let (bound, address) = oneshot::channel();
    let stop = CancellationToken::new();
    let served = serve(Control { bound, stop: stop.clone() });
    let sent = async {
        let stream = sender::connect(address.await.unwrap(), 0).await.unwrap();
        let acknowledged = sender::send(stream, &measure::window(), Until::Windows(WINDOWS)).await.unwrap();
        stop.cancel();
        acknowledged
    };
    let (counts, acknowledged) = futures::join!(served, sent);
    assert_eq!(acknowledged, WINDOWS);
    counts.unwrap()
}

#[tokio::test]
async fn the_adapter_makes_every_reading_of_every_event() {
    let counts = take_in(oneway::serve).await;
    assert_eq!(counts, Counts { events: EVENTS, readings: EVENTS * READINGS_PER_EVENT });
}
