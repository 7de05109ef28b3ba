//! The model in the words of the protocol.

use catalog::{Kind, Quality, Timestamp, items};
use protocol::limits;
use protocol::pip::{
    ActiveAlarms, Alarm, Description, Event, EventList, Held, HelloAck, ItemDescription, Occurrence,
    Qualifier, Sample, SampleValue, Text, VERSION, Values, capability,
};

use super::session::{HEARTBEAT_MS, POLL_MS_MIN};
use crate::printer::{
    CHANNELS, Channel, Entered, Entry, EventLog, NUMBER_MS_MIN, NativeFault, Readout, Side,
};
use crate::unit::{Controller, Nameplate, Observed, milliseconds};

const FIRMWARE: &str = "3.2.1-sim";
/// Changes whenever [`CHANNELS`] or what is said of them does.
const ITEMS_HASH: &str = "sla-2";

/// A frame of a flood, in bytes.
const FLOOD_BYTES: usize = 1_000_000;
/// Long enough for a megabyte of no more values than one answer may have.
const FLOOD_ID_BYTES: usize = 170;

/// Who the printer is.
pub(super) fn hello_ack(plate: &Nameplate, controller: &Controller) -> HelloAck {
    HelloAck {
        version_min: VERSION,
        version_max: VERSION,
        vendor: Text::cut("Oneway simulator"),
        model: Text::cut(&plate.model),
        serial: Text::cut(&plate.serial),
        firmware: Text::cut(FIRMWARE),
        instance: Text::cut(&controller.instance),
        boot_time: controller.booted,
        mono_ms: Some(controller.mono_ms()),
        payload_bytes_max: u32::try_from(limits::PIP_PAYLOAD_BYTES_MAX).unwrap_or(u32::MAX),
        heartbeat_ms: HEARTBEAT_MS,
        poll_ms_min: POLL_MS_MIN,
        silence_ms_max: 0,
        capabilities: [capability::ALARMS, capability::EVENTS, capability::SUBSCRIBE].map(Text::cut).to_vec(),
        items_hash: Text::cut(ITEMS_HASH),
    }
}

/// What it offers.
pub(super) fn description() -> Description {
    let describe = |channel: &Channel| ItemDescription {
        id: Text::cut(channel.item.id()),
        kind: Text::cut(channel.item.kind().name()),
        unit: Text::cut(channel.item.unit().ucum()),
        parts: vec![0],
        range: match channel.item.kind() {
            Kind::Gauge(range) | Kind::Counter(range) => Some([range.low, range.high]),
            _ => None,
        },
        limit_low: None,
        limit_high: (channel.item == &items::VAT_TEMPERATURE).then_some(32.0),
        codes: channel.item.codes().iter().map(|code| Text::cut(code)).collect(),
        interval_ms_min: POLL_MS_MIN,
        group: Text::cut(channel.group),
        log_ms_min: Some(match channel.item.kind() {
            Kind::Gauge(_) | Kind::Counter(_) => NUMBER_MS_MIN,
            _ => 0,
        }),
    };
    Description { items: CHANNELS.iter().map(describe).collect() }
}

/// One value as it stands.
pub(super) fn sample(channel: &Channel, observed: &Observed, controller: &Controller) -> Sample {
    Sample {
        id: Text::cut(channel.item.id()),
        part: 0,
        value: value(observed.readout),
        time: controller.measured,
        mono_ms: controller.mono_ms(),
        quality: Quality::Good,
        sequence: observed.sequence,
    }
}

/// The faults that are active.
pub(super) fn alarms(controller: &Controller) -> ActiveAlarms {
    let faults = controller.printer.active_faults().iter();
    let alarms = faults.map(|(fault, since)| alarm(fault, at(controller, milliseconds(*since)))).collect();
    ActiveAlarms { alarms }
}

/// What the log holds.
pub(super) fn held(log: &EventLog) -> Result<Held, &'static str> {
    Held::new(log.first(), log.last())
}

/// So many events of the log at most, from this sequence on, with what the log holds.
pub(super) fn events(
    controller: &Controller,
    from: u64,
    events_max: usize,
) -> Result<EventList, &'static str> {
    let events_max = events_max.min(limits::PIP_EVENTS_MAX);
    let events = controller.log.from(from).take(events_max).map(|entry| event(entry, controller)).collect();
    EventList::new(held(&controller.log)?, events)
}

fn event(entry: &Entry, controller: &Controller) -> Event {
    let what = match entry.what {
        Entered::Value(place, readout) => match CHANNELS.get(place) {
            Some(channel) => Occurrence::Changed {
                id: Text::cut(channel.item.id()),
                part: 0,
                value: value(readout),
                quality: Quality::Good,
            },
            None => Occurrence::Other,
        },
        Entered::Raised(fault) => Occurrence::Raised(alarm(fault, entry.time)),
        Entered::Cleared(fault, since) => Occurrence::Cleared(alarm(fault, at(controller, since))),
    };
    Event { sequence: entry.sequence, time: entry.time, mono_ms: entry.mono_ms, what }
}

/// Fills an answer to READ up to a megabyte with items that nobody asked for and no catalogue has, or up to what was agreed
/// on: a well-formed frame all the same.
pub(super) fn flood(values: &mut Values, payload_bytes_max: usize) {
    let Some(like) = values.values.first().cloned() else { return };
    let id = format!("noise.{}", "x".repeat(FLOOD_ID_BYTES));
    let more = Sample { id: Text::cut(&id), ..like };
    let (filled, each) = (json_bytes(values), json_bytes(&more).saturating_add(1));
    let room = payload_bytes_max.min(FLOOD_BYTES).saturating_sub(filled);
    let count = (room / each).min(limits::PIP_LIST_MAX.saturating_sub(values.values.len()));
    values.values.extend(std::iter::repeat_n(more, count));
}

fn json_bytes(what: &impl serde::Serialize) -> usize {
    serde_json::to_vec(what).map_or(usize::MAX, |json| json.len())
}

fn value(readout: Readout) -> SampleValue {
    match readout {
        Readout::Number(number) => SampleValue::Number(number),
        Readout::Code(code) => SampleValue::Code(Text::cut(code)),
    }
}

fn alarm(fault: &NativeFault, since: Timestamp) -> Alarm {
    Alarm {
        code: Text::cut(&fault.code.to_string()),
        class: Text::cut(fault.class),
        subsystem: Text::cut(fault.subsystem),
        part: 0,
        qualifier: fault.side.map(|side| match side {
            Side::Low => Qualifier::Low,
            Side::High => Qualifier::High,
        }),
        since,
    }
}

/// A moment since boot, by the printer's clock.
fn at(controller: &Controller, mono_ms: u64) -> Timestamp {
    Timestamp(controller.booted.0.saturating_add_unsigned(mono_ms))
}
