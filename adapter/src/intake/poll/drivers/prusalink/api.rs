//! What PrusaLink answers, as far as it is read (`spec/openapi.yaml` of Prusa-Link-Web). Whatever else stands there, such as
//! host names, storages, transfers, cameras and the printer's own name, is passed over and not kept.

use serde::Deserialize;

use crate::intake::poll::drivers::field::{Maybe, or_null};

/// `/api/version`. What it calls `server` is of its web server, and in a printer's own firmware not even that.
#[derive(Deserialize)]
pub(super) struct Version {
    #[serde(default, deserialize_with = "or_null")]
    pub(super) firmware: Option<Maybe<String>>,
    /// `PrusaLink I3MK3S`, where PrusaLink runs on a computer beside the printer; without the first word where it does not
    /// know the printer, or not yet.
    #[serde(default, deserialize_with = "or_null")]
    pub(super) original: Option<Maybe<String>>,
}

/// `/api/v1/info`.
#[derive(Deserialize)]
pub(super) struct Info {
    /// Null while PrusaLink does not know it.
    #[serde(default, deserialize_with = "or_null")]
    pub(super) serial: Option<Maybe<String>>,
}

/// `/api/v1/status`.
#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) printer: Printer,
    pub(super) job: Maybe<Progress>,
}

/// Everything but the state is missing now and then.
#[derive(Deserialize)]
pub(super) struct Printer {
    pub(super) state: Maybe<String>,
    /// In °C, as all temperatures.
    pub(super) temp_nozzle: Maybe<f64>,
    pub(super) target_nozzle: Maybe<f64>,
    pub(super) temp_bed: Maybe<f64>,
    pub(super) target_bed: Maybe<f64>,
    /// In mm.
    pub(super) axis_z: Maybe<f64>,
    /// In revolutions a minute.
    pub(super) fan_hotend: Maybe<f64>,
    pub(super) fan_print: Maybe<f64>,
    pub(super) status_printer: Maybe<Health>,
}

/// What PrusaLink on a computer says of the printer. The message is looked up and forgotten.
#[derive(Deserialize)]
pub(super) struct Health {
    pub(super) ok: Maybe<bool>,
    pub(super) message: Maybe<String>,
}

/// The job in the status.
#[derive(Deserialize)]
pub(super) struct Progress {
    pub(super) id: Maybe<u64>,
    /// In per cent.
    pub(super) progress: Maybe<f64>,
    /// In seconds.
    pub(super) time_remaining: Maybe<f64>,
    pub(super) time_printing: Maybe<f64>,
}

/// `/api/v1/job`.
#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) id: Maybe<u64>,
    pub(super) file: Maybe<File>,
}

/// The file is known by its path and name, of which only a salted hash leaves.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) path: Maybe<String>,
    pub(super) name: Maybe<String>,
}
