//! A person has seen an alarm: that neither closes it nor depends on its being open.

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::audit;
use crate::store::StoreError;

/// Acknowledges an alarm. The first acknowledgement stays; a second changes nothing.
///
/// # Errors
/// `NotFound` when there is no such alarm.
pub fn acknowledge(conn: &Connection, alarm_id: i64, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let subject: String = conn
        .query_row(
            "SELECT things.name || ': ' || alarms.message FROM alarms JOIN things ON things.id = alarms.thing
             WHERE alarms.id = ?1",
            [alarm_id],
            |row| row.get(0),
        )
        .optional()?
        .ok_or(StoreError::NotFound("alarm"))?;
    let first = conn.execute(
        "UPDATE alarms SET acknowledged = ?2, acknowledged_by = ?3 WHERE id = ?1 AND acknowledged IS NULL",
        (alarm_id, now.0, by),
    )?;
    if first == 0 { Ok(()) } else { audit::note(conn, by, "acknowledged an alarm", &subject, now) }
}
