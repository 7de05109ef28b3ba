//! The line that says what flows, while it flows.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};

use serde_json::Value;

/// Prints what the platform holds: in place on a terminal, a line each elsewhere.
#[derive(Default)]
pub struct Progress {
    announced: BTreeSet<i64>,
    stored_before: u64,
}

impl Progress {
    /// Takes the platform's own brief report and the seconds since the last one.
    pub fn show(&mut self, report: &Value, elapsed_s: f64) {
        for alarm in report["open_alarms"].as_array().into_iter().flatten() {
            self.announce(alarm);
        }
        let stored = report["readings_stored"].as_u64().unwrap_or_default();
        let rate = stored.saturating_sub(self.stored_before) as f64 / elapsed_s.max(0.001);
        self.stored_before = stored;
        let open = report["open_alarms"].as_array().map_or(0, Vec::len);
        say(&format!(
            "{} printers · {stored} readings stored · {rate:.0} a second · {open} alarms open",
            report["printers"]
        ));
    }

    fn announce(&mut self, alarm: &Value) {
        let id = alarm["id"].as_i64().unwrap_or_default();
        if self.announced.insert(id) {
            clear();
            let text = |key: &str| alarm[key].as_str().unwrap_or_default().to_owned();
            print(&format!("  ! {} on {}: {}\n", text("severity"), text("printer"), text("message")));
        }
    }
}

/// Ends the line that was written in place.
pub fn end() {
    if std::io::stdout().is_terminal() {
        print("\n");
    }
}

fn say(line: &str) {
    if std::io::stdout().is_terminal() {
        clear();
        print(line);
    } else {
        print(&format!("{line}\n"));
    }
}

fn clear() {
    if std::io::stdout().is_terminal() {
        print("\r\x1b[2K");
    }
}

fn print(text: &str) {
    let mut out = std::io::stdout();
    // A closed pipe must not end the demo before it has written its report.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
