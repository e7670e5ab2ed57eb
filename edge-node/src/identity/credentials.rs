//! The hashes of the PINs of staff. Which person may do what is not known here.

use rusqlite::{Connection, OptionalExtension, params};
use shared_model::id::StaffId;
use shared_model::time::Timestamp;

use super::{sessions, tries};

/// Sets the PIN of a person by its hash. Their sessions end and their wrong tries are forgotten:
/// a new PIN is also the answer to a stolen one.
///
/// # Errors
/// When the store fails.
pub fn set(db: &Connection, staff: StaffId, phc: &str, now: Timestamp) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO staff_credential (staff, phc, changed_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (staff) DO UPDATE SET phc = excluded.phc, changed_ms = excluded.changed_ms",
        params![staff.as_uuid().as_bytes(), phc, now.ms()],
    )?;
    tries::reset(db, staff)?;
    sessions::end_of_staff(db, staff)
}

/// Takes the PIN away: the person can no longer sign in here.
///
/// # Errors
/// When the store fails.
pub fn remove(db: &Connection, staff: StaffId) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM staff_credential WHERE staff = ?1",
        params![staff.as_uuid().as_bytes()],
    )?;
    sessions::end_of_staff(db, staff)
}

/// The hash of a person's PIN, when there is one.
///
/// # Errors
/// When the store fails.
pub fn phc(db: &Connection, staff: StaffId) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT phc FROM staff_credential WHERE staff = ?1")?
        .query_row(params![staff.as_uuid().as_bytes()], |row| row.get(0))
        .optional()
}
