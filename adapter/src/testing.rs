//! What several tests need.

use std::path::Path;
use std::sync::Arc;

use catalog::{Mark, Quality, Reading, Salt, Timestamp, Value, items};
use protocol::pip::{HelloAck, ItemDescription, Text, capability};

use crate::buffer::Buffer;
use crate::config::{self, AdapterName, PrinterId, WhenFull};
use crate::counters::Counters;

/// What is in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A reading that is known by its number.
pub(crate) fn reading(number: i64) -> Reading {
    let place = Salt::new([1; 16]).source(&[b"test"]).place(number.unsigned_abs(), 0);
    let mark = Mark { part: 0, time: Timestamp(number), quality: Quality::Good, origin: place.origin(0) };
    items::LOG_RECORD.number(number as f64, mark).unwrap()
}

/// Who a printer says it is that speaks PIP, for the first time since it booted.
pub(crate) fn hello_ack(instance: &str) -> HelloAck {
    let text = |text| Text::new(text).unwrap();
    HelloAck {
        version_min: 1,
        version_max: 1,
        vendor: text("test"),
        model: text("ProJet 7000 HD"),
        serial: text("SIM-0001"),
        firmware: text("2.4.1"),
        instance: text(instance),
        boot_time: Timestamp(1_794_000_000_000),
        mono_ms: None,
        payload_bytes_max: 1 << 20,
        heartbeat_ms: 5_000,
        poll_ms_min: 500,
        silence_ms_max: 0,
        capabilities: [capability::ALARMS, capability::SUBSCRIBE].map(text).to_vec(),
        items_hash: text("h"),
    }
}

/// An item as a printer describes it.
pub(crate) fn item(id: &str, kind: &str, unit: &str) -> ItemDescription {
    ItemDescription {
        id: Text::cut(id),
        kind: Text::cut(kind),
        unit: Text::cut(unit),
        parts: vec![0],
        range: None,
        limit_low: None,
        limit_high: None,
        codes: Vec::new(),
        interval_ms_min: 500,
        group: Text::cut("all"),
        log_ms_min: None,
    }
}

/// Its number.
pub(crate) fn number(reading: &Reading) -> i64 {
    assert!(matches!(reading.value(), Value::Number(_)));
    reading.time().0
}

/// Readings by their numbers.
pub(crate) fn readings(numbers: impl IntoIterator<Item = i64>) -> Vec<Reading> {
    numbers.into_iter().map(reading).collect()
}

/// The printer of this name.
pub(crate) fn printer(id: &str) -> PrinterId {
    PrinterId::parse(id).unwrap()
}

/// The adapter's name in tests.
pub(crate) fn adapter() -> AdapterName {
    AdapterName::parse("oslo-1").unwrap()
}

/// A buffer with these printers.
pub(crate) fn buffer(bytes_max: usize, printers: &[&str]) -> (Arc<Buffer>, Arc<Counters>) {
    let printers: Vec<_> = printers.iter().map(|id| printer(id)).collect();
    let counters = Arc::new(Counters::new(&printers));
    let config = config::Buffer { bytes_max, when_full: WhenFull::DropOldest };
    (Arc::new(Buffer::new(config, &adapter(), &printers, Arc::clone(&counters))), counters)
}
