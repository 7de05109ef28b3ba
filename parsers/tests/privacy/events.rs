//! Events of beats with secrets in every field.

use parsers::beats::Event;
use parsers::{Output, metricbeat};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{assert_not_in, context, own_log, salt, secret, words};

proptest! {
    // A failure becomes a case of `fixtures/`, by hand.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_an_event(secret in secret(), set in proptest::sample::select(vec!["cpu", "load", "memory", "filesystem", "fsstat"])) {
        let json = json!({
            "@timestamp": "2026-11-22T10:15:30.123Z", "@metadata": { "beat": "metricbeat" },
            "agent": { "id": secret, "name": secret }, "host": { "name": secret, "hostname": secret },
            "event": { "dataset": format!("system.{set}") }, "message": secret, "fields": { &secret: secret },
            "system": {
                "cpu": { "cores": 2, "total": { "pct": 1, "norm": { "pct": secret } } },
                "load": { "1": 0.5, "5": secret },
                "memory": { "total": 5, "used": { "pct": 0.5 }, "actual": secret },
                "filesystem": { "mount_point": secret, "device_name": secret, "used": { "pct": 0.5 }, "free": 5 },
                "fsstat": { "total_files": 5, "count": secret },
            },
        });
        let json = json.to_string();
        let event = Event::parse(json.as_bytes()).unwrap();
        let mut output = Output::default();
        metricbeat::readings(&event, event.place(&salt()), &context(), &mut output);
        let debug = format!("{event:?} {:?}", event.file);
        assert_not_in(&secret, &(words(&output) + &own_log(&output) + &debug))?;
    }

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        parsers::beats::fuzz_body(&bytes);
        parsers::metricbeat::fuzz_body(&bytes);
    }
}
