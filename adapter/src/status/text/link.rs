//! The link to the other half.

use super::page::Page;
use super::words::{grouped, length, reasons};
use crate::half::Half;
use crate::status::document::{Document, LinkPart};

pub(super) fn write(page: &mut Page, document: &Document) {
    let Some(link) = &document.link else { return };
    let other = if document.half == Half::Uplink { "intake" } else { "uplink" };
    page.part(&format!("LINK {} to the {other}", link.socket));
    page.named("connected", &connected(link, other));
    page.named("batches", &format!("{} since the start", grouped(link.batches)));
    if !link.frames_refused.is_empty() {
        let why = "what no half of an adapter says; see its log and whether both are of one version";
        page.named("REFUSED", &format!("{}: {why}", reasons(&link.frames_refused)));
    }
    if !link.peers_refused.is_empty() {
        page.named("turned away", &reasons(&link.peers_refused));
    }
}

fn connected(link: &LinkPart, other: &str) -> String {
    let heard = link.heard_s_ago.map_or_else(
        || format!("the {other} was never heard since the start"),
        |ago| format!("the {other} was last heard {} ago", length(ago)),
    );
    match link.connected_s {
        Some(since) => format!("for {}; {heard}", length(since)),
        None => format!("NO; {heard}"),
    }
}
