//! Makes a stick: number, code, signature, and what the audit trail says of it, in one transaction.

use std::time::Duration;

use catalog::Timestamp;
use release::Time;
use rusqlite::{Connection, OptionalExtension as _};
use site::{AdapterName, Code, Plain as _, Serial, limits};

use super::form::{Form, Wrong};
use super::key::SiteKey;
use crate::audit;
use crate::keys;
use crate::store::StoreError;

/// The last stick of an adapter.
#[derive(Clone, Debug)]
pub struct Stick {
    /// What was typed for it, without secrets.
    pub form: Form,
    /// Its number.
    pub serial: Serial,
    /// When it was made.
    pub made: Timestamp,
    /// Who made it.
    pub made_by: String,
}

/// What came of making one.
#[derive(Debug)]
pub enum Made {
    /// The file.
    File(Vec<u8>),
    /// What was typed cannot be a stick.
    Wrong(Wrong),
}

/// The last stick that was made for an adapter.
///
/// # Errors
/// When the store fails.
pub fn last(conn: &Connection, adapter: i64) -> Result<Option<Stick>, StoreError> {
    let mut select =
        conn.prepare_cached("SELECT form, serial, made, made_by FROM site_sticks WHERE adapter = ?1")?;
    let row = select.query_row([adapter], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?))
    });
    let Some((form, serial, made, made_by)) = row.optional()? else { return Ok(None) };
    let serial = u64::try_from(serial).ok().and_then(|serial| Serial::try_from(serial).ok());
    let damaged = || StoreError::Invalid("a stored site stick cannot be read".into());
    let form = serde_json::from_str(&form).map_err(|_| damaged())?;
    Ok(Some(Stick { form, serial: serial.ok_or_else(damaged)?, made: Timestamp(made), made_by }))
}

/// Makes a stick for an adapter, and keeps what was typed for the next one.
///
/// # Errors
/// `NotFound` when there is no such adapter, or the store fails.
pub fn make(
    conn: &Connection,
    key: &SiteKey,
    adapter: i64,
    form: &Form,
    by: &str,
    now: Timestamp,
) -> Result<Made, StoreError> {
    let name = crate::store::pages::adapters::name(conn, adapter)?.ok_or(StoreError::NotFound("adapter"))?;
    let name = AdapterName::parse(&name).ok_or_else(|| StoreError::Invalid(AdapterName::EXPECTED.into()))?;
    let seconds = now.0.div_euclid(1000);
    let (serial, made) =
        (Serial::next(last(conn, adapter)?.map(|stick| stick.serial), seconds), Time::from_seconds(seconds));
    // Before a code is made, which ends the one before it.
    let mut wrong = form.document(&name, serial, made, None).err().unwrap_or_default();
    wrong.extend(form.without_its_code(crate::store::pages::adapters::enrolled(conn, adapter)?));
    if !wrong.is_empty() {
        return Ok(Made::Wrong(wrong));
    }
    let code = code(conn, adapter, form, by, now)?;
    // From here on an error takes back the code as well.
    let document = form
        .document(&name, serial, made, code)
        .map_err(|wrong| StoreError::Invalid(format!("what was typed does not go with a code: {wrong:?}")))?;
    let body = site::encode(&document).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let file = key.sign(body);
    if file.len() > limits::FILE_BYTES_MAX {
        let what = format!("the stick's file would be longer than {} bytes", limits::FILE_BYTES_MAX);
        return Err(StoreError::Invalid(what));
    }
    keep(conn, adapter, form, serial, by, now)?;
    let brings = if document.code.is_some() { "with a new code" } else { "without a code" };
    audit::note(
        conn,
        by,
        "made a site stick",
        &format!("{name}, {brings}, good until {}", document.expires),
        now,
    )?;
    Ok(Made::File(file))
}

// It lives as long as the stick: the person who carries it may travel for days.
fn code(
    conn: &Connection,
    adapter: i64,
    form: &Form,
    by: &str,
    now: Timestamp,
) -> Result<Option<Code>, StoreError> {
    if !form.wants_code() {
        return Ok(None);
    }
    let life = form.life().unwrap_or(Duration::ZERO);
    let code = keys::replacing_code(conn, adapter, life, by, now)?;
    let code = Code::parse(code.expose());
    code.map(Some)
        .ok_or_else(|| StoreError::Invalid(format!("the code that was made is not {}", Code::EXPECTED)))
}

fn keep(
    conn: &Connection,
    adapter: i64,
    form: &Form,
    serial: Serial,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let form = serde_json::to_string(&form.without_secrets())
        .map_err(|error| StoreError::Invalid(error.to_string()))?;
    conn.execute(
        "INSERT INTO site_sticks (adapter, form, serial, made, made_by) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (adapter) DO UPDATE SET form = ?2, serial = ?3, made = ?4, made_by = ?5",
        (adapter, form, i64::try_from(serial.get()).unwrap_or(i64::MAX), now.0, by),
    )?;
    Ok(())
}
