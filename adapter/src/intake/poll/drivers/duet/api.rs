//! What a Duet answers, as far as it is read: RepRapFirmware's object model. Whatever else stands there, such as the
//! machine's name, its network, messages, macros and the objects of a job, is passed over and not kept.

use serde::Deserialize;

use crate::intake::poll::drivers::field::Maybe;

/// `rr_connect`.
#[derive(Deserialize)]
pub(super) struct Login {
    /// 0; 1 for a wrong password; 2 where all sessions are taken.
    pub(super) err: u32,
    /// In milliseconds.
    #[serde(rename = "sessionTimeout")]
    pub(super) timeout_ms: Maybe<u64>,
    /// Missing before version 3.4: there, a session is the client's address.
    #[serde(rename = "sessionKey")]
    pub(super) key: Maybe<u64>,
    /// Said by DuetSoftwareFramework, which has an interface of its own.
    #[serde(rename = "isEmulated", default)]
    pub(super) is_emulated: Maybe<bool>,
}

/// `/machine/connect`.
#[derive(Deserialize)]
pub(super) struct BoardLogin {
    #[serde(rename = "sessionKey")]
    pub(super) key: BoardKey,
}

/// A session's key by any version of DuetSoftwareFramework.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum BoardKey {
    Number(u64),
    Text(String),
}

/// What changes seldom, in the whole of the model that `/machine/model` gives.
#[derive(Deserialize)]
pub(super) struct Seldom {
    pub(super) boards: Maybe<Vec<Option<Board>>>,
    pub(super) heat: Maybe<Heat>,
    pub(super) tools: Maybe<Vec<Option<Tool>>>,
    pub(super) job: Maybe<Job>,
}

/// `rr_model`. Without a result, there is no such key.
#[derive(Deserialize)]
pub(super) struct Model<T> {
    pub(super) result: Option<T>,
    /// The element of a list that the next part begins with; 0 where this was the last one.
    pub(super) next: Maybe<i64>,
}

/// What changes often: `flags=d99fn`.
#[derive(Deserialize)]
pub(super) struct Live {
    pub(super) state: State,
    pub(super) boards: Maybe<Vec<Maybe<LiveBoard>>>,
    pub(super) fans: Maybe<Vec<Maybe<Fan>>>,
    pub(super) heat: Maybe<LiveHeat>,
    pub(super) job: Maybe<LiveJob>,
    pub(super) sensors: Maybe<Sensors>,
    pub(super) seqs: Maybe<Seqs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub(super) status: Maybe<String>,
    /// In seconds.
    pub(super) up_time: Maybe<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveBoard {
    pub(super) mcu_temp: Maybe<Current>,
    pub(super) v_in: Maybe<Current>,
}

#[derive(Deserialize)]
pub(super) struct Current {
    pub(super) current: Maybe<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fan {
    /// 0 to 1.
    pub(super) actual_value: Maybe<f64>,
    /// -1 for a fan that tells nothing of its rotation.
    pub(super) rpm: Maybe<f64>,
}

#[derive(Deserialize)]
pub(super) struct LiveHeat {
    pub(super) heaters: Maybe<Vec<Maybe<Heater>>>,
}

/// In °C.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heater {
    pub(super) current: Maybe<f64>,
    pub(super) active: Maybe<f64>,
    pub(super) standby: Maybe<f64>,
    pub(super) state: Maybe<String>,
    /// 0 to 1.
    pub(super) avg_pwm: Maybe<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveJob {
    /// In seconds.
    pub(super) duration: Maybe<f64>,
    /// In bytes.
    pub(super) file_position: Maybe<f64>,
    pub(super) layer: Maybe<f64>,
    pub(super) times_left: Maybe<TimesLeft>,
}

/// By three ways to tell, in seconds.
#[derive(Deserialize)]
pub(super) struct TimesLeft {
    pub(super) filament: Maybe<f64>,
    pub(super) file: Maybe<f64>,
    pub(super) slicer: Maybe<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sensors {
    /// One an extruder.
    pub(super) filament_monitors: Maybe<Vec<Maybe<Monitor>>>,
}

#[derive(Deserialize)]
pub(super) struct Monitor {
    pub(super) status: Maybe<String>,
}

/// A number for each key, which is another one when something of the key has changed that `flags=f` does not show.
#[derive(Deserialize)]
pub(super) struct Seqs {
    pub(super) boards: Maybe<i64>,
    pub(super) heat: Maybe<i64>,
    pub(super) tools: Maybe<i64>,
    pub(super) job: Maybe<i64>,
}

/// An element of `boards`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Board {
    pub(super) name: Maybe<String>,
    pub(super) firmware_version: Maybe<String>,
    pub(super) unique_id: Maybe<String>,
}

/// `heat`: which heater is what, by its number; -1 is none.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heat {
    pub(super) bed_heaters: Maybe<Vec<i64>>,
    pub(super) chamber_heaters: Maybe<Vec<i64>>,
}

/// An element of `tools`.
#[derive(Debug, Deserialize)]
pub(super) struct Tool {
    pub(super) number: Maybe<u8>,
    pub(super) heaters: Maybe<Vec<i64>>,
}

/// `job`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job {
    pub(super) file: Maybe<File>,
    /// The name of the file that was printed last, while none is.
    pub(super) last_file_name: Maybe<String>,
    pub(super) last_file_aborted: Maybe<bool>,
    pub(super) last_file_cancelled: Maybe<bool>,
    /// Not said of one that was stopped before its end.
    pub(super) last_file_simulated: Maybe<bool>,
}

/// The file is known by its path, of which only a salted hash leaves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub(super) file_name: Maybe<String>,
    /// In mm.
    pub(super) layer_height: Maybe<f64>,
    pub(super) num_layers: Maybe<f64>,
    /// In bytes.
    pub(super) size: Maybe<f64>,
}
