//! A log line as Filebeat wraps it.

use serde_json::json;

use super::agent::Agent;
use super::files::Line;
use crate::noise::Noise;

/// The event of one line that was read at `time` (RFC 3339). Its origin is in `log.offset`, the file's device
/// and inode, and the agent's id; these do not change when it is sent again.
pub(super) fn event(agent: &Agent, line: &Line, time: &str, noise: &mut Noise) -> String {
    let file = json!({
        "path": &*line.path, "device_id": line.device.to_string(), "inode": line.inode.to_string(),
    });
    let fields = [
        ("message", json!(line.text).to_string()),
        ("log", json!({"offset": line.offset, "file": file}).to_string()),
        ("input", json!({"type": "filestream"}).to_string()),
    ];
    agent.event(time, &fields, noise)
}
