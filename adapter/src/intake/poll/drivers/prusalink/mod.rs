//! PrusaLink's interface, version 1 (`docs/printers/prusalink.md`): in the firmware of newer Prusa printers, or on a computer
//! beside an older one. There, PrusaLink being there says nothing of the printer, whose line may be dead.

mod api;
mod fault;
mod limits;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use catalog::{Item, items};
use tokio::time::Instant;

use self::api::{File, Info, Job, Printer, Progress, Status, Version};
use self::limits::WHO_AGAIN;
use super::field::{Maybe, given, right};
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Get, Got, Path};
use crate::intake::poll::trouble::{Trouble, Why};

/// Everything that is ever asked of a PrusaLink.
pub(in crate::intake::poll) static PATHS: &[Path] = &[
    Path::new("/api/version", 16 << 10),
    Path::new("/api/v1/info", 16 << 10),
    Path::new("/api/v1/status", 16 << 10),
    // What the slicer wrote into the file's head may stand in it; it is not read.
    Path::new("/api/v1/job", 64 << 10),
];
const VERSION: &Path = &PATHS[0];
const INFO: &Path = &PATHS[1];
const STATUS: &Path = &PATHS[2];
const JOB: &Path = &PATHS[3];
/// Those that tell who the printer is.
const WHO: [&Path; 2] = [VERSION, INFO];

/// Fans are numbered as they stand in the status.
const HOTEND_FAN: u8 = 0;
const PRINT_FAN: u8 = 1;

/// What stands before the model; where none of them does, it is words for there being none.
const MODEL_PREFIXES: &[&str] = &["PrusaLink ", "Original Prusa "];
/// What is said as it stands.
const PLAIN: &[&str] = &[""];

/// The conversation with one printer.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct PrusaLink {
    /// What of the round is still to be asked.
    todo: VecDeque<&'static Path>,
    /// What was not answered yet on this connection of who the printer is: it may be starting.
    unknown: Vec<&'static Path>,
    /// When that was asked last.
    who: Option<Instant>,
    /// No printer was connected to PrusaLink at the last look; the next one may be another.
    is_gone: bool,
    /// The job whose file is known, so that it is asked for once a job and not at each interval.
    job: Option<KnownJob>,
}

/// A job's number, and its file as it goes into the hash; none where PrusaLink does not say it.
struct KnownJob {
    id: u64,
    file: Option<String>,
}

// By hand: a file's name must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for KnownJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownJob").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Driver for PrusaLink {
    const NAME: &'static str = "prusalink";
    type Query = Get;
    type Answer = Got;

    fn begin(&mut self, now: Now) {
        *self = Self { unknown: WHO.to_vec(), ..Self::default() };
        self.ask_who(now);
    }

    fn round(&mut self, now: Now, _: &mut Found<'_>) {
        self.todo = [STATUS].into();
        if !self.is_gone && self.who.is_none_or(|at| at + WHO_AGAIN <= now.mono) {
            self.ask_who(now);
        }
    }

    fn next(&mut self, _: Now) -> Next<Get> {
        self.todo.pop_front().map_or(Next::Rest, |path| Next::Ask(Get::new(path)))
    }

    fn answer(&mut self, got: Got, now: Now, found: &mut Found<'_>) -> Verdict {
        self.take(&got, now, found).unwrap_or_else(|verdict| verdict)
    }
}

impl PrusaLink {
    /// Asks what is not known of who the printer is.
    fn ask_who(&mut self, now: Now) {
        self.who = Some(now.mono);
        self.todo.extend(&self.unknown);
    }

    fn take(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        match (got.path, got.status) {
            (path, 200) if path == VERSION => {
                let is_known = version(&got.json()?, found);
                self.told(path, is_known)
            }
            (path, 200) if path == INFO => {
                let info: Info = got.json()?;
                let is_known = identity(&info.serial, &items::IDENTITY_SERIAL, PLAIN, found);
                self.told(path, is_known)
            }
            (path, 404) if WHO.contains(&path) => self.told(path, true),
            // Who it is may be unknown, and that shows nothing of what it does: the status does.
            (path, status) if WHO.contains(&path) && !matches!(status, 401 | 403 | 429) => Ok(Verdict::Alive),
            (path, 200) if path == STATUS => Ok(self.status(&got.json()?, now, found)),
            (path, 200) if path == JOB => {
                self.job(&got.json()?, found);
                Ok(Verdict::Works)
            }
            // The job has ended since the status told of it, or its file is not known.
            (path, 204 | 404) if path == JOB => Ok(Verdict::Works),
            (path, 404) if path == STATUS => {
                let old = "it has no /api/v1/status: its PrusaLink is too old";
                Err(Verdict::Cannot(Trouble::Nonsense(old.into()), got.retry_after.unwrap_or_default()))
            }
            (_, 409) => {
                let why = Why::Numbered("it cannot answer as it is: HTTP status", 409);
                Err(Verdict::Cannot(Trouble::Failed(why), got.retry_after.unwrap_or_default()))
            }
            _ => Err(got.unusual()),
        }
    }

    /// What this path tells was answered.
    fn told(&mut self, path: &'static Path, is_known: bool) -> Result<Verdict, Verdict> {
        if is_known {
            self.unknown.retain(|unknown| *unknown != path);
        }
        Ok(Verdict::Alive)
    }

    fn status(&mut self, status: &Status, now: Now, found: &mut Found<'_>) -> Verdict {
        let Status { printer, job } = status;
        let word = given(&printer.state, Some(&items::PRINTER_STATE), found).map(String::as_str);
        let health = right(&printer.status_printer);
        let alarm = fault::of(word, health);
        fault::say(alarm, health, found);
        if alarm == Some(fault::NO_PRINTER) {
            found.of(&items::PRINTER_STATE).code("offline");
            // The temperatures that stand there are the last ones before.
            (self.is_gone, self.unknown) = (true, WHO.to_vec());
            return Verdict::Shows(Trouble::Off("no printer is connected to its PrusaLink".into()));
        }
        if std::mem::take(&mut self.is_gone) {
            self.ask_who(now);
        }
        values(printer, found);
        let codes = word.and_then(state::of);
        match codes {
            Some((code, _)) => found.of(&items::PRINTER_STATE).code(code),
            None if word.is_some() => {
                found.refuse(Some(&items::PRINTER_STATE), "a state that PrusaLink is not known to have");
            }
            None => {}
        }
        match given(job, Some(&items::BUILD_ID), found) {
            Some(job) => self.progress(job, codes.map(|(_, build)| build), found),
            None => self.job = None,
        }
        if word == Some("ERROR") {
            return Verdict::Shows(Trouble::Failed("it says that it has failed".into()));
        }
        Verdict::Works
    }

    /// How far the job is; its file is asked for where it is another job than before.
    fn progress(&mut self, job: &Progress, state: Option<&str>, found: &mut Found<'_>) {
        for (item, field) in [
            (&items::BUILD_PROGRESS, &job.progress),
            (&items::BUILD_ELAPSED, &job.time_printing),
            (&items::BUILD_REMAINING, &job.time_remaining),
        ] {
            number(field, item, 0, found);
        }
        if let Some(state) = state {
            found.of(&items::BUILD_STATE).code(state);
        }
        let Some(id) = given(&job.id, Some(&items::BUILD_ID), found).copied() else { return };
        if self.job.as_ref().is_none_or(|known| known.id != id) {
            self.job = Some(KnownJob { id, file: None });
            self.todo.push_back(JOB);
        } else {
            self.build(found);
        }
    }

    fn job(&mut self, job: &Job, found: &mut Found<'_>) {
        let file = given(&job.file, Some(&items::BUILD_ID), found).and_then(name);
        let id = right(&job.id);
        // Between the two questions another job may have begun: it is asked for at the next round.
        if let Some(known) = self.job.as_mut().filter(|known| id.is_none_or(|id| *id == known.id)) {
            known.file = file;
            self.build(found);
        }
    }

    /// A build is known by its file, as over any other interface, and without one by nothing: the numbers of jobs begin
    /// anew where a printer forgets them.
    fn build(&self, found: &mut Found<'_>) {
        if let Some(file) = self.job.as_ref().and_then(|job| job.file.as_ref()) {
            found.of(&items::BUILD_ID).hashed(file.as_bytes());
        }
    }
}

/// Says what stands there, and whether there is no use in asking again.
fn version(version: &Version, found: &mut Found<'_>) -> bool {
    let has_firmware = identity(&version.firmware, &items::IDENTITY_FIRMWARE, PLAIN, found);
    let has_model = identity(&version.original, &items::IDENTITY_MODEL, MODEL_PREFIXES, found);
    has_firmware && has_model
}

/// Says what stands in the text behind one of these, and whether there is no use in asking again: a PrusaLink in a firmware lacks most of
/// these, and one on a computer gives null or other words until it knows them.
fn identity(
    field: &Option<Maybe<String>>,
    item: &'static Item,
    prefixes: &[&str],
    found: &mut Found<'_>,
) -> bool {
    let Some(field) = field else { return true };
    let Some(text) = given(field, Some(item), found) else { return field.is_some() };
    let Some(text) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) else { return false };
    found.of(item).identity(text);
    true
}

fn values(printer: &Printer, found: &mut Found<'_>) {
    for (item, part, field) in [
        (&items::EXTRUDER_TEMPERATURE, 0, &printer.temp_nozzle),
        (&items::EXTRUDER_TEMPERATURE_SETPOINT, 0, &printer.target_nozzle),
        (&items::HEATED_BED_TEMPERATURE, 0, &printer.temp_bed),
        (&items::HEATED_BED_TEMPERATURE_SETPOINT, 0, &printer.target_bed),
        (&items::Z_POSITION, 0, &printer.axis_z),
        (&items::FAN_ROTATION, HOTEND_FAN, &printer.fan_hotend),
        (&items::FAN_ROTATION, PRINT_FAN, &printer.fan_print),
    ] {
        number(field, item, part, found);
    }
}

fn number(field: &Maybe<f64>, item: &'static Item, part: u8, found: &mut Found<'_>) {
    if let Some(number) = given(field, Some(item), found) {
        found.of(item).part(part).number(*number);
    }
}

/// The file as it goes into the hash. PrusaLink in a firmware gives folder and name apart, the other one the whole path.
fn name(file: &File) -> Option<String> {
    let (path, name) = (right(&file.path), right(&file.name));
    match (path, name) {
        (Some(path), Some(name)) if !path.ends_with(name.as_str()) => Some(format!("{path}/{name}")),
        (Some(path), _) => Some(path.clone()),
        (None, name) => name.cloned(),
    }
}
