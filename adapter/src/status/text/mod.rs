//! The document for a technician who stands at the box.

mod link;
mod page;
mod printers;
#[cfg(test)]
pub(super) mod sample;
mod strangers;
mod system;
#[cfg(test)]
mod tests;
mod unread;
mod words;

use self::page::Page;
use self::words::{bytes, counted, length};
use crate::half::Half;

use super::document::{BufferPart, Document, ListenerPart, PlatformPart, ReasonsPart};

/// The adapter gives account of itself every ten seconds: when nothing was stored for longer, nothing is answered.
const ANSWER_DUE_S: f64 = 12.0;
const DAY_S: f64 = 86_400.0;
/// Before so many days are over, a certificate should have been renewed.
const RENEW_DAYS: f64 = 14.0;
/// So many days are better told in years.
const MANY_DAYS: f64 = 3_650.0;

/// Whose word the document is, such as `process 812 of user 998`, and where the configuration is.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The answering process and its user.
    pub process: &'a str,
    /// The configuration file.
    pub config: &'a str,
}

/// The document as text.
pub fn text(document: &Document, source: Source<'_>) -> String {
    let mut page = Page::default();
    head(&mut page, document, source);
    platform(&mut page, &document.platform, &document.buffer);
    given_up(&mut page, document);
    link::write(&mut page, document);
    if let Some(system) = &document.system {
        system::write(&mut page, system);
    }
    if document.half == Half::Uplink {
        return page.into_text();
    }
    listener(&mut page, document.listener.as_ref(), "Filebeat and Metricbeat");
    listener(&mut page, document.push_listener.as_ref(), "printers that call");
    printers::write(&mut page, document);
    strangers::write(&mut page, &document.strangers, source.config);
    refused(&mut page, &document.reasons, document.counters.readings_refused);
    page.into_text()
}

fn head(page: &mut Page, document: &Document, source: Source<'_>) {
    let Document { adapter, version, uptime_s, process, .. } = document;
    let half = match document.half {
        Half::Whole => "",
        Half::Intake => "INTAKE of ",
        Half::Uplink => "UPLINK of ",
    };
    page.paragraph("", &format!("{half}ADAPTER {adapter}, version {version}"));
    page.named("running", &format!("for {}, as {}", length(*uptime_s), source.process));
    if let (Some(now), Some(peak)) = (process.memory_bytes, process.memory_peak_bytes) {
        page.named("memory", &format!("{}; at most {} since the start", bytes(now), bytes(peak)));
    }
    if let Some(cpu) = process.cpu_s {
        let share = if *uptime_s > 0.0 { 100.0 * cpu / uptime_s } else { 0.0 };
        page.named("processor", &format!("{} in all, {share:.1} % of one core", length(cpu)));
    }
}

fn platform(page: &mut Page, platform: &PlatformPart, buffer: &BufferPart) {
    page.part(&format!("PLATFORM {}", platform.url));
    let stored = platform.stored_s_ago.map(|ago| format!("last stored {} ago", length(ago)));
    let stored = stored.unwrap_or_else(|| "nothing stored yet since the start".to_owned());
    match &platform.trouble {
        None if unanswered(platform, buffer) => {
            page.named("takes data", &format!("NO ANSWER YET to what was sent; {stored}"));
        }
        None => page.named("takes data", &format!("yes, {stored}")),
        Some(trouble) => {
            let next = match platform.retry_in_s {
                Some(wait) if wait > 0.0 => format!("next try in {}", length(wait)),
                _ => "trying now".to_owned(),
            };
            page.named("takes data", &format!("NO, for {}: {}", length(trouble.since_s_ago), trouble.why));
            page.named("", &format!("{stored}; {next}"));
        }
    }
    let waiting = match buffer.oldest_s {
        None => "nothing".to_owned(),
        Some(oldest) => format!(
            "{}, the oldest {} old; {} of {}",
            counted(buffer.readings as u64, "reading"),
            length(oldest),
            bytes(buffer.bytes as u64),
            bytes(buffer.bytes_max as u64),
        ),
    };
    page.named("waiting here", &waiting);
    for (thing, trouble) in &platform.parked {
        page.named(
            "waits",
            &format!("{thing} alone, for {}: {}; its data is kept", length(trouble.since_s_ago), trouble.why),
        );
    }
}

/// Whether data waits for an answer that is overdue and has not yet failed.
fn unanswered(platform: &PlatformPart, buffer: &BufferPart) -> bool {
    let waits = buffer.oldest_s.is_some_and(|oldest| oldest > ANSWER_DUE_S);
    waits && platform.stored_s_ago.is_none_or(|ago| ago > ANSWER_DUE_S)
}

fn given_up(page: &mut Page, document: &Document) {
    let thinned = document.counters.readings_thinned;
    if thinned > 0 {
        page.named(
            "COARSER",
            &format!(
                "{} of queries gave way to the least, the greatest and the last of their time: \
                 buffer.bytes_max is too small for so long an outage",
                counted(thinned, "older value")
            ),
        );
    }
    let lost = document.counters.readings_given_up;
    if lost > 0 {
        page.named(
            "LOST",
            &format!(
                "{} of queries, for want of room: buffer.bytes_max is too small",
                counted(lost, "reading")
            ),
        );
    }
}

fn listener(page: &mut Page, listener: Option<&ListenerPart>, whom: &str) {
    let Some(listener) = listener else { return };
    page.part(&format!("LISTENER {} for {whom}", listener.address));
    let encryption = match (listener.tls, listener.client_certificates) {
        (false, _) => "NONE: everyone on this network can read and change what is sent",
        (true, true) => "TLS; a sender must show a certificate",
        (true, false) => "TLS; senders show no certificate and are known by address alone",
    };
    page.named("encryption", encryption);
    if let Some(days) = listener.certificate_days {
        page.named("certificate", &certificate(days, listener.reloads));
    }
    if let Some(problem) = &listener.reload_problem {
        page.named("NOT RENEWED", &format!("{problem}; the old certificate stays in use"));
    }
}

fn certificate(days: f64, reloads: u64) -> String {
    let expiry = match days {
        d if d < 0.0 => format!("EXPIRED {} ago: senders refuse it", length(-d * DAY_S)),
        d if d < RENEW_DAYS => format!("expires in {}: RENEW IT", length(d * DAY_S)),
        d if d < MANY_DAYS => format!("expires in {d:.0} days"),
        d => format!("expires in {:.0} years", d / 365.0),
    };
    let renewed = if reloads > 0 {
        format!("; renewed {} since the start", words::times(reloads))
    } else {
        String::new()
    };
    expiry + &renewed
}

fn refused(page: &mut Page, by: &ReasonsPart, values: u64) {
    let parts = [
        ("connections", &by.senders_refused),
        ("messages", &by.frames_refused),
        ("log records", &by.lines_unmatched),
    ];
    if parts.iter().all(|(_, reasons)| reasons.is_empty()) && values == 0 {
        return;
    }
    page.part("REFUSED since the start, by reason");
    for (name, reasons) in parts.iter().filter(|(_, reasons)| !reasons.is_empty()) {
        page.named(name, &words::reasons(reasons));
    }
    if values > 0 {
        page.named("values", &format!("{}: which and why is said of each printer", words::grouped(values)));
    }
}
