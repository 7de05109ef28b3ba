//! All alarms of a thing end, whatever its last values were, since a person says that it is gone; and are open again, since it was
//! not.

use catalog::Timestamp;
use rusqlite::Connection;

use super::series::end_others;
use crate::store::StoreError;

/// Ends what is active and what runs towards an alarm, and acknowledges what nobody had seen. Gives how many alarms that were.
///
/// # Errors
/// When the store fails.
pub(crate) fn end_all(conn: &Connection, thing: i64, by: &str, now: Timestamp) -> Result<u64, StoreError> {
    let waiting = "SELECT count(*) FROM alarms WHERE thing = ?1 AND (closed IS NULL OR acknowledged IS NULL)";
    let waiting: i64 = conn.query_row(waiting, [thing], |row| row.get(0))?;
    end_others(conn, thing, &[], now)?;
    conn.execute(
        "UPDATE alarms SET acknowledged = ?2, acknowledged_by = ?3 WHERE thing = ?1 AND acknowledged IS NULL",
        (thing, now.0, by),
    )?;
    Ok(waiting.unsigned_abs())
}

/// Takes back what [`end_all`] did at that time.
///
/// # Errors
/// When the store fails.
pub(crate) fn open_again(conn: &Connection, thing: i64, ended: Timestamp) -> Result<(), StoreError> {
    let open = "UPDATE alarms SET closed = NULL WHERE thing = ?1 AND closed = max(opened, ?2)";
    conn.execute(open, (thing, ended.0))?;
    let unseen = "UPDATE alarms SET acknowledged = NULL, acknowledged_by = NULL WHERE thing = ?1 AND acknowledged = ?2";
    conn.execute(unseen, (thing, ended.0))?;
    Ok(())
}
