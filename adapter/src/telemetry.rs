//! What the adapter says of itself, every ten seconds, as readings of its own thing.

mod containers;
mod system;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Item, Mark, Quality, Reading, Salt, Timestamp, items};
use procfs::process::Process;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::buffer::Buffer;
use crate::clock::Clock;
use crate::counters::{Counters, Snapshot};
use crate::half::Half;
use crate::link::LinkState;
use crate::link::limits::HEARD_WITHIN;
use crate::supervise::Reader;
use crate::tls::Watched;
use crate::update;
use crate::uplink::Health;

/// Time between two accounts of itself.
const INTERVAL: Duration = Duration::from_secs(10);
const DAY_SECONDS: f64 = 86_400.0;

/// What the adapter's account of itself is made from.
pub(crate) struct Telemetry {
    /// Which half gives it: each says what it alone can know, and its own memory, time and refusals.
    pub(crate) half: Half,
    /// This half's end of the link, where there are two.
    pub(crate) link: Option<Arc<LinkState>>,
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) counters: Arc<Counters>,
    /// How the link fares, and what the platform's clock said.
    pub(crate) health: Arc<Health>,
    pub(crate) clock: Clock,
    pub(crate) salt: Salt,
    /// The listeners' TLS, for the certificates in use at the moment of each account.
    pub(crate) tls: Vec<Arc<Watched>>,
    /// Whether any printer's data crosses the LAN without TLS.
    pub(crate) in_clear: bool,
    /// What a supervisor says of the containers, where there is one.
    pub(crate) supervisor: Option<Reader>,
    /// Where a box says how its system does.
    pub(crate) system: Option<PathBuf>,
}

/// The machine's side of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ProcessUse {
    /// Resident memory, in bytes.
    pub(crate) memory: Option<u64>,
    /// The most of it that there ever was, in bytes.
    pub(crate) memory_peak: Option<u64>,
    /// Processor time, in seconds.
    pub(crate) cpu: Option<f64>,
}

/// A number to be said.
struct Said {
    item: &'static Item,
    part: u8,
    value: f64,
}

impl Said {
    /// Of what there is one only.
    fn once(item: &'static Item, value: f64) -> Self {
        Self { item, part: 0, value }
    }
}

impl Telemetry {
    /// Puts an account into the buffer at once and then every ten seconds, until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let started = Instant::now();
        let mut ticks = interval(INTERVAL);
        // An account that was missed is no longer true.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if !self.may_speak() {
                continue;
            }
            let now = self.clock.now();
            let numbers = self.numbers(now, started, ProcessUse::now());
            let mut readings = self.readings(now, &numbers);
            if let Some(account) = self.supervisor.as_mut().and_then(Reader::account) {
                readings.extend(containers::readings(&account, |item, part| self.mark(item, part, now)));
            }
            let system = self.system.as_deref().and_then(|file| update::system::Account::read(file).ok());
            if let Some(account) = system {
                readings.extend(system::readings(&account, |item| self.mark(item, 0, now)));
            }
            self.buffer.put_own(readings);
        }
    }

    // The platform knows an adapter to be there by whatever it says. An uplink that spoke while nobody takes anything in
    // from the printers would make that look like health (P8).
    fn may_speak(&self) -> bool {
        self.half != Half::Uplink || self.link.as_ref().is_some_and(|link| link.lives(HEARD_WITHIN))
    }

    fn numbers(&self, now: Timestamp, started: Instant, process: ProcessUse) -> Vec<Said> {
        let mut numbers = self.of_the_process(started, process);
        if self.half != Half::Uplink {
            numbers.extend(self.of_the_intake(now, started));
        }
        if self.half != Half::Intake {
            let ahead = self.health.clock_ahead_ms();
            numbers.extend(ahead.map(|ahead| Said::once(&items::ADAPTER_CLOCK_OFFSET, seconds(ahead))));
        }
        numbers
    }

    /// What either half says of itself, each as a part of its own.
    fn of_the_process(&self, started: Instant, process: ProcessUse) -> Vec<Said> {
        let Snapshot { frames_refused, senders_refused, .. } = self.counters.snapshot();
        let link = |count: fn(&LinkState) -> u64| self.link.as_ref().map_or(0, |link| count(link));
        let frames_refused = frames_refused + link(|link| link.frames_refused.now());
        let senders_refused = senders_refused + link(|link| link.peers_refused.now());
        let part = self.half.part();
        let said = |item, value| Said { item, part, value };
        let mut numbers = vec![
            said(&items::ADAPTER_FRAMES_REFUSED, number(frames_refused)),
            said(&items::ADAPTER_SENDERS_REFUSED, number(senders_refused)),
            said(&items::ADAPTER_UPTIME, started.elapsed().as_secs_f64()),
        ];
        numbers.extend(process.memory.map(|bytes| said(&items::ADAPTER_MEMORY, number(bytes))));
        numbers.extend(process.cpu.map(|seconds| said(&items::ADAPTER_CPU, seconds)));
        numbers
    }

    /// What only where the data comes in can be known.
    fn of_the_intake(&self, now: Timestamp, started: Instant) -> Vec<Said> {
        let Snapshot {
            readings_made,
            readings_delivered,
            readings_refused,
            readings_given_up,
            readings_thinned,
            texts_redacted,
            lines_unmatched,
            ..
        } = self.counters.snapshot();
        let numbers = [
            (&items::ADAPTER_READINGS_MADE, number(readings_made)),
            (&items::ADAPTER_READINGS_DELIVERED, number(readings_delivered)),
            (&items::ADAPTER_READINGS_REFUSED, number(readings_refused)),
            (&items::ADAPTER_READINGS_GIVEN_UP, number(readings_given_up)),
            (&items::ADAPTER_READINGS_THINNED, number(readings_thinned)),
            (&items::ADAPTER_TEXTS_REDACTED, number(texts_redacted)),
            (&items::ADAPTER_LINES_UNMATCHED, number(lines_unmatched)),
            (&items::ADAPTER_BUFFER, number(self.buffer.bytes() as u64)),
            (&items::ADAPTER_BUFFER_AGE, self.buffer_age(now)),
            (&items::ADAPTER_SOURCE_AGE, self.counters.silence(started).as_secs_f64()),
            (&items::ADAPTER_FILES_UNREAD, number(self.counters.files_unread())),
        ];
        // The one that is the next to be renewed.
        let expiry = self.tls.iter().filter_map(|tls| tls.expiry()).min();
        let days = expiry.map(|expiry| (&items::ADAPTER_CERTIFICATE_DAYS, days_until(expiry, now)));
        numbers.into_iter().chain(days).map(|(item, value)| Said::once(item, value)).collect()
    }

    fn readings(&self, now: Timestamp, numbers: &[Said]) -> Vec<Reading> {
        let readings =
            numbers.iter().map(|said| said.item.number(said.value, self.mark(said.item, said.part, now)));
        let clear = if self.in_clear { "yes" } else { "no" };
        let clear = (self.half != Half::Uplink)
            .then(|| items::ADAPTER_IN_CLEAR.code(clear, self.mark(&items::ADAPTER_IN_CLEAR, 0, now)));
        // None can be refused: each item takes numbers, and none of these is not one. A test holds it.
        readings.chain(clear).flatten().collect()
    }

    // As for a polled value: the adapter, the item, its part and the time.
    fn mark(&self, item: &Item, part: u8, now: Timestamp) -> Mark {
        let (id, part_of_it) = (item.id().as_bytes(), [part]);
        let fields: [&[u8]; 3] = [b"adapter", id, &part_of_it];
        // Without a part as it always was: another origin would be another row for what is sent again.
        let source = self.salt.source(if part == 0 { fields.get(..2).unwrap_or_default() } else { &fields });
        let origin = source.place(now.0.unsigned_abs(), 0).origin(0);
        Mark { part, time: now, quality: Quality::Good, origin }
    }

    fn buffer_age(&self, now: Timestamp) -> f64 {
        self.buffer.oldest().map_or(0.0, |oldest| age_seconds(oldest, now))
    }
}

/// How old something of this time is, in seconds; what lies in the future is not old.
pub(crate) fn age_seconds(time: Timestamp, now: Timestamp) -> f64 {
    number(now.0.saturating_sub(time.0).max(0).unsigned_abs()) / 1000.0
}

/// Days until a second since 1970; below 0 when it has passed.
pub(crate) fn days_until(second: i64, now: Timestamp) -> f64 {
    let seconds = second.saturating_sub(now.0 / 1000);
    let days = number(seconds.unsigned_abs()) / DAY_SECONDS;
    if seconds < 0 { -days } else { days }
}

impl ProcessUse {
    /// What the kernel says of this process; what it does not say is left out.
    pub(crate) fn now() -> Self {
        let Ok(process) = Process::myself() else { return Self::default() };
        let status = process.status().ok();
        let ticks = procfs::ticks_per_second();
        Self {
            memory: status.as_ref().and_then(|status| status.vmrss).map(|kib| kib * 1024),
            memory_peak: status.as_ref().and_then(|status| status.vmhwm).map(|kib| kib * 1024),
            cpu: process.stat().ok().map(|stat| number(stat.utime + stat.stime) / number(ticks)),
        }
    }
}

fn seconds(ms: i64) -> f64 {
    let seconds = number(ms.unsigned_abs()) / 1000.0;
    if ms < 0 { -seconds } else { seconds }
}

// A counter past 2^53 would have run for a million years.
fn number(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{self, AdapterName, WhenFull};
    use crate::normalise::testing::Authority;
    use crate::supervise::Account;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn telemetry(tls: Vec<Arc<Watched>>, in_clear: bool) -> Telemetry {
        let counters = Arc::new(Counters::default());
        let name = AdapterName::parse("oslo-1").unwrap();
        let config = config::Buffer { bytes_max: 4 << 20, when_full: WhenFull::Thin };
        let buffer = Arc::new(Buffer::new(config, &name, &[], Arc::clone(&counters)));
        let clock = Clock::fixed(NOW);
        let health = Arc::<Health>::default();
        health.told_time(Timestamp(NOW.0 - 4_999), NOW);
        let (half, link, salt) = (Half::Whole, None, Salt::new([1; 16]));
        Telemetry {
            half,
            link,
            buffer,
            counters,
            health,
            clock,
            salt,
            tls,
            in_clear,
            supervisor: None,
            system: None,
        }
    }

    /// The items that it says, with their parts.
    fn all_said(telemetry: &Telemetry) -> BTreeSet<(&'static str, u8)> {
        let numbers = telemetry.numbers(NOW, Instant::now(), ProcessUse::now());
        let readings = telemetry.readings(NOW, &numbers);
        let origins: BTreeSet<_> = readings.iter().map(|reading| reading.origin().to_bytes()).collect();
        assert_eq!(origins.len(), readings.len());
        readings.iter().map(|reading| (reading.item().id(), reading.part())).collect()
    }

    fn watched(authority: &Authority) -> Arc<Watched> {
        Arc::new(Watched::load(&authority.listener("localhost")).unwrap())
    }

    /// What the account says of this item.
    fn said(telemetry: &Telemetry, item: &Item) -> Option<catalog::Value> {
        let numbers = telemetry.numbers(NOW, Instant::now(), ProcessUse::now());
        let readings = telemetry.readings(NOW, &numbers);
        readings
            .iter()
            .find(|reading| reading.item().id() == item.id())
            .map(|reading| reading.value().clone())
    }

    #[test]
    fn every_item_of_the_adapter_is_said() {
        let telemetry = telemetry(vec![watched(&Authority::new())], false);
        let process = ProcessUse::now();
        assert!(process.memory.is_some() && process.cpu.is_some() && process.memory_peak >= process.memory);
        let numbers = telemetry.numbers(NOW, Instant::now(), process);
        let readings = telemetry.readings(NOW, &numbers);
        // What only a supervisor knows, it has the uplink say.
        let account = Account::of_both();
        let of_containers = containers::readings(&account, |item, part| telemetry.mark(item, part, NOW));
        assert_eq!(of_containers.len(), 17);
        let version = release::ReleaseVersion::parse("1.4.0").unwrap();
        let nowhere = std::path::Path::new("/nowhere");
        let newest = update::system::State::WentBack(version);
        let account = update::system::Account::open(nowhere, version, newest);
        let of_the_system = system::readings(&account, |item| telemetry.mark(item, 0, NOW));
        assert_eq!(of_the_system.len(), 3);
        let readings = [readings, of_containers, of_the_system].concat();
        let mut said: Vec<_> = readings.iter().map(|reading| reading.item().id()).collect();
        let adapters = items::all().filter(|item| item.family() == catalog::Family::Adapter);
        let mut known: Vec<_> = adapters.map(Item::id).collect();
        said.sort_unstable();
        known.sort_unstable();
        said.dedup();
        assert_eq!(said, known);
        // The certificate of the tests outlives what the item can say.
        let others =
            readings.iter().filter(|reading| reading.item().id() != items::ADAPTER_CERTIFICATE_DAYS.id());
        assert!(others.into_iter().all(|reading| reading.quality() == Quality::Good));
    }

    #[test]
    fn the_two_halves_say_together_what_the_whole_says_and_nothing_over_each_other() {
        let of = |half| all_said(&Telemetry { half, ..telemetry(vec![watched(&Authority::new())], false) });
        let (whole, intake, uplink) = (of(Half::Whole), of(Half::Intake), of(Half::Uplink));
        assert!(intake.is_disjoint(&uplink));
        let items =
            |said: &BTreeSet<(&'static str, u8)>| said.iter().map(|(item, _)| *item).collect::<BTreeSet<_>>();
        assert_eq!(&items(&intake) | &items(&uplink), items(&whole));
        let both: Vec<_> = (&items(&intake) & &items(&uplink)).into_iter().collect();
        let own = [
            "adapter.cpu",
            "adapter.frames_refused",
            "adapter.memory",
            "adapter.senders_refused",
            "adapter.uptime",
        ];
        assert_eq!(both, own);
        assert!(uplink.contains(&("adapter.clock_offset", 0)) && uplink.contains(&("adapter.memory", 2)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_uplink_speaks_only_while_it_hears_the_intake() {
        let link = Arc::<LinkState>::default();
        let uplink =
            Telemetry { half: Half::Uplink, link: Some(Arc::clone(&link)), ..telemetry(Vec::new(), false) };
        assert!(!uplink.may_speak(), "nobody was heard yet");
        link.set_connected(Some(Instant::now()));
        assert!(!uplink.may_speak(), "it has said nothing yet");
        link.heard_now();
        assert!(uplink.may_speak());
        tokio::time::advance(HEARD_WITHIN).await;
        assert!(uplink.may_speak());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!uplink.may_speak(), "it is there and says nothing: it hangs");
        // The platform is busy for minutes: until they are over the intake has nothing to say.
        link.heard_now();
        link.told_to_wait(Duration::from_secs(300));
        tokio::time::advance(Duration::from_secs(300) + HEARD_WITHIN).await;
        assert!(uplink.may_speak(), "it was told to wait");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!uplink.may_speak(), "it was to be heard again by now");
        link.heard_now();
        link.told_to_wait(Duration::from_secs(300));
        link.set_connected(None);
        assert!(!uplink.may_speak(), "it has gone");
        link.set_connected(Some(Instant::now()));
        tokio::time::advance(HEARD_WITHIN * 2).await;
        assert!(!uplink.may_speak(), "what another was told is nothing for one that has come since");
        assert!(Telemetry { half: Half::Intake, ..uplink }.may_speak());
    }

    #[test]
    fn a_platform_whose_clock_is_behind_says_how_far_the_two_are_off() {
        let value = said(&telemetry(Vec::new(), false), &items::ADAPTER_CLOCK_OFFSET);
        assert_eq!(value, Some(catalog::Value::Number(-4.0)));
    }

    #[test]
    fn that_it_listens_in_clear_is_said_either_way() {
        for in_clear in [true, false] {
            let value = said(&telemetry(Vec::new(), in_clear), &items::ADAPTER_IN_CLEAR);
            let code = if in_clear { "yes" } else { "no" };
            assert!(matches!(&value, Some(catalog::Value::Code(said)) if *said == code), "{value:?}");
        }
    }

    #[test]
    fn days_until_a_second() {
        for (second, expected) in [(1000 + 86_400, 1.0), (1000 - 43_200, -0.5)] {
            assert_eq!(days_until(second, Timestamp(1_000_000)), expected);
        }
    }
}
