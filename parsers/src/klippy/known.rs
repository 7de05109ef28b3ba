//! Lines that are known and say nothing that leaves: they are full of names, files, keys and G-code.

/// What a line that gives no reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// One line.
    Line,
    /// The first of several: a traceback, or a part of what is written out after a shutdown.
    Block,
}

/// Beginnings of lines that stand alone.
const LINES: &[&str] = &[
    "Starting Klippy",
    "Restarting printer",
    "Args: ",
    "Git version: ",
    "Branch: ",
    "Remote: ",
    "Tracked URL: ",
    "CPU: ",
    "Device: ",
    "Linux: ",
    "Python: ",
    "Build file ",
    "webhooks: ",
    "webhooks client ",
    "Extruder max_extrude_ratio=",
    "SAVE_CONFIG to ",
    "Resetting prediction variance ",
    "Reactor garbage collection: ",
    "Running external script ",
    "bed_mesh: ",
    "USB CANBUS bridge ",
    "=============== Log rollover at ",
    "=======================",
];

/// Beginnings of the first of several lines, and of the ones that only stand below such a one.
const BLOCKS: &[&str] = &[
    "Traceback (most recent call last):",
    "Dumping ",
    "clocksync state: ",
    "Sent ",
    "Receive: ",
    "Read ",
    "Virtual sdcard (",
    "Upcoming (",
    "gcode state: ",
    "Requested toolhead position at shutdown time ",
    "queue_step ",
    "move ",
    "pos: ",
    "Untracked files: ",
    "Modified files: ",
    "Internal error on command:",
    "Exception in ",
];

impl Known {
    /// What the line is, if it is known.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let any = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start.as_bytes()));
        if any(LINES) {
            return Some(Self::Line);
        }
        any(BLOCKS).then_some(Self::Block)
    }
}
