//! Writes the limits of the store as a file that can be imported again.

use std::fmt::{self, Write as _};
use std::time::Duration;

use rusqlite::Connection;
use toml::Value;

use super::table::rows;
use super::{Limit, SEVERITIES};
use crate::alarms::machine::Side;
use crate::store::StoreError;

const HEAD: &str =
    "# The limits of a platform. `platform limits import` puts those of a file in the place of all.\n";

/// The limits that hold, as TOML: those for everything first, then those of models, then those of things. Limits
/// that differ in nothing but the model are one.
///
/// # Errors
/// When the store fails, or a limit is of a severity that this program does not know.
pub(crate) fn export(conn: &Connection) -> Result<String, StoreError> {
    let mut groups: Vec<(Limit, Vec<String>)> = Vec::new();
    for row in rows(conn)? {
        let mut limit = row.limit;
        let model = limit.scope.model.take();
        let same = |(other, models): &&mut (Limit, Vec<String>)| {
            *other == limit
                && models.is_empty() == model.is_none()
                && !models.iter().any(|name| Some(name) == model.as_ref())
        };
        match groups.iter_mut().find(same) {
            Some((_, models)) if model.is_some() => models.extend(model),
            _ => groups.push((limit, model.into_iter().collect())),
        }
    }
    groups.sort_by(|(one, of_one), (other, of_other)| {
        let key = |limit: &Limit| (limit.scope.thing.clone(), limit.item.id());
        let (one, other) = (key(one), key(other));
        (one.0, of_one, one.1).cmp(&(other.0, of_other, other.1))
    });
    let mut text = HEAD.to_owned();
    for (limit, models) in &groups {
        write(&mut text, limit, models)
            .map_err(|fmt::Error| StoreError::Invalid(format!("severity {} is unknown", limit.severity)))?;
    }
    Ok(text)
}

/// Fails for an unknown severity alone: a text takes whatever is written.
fn write(text: &mut String, limit: &Limit, models: &[String]) -> fmt::Result {
    let severity = usize::try_from(limit.severity - 1).ok().and_then(|index| SEVERITIES.get(index));
    text.push_str("\n[[limit]]\n");
    if !models.is_empty() {
        let names = models.iter().cloned().map(Value::String).collect();
        writeln!(text, "models = {}", Value::Array(names))?;
    }
    if let Some(thing) = &limit.scope.thing {
        writeln!(text, "thing = {}", string(thing))?;
    }
    writeln!(text, "item = {}", string(limit.item.id()))?;
    match &limit.bounds.side {
        Side::High { bound, deadband } => numbers(text, "high", *bound, *deadband)?,
        Side::Low { bound, deadband } => numbers(text, "low", *bound, *deadband)?,
        Side::Code(code) => writeln!(text, "code = {}", string(code))?,
        Side::AnyFault => text.push_str("code = \"!none\"\n"),
    }
    for (key, delay) in [("delay_on", limit.bounds.delay_on), ("delay_off", limit.bounds.delay_off)] {
        if delay > Duration::ZERO {
            writeln!(text, "{key} = \"{}\"", humantime::format_duration(delay))?;
        }
    }
    writeln!(text, "severity = \"{}\"", severity.ok_or(fmt::Error)?)?;
    writeln!(text, "message = {}", string(&limit.message))?;
    if !limit.estimate {
        text.push_str("estimate = false\n");
    }
    Ok(())
}

fn numbers(text: &mut String, key: &str, bound: f64, deadband: f64) -> fmt::Result {
    writeln!(text, "{key} = {}", number(bound))?;
    if deadband > 0.0 { writeln!(text, "deadband = {}", number(deadband)) } else { Ok(()) }
}

/// Whole numbers without a point, as people write them.
fn number(number: f64) -> String {
    /// Up to here every whole number is exact in both types.
    const WHOLE_MAX: f64 = 1e15;
    let whole = number.fract() == 0.0 && number.abs() < WHOLE_MAX;
    if whole { format!("{number:.0}") } else { Value::Float(number).to_string() }
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}
