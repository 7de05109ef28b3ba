//! What the benchmarks run over: generated data in the shape of what real senders send. No benchmark reads a file.

use std::fmt::Write as _;

/// Events of one of Filebeat's windows, by its default.
pub const WINDOW_EVENTS: u32 = 2048;

/// A window's events as Filebeat 8 writes them: about 814 bytes each, one log line of a printer in Beats' envelope.
pub fn filebeat_events() -> Vec<Vec<u8>> {
    (0..WINDOW_EVENTS).map(|number| filebeat_event(number).into_bytes()).collect()
}

fn filebeat_event(number: u32) -> String {
    let (second, offset) = (number / 60 % 60, u64::from(number) * 118);
    let mut out = String::with_capacity(1024);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        concat!(
            r#"{{"@timestamp":"2026-11-22T10:15:{second:02}.{milli:03}Z","@metadata":{{"beat":"filebeat","type":"_doc","#,
            r#""version":"8.1.3"}},"log":{{"offset":{offset},"file":{{"path":"/var/log/projet/laser.log","#,
            r#""device_id":"64769","inode":"1835{number:06}","fingerprint":"a1b2c3d4e5f60718293a4b5c6d7e8f90"}}}},"#,
            r#""message":"2026-11-22T10:15:{second:02}.{milli:03}Z laser #{number:09} INFO power=5{watt:02}.3mW "#,
            r#"setpoint=515mW current=21.4A head=31.2Cel hours=1234.5h","input":{{"type":"filestream"}},"#,
            r#""agent":{{"id":"5f0c2a9e-7d1b-4b7e-9a55-0c7b3f2e1d00","name":"projet-7000-p01","type":"filebeat","#,
            r#""ephemeral_id":"0f9e8d7c-6b5a-4938-a716-253443526170","version":"8.1.3"}},"ecs":{{"version":"8.0.0"}},"#,
            r#""host":{{"name":"projet-7000-p01","architecture":"x86_64","os":{{"platform":"windows","family":"windows","#,
            r#""version":"10.0.19044"}}}},"fields":{{"site":"oslo","line":"stereolithography"}},"#,
            r#""tags":["projet","laser"]}}"#
        ),
        second = second,
        milli = number % 1000,
        offset = offset,
        number = number,
        watt = number % 100,
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_of_a_real_events_size() {
        for event in filebeat_events() {
            assert!((800..830).contains(&event.len()), "{}", event.len());
            assert!(serde_json::from_slice::<serde_json::Value>(&event).is_ok());
        }
    }
}
