//! Sessions: who is signed in on which device, and until when.

use rusqlite::{Connection, OptionalExtension, params};
use shared_model::id::StaffId;
use uuid::Uuid;
use web_rim::token::TokenHash;

use super::devices::{self, DeviceId};
use super::moment::Moment;

/// The longest shift.
pub const SESSION_MS_MAX: u64 = 12 * 3_600_000;
/// The longest time without a request.
pub const IDLE_MS_MAX: u64 = 8 * 3_600_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub token: TokenHash,
    pub staff: StaffId,
    pub device: DeviceId,
    pub started: Moment,
    pub used: Moment,
}

impl Session {
    /// Milliseconds until it ends if it is not used again; `None` when it has ended.
    #[must_use]
    pub fn left_ms(&self, now: &Moment) -> Option<u64> {
        let whole = SESSION_MS_MAX.checked_sub(now.since(&self.started))?;
        let idle = IDLE_MS_MAX.checked_sub(now.since(&self.used))?;
        Some(whole.min(idle)).filter(|left| *left > 0)
    }
}

/// Begins a session. A device has one person at a time: whoever was signed in on it no longer is.
///
/// # Errors
/// When the store fails.
pub fn begin(db: &Connection, session: &Session) -> rusqlite::Result<()> {
    end_of_device(db, session.device)?;
    db.execute(
        "INSERT INTO session (token_hash, staff, device, started, used) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            session.token.as_bytes(),
            session.staff.as_uuid().as_bytes(),
            session.device.as_bytes(),
            session.started,
            session.used
        ],
    )?;
    Ok(())
}

/// The session of this token on the device of that token, unless the device was revoked.
///
/// # Errors
/// When the store fails.
pub fn find(
    db: &Connection,
    token: TokenHash,
    device: TokenHash,
) -> rusqlite::Result<Option<Session>> {
    db.prepare_cached(
        "SELECT s.staff, s.device, s.started, s.used FROM session s JOIN device d USING (device)
         WHERE s.token_hash = ?1 AND d.token_hash = ?2 AND d.revoked_ms IS NULL",
    )?
    .query_row(params![token.as_bytes(), device.as_bytes()], |row| {
        Ok(Session {
            token,
            staff: StaffId::new(Uuid::from_bytes(row.get(0)?)),
            device: devices::id(row, 1)?,
            started: row.get(2)?,
            used: row.get(3)?,
        })
    })
    .optional()
}

/// Notes that a session was used.
///
/// # Errors
/// When the store fails.
pub fn touch(db: &Connection, token: TokenHash, now: &Moment) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE session SET used = ?2 WHERE token_hash = ?1")?
        .execute(params![token.as_bytes(), now])?;
    Ok(())
}

/// Signs out.
///
/// # Errors
/// When the store fails.
pub fn end(db: &Connection, token: TokenHash) -> rusqlite::Result<()> {
    db.execute("DELETE FROM session WHERE token_hash = ?1", params![token.as_bytes()])?;
    Ok(())
}

/// Signs a person out everywhere.
///
/// # Errors
/// When the store fails.
pub fn end_of_staff(db: &Connection, staff: StaffId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM session WHERE staff = ?1", params![staff.as_uuid().as_bytes()])?;
    Ok(())
}

/// Signs out whoever is signed in on a device.
///
/// # Errors
/// When the store fails.
pub fn end_of_device(db: &Connection, device: DeviceId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM session WHERE device = ?1", params![device.as_bytes()])?;
    Ok(())
}
