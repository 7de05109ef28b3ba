//! Generated events of Metricbeat, of the five data sets of the `system` module that are read.

use serde_json::{Value, json};

/// So many events, of each data set in turn.
pub fn events(count: u32) -> Vec<String> {
    (0..count).map(event).collect()
}

fn event(number: u32) -> String {
    let share = f64::from(number % 100) / 100.0;
    let (name, said) = match number % 5 {
        0 => (
            "cpu",
            json!({ "cores": 4, "total": { "pct": share, "norm": { "pct": share } }, "idle": { "pct": 3.1, "norm": { "pct": 0.775 } }, "user": { "pct": 0.4 }, "system": { "pct": 0.2 } }),
        ),
        1 => ("load", json!({ "1": share, "5": 0.31, "15": 0.4, "cores": 4 })),
        2 => (
            "memory",
            json!({ "total": 8_589_934_592_u64, "free": 1000, "used": { "bytes": 1, "pct": 0.9 }, "actual": { "free": 1, "used": { "bytes": 1, "pct": share } }, "swap": { "total": 0 } }),
        ),
        3 => (
            "filesystem",
            json!({ "mount_point": "/var/lib", "device_name": "/dev/sda1", "type": "ext4", "total": 64_000_000_u64, "free": 5_000_000, "available": 4_000_000, "used": { "bytes": 9, "pct": share } }),
        ),
        _ => (
            "fsstat",
            json!({ "count": 3, "total_files": 1_234_000 + number, "total_size": { "free": 1, "total": 3, "used": 2 } }),
        ),
    };
    enveloped(name, &said)
}

fn enveloped(name: &str, said: &Value) -> String {
    json!({
        "@timestamp": "2026-11-22T10:15:40.000Z",
        "@metadata": { "beat": "metricbeat", "type": "_doc", "version": "8.1.3" },
        "event": { "dataset": format!("system.{name}"), "module": "system", "duration": 125_000 },
        "metricset": { "name": name, "period": 10_000 },
        "service": { "type": "system" },
        "agent": { "id": "m-1", "ephemeral_id": "e-1", "type": "metricbeat", "name": "p01" },
        "host": { "name": "p01" },
        "system": { name: said },
    })
    .to_string()
}
