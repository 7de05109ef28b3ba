//! Checks a file of limits as a whole: every mistake that can be found at once, each with its place.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use catalog::{Item, Kind, items};
use toml::{Spanned, Value};

use super::file::{self, Entry};
use super::{LIMITS_MAX, Limit, SEVERITIES, Scope};
use crate::alarms::machine::{Bounds, Side};
use crate::config::{self, ConfigError, Problem};

/// Longest message, in bytes: it stands in one line of a table.
const MESSAGE_BYTES_MAX: usize = 200;

/// Longest delay: an alarm that comes later than this helps nobody.
const DELAY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits of a file. `file` is its name for people; `things` are the names that a limit may be for.
///
/// # Errors
/// Every mistake, with its line and column.
pub(crate) fn parse(file: &Path, text: &str, things: &BTreeSet<String>) -> Result<Vec<Limit>, ConfigError> {
    let read = file::read(file, text).map_err(|problem| ConfigError::Invalid(vec![problem]))?;
    let mut check = Check { file, text, things, problems: Vec::new(), limits: Vec::new() };
    let models = check.take(models(read.models.as_ref())).unwrap_or_default();
    read.limit.iter().for_each(|entry| check.entry(entry, &models));
    if read.limit.is_empty() {
        // Also what a pipe gives whose first command failed.
        check.wrong(mistake(0, "", "there is no [[limit]]: a platform without any would never alarm"));
    }
    if check.limits.len() > LIMITS_MAX {
        check.wrong(mistake(0, "", format!("more than {LIMITS_MAX} limits, counting one for each model")));
    }
    if check.problems.is_empty() {
        Ok(check.limits.into_iter().map(|placed| placed.limit).collect())
    } else {
        Err(ConfigError::Invalid(check.problems))
    }
}

struct Check<'a> {
    file: &'a Path,
    text: &'a str,
    things: &'a BTreeSet<String>,
    problems: Vec<Problem>,
    limits: Vec<Placed>,
}

/// A limit, and where its item is written.
struct Placed {
    limit: Limit,
    offset: usize,
}

/// What is wrong with the value of a key.
struct Mistake {
    offset: usize,
    key: &'static str,
    text: String,
}

type Checked<T> = Result<T, Mistake>;

fn mistake(offset: usize, key: &'static str, text: impl Into<String>) -> Mistake {
    Mistake { offset, key, text: text.into() }
}

fn at<T>(key: &'static str, value: &Spanned<T>, text: impl Into<String>) -> Mistake {
    mistake(value.span().start, key, text)
}

impl Check<'_> {
    fn wrong(&mut self, mistake: Mistake) {
        let place = config::place(self.file, self.text, mistake.offset);
        self.problems.push(Problem { place, key: mistake.key.to_owned(), text: mistake.text });
    }

    fn take<T>(&mut self, checked: Checked<T>) -> Option<T> {
        checked.map_err(|mistake| self.wrong(mistake)).ok()
    }

    fn entry(&mut self, entry: &Entry, models: &[String]) {
        if self.limits.len() > LIMITS_MAX {
            return;
        }
        let scopes = self.take(scopes(entry, models, self.things));
        let item = self.take(item(&entry.item));
        let side = item.and_then(|item| self.take(side(entry, item)));
        let delay_on = self.take(delay("delay_on", entry.delay_on.as_ref()));
        let delay_off = self.take(delay("delay_off", entry.delay_off.as_ref()));
        let severity = self.take(severity(&entry.severity));
        let message = self.take(message(&entry.message));
        let (Some(scopes), Some(item), Some(side)) = (scopes, item, side) else { return };
        let (Some(delay_on), Some(delay_off)) = (delay_on, delay_off) else { return };
        let (Some(severity), Some(message)) = (severity, message) else { return };
        let bounds = Bounds { side, delay_on, delay_off };
        let limit = |scope| Limit {
            item,
            scope,
            bounds: bounds.clone(),
            severity,
            message: message.clone(),
            estimate: entry.estimate,
        };
        let offset = entry.item.span().start;
        let limits: Vec<_> = scopes.into_iter().map(limit).collect();
        // One model is enough to say it once.
        if let Some(mistake) = limits.iter().find_map(|limit| self.collision(limit, entry)) {
            self.wrong(mistake);
        } else {
            self.limits.extend(limits.into_iter().map(|limit| Placed { limit, offset }));
        }
    }

    /// What is wrong with a limit beside one that stands before it.
    fn collision(&self, limit: &Limit, entry: &Entry) -> Option<Mistake> {
        self.limits.iter().find_map(|before| {
            let line = || self.text.get(..before.offset).unwrap_or_default().matches('\n').count() + 1;
            if before.limit.judges_as(limit) {
                return Some(at("item", &entry.item, format!("the limit of line {} again", line())));
            }
            let (low, high) = match (&before.limit.bounds.side, &limit.bounds.side) {
                (Side::Low { bound: low, .. }, Side::High { bound: high, .. })
                | (Side::High { bound: high, .. }, Side::Low { bound: low, .. }) => (*low, *high),
                _ => return None,
            };
            let beside = before.limit.item == limit.item
                && before.limit.scope == limit.scope
                && before.limit.severity == limit.severity;
            let (key, written) = match &entry.low {
                Some(written) => ("low", written),
                None => ("high", entry.high.as_ref()?),
            };
            (beside && low >= high).then(|| {
                let text =
                    format!("low {low} is not below high {high} of the same severity: see line {}", line());
                at(key, written, text)
            })
        })
    }
}

fn scopes(entry: &Entry, of_file: &[String], things: &BTreeSet<String>) -> Checked<Vec<Scope>> {
    if let Some(thing) = &entry.thing {
        if entry.models.is_some() {
            return Err(at("thing", thing, "a limit is for models or for one thing: write two limits"));
        }
        let name = thing.get_ref();
        if !things.contains(name) {
            let advice = match config::nearest(name, things.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "an adapter's name or ADAPTER.PRINTER, once it has posted".to_owned(),
            };
            return Err(at("thing", thing, format!("there is no thing {name:?}; {advice}")));
        }
        return Ok(vec![Scope { thing: Some(name.clone()), model: None }]);
    }
    let models = match &entry.models {
        Some(own) => models(Some(own))?,
        None => of_file.to_vec(),
    };
    if models.is_empty() {
        return Ok(vec![Scope::default()]);
    }
    Ok(models.into_iter().map(|model| Scope { thing: None, model: Some(model) }).collect())
}

fn models(models: Option<&Spanned<Vec<String>>>) -> Checked<Vec<String>> {
    let Some(models) = models else { return Ok(Vec::new()) };
    let names = models.get_ref();
    if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        return Err(at("models", models, "name each model, or leave models out for every printer"));
    }
    let distinct: BTreeSet<_> = names.iter().collect();
    if distinct.len() < names.len() {
        return Err(at("models", models, "name each model once"));
    }
    Ok(names.clone())
}

fn item(id: &Spanned<String>) -> Checked<&'static Item> {
    let wrong = || {
        let ids = items::all().map(|item| item.id());
        let advice = match config::nearest(id.get_ref(), ids) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "docs/collected-data.md has them all".to_owned(),
        };
        at("item", id, format!("the catalogue has no item {:?}; {advice}", id.get_ref()))
    };
    items::by_id(id.get_ref()).ok_or_else(wrong)
}

/// What is compared: an item takes a bound, or one of its own codes.
fn side(entry: &Entry, item: &Item) -> Checked<Side> {
    match (&entry.high, &entry.low, &entry.code) {
        (Some(high), None, None) => {
            Ok(Side::High { bound: bound("high", high, item)?, deadband: deadband(entry)? })
        }
        (None, Some(low), None) => {
            Ok(Side::Low { bound: bound("low", low, item)?, deadband: deadband(entry)? })
        }
        (None, None, Some(written)) => match &entry.deadband {
            Some(deadband) => Err(at("deadband", deadband, "a code has none: leave it out")),
            None => code(written, item),
        },
        _ => {
            Err(at("item", &entry.item, "a limit has one of high, low (for a number) and code (for a state)"))
        }
    }
}

fn bound(key: &'static str, bound: &Spanned<f64>, item: &Item) -> Checked<f64> {
    if !matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_)) {
        return Err(at(key, bound, format!("{} is no number; {}", item.id(), instead(item))));
    }
    let number = *bound.get_ref();
    if number.is_finite() { Ok(number) } else { Err(at(key, bound, "a bound is a finite number")) }
}

fn deadband(entry: &Entry) -> Checked<f64> {
    let Some(deadband) = &entry.deadband else { return Ok(0.0) };
    let number = *deadband.get_ref();
    let good = number.is_finite() && number >= 0.0;
    if good { Ok(number) } else { Err(at("deadband", deadband, "a deadband is a number of 0 or more")) }
}

fn code(code: &Spanned<String>, item: &Item) -> Checked<Side> {
    let (codes, written) = (item.codes(), code.get_ref().as_str());
    match written {
        "!none" if codes.contains(&"none") => Ok(Side::AnyFault),
        _ if codes.contains(&written) => Ok(Side::Code(written.to_owned())),
        _ => {
            let advice = match config::nearest(written, codes.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => instead(item),
            };
            Err(at("code", code, format!("{written:?} is no code of {}; {advice}", item.id())))
        }
    }
}

/// What a limit of the item is written with.
fn instead(item: &Item) -> String {
    match item.kind() {
        Kind::Gauge(_) | Kind::Counter(_) => "it is a number: write high or low".to_owned(),
        Kind::State(codes) | Kind::Event(codes) => format!("write code, one of {}", codes.join(", ")),
        Kind::Identity | Kind::Hash => "no limit can be for it".to_owned(),
    }
}

fn delay(key: &'static str, delay: Option<&Spanned<String>>) -> Checked<Duration> {
    let Some(delay) = delay else { return Ok(Duration::ZERO) };
    let written = delay.get_ref();
    let parsed = humantime::parse_duration(written)
        .map_err(|_| at(key, delay, format!("{written:?} is no duration; write such as \"5s\" or \"1m\"")))?;
    if parsed > DELAY_MAX {
        return Err(at(key, delay, format!("{written:?} is longer than 24h")));
    }
    // The table has milliseconds.
    Ok(Duration::from_millis(u64::try_from(parsed.as_millis()).unwrap_or(u64::MAX)))
}

fn severity(severity: &Spanned<Value>) -> Checked<i64> {
    let written = severity.get_ref();
    let number = (1..).zip(SEVERITIES).find(|(_, name)| written.as_str() == Some(name));
    let wrong =
        || at("severity", severity, format!("{written} is none; write one of {}", SEVERITIES.join(", ")));
    number.map(|(number, _)| number).ok_or_else(wrong)
}

fn message(message: &Spanned<String>) -> Checked<String> {
    let text = message.get_ref();
    if text.trim().is_empty() {
        return Err(at("message", message, "is empty: write what is wrong, in a technician's words"));
    }
    if text.len() > MESSAGE_BYTES_MAX || text.contains(char::is_control) {
        return Err(at("message", message, format!("write one line of at most {MESSAGE_BYTES_MAX} bytes")));
    }
    Ok(text.clone())
}
