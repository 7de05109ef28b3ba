//! The faults that the controller itself notices, by its own codes (`docs/projet-log.md`, "Faults").

/// A fault in the controller's own words.
#[derive(Debug, PartialEq, Eq)]
pub struct NativeFault {
    /// Subsystem of the log line.
    pub subsystem: &'static str,
    /// The controller's number.
    pub code: u16,
    /// The controller's name for it.
    pub name: &'static str,
    /// The catalogue's code for it.
    pub class: &'static str,
    /// Which side of a limit it is on; none where there is no limit.
    pub side: Option<Side>,
    /// What the controller adds for people, in lines of its own: `{user}`, `{job}` and `{file}` are filled
    /// with private words, because real fault records are full of them and none may ever leave.
    pub notes: &'static [&'static str],
}

/// A side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Below the lower one.
    Low,
    /// Above the upper one.
    High,
}

/// The laser cannot hold its power.
pub(super) static LASER_POWER_LOW: NativeFault = NativeFault {
    subsystem: "laser",
    code: 1011,
    name: "laser_power_low",
    class: "power_low",
    side: Some(Side::Low),
    notes: &["    at head H1, diode current at limit", "\tjob {job} of {user} continues at reduced dose"],
};

/// The resin is too hot.
pub(super) static VAT_OVER_TEMPERATURE: NativeFault = NativeFault {
    subsystem: "vat",
    code: 2011,
    name: "vat_over_temperature",
    class: "over_temperature",
    side: Some(Side::High),
    notes: &[
        "    heater contactor feedback differs from command",
        "    mail to {user} failed",
        "\tfile {file}",
    ],
};

/// The blade met something solid.
pub(super) static RECOATER_JAMMED: NativeFault = NativeFault {
    subsystem: "recoater",
    code: 4012,
    name: "recoater_jammed",
    class: "jammed",
    side: None,
    notes: &[
        "    at axis RC1, operator \"{user}\" was told",
        "\tdrive said: torque limit, 3 tries",
        "    while {file}",
    ],
};
