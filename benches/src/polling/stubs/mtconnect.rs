//! An MTConnect agent of an extrusion printer with four heads: eight temperatures a second. What it says is made from the
//! time alone: observation `FIRST + second × 8 + place` is that temperature of that second.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::Asked;

const HEADS: u64 = 4;
/// Of each head, its temperature and what it shall be.
const EACH: u64 = 2;
const EACH_SECOND: u64 = HEADS * EACH;
/// The number of the first temperature. Before it come availability and execution.
const FIRST: u64 = 3;

pub(in crate::polling) fn answer(asked: &Asked<'_>) -> Option<(&'static str, String)> {
    let seconds = asked.up.as_secs();
    let next = FIRST + (seconds + 1) * EACH_SECOND;
    let document = match asked.path {
        "/probe" => devices(asked.now),
        // The last of each.
        "/current" => streams(asked, [1, 2].into_iter().chain(next - EACH_SECOND..next), next, next),
        "/sample" => {
            let (from, count) = (asked.number("from")?, asked.number("count")?);
            let to = next.min(from + count);
            streams(asked, from..to, to, next)
        }
        _ => return None,
    };
    Some(("text/xml", document))
}

fn header(now: Timestamp, more: &str) -> String {
    format!(
        "<Header creationTime=\"{now:.0}\" sender=\"stub\" instanceId=\"1795341600\" version=\"2.2.0.17\" \
         bufferSize=\"1048576\"{more}/>"
    )
}

fn devices(now: Timestamp) -> String {
    let mut heads = String::new();
    for head in 0..HEADS {
        let item = |id: &str, sub: &str| {
            format!(
                "<DataItem category=\"SAMPLE\" id=\"{id}{head}\" type=\"TEMPERATURE\"{sub} units=\"CELSIUS\"/>"
            )
        };
        let (actual, target) = (item("t", ""), item("s", " subType=\"TARGET\""));
        // Writing to a string cannot fail.
        let _ = write!(
            heads,
            "<ExtrusionUnit id=\"e{head}\"><DataItems>{actual}{target}</DataItems></ExtrusionUnit>"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MTConnectDevices xmlns=\"urn:mtconnect.org:MTConnectDevices:2.2\">\
         {}<Devices><Device id=\"d\" name=\"Stub\" uuid=\"S-1\"><Description manufacturer=\"Example\" model=\"Melter 4\" \
         serialNumber=\"S-1\"/><DataItems><DataItem category=\"EVENT\" id=\"avail\" type=\"AVAILABILITY\"/></DataItems>\
         <Components><Controller id=\"c\"><Components><Path id=\"p\"><DataItems><DataItem category=\"EVENT\" id=\"exec\" \
         type=\"EXECUTION\"/></DataItems></Path></Components></Controller><Systems id=\"y\"><Components>{heads}\
         </Components></Systems></Components></Device></Devices></MTConnectDevices>",
        header(now, "")
    )
}

fn streams(asked: &Asked<'_>, sequences: impl Iterator<Item = u64>, next: u64, end: u64) -> String {
    let (mut samples, mut events) = (String::new(), String::new());
    let on = asked.now.as_millisecond() - i64::try_from(asked.up.as_millis()).unwrap_or(i64::MAX);
    let at = |sequence: u64| {
        let second = sequence.saturating_sub(FIRST) / EACH_SECOND;
        let time = on + i64::try_from(second * 1_000 + sequence % EACH_SECOND).unwrap_or(0);
        Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    for sequence in sequences {
        let time = at(sequence);
        let stamp = format!("sequence=\"{sequence}\" timestamp=\"{time:.3}\"");
        let _ = match sequence {
            1 => write!(events, "<Availability dataItemId=\"avail\" {stamp}>AVAILABLE</Availability>"),
            2 => write!(events, "<Execution dataItemId=\"exec\" {stamp}>ACTIVE</Execution>"),
            _ => {
                let (second, place) = ((sequence - FIRST) / EACH_SECOND, (sequence - FIRST) % EACH_SECOND);
                let (head, target) = (place / EACH, place % EACH == 1);
                let id = if target { "s" } else { "t" };
                let tenths = if target { 0 } else { second % 10 };
                write!(
                    samples,
                    "<Temperature dataItemId=\"{id}{head}\" {stamp}>21{head}.{tenths}</Temperature>"
                )
            }
        };
    }
    let numbers = format!(" firstSequence=\"1\" lastSequence=\"{}\" nextSequence=\"{next}\"", end - 1);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MTConnectStreams xmlns=\"urn:mtconnect.org:MTConnectStreams:2.2\">{}\
         <Streams><DeviceStream name=\"Stub\" uuid=\"S-1\"><ComponentStream component=\"Device\" componentId=\"d\">\
         <Samples>{samples}</Samples><Events>{events}</Events></ComponentStream></DeviceStream></Streams></MTConnectStreams>",
        header(asked.now, &numbers)
    )
}
