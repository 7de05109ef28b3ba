//! Shows exactly what would leave, and lets nothing leave: every row goes to standard output as one line of
//! JSON, and no receipt is resolved before the stop. A sender waits for as long as it is tapped, as in an outage
//! of the platform, and so each row is shown once. Beside them it shows what was held back, where that is collected.

use std::io::{self, Write};
use std::sync::Arc;

use protocol::thingworx::{Row, encode_update};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::buffer::{Buffer, LaneId, Load};
use crate::normalise::HeldBack;
use crate::receipt::Receipt;

/// What is shown.
pub(crate) struct Rows {
    /// What would leave.
    pub(crate) buffer: Arc<Buffer>,
    /// What does not.
    pub(crate) held_back: Option<HeldBack>,
    /// Whether rows carry their origin, as they would to this platform.
    pub(crate) with_origin: bool,
}

/// The receipts of one batch, with the room that its readings had in the buffer. The room is not given back while
/// they are held, so that the buffer's ceiling bounds them too: a source that would go beyond waits.
struct Unanswered {
    lane: LaneId,
    kept_bytes: usize,
    receipts: Vec<Receipt>,
}

/// Prints to `out` until `stop`, or until nobody reads any more. From `intake_stop` on nothing is held: the sources
/// need not wait any longer for what will not come.
pub(crate) async fn run(
    rows: Rows,
    mut out: impl Write + Send,
    intake_stop: CancellationToken,
    stop: CancellationToken,
) {
    let Rows { buffer, held_back, with_origin } = rows;
    let mut unanswered = Vec::new();
    let mut stopping = false;
    loop {
        while let Some((lane, load)) = buffer.take(Instant::now()) {
            if let Err(error) = print(&load, with_origin, &mut out) {
                return say_closed(&error);
            }
            buffer.finish(lane, 0, load.polled_bytes);
            unanswered.extend(Unanswered::of(lane, load));
        }
        if let Err(error) = held_back.iter().try_for_each(|held_back| print_held_back(held_back, &mut out)) {
            return say_closed(&error);
        }
        if stopping {
            unanswered.drain(..).for_each(|unanswered| unanswered.nack(&buffer));
        }
        let ripe_at = buffer.ripe_at();
        tokio::select! {
            () = stop.cancelled() => return,
            () = intake_stop.cancelled(), if !stopping => stopping = true,
            () = async { if let Some(at) = ripe_at { sleep_until(at).await } }, if ripe_at.is_some() => {}
            () = buffer.changed() => {}
            () = async { if let Some(held_back) = &held_back { held_back.changed().await } }, if held_back.is_some() => {}
        }
    }
}

impl Unanswered {
    /// Nothing where no source keeps anything.
    fn of(lane: LaneId, load: Load) -> Option<Self> {
        let kept_bytes = load.kept_bytes;
        let receipts = load.into_receipts();
        (!receipts.is_empty()).then_some(Self { lane, kept_bytes, receipts })
    }

    fn nack(self, buffer: &Buffer) {
        drop(self.receipts);
        buffer.finish(self.lane, self.kept_bytes, 0);
    }
}

fn print(load: &Load, with_origin: bool, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<_> = load.batch().readings.iter().map(Row::from_reading).collect();
    // Taken out of the very body that would leave, so that the two cannot differ.
    let body: Value = serde_json::from_slice(&encode_update(&rows, with_origin))?;
    for row in body["values"]["rows"].as_array().into_iter().flatten() {
        writeln!(out, "{}", json!({ "thing": load.batch().thing.as_str(), "row": row }))?;
    }
    out.flush()
}

fn print_held_back(held_back: &HeldBack, out: &mut impl Write) -> io::Result<()> {
    held_back.take().iter().try_for_each(|row| writeln!(out, "{row}"))?;
    out.flush()
}

fn say_closed(error: &io::Error) {
    tracing::info!(%error, "standard output is closed");
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use futures::poll;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::receipt::{Outcome, Verdict};
    use crate::testing::{buffer, printer, readings};

    /// Long enough for all that is ripe, on a clock that stands still but for the test.
    const WHILE: Duration = Duration::from_secs(60);

    /// Standard output, as far as a test wants to see it.
    struct Printed(mpsc::SyncSender<usize>);

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
            self.0.send(lines).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Case {
        buffer: Arc<Buffer>,
        printed: mpsc::Receiver<usize>,
        intake_stop: CancellationToken,
        stop: CancellationToken,
        task: JoinHandle<()>,
    }

    impl Case {
        fn new(bytes_max: usize) -> Self {
            let (buffer, _) = buffer(bytes_max, &["p01"]);
            let (sender, printed) = mpsc::sync_channel(1 << 20);
            let (intake_stop, stop) = (CancellationToken::new(), CancellationToken::new());
            let rows = Rows { buffer: Arc::clone(&buffer), held_back: None, with_origin: true };
            let task = run(rows, Printed(sender), intake_stop.clone(), stop.clone());
            Self { buffer, printed, intake_stop, stop, task: tokio::spawn(task) }
        }

        async fn keep(&self, numbers: std::ops::Range<i64>) -> Verdict {
            let (receipt, verdict) = Receipt::group();
            self.buffer.put_kept(&printer("p01"), readings(numbers), receipt).await;
            verdict
        }

        async fn rows(&self) -> usize {
            tokio::time::sleep(WHILE).await;
            self.printed.try_iter().sum()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_row_is_shown_once_and_its_source_waits_until_the_stop() {
        let case = Case::new(16 << 20);
        let mut first = case.keep(0..1200).await;
        case.buffer.put_polled(&printer("p01"), readings(2000..2010));
        assert_eq!(case.rows().await, 1210);
        let mut second = case.keep(1200..1300).await;
        assert_eq!(case.rows().await, 100);
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        case.intake_stop.cancel();
        assert_eq!((first.await, second.await), (Outcome::Nacked, Outcome::Nacked));
        case.buffer.emptied().await;
        case.stop.cancel();
        case.task.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_stays_under_the_ceiling_and_what_is_polled_goes_on() {
        let case = Case::new(1 << 20);
        let (receipt, _verdict) = Receipt::group();
        let id = printer("p01");
        let mut put = std::pin::pin!(case.buffer.put_kept(&id, readings(0..100_000), receipt));
        assert!(poll!(&mut put).is_pending());
        let kept = case.rows().await;
        assert!(kept > 0 && kept < 100_000 && poll!(&mut put).is_pending());
        assert!(case.buffer.bytes() <= 1 << 20);
        for round in 0..100 {
            case.buffer.put_polled(&id, readings(round..round + 10));
            let _ = poll!(&mut put);
            assert_eq!(case.rows().await, 10, "{round}");
        }
    }
}
