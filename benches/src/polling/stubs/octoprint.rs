//! An OctoPrint 1.11 that prints with one tool, a bed and a chamber: it notes their temperatures every two seconds.

use serde_json::{Value, json};

use super::Asked;

/// Seconds between two temperatures.
const NOTED_EVERY_S: i64 = 2;

pub(in crate::polling) fn answer(asked: &Asked<'_>) -> Option<(&'static str, String)> {
    let body = match asked.path {
        "/api/version" => json!({"api": "0.1", "server": "1.11.2", "text": "OctoPrint 1.11.2"}),
        "/api/printer" => printer(asked),
        "/api/job" => job(asked.up.as_secs()),
        _ => return None,
    };
    Some(("application/json", body.to_string()))
}

fn printer(asked: &Asked<'_>) -> Value {
    let newest = asked.now.as_second() / NOTED_EVERY_S * NOTED_EVERY_S;
    let limit = i64::try_from(asked.number("limit").unwrap_or(300)).unwrap_or(300);
    let point = |back: i64| {
        let time = newest - back * NOTED_EVERY_S;
        // It swings by a degree, as a heater does.
        let swing = i32::try_from(time % 20).map_or(0.0, f64::from) / 20.0;
        json!({
            "time": time,
            "tool0": {"actual": 209.5 + swing, "target": 210.0},
            "bed": {"actual": 59.8 + swing / 2.0, "target": 60.0},
            "chamber": {"actual": 31.4, "target": null},
        })
    };
    let history: Vec<Value> = (0..limit).rev().map(point).collect();
    let mut temperature = history.last().cloned().unwrap_or_default();
    temperature["history"] = history.into();
    json!({
        "sd": {"ready": true},
        "state": {"error": "", "text": "Printing", "flags": {
            "operational": true, "printing": true, "cancelling": false, "pausing": false, "resuming": false,
            "finishing": false, "closedOrError": false, "error": false, "paused": false, "ready": false,
            "sdReady": true,
        }},
        "temperature": temperature,
    })
}

fn job(second: u64) -> Value {
    json!({
        "job": {
            "averagePrintTime": null, "estimatedPrintTime": 3600.5,
            "filament": {"tool0": {"length": 810.0, "volume": 5.36}},
            "file": {
                "date": 1_794_913_600, "display": "part.gcode", "name": "part.gcode", "origin": "local",
                "path": "part.gcode", "size": 1_468_987,
            },
            "lastPrintTime": null, "user": "user",
        },
        "progress": {
            "completion": second % 3600 / 36, "filepos": second * 1_000, "printTime": second,
            "printTimeLeft": 3600 - second % 3600, "printTimeLeftOrigin": "linear",
        },
        "state": "Printing",
    })
}
