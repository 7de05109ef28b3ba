//! Who sends: the part of an event that is the same in all of them.

use serde_json::json;

use crate::noise::Noise;

/// The version that the events claim: the last of Filebeat 8 that knows a file by device and inode.
const VERSION: &str = "8.15.0";

/// One Beat on one printer's computer.
#[derive(Clone, Debug)]
pub struct Agent {
    beat: &'static str,
    /// `agent`, `ecs` and `host`, and the metadata, as JSON.
    constant: Vec<(&'static str, String)>,
    metadata: String,
}

impl Agent {
    /// An agent with an id that stays over restarts and an ephemeral one that is new with each.
    pub fn new(beat: &'static str, host: &str, noise: &mut Noise, ephemeral: &mut Noise) -> Self {
        let agent = json!({
            "id": noise.uuid(), "ephemeral_id": ephemeral.uuid(),
            "type": beat, "version": VERSION, "name": host,
        });
        let constant = vec![
            ("agent", agent.to_string()),
            ("ecs", json!({"version": "8.0.0"}).to_string()),
            ("host", json!({"name": host}).to_string()),
        ];
        let metadata = json!({"beat": beat, "type": "_doc", "version": VERSION}).to_string();
        Self { beat, constant, metadata }
    }

    /// `filebeat` or `metricbeat`.
    pub fn beat(&self) -> &'static str {
        self.beat
    }

    /// One event: time and metadata first, then the fields in an order that changes from event to event, as
    /// Beats write them (a Go map has no order). A resend therefore has other bytes and the same fields.
    pub fn event(&self, time: &str, fields: &[(&'static str, String)], noise: &mut Noise) -> String {
        let mut order: Vec<&(&'static str, String)> = self.constant.iter().chain(fields).collect();
        for last in (1..order.len()).rev() {
            let other = noise.whole(0, u32::try_from(last + 1).unwrap_or(1)) as usize;
            order.swap(last, other);
        }
        let mut out = format!("{{\"@timestamp\":\"{time}\",\"@metadata\":{}", self.metadata);
        for (name, value) in order {
            out += &format!(",\"{name}\":{value}");
        }
        out.push('}');
        out
    }
}
