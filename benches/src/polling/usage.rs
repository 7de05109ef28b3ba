//! What a process uses, by the kernel's own account.

use anyhow::{Context as _, Result};
use procfs::process::Process;
use serde::Serialize;

/// At one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Usage {
    /// User and system, since its start.
    pub(crate) cpu_seconds: f64,
    /// Resident memory.
    pub(crate) memory_bytes: u64,
    /// The most of it that there ever was.
    pub(crate) memory_peak_bytes: u64,
    /// Of the memory, what is not a page of the program's file.
    pub(crate) memory_anonymous_bytes: u64,
}

impl Usage {
    pub(crate) fn of(pid: i32) -> Result<Self> {
        let process = Process::new(pid)?;
        let (stat, status) = (process.stat()?, process.status()?);
        let bytes = |kib: Option<u64>| kib.map(|kib| kib * 1024).context("the kernel counts no memory");
        #[expect(clippy::cast_precision_loss, reason = "ticks of hours")]
        let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        Ok(Self {
            cpu_seconds,
            memory_bytes: bytes(status.vmrss)?,
            memory_peak_bytes: bytes(status.vmhwm)?,
            memory_anonymous_bytes: bytes(status.rssanon)?,
        })
    }
}

/// In megabytes, as the tables show it.
#[expect(clippy::cast_precision_loss, reason = "bytes of one machine")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
