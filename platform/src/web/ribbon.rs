//! The states of a printer over time, as JSON: the ribbon above its plots.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use catalog::Timestamp;
use serde::Serialize;

use super::condition::ADAPTER_GONE_MS;
use super::problem::Problem;
use super::series::Asked;
use super::visitor::Visitor;
use super::words;
use crate::App;
use crate::store::StoreError;
use crate::store::pages::fleet::by_name;
use crate::store::pages::outages::outages;
use crate::store::pages::series::{self, Span, Subject};

/// The states of a printer over time.
#[derive(Serialize)]
pub(super) struct Ribbon {
    from: i64,
    to: i64,
    stretches: Vec<Stretch>,
}

/// A stretch of one state.
#[derive(Serialize)]
struct Stretch {
    from: i64,
    to: i64,
    word: String,
    /// `building`, `error`, `off`, `gap` or nothing special.
    kind: &'static str,
}

/// The states of one printer.
pub(super) async fn ribbon(
    visitor: Visitor,
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Ribbon>, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::Malformed("The range asked for cannot be told."))?;
    let span = asked.span(visitor.now)?;
    let (states, reached, outages, seen) = app
        .store
        .read(move |conn| {
            let printer = by_name(conn, &thing)?.ok_or(StoreError::NotFound("printer"))?;
            let codes = |item| series::codes(conn, Subject { thing: printer.id, item, part: 0 }, span);
            let outages = outages(conn, printer.id, span, ADAPTER_GONE_MS)?;
            Ok((codes("printer.state")?, codes("printer.reachability")?, outages, printer.adapter_seen))
        })
        .await?;
    // Past the adapter's last word nothing is known.
    let known_to =
        Timestamp(seen.map_or(span.from.0, |seen| seen.0 + ADAPTER_GONE_MS).clamp(span.from.0, span.to.0));
    Ok(Json(Ribbon {
        from: span.from.0,
        to: span.to.0,
        stretches: stretches(&states, &reached, &outages, span, known_to),
    }))
}

/// Stretches of state, cut where the printer could not be reached, where its adapter did not run, and after the adapter's last word.
fn stretches(
    states: &[(Timestamp, String)],
    reached: &[(Timestamp, String)],
    outages: &[Span],
    span: Span,
    known_to: Timestamp,
) -> Vec<Stretch> {
    let mut cuts: Vec<i64> = states.iter().chain(reached).map(|(time, _)| time.0).collect();
    cuts.extend([span.from.0, known_to.0, span.to.0]);
    cuts.extend(outages.iter().flat_map(|outage| [outage.from.0, outage.to.0]));
    cuts.iter_mut().for_each(|cut| *cut = (*cut).clamp(span.from.0, span.to.0));
    cuts.sort_unstable();
    cuts.dedup();
    let mut stretches: Vec<Stretch> = Vec::new();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        let unseen = outages.iter().any(|outage| (outage.from.0..outage.to.0).contains(from));
        let (word, kind) = if unseen || *from >= known_to.0 {
            ("unknown".to_owned(), "gap")
        } else {
            state_at(states, reached, Timestamp(*from))
        };
        match stretches.last_mut() {
            Some(last) if last.word == word => last.to = *to,
            _ => stretches.push(Stretch { from: *from, to: *to, word, kind }),
        }
    }
    stretches
}

fn state_at(
    states: &[(Timestamp, String)],
    reached: &[(Timestamp, String)],
    time: Timestamp,
) -> (String, &'static str) {
    let held = |changes: &[(Timestamp, String)]| {
        changes.iter().take_while(|(at, _)| *at <= time).last().map(|(_, code)| code.clone())
    };
    match (held(reached).as_deref(), held(states)) {
        (Some("printer_off"), _) => ("off".into(), "off"),
        (Some("printer_failed"), _) => ("failed".into(), "error"),
        (Some("network_unreachable"), _) => ("no network".into(), "gap"),
        (Some(code @ ("refused" | "nonsense")), _) => (words::code(code), "gap"),
        (_, None) => ("not told".into(), "gap"),
        (_, Some(code)) => {
            let kind = match code.as_str() {
                "building" => "building",
                "error" => "error",
                "offline" => "off",
                _ => "",
            };
            (words::code(&code), kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64, code: &str) -> (Timestamp, String) {
        (Timestamp(time), code.to_owned())
    }

    #[test]
    fn the_ribbon_is_cut_by_reachability_and_by_the_adapters_silence() {
        let states = [at(50, "idle"), at(200, "building")];
        let reached = [at(60, "available"), at(300, "printer_off"), at(400, "available")];
        let span = Span { from: Timestamp(100), to: Timestamp(600) };
        let found = stretches(&states, &reached, &[], span, Timestamp(500));
        let found: Vec<_> = found.iter().map(|s| (s.from, s.to, s.word.as_str())).collect();
        let expected = [
            (100, 200, "idle"),
            (200, 300, "building"),
            (300, 400, "off"),
            (400, 500, "building"),
            (500, 600, "unknown"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_ribbon_is_cut_where_the_adapter_did_not_run() {
        let span = |from, to| Span { from: Timestamp(from), to: Timestamp(to) };
        let outages = [span(50, 150), span(300, 400)];
        let found =
            stretches(&[at(0, "idle"), at(350, "building")], &[], &outages, span(100, 600), Timestamp(600));
        let found: Vec<_> = found.iter().map(|s| (s.from, s.to, s.word.as_str())).collect();
        assert_eq!(
            found,
            [(100, 150, "unknown"), (150, 300, "idle"), (300, 400, "unknown"), (400, 600, "building")]
        );
    }
}
