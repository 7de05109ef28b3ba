//! What OctoPrint says of the printer's state: `Changing monitoring state from "Operational" to "Printing"`.

use catalog::items;

use super::{fault, set_state};
use crate::Output;
use crate::marlin;
use crate::record::{At, Record};

/// (OctoPrint's state, `printer.state`, `log.event` where coming into it is one).
const STATES: &[(&[u8], &str, Option<&str>)] = &[
    (b"Offline", "offline", None),
    (b"Closed", "offline", None),
    (b"Offline after error", "error", None),
    (b"Opening serial connection", "offline", None),
    (b"Detecting serial connection", "offline", None),
    (b"Connecting", "offline", None),
    (b"Operational", "ready", None),
    (b"Starting", "preparing", Some("started")),
    (b"Starting print from SD", "preparing", Some("started")),
    (b"Starting to send file to SD", "preparing", None),
    (b"Transferring file to SD", "preparing", None),
    (b"Sending file to SD", "preparing", None),
    (b"Printing", "building", None),
    (b"Printing from SD", "building", None),
    (b"Pausing", "paused", Some("paused")),
    (b"Paused", "paused", None),
    (b"Resuming", "building", Some("resumed")),
    (b"Finishing", "finished", Some("finished")),
    (b"Cancelling", "stopped", Some("cancelled")),
    (b"Error", "error", Some("failed")),
    (b"Unknown State", "offline", None),
];

/// What it says when a print begins, with what it prints: `origin: local, path: NAME, owner: …, user: …`.
const JOB: &[u8] = b"Print job started - origin: ";

/// What OctoPrint says at its own start. It has no connection then, whatever the state was before.
const START: &[u8] = b"Starting OctoPrint ";

/// Adds what a message says. Most are of OctoPrint's own affairs, and no news of the printer.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) {
    if let Some(states) = message.strip_prefix(b"Changing monitoring state from ") {
        match new_state(states) {
            Some(state) => enter(record, state, output),
            None => output.unmatch(states),
        }
    } else if let Some(job) = message.strip_prefix(JOB).and_then(path) {
        let at = At::index(marlin::STATE_INDEX + 4);
        output.take(&items::BUILD_ID, record.hash(&items::BUILD_ID, job, at));
    } else if message.starts_with(START) {
        set_state(record, "offline", output);
    }
}

/// The path of a job, of which the salted hash is that of its interface too. A name may have anything in it: people
/// stand behind the last comma of this kind.
fn path(job: &[u8]) -> Option<&[u8]> {
    const PATH: &[u8] = b", path: ";
    const OWNER: &[u8] = b", owner: ";
    let begin = job.windows(PATH.len()).position(|window| window == PATH)? + PATH.len();
    let path = job.get(begin..)?;
    let end = path.windows(OWNER.len()).rposition(|window| window == OWNER).unwrap_or(path.len());
    path.get(..end).filter(|path| !path.is_empty())
}

/// The second of `"A" to "B"`: what stands between the last two quotes, since an error's text may have quotes in it.
fn new_state(states: &[u8]) -> Option<&[u8]> {
    const TO: &[u8] = b"\" to \"";
    let states = states.strip_suffix(b"\"")?;
    let begin = states.windows(TO.len()).position(|window| window == TO)?;
    states.get(begin + TO.len()..)
}

fn enter(record: &Record<'_>, state: &[u8], output: &mut Output) {
    let (name, cause) = named(state);
    let Some((_, code, event)) = STATES.iter().find(|(known, ..)| *known == name) else {
        return output.unmatch(state);
    };
    set_state(record, code, output);
    if *code == "ready" {
        record.no_alarm(At::index(marlin::ALARM_INDEX), output);
    }
    if let Some(event) = event {
        let at = At::index(marlin::STATE_INDEX + 3);
        output.take(&items::LOG_EVENT, record.code(&items::LOG_EVENT, event.as_bytes(), at));
    }
    if let Some(cause) = cause.filter(|cause| !cause.is_empty()) {
        fault::by_firmware(record, cause, output);
    }
}

/// The state's own name, and the cause that may stand in it: `Error: Thermal Runaway, …`, and `Offline: …` or
/// `Offline (Error: …)` as older versions write it. The number of `Unknown State (17)` says nothing.
fn named(state: &[u8]) -> (&[u8], Option<&[u8]>) {
    const GONE: &[u8] = b"Offline after error";
    if let Some(cause) = state.strip_prefix(b"Offline (Error: ") {
        return (GONE, Some(cause.strip_suffix(b")").unwrap_or(cause)));
    }
    if state.starts_with(b"Unknown State (") {
        return (b"Unknown State", None);
    }
    let Some(colon) = state.iter().position(|byte| *byte == b':') else { return (state, None) };
    let (name, cause) = (&state[..colon], state[colon + 1..].trim_ascii());
    match name {
        b"Error" => (name, Some(cause)),
        b"Offline" | GONE => (GONE, Some(cause)),
        _ => (state, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_is_the_catalogues() {
        for (state, code, event) in STATES {
            assert!(items::PRINTER_STATE.codes().contains(code), "{}", state.escape_ascii());
            assert!(event.is_none_or(|event| items::LOG_EVENT.codes().contains(&event)));
        }
    }

    #[test]
    fn the_path_of_a_job_is_its_own_whatever_is_in_it() {
        for (job, expected) in [
            (&b"local, path: a/b.gcode, owner: anna, user: anna"[..], Some(&b"a/b.gcode"[..])),
            (b"sdcard, path: x, owner: y.g, owner: None, user: None", Some(b"x, owner: y.g")),
            (b"local, path: old.gcode", Some(b"old.gcode")),
            (b"local, path: , owner: a, user: b", None),
            (b"local", None),
        ] {
            assert_eq!(path(job), expected);
        }
    }

    #[test]
    fn the_new_state_is_the_second() {
        assert_eq!(new_state(b"\"Operational\" to \"Printing\""), Some(&b"Printing"[..]));
        assert_eq!(
            new_state(b"\"Printing\" to \"Error: no \"T\" here\""),
            Some(&b"Error: no \"T\" here"[..])
        );
        assert_eq!(new_state(b"\"Printing\" to"), None);
    }
}
