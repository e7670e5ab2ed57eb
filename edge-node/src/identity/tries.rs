//! Wrong tries per person and device, kept through restarts. The rule itself is
//! `web_rim::lockout`; here it is only stored and given the time.

use rusqlite::{Connection, OptionalExtension, params};
use shared_model::id::StaffId;
use web_rim::lockout::Tries;

use super::devices::DeviceId;
use super::moment::Moment;

/// Charges one try, before the secret is looked at. `Err` holds the milliseconds still to wait.
///
/// # Errors
/// When the store fails.
pub fn charge(
    db: &Connection,
    staff: StaffId,
    device: DeviceId,
    now: &Moment,
) -> rusqlite::Result<Result<Tries, u64>> {
    let (before, at) = load(db, staff, device)?.unwrap_or((Tries::default(), now.clone()));
    let charged = match before.charge(now.steady_since(&at)) {
        Ok(charged) => charged,
        Err(wait_ms) => return Ok(Err(wait_ms)),
    };
    let pause_ms = i64::try_from(charged.pause_ms).expect("bounded by PAUSE_MS_MAX");
    db.prepare_cached(
        "INSERT INTO sign_in_tries (staff, device, charged, pause_ms, at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (staff, device) DO UPDATE
         SET charged = excluded.charged, pause_ms = excluded.pause_ms, at = excluded.at",
    )?
    .execute(params![
        staff.as_uuid().as_bytes(),
        device.as_bytes(),
        charged.charged,
        pause_ms,
        now
    ])?;
    Ok(Ok(charged))
}

/// Forgets the tries of one person on one device: the secret was right.
///
/// # Errors
/// When the store fails.
pub fn forgive(db: &Connection, staff: StaffId, device: DeviceId) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM sign_in_tries WHERE staff = ?1 AND device = ?2")?
        .execute(params![staff.as_uuid().as_bytes(), device.as_bytes()])?;
    Ok(())
}

/// Forgets the tries of one person on every device: a manager vouches for them.
///
/// # Errors
/// When the store fails.
pub fn reset(db: &Connection, staff: StaffId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM sign_in_tries WHERE staff = ?1", params![staff.as_uuid().as_bytes()])?;
    Ok(())
}

fn load(
    db: &Connection,
    staff: StaffId,
    device: DeviceId,
) -> rusqlite::Result<Option<(Tries, Moment)>> {
    db.prepare_cached(
        "SELECT charged, pause_ms, at FROM sign_in_tries WHERE staff = ?1 AND device = ?2",
    )?
    .query_row(params![staff.as_uuid().as_bytes(), device.as_bytes()], |row| {
        let pause_ms = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        Ok((Tries { charged: row.get(0)?, pause_ms }, row.get(2)?))
    })
    .optional()
}
