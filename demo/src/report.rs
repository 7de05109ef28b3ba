//! The demo's report. Each figure was counted by the program that it speaks of: the simulator says what it
//! wrote, the adapter what it made and refused, the platform what it stored; the system says what the adapter's
//! process took. Only `lost` compares two of them, as it must.

use anyhow::{Context as _, Result};
use procfs::process::Process;
use serde::Serialize;
use serde_json::Value;

/// What a run came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Printers simulated.
    pub printers: u64,
    /// Log lines that the printers wrote (simulator).
    pub log_lines_written: u64,
    /// Log lines that the printers' senders had acknowledged (simulator).
    pub log_lines_acknowledged: u64,
    /// Readings made (adapter).
    pub readings_made: u64,
    /// Values that the catalogue refused (adapter).
    pub readings_refused: u64,
    /// Polled readings given up for want of room (adapter).
    pub readings_given_up: u64,
    /// Polled numbers that gave way to the least, the greatest and the last of their time (adapter).
    pub readings_thinned: u64,
    /// Lines and events that no parser knew (adapter).
    pub lines_unmatched: u64,
    /// Readings in the store (platform).
    pub readings_stored: u64,
    /// Log lines written (simulator) whose record is not in the store (platform).
    pub log_lines_lost: u64,
    /// Records that stand in the store more than once (platform).
    pub log_lines_duplicated: u64,
    /// Alarms that opened (platform).
    pub alarms_opened: u64,
    /// Half of the lines were stored within this time from their writing (platform), ms.
    pub latency_p50_ms: Option<f64>,
    /// All but one in a hundred were stored within this time from their writing (platform), ms.
    pub latency_p99_ms: Option<f64>,
    /// Most memory that the adapter's process had (system).
    pub adapter_memory_peak_bytes: u64,
    /// Bytes that the adapter's process caused to be written to a disk (system).
    pub adapter_bytes_written_to_disk: u64,
}

/// What the system says of the adapter's process; asked while it still runs.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    memory_peak_bytes: u64,
    bytes_written: u64,
}

impl Footprint {
    /// Bytes that it caused to be written to a disk.
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// Reads it.
    pub fn of(pid: i32) -> Result<Self> {
        let process = Process::new(pid)?;
        let peak_kib = process.status()?.vmhwm.context("the system does not say the peak memory")?;
        Ok(Self { memory_peak_bytes: peak_kib * 1024, bytes_written: process.io()?.write_bytes })
    }
}

impl Report {
    /// Brings together what each program said.
    pub fn new(simulator: &Value, adapter: &Value, platform: &Value, footprint: Footprint) -> Result<Self> {
        let written = number(simulator, "/lines_written")?;
        let distinct = number(platform, "/records/distinct")?;
        Ok(Self {
            printers: number(platform, "/printers")?,
            log_lines_written: written,
            log_lines_acknowledged: number(simulator, "/lines_acknowledged")?,
            readings_made: number(adapter, "/readings_made")?,
            readings_refused: number(adapter, "/readings_refused")?,
            readings_given_up: number(adapter, "/readings_given_up")?,
            readings_thinned: number(adapter, "/readings_thinned")?,
            lines_unmatched: number(adapter, "/lines_unmatched")?,
            readings_stored: number(platform, "/readings_stored")?,
            log_lines_lost: written.saturating_sub(distinct),
            log_lines_duplicated: number(platform, "/records/duplicates")?,
            alarms_opened: number(platform, "/alarms_opened")?,
            latency_p50_ms: platform.pointer("/records/latency_p50_ms").and_then(Value::as_f64),
            latency_p99_ms: platform.pointer("/records/latency_p99_ms").and_then(Value::as_f64),
            adapter_memory_peak_bytes: footprint.memory_peak_bytes,
            adapter_bytes_written_to_disk: footprint.bytes_written,
        })
    }
}

fn number(said: &Value, pointer: &str) -> Result<u64> {
    said.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("no number at {pointer} in {said}"))
}
