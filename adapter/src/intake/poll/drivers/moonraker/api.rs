//! What Moonraker answers, as far as it is read, by GET and over its WebSocket: both have the same results. Host names,
//! paths and addresses stand there too; they are passed over and not kept.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::intake::poll::driver::Verdict;
use crate::intake::poll::transport::http::Got;

/// Objects by their names, and their fields, as far as they have changed.
pub(super) type Status = HashMap<String, Value>;

/// `/server/info`.
#[derive(Deserialize)]
pub(super) struct Server {
    #[serde(default)]
    pub(super) components: Vec<String>,
}

/// `/printer/info`: Klipper's own word.
#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) state: String,
    #[serde(default)]
    pub(super) state_message: String,
    pub(super) software_version: Option<String>,
}

/// `/printer/objects/list`.
#[derive(Deserialize)]
pub(super) struct List {
    pub(super) objects: Vec<String>,
}

/// `/printer/objects/query`, and what a subscription begins with.
#[derive(Deserialize)]
pub(super) struct Values {
    pub(super) status: Status,
}

/// `/server/history/totals`.
#[derive(Deserialize)]
pub(super) struct Totals {
    pub(super) job_totals: JobTotals,
}

#[derive(Deserialize)]
pub(super) struct JobTotals {
    /// In seconds, of all jobs, without pauses.
    pub(super) total_print_time: Option<f64>,
}

/// What stands around every result.
#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

/// The result of an answer.
pub(super) fn result<T: DeserializeOwned>(got: &Got) -> Result<T, Verdict> {
    got.json::<Answer<T>>().map(|answer| answer.result)
}

/// Whether an answer that is none is Moonraker's own word, and not that of a proxy before it.
pub(super) fn is_refusal(got: &Got) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(rename = "error")]
        _error: Error,
    }
    got.json::<Refusal>().is_ok()
}

/// One message of the WebSocket.
#[derive(PartialEq)]
pub(super) enum Message {
    /// The answer to the call of this number, with its status in HTTP's terms.
    Answer { id: u32, status: u16 },
    /// Some objects have changed.
    Changed(Status),
    /// What the printer's computer does.
    Host(Host),
    /// Klipper is no longer there, or is there anew: what was subscribed to is lost.
    KlippyAnew,
    /// Klipper has shut down.
    KlippyStopped,
    /// Something else that nobody asked for.
    Other,
}

// By hand: objects' names and a file's must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer { id, status } => {
                f.debug_struct("Answer").field("id", id).field("status", status).finish()
            }
            Self::Changed(_) => f.debug_struct("Changed").finish_non_exhaustive(),
            Self::Host(host) => f.debug_tuple("Host").field(host).finish(),
            Self::KlippyAnew => f.write_str("KlippyAnew"),
            Self::KlippyStopped => f.write_str("KlippyStopped"),
            Self::Other => f.write_str("Other"),
        }
    }
}

/// `notify_proc_stat_update`.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Host {
    pub(super) system_cpu_usage: Processors,
    pub(super) system_memory: Memory,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Processors {
    /// Of all, in per cent.
    pub(super) cpu: Option<f64>,
}

/// In KiB.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Memory {
    pub(super) total: Option<f64>,
}

#[derive(Deserialize)]
struct Head {
    id: Option<u32>,
    method: Option<String>,
    error: Option<Error>,
}

#[derive(Deserialize)]
struct Error {
    code: i64,
}

#[derive(Deserialize)]
struct Params<T> {
    params: T,
}

impl Message {
    /// Reads one; `None` where it is none of Moonraker's.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let head: Head = serde_json::from_slice(message).ok()?;
        let Some(method) = head.method else {
            return Some(Self::Answer { id: head.id?, status: status(head.error) });
        };
        Some(match method.as_str() {
            "notify_status_update" => {
                // Behind the objects stands Klipper's monotonic time, which says nothing here.
                let (status, _): (Status, Value) = params(message)?;
                Self::Changed(status)
            }
            "notify_proc_stat_update" => {
                let (host,) = params(message)?;
                Self::Host(host)
            }
            "notify_klippy_disconnected" | "notify_klippy_ready" => Self::KlippyAnew,
            "notify_klippy_shutdown" => Self::KlippyStopped,
            _ => Self::Other,
        })
    }
}

fn params<T: DeserializeOwned>(message: &[u8]) -> Option<T> {
    serde_json::from_slice::<Params<T>>(message).ok().map(|notice| notice.params)
}

/// Moonraker gives the statuses of HTTP, but for two that JSON-RPC has codes for. Where it names its parameters invalid it
/// means our right to call: the parameters are fixed.
fn status(error: Option<Error>) -> u16 {
    match error.map(|error| error.code) {
        None => 200,
        Some(-32601) => 404,
        Some(-32602) => 401,
        Some(code) => u16::try_from(code).ok().filter(|code| (400..600).contains(code)).unwrap_or(500),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let answer = |id, status| Some(Message::Answer { id, status });
        let cases = [
            (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, answer(7, 200)),
            (r#"{"id":7,"error":{"code":-32601,"message":"Method not found"}}"#, answer(7, 404)),
            (r#"{"id":7,"error":{"code":-32602,"message":"Unauthorized"}}"#, answer(7, 401)),
            (r#"{"id":7,"error":{"code":503,"message":"Klippy Host not connected"}}"#, answer(7, 503)),
            (r#"{"id":7,"error":{"code":-32700}}"#, answer(7, 500)),
            (r#"{"method":"notify_klippy_ready"}"#, Some(Message::KlippyAnew)),
            (r#"{"method":"notify_klippy_disconnected"}"#, Some(Message::KlippyAnew)),
            (r#"{"method":"notify_klippy_shutdown"}"#, Some(Message::KlippyStopped)),
            (r#"{"method":"notify_gcode_response","params":["// bracket.gcode"]}"#, Some(Message::Other)),
            (r#"{"method":"notify_status_update","params":[]}"#, None),
            (r#"{"method":"notify_proc_stat_update","params":[3]}"#, None),
            (r#"{"id":"7"}"#, None),
            ("{}", None),
            ("[]", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Message::read(text.as_bytes()), expected, "{text}");
        }
    }
}
