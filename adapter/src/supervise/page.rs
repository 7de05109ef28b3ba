//! What `adapter status` shows of a supervisor to people.

use std::fmt::Write as _;
use std::time::Duration;

use super::state::Document;
use crate::update::install::{Counts, UnderWay};

/// The page.
pub(crate) fn page(document: &Document, process: &str) -> String {
    let mut page = format!("supervisor {}, {process}\n\n", document.version);
    let _ = writeln!(
        page,
        "separation     {}, tried {} times",
        document.separation.code(),
        document.verifications
    );
    let _ = writeln!(page, "breaches       {}", document.breaches);
    let _ = writeln!(page, "engine lost    {} times", document.engine_lost);
    for trouble in &document.trouble {
        // It quotes the engine, and what a container said.
        let _ = writeln!(page, "trouble        {}", trouble.escape_debug());
    }
    if let Some(Counts { tried, installed, not_switched, went_back, refused, last, under_way }) =
        &document.updates
    {
        let failed = not_switched + went_back;
        let _ = writeln!(page, "releases       {tried} tried, {installed} installed, {failed} not");
        if let Some(UnderWay { release, stage, watch_left_s }) = under_way {
            let left = watch_left_s.map(|left| humantime::format_duration(Duration::from_secs(left)));
            let left = left.map(|left| format!(", for another {left} at least")).unwrap_or_default();
            let _ = writeln!(page, "               release {} {stage}{left}", release.escape_debug());
        }
        for (reason, times) in refused {
            let _ = writeln!(page, "               {times} refused: {}", reason.escape_debug());
        }
        if let Some(last) = last {
            let _ = writeln!(page, "               {}", last.escape_debug());
        }
    }
    let _ = writeln!(
        page,
        "\n{:<10} {:<10} {:>8} {:>10} {:>10}  image",
        "container", "health", "restarts", "memory", "cpu"
    );
    for part in &document.containers {
        let memory =
            part.memory_bytes.map_or("-".into(), |bytes| format!("{:.1} MiB", bytes as f64 / 1_048_576.0));
        let cpu = part.cpu_s.map_or("-".into(), |seconds| format!("{seconds:.1} s"));
        let (name, health) = (part.role.name(), part.health.code());
        let _ = writeln!(
            page,
            "{name:<10} {health:<10} {:>8} {memory:>10} {cpu:>10}  {}",
            part.restarts,
            part.image.escape_debug()
        );
    }
    page
}
