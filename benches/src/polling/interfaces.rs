//! The interfaces of the mixture, a line each. Another driver is another line here, and where it needs one, another stub.

use super::stubs::{Answers, mtconnect, octoprint};

/// One kind of printer.
pub(super) struct Interface {
    pub(super) name: &'static str,
    /// How many of the twenty.
    pub(super) printers: usize,
    pub(super) by: By,
    /// The line of a printer's section that has it queried at this address and interval; `{key}` is a key file.
    pub(super) line: &'static str,
}

/// Who answers.
pub(super) enum By {
    /// The simulator, a program of its own.
    Simulator,
    /// A stub.
    Stub(Answers),
}

/// The twenty.
pub(super) static MIXTURE: [Interface; 3] = [
    Interface {
        name: "PIP",
        printers: 8,
        by: By::Simulator,
        line: r#"pip = { address = "{address}", server_name = "{id}", interval = "{interval}" }"#,
    },
    Interface {
        name: "OctoPrint",
        printers: 6,
        by: By::Stub(octoprint::answer),
        line: r#"octoprint = { url = "http://{address}", key_file = "{key}", interval = "{interval}" }"#,
    },
    Interface {
        name: "MTConnect",
        printers: 6,
        by: By::Stub(mtconnect::answer),
        line: r#"mtconnect = { url = "http://{address}", interval = "{interval}" }"#,
    },
];

impl Interface {
    /// The line for one printer.
    pub(super) fn line(&self, id: &str, address: &str, interval: &str, key: &str) -> String {
        let line = self.line.replace("{address}", address).replace("{id}", id);
        line.replace("{interval}", interval).replace("{key}", key)
    }
}
