//! The limits that a new store begins with, from `platform/limits/*.toml`.

use std::time::Duration;

use catalog::{Item, Kind};
use rusqlite::Connection;
use serde::{Deserialize, Deserializer};

use crate::store::{ItemIds, StoreError};

const FILES: [(&str, &str); 2] = [
    ("every-printer.toml", include_str!("../../limits/every-printer.toml")),
    ("projet.toml", include_str!("../../limits/projet.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The models that the limits are for; none for every printer and adapter.
    #[serde(default)]
    models: Vec<String>,
    limit: Vec<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    item: String,
    high: Option<f64>,
    low: Option<f64>,
    code: Option<String>,
    #[serde(default)]
    deadband: f64,
    #[serde(default, deserialize_with = "duration")]
    delay_on: Duration,
    #[serde(default, deserialize_with = "duration")]
    delay_off: Duration,
    severity: Severity,
    message: String,
    /// Whether the number is this project's guess.
    #[serde(default = "guessed")]
    estimate: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Critical = 1,
    High = 2,
    Medium = 3,
    Low = 4,
}

/// Writes the limits into a store that has none; an admin's own stay as they are.
///
/// # Errors
/// When the store fails, or a file is wrong, which a test rules out.
pub fn seed(conn: &Connection, items: &ItemIds) -> Result<(), StoreError> {
    if conn.query_row("SELECT EXISTS (SELECT 1 FROM limits)", [], |row| row.get(0))? {
        return Ok(());
    }
    for (name, text) in FILES {
        let wrong = |what: String| StoreError::Limits { file: name, what };
        let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for limit in &file.limit {
            let item = catalog::items::by_id(&limit.item)
                .ok_or_else(|| wrong(format!("the catalogue has no item {:?}", limit.item)))?;
            let (side, bound) = limit.side(item).map_err(|what| wrong(format!("{}: {what}", limit.item)))?;
            let item = items.id(item)?;
            if file.models.is_empty() {
                limit.insert(conn, item, None, side, bound)?;
            }
            for model in &file.models {
                limit.insert(conn, item, Some(model), side, bound)?;
            }
        }
    }
    Ok(())
}

impl Limit {
    /// The side and its bound; an item takes a bound or one of its own codes.
    fn side(&self, item: &Item) -> Result<(&'static str, Option<f64>), &'static str> {
        let number = matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_));
        match (self.high, self.low, self.code.as_deref()) {
            (Some(bound), None, None) if number => Ok(("high", Some(bound))),
            (None, Some(bound), None) if number => Ok(("low", Some(bound))),
            (None, None, Some("!none")) if item.codes().contains(&"none") => Ok(("code", None)),
            (None, None, Some(code)) if item.codes().contains(&code) => Ok(("code", None)),
            (None, None, Some(_)) => Err("this is no code of the item's vocabulary"),
            _ => Err("a limit has one of high, low (for a number) and code (for a state)"),
        }
    }

    fn insert(
        &self,
        conn: &Connection,
        item: i64,
        model: Option<&str>,
        side: &str,
        bound: Option<f64>,
    ) -> Result<(), StoreError> {
        conn.prepare_cached(
            "INSERT INTO limits
             (item, model, side, bound, code, deadband, delay_on, delay_off, severity, message, estimate)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            item,
            model,
            side,
            bound,
            &self.code,
            self.deadband,
            millis(self.delay_on),
            millis(self.delay_off),
            self.severity as i64,
            &self.message,
            self.estimate,
        ))?;
        Ok(())
    }
}

fn guessed() -> bool {
    true
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(serde::de::Error::custom)
}
