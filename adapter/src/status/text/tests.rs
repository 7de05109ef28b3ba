use serde_json::Value;

use super::*;

const DOCS: &str = include_str!("../../../../docs/status.md");
const SOURCE: Source<'_> = Source { process: "process 812 of user 998", config: "/etc/oneway/adapter.toml" };

fn documents() -> [Document; 6] {
    [
        sample::healthy(),
        sample::in_trouble(),
        sample::with_strangers(),
        sample::with_callers(),
        sample::intake(),
        sample::uplink(),
    ]
}

#[test]
fn the_documented_examples_are_what_is_printed() {
    let texts = documents().map(|document| text(&document, SOURCE));
    let missing: Vec<_> = texts.iter().filter(|text| !DOCS.contains(text.as_str())).cloned().collect();
    assert!(missing.is_empty(), "docs/status.md does not show:\n```\n{}```", missing.join("```\n```\n"));
}

#[test]
fn a_platform_that_keeps_silent_is_not_said_to_take_data() {
    let mut document = sample::healthy();
    (document.platform.stored_s_ago, document.buffer.oldest_s) = (Some(14.2), Some(14.0));
    assert!(
        text(&document, SOURCE)
            .contains("takes data      NO ANSWER YET to what was sent; last stored 14 s ago")
    );
    // A printer alone whose data waits.
    document.platform.stored_s_ago = Some(9.0);
    assert!(text(&document, SOURCE).contains("takes data      yes"));
}

#[test]
fn what_is_wrong_with_a_printer_that_is_available_is_said() {
    let mut document = sample::healthy();
    let queries = document.printers[0].ways.queries.as_mut().unwrap();
    (queries.connections_lost, queries.clock_ahead_s) = (1_204, Some(-3_600.0));
    let said = text(&document, SOURCE);
    assert!(said.contains("queries: 1,204 connections lost or given up since the start"), "{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let clock = "its clock is 60 min behind: its values are stamped by ours, quality uncertain";
    assert!(words.contains(clock), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for document in documents() {
        for line in text(&document, SOURCE).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn every_field_of_the_document_is_documented() {
    let mut fields = Vec::new();
    for document in documents() {
        collect(&serde_json::to_value(document).unwrap(), "", &mut fields);
    }
    for part in [
        "platform.retry_in_s",
        "printers[].refused[].item",
        "printers[].unread[].now",
        "printers[].ways.push.acknowledged",
        "strangers.shown[].lines",
    ] {
        assert!(fields.iter().any(|field| field == part), "{part}: {fields:?}");
    }
    let missing: Vec<_> = fields.iter().filter(|field| !DOCS.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "not in docs/status.md: {missing:?}");
}

/// The paths of all fields; what is named by a reason, a thing or a counter is named elsewhere.
fn collect(value: &Value, path: &str, fields: &mut Vec<String>) {
    match value {
        Value::Object(object) if !by_name(path) => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, fields);
                fields.push(path);
            }
        }
        Value::Array(list) => {
            list.iter().for_each(|value| collect(value, &format!("{path}[]"), fields));
        }
        _ => {}
    }
}

/// Whether the keys of this object are no fields.
fn by_name(path: &str) -> bool {
    let named = [
        "counters",
        "link.frames_refused",
        "link.peers_refused",
        "platform.parked",
        "platform.trouble",
        "printers[].unmatched",
        "printers[].ways.push.refused",
        "system.refused",
    ];
    path.starts_with("reasons.") || named.contains(&path)
}
