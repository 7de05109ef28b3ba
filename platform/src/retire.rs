//! A printer that is gone for good is taken out of the fleet by an admin. Silence alone never does that, nor does it end an
//! alarm: somebody has to know where the printer went. Its past stays, and its next data brings it back as it was.

use catalog::Timestamp;
use rusqlite::Connection;

use crate::store::{StoreError, things};
use crate::{alarms, audit};

/// Takes a printer out of the fleet, or an adapter with all its printers: what waits of their alarms ends, acknowledged. A second
/// time changes nothing.
///
/// # Errors
/// `NotFound` when there is no such thing.
pub fn retire(conn: &Connection, name: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let thing = things::id(conn, name)?.ok_or(StoreError::NotFound("printer"))?;
    let with = things::in_the_fleet_with(conn, thing)?;
    if with.is_empty() {
        return Ok(());
    }
    let mut ended = 0;
    for thing in &with {
        things::set_retired(conn, *thing, Some(now))?;
        ended += alarms::end_all(conn, *thing, by, now)?;
    }
    let others = if with.len() == 1 { String::new() } else { format!(", {} in all", with.len()) };
    audit::note(conn, by, "took out of the fleet", &format!("{name}{others}, {ended} alarms ended"), now)
}

/// Brings a thing back that was not gone, and the adapter that it is behind: the alarms that were ended when it was taken out wait
/// again. The caller judges them by what came.
///
/// # Errors
/// When the store fails.
pub(crate) fn bring_back(conn: &Connection, thing: i64, now: Timestamp) -> Result<(), StoreError> {
    for (thing, name) in things::with_its_adapter(conn, thing)? {
        let Some(since) = things::retired(conn, thing)? else { continue };
        things::set_retired(conn, thing, None)?;
        alarms::open_again(conn, thing, since)?;
        audit::note(conn, "system", "brought back into the fleet", &format!("{name}, since data came"), now)?;
    }
    Ok(())
}
