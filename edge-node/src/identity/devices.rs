//! The tills, phones and screens that may show the sign-in page, and the one-time codes by which
//! they become known. A PIN alone is worth nothing on a device that was never paired.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, params};
use shared_model::time::Timestamp;
use uuid::Uuid;
use web_rim::token::{NoRandomness, Token, TokenHash, random};

use super::moment::Moment;
use super::sessions;

/// How long a pairing code may be used.
pub const CODE_MS_MAX: u64 = 15 * 60_000;
/// Codes that wait to be used at one time. A new one beyond that makes the oldest void.
const CODES_OPEN_MAX: i64 = 16;
/// Crockford's alphabet: no I, L, O, U, so that a code can be read aloud and copied by hand.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS: usize = 8;

/// A paired device. Local to the box, so not in the registry of the shared ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId(Uuid);

impl DeviceId {
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A device as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub device: DeviceId,
    pub name: String,
    pub paired: Timestamp,
    pub revoked: Option<Timestamp>,
}

/// A code such as `7KQ2-M9XA`: 40 random bits, for one device, for a quarter of an hour.
#[derive(Clone)]
pub struct PairingCode([u8; CODE_CHARS]);

impl PairingCode {
    /// # Errors
    /// When the system gives no random bytes.
    pub fn draw() -> Result<Self, NoRandomness> {
        // 256 is a multiple of 32, so every character is equally likely.
        Ok(Self(random::<CODE_CHARS>()?.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// Reads a code as people type it: any case, with or without the dash, O for 0, I or L for 1.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut code = [0; CODE_CHARS];
        let mut typed = text.bytes().filter(|b| !matches!(b, b'-' | b' '));
        for place in &mut code {
            *place = match typed.next()?.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
        }
        let valid = typed.next().is_none() && code.iter().all(|c| ALPHABET.contains(c));
        valid.then_some(Self(code))
    }

    fn hash(&self) -> TokenHash {
        Token::received(&self.to_string()).hash()
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = self.0.split_at(CODE_CHARS / 2);
        for part in [left, b"-", right] {
            f.write_str(std::str::from_utf8(part).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// Keeps a code (its hash) so that one device may redeem it.
///
/// # Errors
/// When the store fails.
pub fn keep_code(db: &Connection, code: &PairingCode, now: &Moment) -> rusqlite::Result<()> {
    drop_old_codes(db, now)?;
    db.execute(
        "INSERT OR REPLACE INTO pairing_code (code_hash, minted) VALUES (?1, ?2)",
        params![code.hash().as_bytes(), now],
    )?;
    db.execute(
        "DELETE FROM pairing_code WHERE code_hash NOT IN
         (SELECT code_hash FROM pairing_code ORDER BY rowid DESC LIMIT ?1)",
        params![CODES_OPEN_MAX],
    )?;
    Ok(())
}

/// Uses a code up and pairs a device with it. `false`: no such code is open.
///
/// # Errors
/// When the store fails.
pub fn redeem(
    db: &Connection,
    code: &PairingCode,
    device: &Device,
    token: TokenHash,
    now: &Moment,
) -> rusqlite::Result<bool> {
    drop_old_codes(db, now)?;
    let used = db.execute(
        "DELETE FROM pairing_code WHERE code_hash = ?1",
        params![code.hash().as_bytes()],
    )?;
    if used == 0 {
        return Ok(false);
    }
    db.execute(
        "INSERT INTO device (device, token_hash, name, paired_ms) VALUES (?1, ?2, ?3, ?4)",
        params![device.device.as_bytes(), token.as_bytes(), device.name, device.paired.ms()],
    )?;
    Ok(true)
}

fn drop_old_codes(db: &Connection, now: &Moment) -> rusqlite::Result<()> {
    let mut open = db.prepare("SELECT code_hash, minted FROM pairing_code")?;
    let codes =
        open.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Moment>(1)?)))?;
    for code in codes {
        let (hash, minted) = code?;
        // A code of an earlier boot is void: how long the machine was off is not known for sure.
        if minted.boot != now.boot || now.since(&minted) >= CODE_MS_MAX {
            db.execute("DELETE FROM pairing_code WHERE code_hash = ?1", params![hash])?;
        }
    }
    Ok(())
}

/// The device that holds this token, unless it was revoked.
///
/// # Errors
/// When the store fails.
pub fn by_token(db: &Connection, token: TokenHash) -> rusqlite::Result<Option<DeviceId>> {
    db.prepare_cached("SELECT device FROM device WHERE token_hash = ?1 AND revoked_ms IS NULL")?
        .query_row(params![token.as_bytes()], |row| id(row, 0))
        .optional()
}

/// All devices that were ever paired, the newest first.
///
/// # Errors
/// When the store fails.
pub fn list(db: &Connection) -> rusqlite::Result<Vec<Device>> {
    db.prepare(
        "SELECT device, name, paired_ms, revoked_ms FROM device ORDER BY paired_ms DESC, device",
    )?
    .query_map([], |row| {
        Ok(Device {
            device: id(row, 0)?,
            name: row.get(1)?,
            paired: Timestamp::from_ms(row.get(2)?),
            revoked: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_ms),
        })
    })?
    .collect()
}

/// Shuts a device out and ends its session. `false`: there is no such device.
///
/// # Errors
/// When the store fails.
pub fn revoke(db: &Connection, device: DeviceId, now: Timestamp) -> rusqlite::Result<bool> {
    let found = db.execute(
        "UPDATE device SET revoked_ms = coalesce(revoked_ms, ?2) WHERE device = ?1",
        params![device.as_bytes(), now.ms()],
    )?;
    sessions::end_of_device(db, device)?;
    Ok(found > 0)
}

pub(super) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<DeviceId> {
    row.get::<_, [u8; 16]>(column).map(|bytes| DeviceId(Uuid::from_bytes(bytes)))
}
