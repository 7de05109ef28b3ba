//! What the benchmarks run over: generated data in the shape of what real senders send. No benchmark reads a file.

pub mod front_door;
pub mod klippy;
pub mod link;
pub mod logs;
pub mod metricbeat;
pub mod polling;
mod store;

/// Events of one of Filebeat's windows, by its default.
pub const WINDOW_EVENTS: u32 = 2048;

/// Readings that the `projet` family's parser makes of each of these events: power, setpoint, current, head
/// temperature, hours, and the record's number.
pub const READINGS_PER_EVENT: u64 = 6;

/// A window's events as Filebeat 8 writes them: about 814 bytes each, one log line of a printer in Beats' envelope,
/// its fields in an order that changes from event to event.
pub fn filebeat_events() -> Vec<Vec<u8>> {
    (0..WINDOW_EVENTS).map(|number| filebeat_event(number).into_bytes()).collect()
}

fn filebeat_event(number: u32) -> String {
    let (second, milli, offset) = (number / 60 % 60, number % 1000, u64::from(number) * 118);
    let stamp = format!("2026-11-22T10:15:{second:02}.{milli:03}Z");
    let watt = number % 100;
    let mut order = Order(number);
    let file = order.object(&[
        r#""path":"/var/log/projet/laser.log""#,
        r#""device_id":"64769""#,
        &format!(r#""inode":"1835{number:06}""#),
        r#""fingerprint":"a1b2c3d4e5f60718293a4b5c6d7e8f90""#,
    ]);
    let log = order.object(&[&format!(r#""offset":{offset}"#), &format!(r#""file":{file}"#)]);
    let message = format!(
        "{stamp} laser #{number:09} INFO power=5{watt:02}.3mW setpoint=515mW current=21.4A head=31.2Cel hours=1234.5h"
    );
    let agent = order.object(&[
        r#""id":"5f0c2a9e-7d1b-4b7e-9a55-0c7b3f2e1d00""#,
        r#""name":"projet-7000-p01""#,
        r#""type":"filebeat""#,
        r#""ephemeral_id":"0f9e8d7c-6b5a-4938-a716-253443526170""#,
        r#""version":"8.1.3""#,
    ]);
    let os = order.object(&[r#""platform":"windows""#, r#""family":"windows""#, r#""version":"10.0.19044""#]);
    let host = order.object(&[
        r#""name":"projet-7000-p01""#,
        r#""architecture":"x86_64""#,
        &format!(r#""os":{os}"#),
    ]);
    let fields = order.object(&[r#""site":"oslo""#, r#""line":"stereolithography""#]);
    let rest = order.object(&[
        &format!(r#""log":{log}"#),
        &format!(r#""message":"{message}""#),
        r#""input":{"type":"filestream"}"#,
        &format!(r#""agent":{agent}"#),
        r#""ecs":{"version":"8.0.0"}"#,
        &format!(r#""host":{host}"#),
        &format!(r#""fields":{fields}"#),
        r#""tags":["projet","laser"]"#,
    ]);
    let metadata = r#"{"beat":"filebeat","type":"_doc","version":"8.1.3"}"#;
    // These two stand before the rest, always.
    format!(r#"{{"@timestamp":"{stamp}","@metadata":{metadata},{}"#, rest.trim_start_matches('{'))
}

/// The order of the fields, which Beats leave to chance: other in each event, and the same in each run.
struct Order(u32);

impl Order {
    fn object(&mut self, fields: &[&str]) -> String {
        let mut fields = fields.to_vec();
        for index in (1..fields.len()).rev() {
            fields.swap(index, self.below(index + 1));
        }
        format!("{{{}}}", fields.join(","))
    }

    // A linear congruential generator (Numerical Recipes): its upper bits are good enough for an order.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as usize % limit
    }
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
