//! The numbers behind the plots, as JSON: thinned in the store, so that a week weighs what an hour does.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use catalog::{Item, Kind, Timestamp, items};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::visitor::Visitor;
use super::words;
use crate::App;
use crate::store::StoreError;
use crate::store::pages::alarms;
use crate::store::pages::fleet::{Printer, by_name};
use crate::store::pages::printer::{Limit, limits};
use crate::store::pages::series::{self, Bucket, Span, Subject};

/// A stretch of time that a person can choose.
pub(super) struct RangeWord {
    /// As it stands in an address.
    pub(super) word: &'static str,
    /// As it stands on the page.
    pub(super) title: &'static str,
    ms: i64,
}

const HOUR_MS: i64 = 3_600_000;

/// The choices, the shortest first.
pub(super) static RANGES: [RangeWord; 5] = [
    RangeWord { word: "15m", title: "15 min", ms: HOUR_MS / 4 },
    RangeWord { word: "1h", title: "1 h", ms: HOUR_MS },
    RangeWord { word: "8h", title: "8 h", ms: 8 * HOUR_MS },
    RangeWord { word: "24h", title: "24 h", ms: 24 * HOUR_MS },
    RangeWord { word: "7d", title: "7 d", ms: 168 * HOUR_MS },
];

/// Longest span that may be asked for by its ends.
const SPAN_MS_MAX: i64 = 32 * 24 * HOUR_MS;

/// The range with this word; an hour where there is none.
pub(super) fn range(word: &str) -> &'static RangeWord {
    let [_, hour, ..] = &RANGES;
    RANGES.iter().find(|range| range.word == word).unwrap_or(hour)
}

/// The range with this word; where there is none, a quarter of an hour for a printer that is not known for
/// longer, since its plots would be empty but for their right end.
pub(super) fn range_or_fitting(word: &str, known_ms: i64) -> &'static RangeWord {
    let [shortest, ..] = &RANGES;
    if word.is_empty() && known_ms < shortest.ms { shortest } else { range(word) }
}

/// What is asked for: a range up to now, or both ends in milliseconds since 1970.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    item: String,
    #[serde(default)]
    part: u8,
    #[serde(default)]
    range: String,
    from: Option<i64>,
    to: Option<i64>,
}

/// One item's past.
#[derive(Serialize)]
pub(super) struct Numbers {
    title: String,
    unit: &'static str,
    from: i64,
    to: i64,
    /// A longer silence than this is a gap in the line, in milliseconds.
    gap: i64,
    points: Points,
    /// What the controller asked for, as far as the item has a setpoint.
    setpoint: Vec<(i64, f64)>,
    limits: Vec<Bound>,
    alarms: Vec<Mark>,
}

/// The buckets, column by column as the plot wants them; times in milliseconds.
#[derive(Default, Serialize)]
struct Points {
    time: Vec<i64>,
    min: Vec<f64>,
    max: Vec<f64>,
    last: Vec<f64>,
}

#[derive(Serialize)]
struct Bound {
    side: String,
    bound: f64,
    text: String,
    severity: u8,
}

#[derive(Serialize)]
struct Mark {
    from: i64,
    to: Option<i64>,
    severity: u8,
    message: String,
}

/// The numbers of one item.
pub(super) async fn numbers(
    visitor: Visitor,
    State(app): State<Arc<App>>,
    Path(thing): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Numbers>, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::Malformed("The numbers asked for cannot be told."))?;
    let item =
        items::by_id(&asked.item).filter(|item| matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_)));
    let item = item.ok_or(Problem::NotFound)?;
    let span = asked.span(visitor.now)?;
    let found = app
        .store
        .read(move |conn| {
            let printer = by_name(conn, &thing)?.ok_or(StoreError::NotFound("printer"))?;
            read_numbers(conn, &printer, item, asked.part, span)
        })
        .await?;
    Ok(Json(found))
}

impl Asked {
    pub(super) fn span(&self, now: Timestamp) -> Result<Span, Problem> {
        let (from, to) = match (self.from, self.to) {
            (Some(from), Some(to)) => (from, to),
            (None, None) => (now.0 - range(&self.range).ms, now.0),
            _ => return Err(Problem::Malformed("A span has both ends or none.")),
        };
        match to.checked_sub(from) {
            Some(1..=SPAN_MS_MAX) => Ok(Span { from: Timestamp(from), to: Timestamp(to) }),
            _ => Err(Problem::Malformed("A span is 1 ms to 32 days long, and its begin is before its end.")),
        }
    }
}

fn read_numbers(
    conn: &rusqlite::Connection,
    printer: &Printer,
    item: &'static Item,
    part: u8,
    span: Span,
) -> Result<Numbers, StoreError> {
    let subject = Subject { thing: printer.id, item: item.id(), part };
    let buckets = series::numbers(conn, subject, span)?;
    let setpoint = match items::by_id(&format!("{}_setpoint", item.id())) {
        Some(wanted) => {
            let to = buckets.last().map_or(span.to, |bucket| bucket.time);
            setpoint(conn, Subject { item: wanted.id(), ..subject }, span, to)?
        }
        None => Vec::new(),
    };
    let bound = |limit: Limit| {
        let bound = limit.bound?;
        let text =
            format!("{} {}", if limit.side == "high" { "max" } else { "min" }, words::bound(item, bound));
        Some(Bound { side: limit.side, bound, text, severity: limit.severity })
    };
    let limits = limits(conn, printer)?.into_iter().filter(|limit| limit.item == item.id()).filter_map(bound);
    Ok(Numbers {
        title: words::title(item, part),
        unit: item.unit().symbol(),
        from: span.from.0,
        to: span.to.0,
        gap: (4 * span.bucket_ms()).max(90_000),
        points: points(&buckets),
        setpoint,
        limits: limits.collect(),
        alarms: alarms::marks(conn, subject, span)?.into_iter().map(Mark::from).collect(),
    })
}

/// The changes of a setpoint, up to where the values end: past them nothing is known of it either.
fn setpoint(
    conn: &rusqlite::Connection,
    subject: Subject<'_>,
    span: Span,
    to: Timestamp,
) -> Result<Vec<(i64, f64)>, StoreError> {
    let before = series::number_before(conn, subject, span.from)?.map(|number| (span.from.0, number));
    let within = series::numbers(conn, subject, span)?.into_iter().map(|bucket| (bucket.time.0, bucket.last));
    let mut all: Vec<(i64, f64)> = before.into_iter().chain(within).collect();
    // A setpoint holds until the next: only its changes are needed to draw it.
    all.dedup_by(|next, kept| next.1.total_cmp(&kept.1).is_eq());
    if let Some((time, number)) = all.last().copied()
        && time < to.0
    {
        all.push((to.0, number));
    }
    Ok(all)
}

impl From<alarms::Mark> for Mark {
    fn from(mark: alarms::Mark) -> Self {
        Self {
            from: mark.opened.0,
            to: mark.closed.map(|closed| closed.0),
            severity: mark.severity,
            message: mark.message,
        }
    }
}

fn points(buckets: &[Bucket]) -> Points {
    let mut points = Points::default();
    for bucket in buckets {
        points.time.push(bucket.time.0);
        points.min.push(bucket.min);
        points.max.push(bucket.max);
        points.last.push(bucket.last);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_printer_has_a_short_past() {
        for (word, known_ms, expected) in
            [("", 20_000, "15m"), ("", HOUR_MS, "1h"), ("7d", 20_000, "7d"), ("nonsense", 20_000, "1h")]
        {
            assert_eq!(range_or_fitting(word, known_ms).word, expected, "{word} {known_ms}");
        }
    }

    #[test]
    fn a_span_never_has_more_buckets_than_a_plot_takes() {
        for range in &RANGES {
            let span = Span { from: Timestamp(0), to: Timestamp(range.ms) };
            assert!(range.ms / span.bucket_ms() < series::BUCKETS_MAX, "{}", range.word);
        }
    }
}
