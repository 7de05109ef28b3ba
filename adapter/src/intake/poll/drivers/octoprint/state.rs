//! What the printer is doing, and how far its job has come.

use catalog::items;

use super::api::{Job, State};
use crate::intake::poll::found::Found;

/// A code of `printer.state`. The flags come first: of the texts only some are documented.
pub(super) fn of(state: &State) -> &'static str {
    let flags = &state.flags;
    match () {
        () if flags.error => "error",
        () if flags.cancelling => "stopped",
        () if flags.pausing || flags.paused => "paused",
        () if flags.finishing => "finished",
        // "Starting", "Starting print from SD": heating and homing.
        () if flags.printing && state.text.starts_with("Starting") => "preparing",
        () if flags.printing || flags.resuming => "building",
        () if flags.ready => "ready",
        // A file is being sent to the printer's card.
        () if flags.operational => "preparing",
        () => "offline",
    }
}

/// The job that is selected, printed or not. Its name never leaves.
pub(super) fn job(job: &Job, found: &mut Found<'_>) {
    let file = &job.job.file;
    let Some(path) = file.path.as_ref().or(file.name.as_ref()) else { return };
    found.of(&items::BUILD_ID).hashed(path.as_bytes());
    found.of(&items::BUILD_STATE).code(build_state(job));
    for (item, number) in [
        (&items::BUILD_PROGRESS, job.progress.completion),
        (&items::BUILD_ELAPSED, job.progress.print_time),
        (&items::BUILD_REMAINING, job.progress.print_time_left),
    ] {
        if let Some(number) = number {
            found.of(item).number(number);
        }
    }
}

/// What is selected and not printed was either finished or is still to be begun; a job that was cancelled looks like
/// one that was never begun.
fn build_state(job: &Job) -> &'static str {
    let now = job.state.as_str();
    let printing =
        ["Printing", "Paus", "Resuming", "Starting", "Finishing"].iter().any(|word| now.starts_with(word));
    match () {
        () if printing => "printing",
        () if now.starts_with("Cancelling") || now.starts_with("Error") || now.contains("after error") => {
            "aborted"
        }
        () if job.progress.completion.is_some_and(|completion| completion >= 100.0) => "completed",
        () => "pending",
    }
}
