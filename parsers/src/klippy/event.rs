//! The lines that say that something has happened.

use super::number::millis;

/// Which reading of such a line: the number makes the origin.
#[derive(Clone, Copy, Debug)]
pub(super) enum Index {
    PrinterState,
    BuildState,
    LogEvent,
    ControllerState,
    /// Whether there is an alarm; behind it all that is said of it.
    Alarm,
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// The host program started: both of its clocks at one moment.
    Start { unix_ms: i64, mono_ms: i64 },
    /// The host program has all its controllers and takes up its heaters.
    Ready,
    /// Printing of a file began, or went on where it had stopped.
    Printing { resumed: bool },
    /// Reading of the file ended: after its end, a pause, a cancellation or a shutdown.
    Exited,
    /// The file was read to its end.
    Finished,
    /// The host program stopped everything. It gives a reason.
    Shutdown { reason: &'a [u8] },
    /// The host program could not start, or ended.
    Broken { reason: &'a [u8] },
    /// The check of a heater failed; a shutdown follows.
    Heater { reason: &'a [u8] },
    /// A controller said something of itself, or was silent.
    Controller { name: &'a [u8], what: Said<'a> },
}

/// What a line says of a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Shutdown {
        reason: &'a [u8],
    },
    /// The host gave it up.
    Lost,
    /// It does not answer: where the line says it, at this monotonic time.
    Silent {
        mono_ms: Option<i64>,
    },
    Startup,
    Ready,
    /// Something that is no news.
    Nothing,
}

impl<'a> Event<'a> {
    /// The event of a line; `None` where it is none.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let after = |start: &str| text.strip_prefix(start.as_bytes());
        match text.first()? {
            b'S' if after("Starting heater checks for ").is_some() => Some(Self::Ready),
            b'S' => match after("Start printer at ") {
                Some(rest) => start(rest),
                None => match after("Starting SD card print (position ") {
                    Some(rest) => printing(rest),
                    None => controller(text),
                },
            },
            b'E' => after("Exiting SD card print").map(|_| Self::Exited),
            b'F' => after("Finished SD card print").map(|_| Self::Finished),
            b'H' => text
                .ends_with(b" not heating at expected rate")
                .then_some(Self::Heater { reason: text })
                .filter(|_| after("Heater ").is_some()),
            b'T' => match after("Transition to shutdown state: ") {
                Some(reason) => Some(Self::Shutdown { reason }),
                None => timeout(after("Timeout with MCU '")?),
            },
            b'C' if text == b"Config error" => Some(Self::Broken { reason: text }),
            b'P' if text == b"Protocol error" => Some(Self::Broken { reason: text }),
            b'M' if text == b"MCU error during connect" => Some(Self::Broken { reason: text }),
            b'U' => after("Unhandled exception during ").map(|_| Self::Broken { reason: text }),
            _ => controller(text),
        }
    }
}

/// The name of the controller that an event is about.
pub(super) fn controller_of(event: Event<'_>) -> Option<&[u8]> {
    match event {
        Event::Controller { name, .. } => Some(name),
        Event::Shutdown { reason } => controller(reason).and_then(controller_of),
        _ => None,
    }
}

/// What a line says of one controller.
pub(super) fn controller(text: &[u8]) -> Option<Event<'_>> {
    let (name, rest) = named(text)?;
    let what = match text.first()? {
        b'M' | b'P' => shutdown(rest)?,
        b'L' if text.starts_with(b"Lost ") => Said::Lost,
        b'm' => connect(rest)?,
        b'C' => Said::Ready,
        _ => Said::Nothing,
    };
    Some(Event::Controller { name, what })
}

/// The name in quotes behind one of the ways to begin, and what stands behind it.
fn named(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const STARTS: &[&str] = &[
        "MCU '",
        "mcu '",
        "Previous MCU '",
        "Lost communication with MCU '",
        "Configured MCU '",
        "Loaded MCU '",
        "Sending MCU '",
        "Attempting MCU '",
    ];
    let rest = STARTS.iter().find_map(|start| text.strip_prefix(start.as_bytes()))?;
    let end = rest.iter().position(|byte| *byte == b'\'')?;
    Some((&rest[..end], &rest[end + 1..]))
}

fn shutdown(text: &[u8]) -> Option<Said<'_>> {
    let reason = text.strip_prefix(b" shutdown: ").or_else(|| text.strip_prefix(b" is_shutdown: "));
    match reason {
        Some(reason) => Some(Said::Shutdown { reason }),
        None => text.starts_with(b" config: ").then_some(Said::Nothing),
    }
}

/// What the host tries every few seconds; behind it stand the names of ports.
fn connect(text: &[u8]) -> Option<Said<'_>> {
    let text = text.strip_prefix(b": ")?;
    let starts = |start: &str| text.starts_with(start.as_bytes());
    match text.first()? {
        b'S' if starts("Starting ") => Some(Said::Startup),
        b'U' if starts("Unable to ") => Some(Said::Silent { mono_ms: None }),
        b'T' if starts("Timeout on ") => Some(Said::Silent { mono_ms: None }),
        b'G' if starts("Got EOF ") => Some(Said::Silent { mono_ms: None }),
        b'W' if starts("Wait for identify_response") => Some(Said::Silent { mono_ms: None }),
        b's' if starts("stk500v2") => Some(Said::Nothing),
        _ => None,
    }
}

/// `<name>' (eventtime=<mono>)`.
fn timeout(text: &[u8]) -> Option<Event<'_>> {
    let end = text.iter().position(|byte| *byte == b'\'')?;
    let (name, rest) = (&text[..end], &text[end + 1..]);
    let mono = rest.strip_prefix(b" (eventtime=").and_then(millis).filter(|(_, rest)| *rest == b")");
    Some(Event::Controller { name, what: Said::Silent { mono_ms: mono.map(|(mono_ms, _)| mono_ms) } })
}

/// `<ctime> (<unix> <mono>)`; the time of day in words is local and says less than the one in brackets.
fn start(text: &[u8]) -> Option<Event<'static>> {
    let bracket = text.iter().rposition(|byte| *byte == b'(')?;
    let (unix_ms, rest) = millis(&text[bracket + 1..])?;
    let (mono_ms, rest) = millis(rest.strip_prefix(b" ")?)?;
    (rest == b")").then_some(Event::Start { unix_ms, mono_ms })
}

/// `<N>)`: from where in the file printing goes on.
fn printing(text: &[u8]) -> Option<Event<'static>> {
    let digits = text.strip_suffix(b")")?;
    let whole = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    whole.then(|| Event::Printing { resumed: digits.iter().any(|digit| *digit != b'0') })
}
