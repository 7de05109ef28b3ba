//! The system of a box.

use super::page::Page;
use super::words::reasons;
use crate::status::document::SystemPart;

pub(super) fn write(page: &mut Page, system: &SystemPart) {
    page.part(&format!("SYSTEM {}", system.version));
    let newest = system.newest.as_deref().unwrap_or(&system.version);
    let state = match system.state.as_str() {
        "waiting" => format!("{newest} is on the disk, and starts with the next restart"),
        "went_back" => format!(
            "{newest} DID NOT START WELL, so {} runs again; another release is needed",
            system.version
        ),
        _ => "is the newest on the disk".to_owned(),
    };
    page.named("newest", &state);
    if !system.refused.is_empty() {
        page.named("REFUSED", &format!("releases: {}", reasons(&system.refused)));
    }
    if let Some(last) = &system.last {
        page.named("last look", last);
    }
}
