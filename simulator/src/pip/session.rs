//! What a connection is answered, without any input or output.

use catalog::{Kind, Quality, Timestamp};
use protocol::limits;
use protocol::pip::{
    ActiveAlarm, ActiveAlarms, Description, ErrorCode, ErrorReply, Frame, Hello, HelloAck, ItemDescription,
    Qualifier, Read, Reply, Request, Sample, SampleValue, Text, VERSION, Values,
};

use crate::printer::{CHANNELS, Channel, NativeFault, Readout, Side};
use crate::unit::{Controller, Nameplate, Observed};

const FIRMWARE: &str = "3.2.1-sim";
/// After how long without a frame the reader should ask for a sign of life, ms.
pub(super) const HEARTBEAT_MS: u32 = 10_000;
/// Shortest time between two READs, ms.
const POLL_MS_MIN: u32 = 100;
/// Changes whenever [`CHANNELS`] does.
const ITEMS_HASH: &str = "sla-1";

/// One connection's memory.
#[derive(Debug)]
pub struct Session {
    greeted: bool,
    payload_bytes_max: usize,
    read_at: Option<Timestamp>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// What to send.
    pub reply: Reply,
    /// Whether the request was refused.
    pub refused: bool,
    /// Whether to close the connection after it.
    pub close: bool,
}

impl Answer {
    fn to(reply: Reply) -> Self {
        Self { reply, refused: false, close: false }
    }

    fn refusal(code: ErrorCode, text: &str) -> Self {
        let reply = Reply::Error(ErrorReply { code, retry_after_ms: None, text: Text::cut(text) });
        Self { reply, refused: true, close: false }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self { greeted: false, payload_bytes_max: limits::PIP_PAYLOAD_BYTES_START, read_at: None }
    }
}

impl Session {
    /// Longest payload that may come, in bytes.
    pub fn payload_bytes_max(&self) -> usize {
        self.payload_bytes_max
    }

    /// The answer to a frame.
    pub fn answer(
        &mut self,
        frame: &Frame,
        plate: &Nameplate,
        controller: &Controller,
        now: Timestamp,
    ) -> Answer {
        match Request::parse(frame) {
            Ok(Request::Hello(hello)) => self.hello(&hello, plate, controller),
            Ok(_) if !self.greeted => Answer::refusal(ErrorCode::ORDER, "HELLO comes first"),
            Ok(Request::Describe) => Answer::to(Reply::Described(description())),
            Ok(Request::Read(read)) => self.read(&read, controller, now),
            Ok(Request::Alarms) => Answer::to(Reply::Alarms(alarms(controller))),
            Ok(Request::Ping) => Answer::to(Reply::Pong),
            Err(error) => Answer::refusal(error.code(), &error.to_string()),
        }
    }

    fn hello(&mut self, hello: &Hello, plate: &Nameplate, controller: &Controller) -> Answer {
        if !(hello.version_min..=hello.version_max).contains(&VERSION) {
            let refusal = Answer::refusal(ErrorCode::VERSION, "this printer speaks version 1");
            return Answer { close: true, ..refusal };
        }
        self.greeted = true;
        let theirs = usize::try_from(hello.payload_bytes_max).unwrap_or(usize::MAX);
        self.payload_bytes_max = theirs.min(limits::PIP_PAYLOAD_BYTES_MAX);
        Answer::to(Reply::HelloAck(hello_ack(plate, controller)))
    }

    fn read(&mut self, read: &Read, controller: &Controller, now: Timestamp) -> Answer {
        let since = self.read_at.map_or(i64::MAX, |before| now.0.saturating_sub(before.0));
        let wait = i64::from(POLL_MS_MIN).saturating_sub(since);
        // A clock that stepped back must not lock the reader out.
        if since >= 0 && wait > 0 {
            return Answer::to(Reply::Busy { retry_after_ms: u32::try_from(wait).unwrap_or(POLL_MS_MIN) });
        }
        self.read_at = Some(now);
        let wanted = |channel: &Channel| match read {
            Read::Ids(ids) => ids.iter().any(|id| id.as_str() == channel.item.id()),
            Read::Group(group) => group.as_str() == channel.group,
        };
        let values = CHANNELS.iter().zip(&controller.observed).filter(|(channel, _)| wanted(channel));
        let values = values.map(|(channel, observed)| sample(channel, observed, controller)).collect();
        Answer::to(Reply::Values(Values { values }))
    }
}

fn hello_ack(plate: &Nameplate, controller: &Controller) -> HelloAck {
    HelloAck {
        version_min: VERSION,
        version_max: VERSION,
        vendor: Text::cut("Oneway simulator"),
        model: Text::cut(&plate.model),
        serial: Text::cut(&plate.serial),
        firmware: Text::cut(FIRMWARE),
        instance: Text::cut(&controller.instance),
        boot_time: controller.booted,
        payload_bytes_max: u32::try_from(limits::PIP_PAYLOAD_BYTES_MAX).unwrap_or(u32::MAX),
        heartbeat_ms: HEARTBEAT_MS,
        poll_ms_min: POLL_MS_MIN,
        capabilities: vec![Text::cut("alarms")],
        items_hash: Text::cut(ITEMS_HASH),
    }
}

fn description() -> Description {
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
        limit_high: (channel.item == &catalog::items::VAT_TEMPERATURE).then_some(32.0),
        codes: channel.item.codes().iter().map(|code| Text::cut(code)).collect(),
        interval_ms_min: POLL_MS_MIN,
        group: Text::cut(channel.group),
    };
    Description { items: CHANNELS.iter().map(describe).collect() }
}

fn sample(channel: &Channel, observed: &Observed, controller: &Controller) -> Sample {
    Sample {
        id: Text::cut(channel.item.id()),
        part: 0,
        value: match observed.readout {
            Readout::Number(number) => SampleValue::Number(number),
            Readout::Code(code) => SampleValue::Code(Text::cut(code)),
        },
        time: controller.measured,
        mono_ms: u64::try_from(milliseconds(controller.printer.uptime)).unwrap_or(0),
        quality: Quality::Good,
        sequence: observed.sequence,
    }
}

fn alarms(controller: &Controller) -> ActiveAlarms {
    let alarm = |(fault, since): &(&NativeFault, f64)| ActiveAlarm {
        code: Text::cut(&fault.code.to_string()),
        class: Text::cut(fault.class),
        subsystem: Text::cut(fault.subsystem),
        part: 0,
        qualifier: fault.side.map(|side| match side {
            Side::Low => Qualifier::Low,
            Side::High => Qualifier::High,
        }),
        since: Timestamp(controller.booted.0.saturating_add(milliseconds(*since))),
    };
    ActiveAlarms { alarms: controller.printer.active_faults().iter().map(alarm).collect() }
}

fn milliseconds(seconds: f64) -> i64 {
    std::time::Duration::try_from_secs_f64(seconds)
        .map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0))
}
