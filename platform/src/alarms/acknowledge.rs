//! A person has seen an alarm: that neither closes it nor depends on its being open.

use catalog::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::audit;
use crate::store::StoreError;

/// Acknowledges an alarm, and with it what came before it of the same limit on the same part and is over: the
/// queue shows one of them for all. The first acknowledgement stays; a second changes nothing.
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
    if first == 0 {
        return Ok(());
    }
    let earlier = conn.execute(
        "UPDATE alarms SET acknowledged = ?2, acknowledged_by = ?3 FROM alarms AS this
         WHERE this.id = ?1 AND alarms.thing = this.thing AND alarms.limit_id = this.limit_id AND alarms.part = this.part
            AND (alarms.opened, alarms.id) < (this.opened, this.id)
            AND alarms.closed IS NOT NULL AND alarms.acknowledged IS NULL",
        (alarm_id, now.0, by),
    )?;
    let subject = if earlier == 0 { subject } else { format!("{subject}, and {earlier} earlier") };
    audit::note(conn, by, "acknowledged an alarm", &subject, now)
}
