//! The printer's computer and what Metricbeat's system module says of it.

use serde_json::{Value, json};

use super::agent::Agent;
use crate::noise::Noise;

const CORES: u32 = 4;
const MEMORY_BYTES: f64 = 16.0 * 1_073_741_824.0;
/// Disks: device, mount point, bytes.
const DISKS: [(&str, &str, f64); 2] =
    [("/dev/sda2", "/", 120e9), ("/dev/sdb1", "/srv/jobs/Acme confidential", 500e9)];

/// A computer whose load wanders.
#[derive(Clone, Debug)]
pub struct Host {
    cpu: f64,
    memory: f64,
    disks: [f64; 2],
    noise: Noise,
}

impl Host {
    /// A computer.
    pub fn new(mut noise: Noise) -> Self {
        let (cpu, memory) = (noise.between(0.05, 0.4), noise.between(0.3, 0.6));
        let disks = [noise.between(0.3, 0.7), noise.between(0.2, 0.9)];
        Self { cpu, memory, disks, noise }
    }

    /// One sample: an event for each data set and each disk, all of this moment (RFC 3339).
    pub fn sample(&mut self, agent: &Agent, time: &str, period_ms: u64) -> Vec<String> {
        self.wander();
        let mut sets = vec![("cpu", self.cpu()), ("load", self.load()), ("memory", self.memory())];
        sets.extend((0..DISKS.len()).map(|disk| ("filesystem", self.filesystem(disk))));
        sets.push(("fsstat", self.fsstat()));
        sets.into_iter().map(|(set, values)| self.event(agent, time, period_ms, set, &values)).collect()
    }

    fn wander(&mut self) {
        let noise = &mut self.noise;
        self.cpu = (self.cpu + noise.around_zero(0.03)).clamp(0.02, 0.95);
        self.memory = (self.memory + noise.around_zero(0.004)).clamp(0.2, 0.9);
        for used in &mut self.disks {
            *used = (*used + 0.000_01).min(0.97);
        }
    }

    fn event(&mut self, agent: &Agent, time: &str, period_ms: u64, set: &str, values: &Value) -> String {
        let duration = u64::from(self.noise.whole(80_000, 900_000));
        let fields = [
            (
                "event",
                json!({"dataset": format!("system.{set}"), "module": "system", "duration": duration})
                    .to_string(),
            ),
            ("metricset", json!({"name": set, "period": period_ms}).to_string()),
            ("service", json!({"type": "system"}).to_string()),
            ("system", json!({set: values}).to_string()),
        ];
        agent.event(time, &fields, &mut self.noise)
    }

    fn cpu(&self) -> Value {
        // `pct` runs up to the number of cores, `norm.pct` up to 1.
        let share =
            |norm: f64| json!({"pct": rounded(norm * f64::from(CORES)), "norm": {"pct": rounded(norm)}});
        json!({
            "cores": CORES, "total": share(self.cpu), "user": share(self.cpu * 0.7),
            "system": share(self.cpu * 0.3), "idle": share(1.0 - self.cpu),
        })
    }

    fn load(&self) -> Value {
        let load = self.cpu * f64::from(CORES);
        json!({
            "cores": CORES, "1": rounded(load), "5": rounded(load * 0.95), "15": rounded(load * 0.9),
            "norm": {"1": rounded(self.cpu), "5": rounded(self.cpu * 0.95), "15": rounded(self.cpu * 0.9)},
        })
    }

    fn memory(&self) -> Value {
        // Buffers come on top of what programs use; `memory` never passes 0.9.
        let used = self.memory + 0.05;
        json!({
            "total": whole(MEMORY_BYTES),
            "used": {"bytes": whole(MEMORY_BYTES * used), "pct": rounded(used)},
            "actual": {
                "used": {"bytes": whole(MEMORY_BYTES * self.memory), "pct": rounded(self.memory)},
                "free": whole(MEMORY_BYTES * (1.0 - self.memory)),
            },
            "free": whole(MEMORY_BYTES * (1.0 - used)),
        })
    }

    fn filesystem(&self, disk: usize) -> Value {
        let ((device, mount, bytes), used) = (DISKS[disk], self.disks[disk]);
        json!({
            "device_name": device, "mount_point": mount, "type": "ext4", "total": whole(bytes),
            "used": {"bytes": whole(bytes * used), "pct": rounded(used)},
            "free": whole(bytes * (1.0 - used)), "available": whole(bytes * (0.95 - used).max(0.0)),
            "files": 7_864_320, "free_files": 7_000_000,
        })
    }

    fn fsstat(&self) -> Value {
        let total: f64 = DISKS.iter().map(|(_, _, bytes)| bytes).sum();
        let used: f64 = DISKS.iter().zip(self.disks).map(|((_, _, bytes), used)| bytes * used).sum();
        json!({
            "count": DISKS.len(), "total_files": 15_728_640,
            "total_size": {"total": whole(total), "used": whole(used), "free": whole(total - used)},
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a disk is far smaller than 2^53 bytes")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
