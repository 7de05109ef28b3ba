//! Lines that are known and say nothing that leaves: they are full of names, files, keys and G-code.

/// What a line that gives no reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// One line.
    Line,
    /// The first of a traceback, which ends with the line that is not indented.
    Traceback,
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

/// Beginnings of what is written out after a shutdown or an error: each is one line, whatever stands in it.
const DUMPS: &[&str] = &[
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
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
];

/// The lines of the texts that tell a user what to do (`klippy.py`, `extras/error_mcu.py`, `extras/verify_heater.py`), by
/// how each begins.
const HELP: &[&str] = &[
    "Printer is ",
    "Error configuring printer",
    "The klippy host software is attempting to connect.",
    "retry in a few moments.",
    "Once the underlying issue is corrected, use the",
    "\"FIRMWARE_RESTART\" command to reset the firmware",
    "\"RESTART\" command to reload the config",
    "command to reload the config and restart the host software.",
    "config, and restart the host software.",
    "This often indicates the host computer is overloaded.",
    "for other processes consuming excessive CPU time",
    "usage, disk errors, overheating, unstable voltage, or",
    "similar system problems on the host computer.",
    "This is generally indicative of an intermittent",
    "communication failure between micro-controller and host.",
    "This generally occurs ",
    "its configured min_temp or max_temp.",
    "requested to step at a rate higher than it is capable of",
    "obtaining.",
    "or in response to an internal error in the host software.",
    "This is frequently caused by running an older version of the",
    "firmware on the MCU(s). Fix by recompiling and flashing the",
    "firmware.",
    "See the 'verify_heater' section in docs/Config_Reference.md",
    "for the parameters that control this check.",
];

const TRACEBACK: &[u8] = b"Traceback (most recent call last):";

impl Known {
    /// What the line is, if it is known.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let any = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start.as_bytes()));
        if text.starts_with(TRACEBACK) {
            return Some(Self::Traceback);
        }
        (any(LINES) || any(DUMPS) || any(HELP)).then_some(Self::Line)
    }
}
