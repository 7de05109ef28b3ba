//! `[buffer]`: how much may wait.

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;

/// Less could not hold a second of twenty printers.
pub const BYTES_MAX_LOWEST: usize = 4 << 20;
/// More than any machine that the adapter is meant for has to spare.
pub const BYTES_MAX_HIGHEST: usize = 4 << 30;
/// What the design's small computer has to spare: some minutes of twenty printers.
const BYTES_MAX_DEFAULT: u64 = 64 << 20;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Ceiling of the memory that waiting readings take, in bytes.
    pub bytes_max: usize,
    /// What gives way when polled readings find no room.
    pub when_full: WhenFull,
}

/// What gives way when an outage outlasts memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Of older numbers all but the least, the greatest and the last of their time; then old numbers, and states and events
    /// last of all.
    Thin,
    /// The oldest readings, whatever they say.
    DropOldest,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    #[serde(default = "bytes_max")]
    bytes_max: u64,
    #[serde(default = "thin")]
    when_full: String,
}

fn bytes_max() -> u64 {
    BYTES_MAX_DEFAULT
}

fn thin() -> String {
    "thin".to_owned()
}

impl Default for Raw {
    fn default() -> Self {
        Self { bytes_max: bytes_max(), when_full: thin() }
    }
}

impl Raw {
    pub(super) fn check(self, path: &KeyPath, problems: &mut Problems) -> Option<Buffer> {
        let bytes_max = usize::try_from(self.bytes_max).ok();
        let bytes_max = bytes_max.filter(|bytes| (BYTES_MAX_LOWEST..=BYTES_MAX_HIGHEST).contains(bytes));
        if bytes_max.is_none() {
            let text =
                format!("{} is not from {BYTES_MAX_LOWEST} to {BYTES_MAX_HIGHEST} bytes", self.bytes_max);
            problems.add(path.key("bytes_max"), text);
        }
        let when_full = match self.when_full.as_str() {
            "thin" => Some(WhenFull::Thin),
            "drop_oldest" => Some(WhenFull::DropOldest),
            other => {
                let text = format!("`{other}` is not a way to make room: write `thin` or `drop_oldest`");
                problems.add(path.key("when_full"), text);
                None
            }
        };
        Some(Buffer { bytes_max: bytes_max?, when_full: when_full? })
    }
}
