//! The printers, a line each, and a second one where something is wrong.

use std::ops::RangeInclusive;

use super::page::Page;
use super::unread;
use super::words::{called, counted, grouped, length, reachability, reasons, word};
use crate::status::document::{Document, PrinterPart, PushPart, QueriesPart, RefusedPart};

/// Ids may be longer; the numbers behind them then stand further to the right.
const ID_WIDTH: RangeInclusive<usize> = 7..=16;
/// Refusals of one printer that are told: who wants all of them asks for JSON.
const REFUSED_SHOWN: usize = 5;

pub(super) fn write(page: &mut Page, document: &Document) {
    let printers = &document.printers;
    page.part(&format!("PRINTERS {}", printers.len()));
    if printers.is_empty() {
        return page.line("  none are configured");
    }
    let longest = printers.iter().map(|printer| printer.id.len()).max().unwrap_or_default();
    let width = longest.clamp(*ID_WIDTH.start(), *ID_WIDTH.end());
    page.line(&row(width, ["printer", "last heard", "lines", "not read", "readings", "comes in by"]));
    for printer in printers {
        let heard =
            printer.heard_s_ago.map_or_else(|| "never".to_owned(), |ago| format!("{} ago", length(ago)));
        page.line(&row(
            width,
            [
                &printer.id,
                &heard,
                &grouped(printer.lines_read),
                &grouped(printer.lines_unmatched),
                &grouped(printer.readings_made),
                &ways(printer),
            ],
        ));
        remarks(page, printer);
    }
}

fn row(width: usize, [id, heard, lines, unread, readings, ways]: [&str; 6]) -> String {
    format!("  {id:<width$} {heard:>12} {lines:>11} {unread:>9} {readings:>11}  {ways}")
}

fn ways(printer: &PrinterPart) -> String {
    let beats = printer.ways.beats_connections.map(|connections| format!("Beats {connections}"));
    let logs = printer.ways.logs.as_ref().map(|_| "files".to_owned());
    let push = printer.ways.push.as_ref().map(|_| "push".to_owned());
    let queries = printer.ways.queries.as_ref().map(|queries| queries.interface.clone());
    [beats, logs, push, queries].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn remarks(page: &mut Page, printer: &PrinterPart) {
    if let Some(queries) = &printer.ways.queries {
        let code = queries.reachability.as_deref();
        match (code, queries.since_s_ago) {
            (Some("available"), _) => {}
            (Some(code), Some(since)) => {
                let words = reachability(code);
                let address = &queries.address;
                page.paragraph("      ", &format!("queries to {address}, for {}: {words}", length(since)));
            }
            _ => page.paragraph("      ", &format!("queries to {}: no outcome yet", queries.address)),
        }
        trouble(page, queries);
    }
    if let Some(push) = &printer.ways.push {
        calls(page, push);
    }
    if printer.ways.beats_connections == Some(0) {
        page.paragraph("      ", "Beats: not connected now");
    }
    for unread in &printer.unread {
        page.paragraph("      ", &format!("files: {}", unread::words(unread)));
    }
    if printer.lines_unmatched > 0 && printer.lines_unmatched == printer.lines_read {
        let lines = counted(printer.lines_read, "line");
        page.paragraph("      ", &format!("of {lines} none could be read: is `family` the right one?"));
    } else if printer.lines_unmatched > 0 {
        page.paragraph("      ", &format!("not read: {}", reasons(&printer.unmatched)));
    }
    if printer.readings_refused > 0 {
        page.paragraph("      ", &format!("values refused: {}", refused(printer)));
    }
}

/// What does not keep it from being available.
fn trouble(page: &mut Page, queries: &QueriesPart) {
    if queries.connections_lost > 0 {
        let lost = counted(queries.connections_lost, "connection");
        page.paragraph("      ", &format!("queries: {lost} lost or given up since the start"));
    }
    if let Some(ahead) = queries.clock_ahead_s {
        let way = if ahead < 0.0 { "behind" } else { "ahead" };
        let off = length(ahead.abs());
        page.paragraph(
            "      ",
            &format!("its clock is {off} {way}: its values are stamped by ours, quality uncertain"),
        );
    }
}

/// Whether it calls, how far its events are stored, and what went wrong.
fn calls(page: &mut Page, push: &PushPart) {
    let stored =
        push.acknowledged.map_or_else(String::new, |last| format!("; stored up to event {}", grouped(last)));
    let here = match (push.connected_s, push.address) {
        (Some(since), Some(address)) => format!("connected from {address} for {}{stored}", length(since)),
        (_, Some(address)) => format!("NOT CONNECTED now, last from {address}{stored}"),
        (_, None) => {
            "it has not called since the adapter started: is this adapter's address in it?".to_owned()
        }
    };
    page.paragraph("      ", &format!("push: {here}"));
    if let (Some(code), Some(since)) =
        (push.reachability.as_deref().filter(|code| *code != "available"), push.since_s_ago)
    {
        page.paragraph("      ", &format!("push, for {}: {}", length(since), called(code)));
    }
    if push.gaps > 0 {
        let (gaps, lost) = (counted(push.gaps, "gap"), counted(push.lost, "event"));
        page.paragraph("      ", &format!("push: {gaps}: the printer forgot {lost} that had not come yet"));
    }
    if !push.refused.is_empty() {
        page.paragraph("      ", &format!("push: calls closed: {}", reasons(&push.refused)));
    }
}

/// `1,200 vat.temperature (not a number); 3 door.state (no known code)`.
fn refused(printer: &PrinterPart) -> String {
    let shown = printer.refused.iter().take(REFUSED_SHOWN);
    let one = |part: &RefusedPart| {
        let item = part.item.as_deref().unwrap_or("of a whole line");
        format!("{} {item} ({})", grouped(part.times), word(&part.reason))
    };
    let mut words: Vec<_> = shown.clone().map(one).collect();
    let rest = printer.readings_refused.saturating_sub(shown.map(|part| part.times).sum());
    if rest > 0 {
        words.push(format!("{} others", grouped(rest)));
    }
    words.join("; ")
}
