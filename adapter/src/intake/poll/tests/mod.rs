mod causes;
pub(super) mod conversation;
pub(super) mod listed;
mod live;
mod live_http;
mod manners;
mod pip_log;
mod stale;
mod toy;
mod twenty;

use catalog::{Quality, Salt, Timestamp};
use protocol::pip::{
    ActiveAlarms, Alarm, Description, ErrorCode, ErrorReply, EventList, Held, HelloAck, ItemDescription,
    Read, Reply, Request, Sample, SampleValue, Text, Values,
};
use tokio::time::{Duration, Instant};

use super::Now;
use super::drivers::pip::{Answer, Pip, Query};
use super::memory::Memory;
use crate::normalise::testing;
pub(super) use crate::testing::item;

pub(super) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(super) fn memory(interval: Duration) -> Memory {
    Memory::new("pip", testing::printer_id(), Salt::new([7; 16]), interval)
}

/// A moment on which test clocks begin.
pub(super) fn beginning() -> Now {
    Now { mono: Instant::now(), wall: Timestamp(1_795_000_000_000) }
}

pub(super) fn later(now: Now, by: Duration) -> Now {
    let wall = Timestamp(now.wall.0 + i64::try_from(by.as_millis()).unwrap());
    Now { mono: now.mono + by, wall }
}

pub(super) fn hello_ack() -> HelloAck {
    crate::testing::hello_ack("i-1")
}

pub(super) fn description() -> Description {
    let items = vec![
        item("laser.power", "gauge", "mW"),
        item("vat.temperature", "gauge", "Cel"),
        item("door.state", "state", "1"),
        item("recoater.fault", "state", "1"),
        item("maker.secret", "gauge", "1"),
    ];
    Description { items }
}

pub(super) fn sample(id: &str, value: SampleValue, time: Timestamp) -> Sample {
    Sample { id: text(id), part: 0, value, time, mono_ms: 1, quality: Quality::Good, sequence: 1 }
}

/// What a printer that is well answers.
pub(super) fn well(request: &Request, now: Now) -> Reply {
    match request {
        Request::Hello(_) => Reply::HelloAck(hello_ack()),
        Request::Describe => Reply::Described(description()),
        Request::Read(Read::Ids(ids)) => {
            let value = |id: &Text| match id.as_str() {
                "door.state" => sample("door.state", SampleValue::Code(text("closed")), now.wall),
                id => sample(id, SampleValue::Number(20.0), now.wall),
            };
            Reply::Values(Values { values: ids.iter().map(value).collect() })
        }
        Request::Read(Read::Group(_)) => panic!("the poller reads by ids"),
        Request::Alarms => Reply::Alarms(ActiveAlarms::default()),
        Request::Ping => Reply::Pong,
        Request::Events(_) => {
            Reply::HeldEvents(EventList::new(Held::new(1, 0).unwrap(), Vec::new()).unwrap())
        }
        Request::Subscribe(_) | Request::NotifyAck(_) => panic!("{request:?}"),
    }
}

pub(super) fn failed() -> Reply {
    let error =
        ErrorReply { code: ErrorCode::INTERNAL, retry_after_ms: Some(5_000), text: text("job bracket.stl") };
    Reply::Error(error)
}

pub(super) fn error(code: ErrorCode) -> Reply {
    Reply::Error(ErrorReply { code, retry_after_ms: None, text: text("") })
}

pub(super) fn offers(item: ItemDescription) -> Reply {
    Reply::Described(Description { items: vec![item] })
}

pub(super) fn alarm(subsystem: &str, class: &str) -> Alarm {
    Alarm {
        code: text("4012"),
        class: text(class),
        subsystem: text(subsystem),
        part: 0,
        qualifier: None,
        since: Timestamp(1_795_000_000_000),
    }
}
