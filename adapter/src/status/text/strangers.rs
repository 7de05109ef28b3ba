//! Who was refused, with the lines that let each in.

use super::page::Page;
use super::words::{counted, length, times};
use crate::status::document::{StrangerPart, StrangersPart};

pub(super) fn write(page: &mut Page, strangers: &StrangersPart, config: &str) {
    if strangers.shown.is_empty() {
        return;
    }
    page.part("REFUSED SENDERS, whose data stays with them until they are let in");
    for stranger in &strangers.shown {
        write_one(page, stranger);
    }
    if strangers.forgotten > 0 {
        page.paragraph("  ", &format!("and {}, not shown", counted(strangers.forgotten, "earlier one")));
    }
    if strangers.shown.iter().any(|stranger| stranger.lines.is_some()) {
        page.line("");
        let advice = "To let one in, add its lines to";
        page.paragraph("  ", &format!("{advice} {config} and restart the adapter."));
    }
}

/// Nobody in the configuration is known by what it shows.
fn is_unknown(reason: &str) -> bool {
    matches!(reason, "unknown sender" | "unknown printer")
}

fn write_one(page: &mut Page, stranger: &StrangerPart) {
    let StrangerPart { certificate, address, reason, why, .. } = stranger;
    page.line("");
    match certificate {
        Some(name) => page.paragraph("  ", &format!("certificate {name:?}, from {address}")),
        None => page.paragraph("  ", &format!("{address}, without a certificate")),
    }
    // Of an unknown sender, the reason in words is its name once more.
    let why = if is_unknown(reason) { String::new() } else { format!(": {why}") };
    let (first, last) = (length(stranger.first_s_ago), length(stranger.last_s_ago));
    let when = match stranger.times {
        1 => format!("once, {last} ago"),
        more => format!("{}, the first {first} ago, the last {last} ago", times(more)),
    };
    page.paragraph("    ", &format!("{reason}{why}; {when}"));
    match &stranger.lines {
        Some(lines) => lines.lines().for_each(|line| page.line(&format!("      {line}"))),
        None if is_unknown(reason) => {
            page.paragraph("    ", "its certificate has a name that cannot be shown: give it another");
        }
        None => {}
    }
}
