//! Mending a damaged file. One flipped bit of a page is found again by the page's own sum. What more is
//! gone is left behind: the file is written anew from what proves itself, and the hub gives back the rest
//! at the next contact. The damaged file is never changed; whoever calls keeps it aside.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, types::Value};
use shared_model::id::NodeId;
use shared_model::log::{AuthorKey, EntryBytes, Epoch, Hash, Seq};

use super::append::{remember_if_unknown, seal_if_it_travels, write_entry};
use super::checked_pages::{PAGE_BYTES, is_sound, page_sum};
use super::meta::{self, Hub};
use super::open::{Opening, open_current, open_reading};
use super::save::{author_bytes, seq_sql};
use super::verify::rebuild;
use super::writer::{Desk, now};
use super::{OpenError, StoreError, reopen};

/// Tables of the box alone, which no replay gives back, and what stands beside the log.
const KEPT_TABLES: &[&str] = &[
    "meta",
    "command",
    "seal",
    "quarantine",
    "superseded",
    "salvaged",
    "staff_credential",
    "device",
    "pairing_code",
    "sign_in_tries",
    "session",
    "prediction",
    "model_day",
    "model_standing",
    "model_report",
];

/// What came of a file that could not be mended in its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Salvage {
    /// Own entries that stand in their place again.
    pub kept: u64,
    /// Own entries beyond the damage: written anew once the hub has said what it holds.
    pub waiting: u64,
    /// Entries of other logs.
    pub others: u64,
    /// A new epoch is open, because own entries may be missing.
    pub epoch_opened: bool,
    /// Tables of the box alone of which some rows may be gone.
    pub incomplete: Vec<String>,
}

/// Puts a page right in which one bit is wrong. Returns whether it is sound now.
pub fn mend(number: u32, page: &mut [u8; PAGE_BYTES]) -> bool {
    let sum = page_sum(number, page);
    let at = PAGE_BYTES - sum.len();
    let apart: u32 = page[at..].iter().zip(&sum).map(|(is, ought)| (is ^ ought).count_ones()).sum();
    if apart <= 1 {
        page[at..].copy_from_slice(&sum);
        return true;
    }
    for bit in 0..at * 8 {
        page[bit / 8] ^= 1 << (bit % 8);
        if is_sound(number, page) {
            return true;
        }
        page[bit / 8] ^= 1 << (bit % 8);
    }
    false
}

/// Writes a new file with all that proves itself in a damaged one: entries by their hashes, rows of the
/// box alone from pages that are sound.
///
/// # Errors
/// [`OpenError`] when the new file cannot be written. What cannot be read of the old one is missing.
pub fn salvage(
    from: &Path,
    to: &Path,
    opening: Opening,
    hub: Option<Hub>,
) -> Result<Salvage, OpenError> {
    let node = opening.site.node;
    let found = read_logs(from, node);
    let db = open_current(to, node)?;
    let mut salvage = Salvage::default();
    db.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from)?;
    for table in KEPT_TABLES {
        if !copy_rows(from, &db, table) {
            salvage.incomplete.push((*table).to_owned());
        }
    }
    let newest = put_meta(&db, node, hub, &found)?;
    put_log(&db, (node, &opening.author_key), &found, &mut salvage)?;
    // Else the lost entries' places would be taken by others, and the hub would see a fork.
    if !found.complete && newest > Epoch(0) {
        meta::put(&db, "epoch", newest.next().0)?;
        salvage.epoch_opened = true;
    }
    let alone = hub.is_none();
    let mut desk = Desk::read(&db, opening, now)?;
    if alone {
        reopen::write_salvaged(&db, &mut desk)?;
    }
    rebuild(&db, &mut desk)?;
    db.execute_batch("COMMIT").map_err(StoreError::from)?;
    Ok(salvage)
}

/// What could be read of the logs.
#[derive(Default)]
struct Found {
    own: BTreeMap<(u32, u64), EntryBytes>,
    others: Vec<EntryBytes>,
    /// Every page of the log is sound: nothing is missing.
    complete: bool,
    epoch: u32,
}

fn read_logs(from: &Path, node: NodeId) -> Found {
    let mut found = Found::default();
    let own = author_bytes(&node);
    if let Ok(db) = open_reading(from) {
        let epoch = "SELECT value FROM meta WHERE key = 'epoch'";
        found.epoch = db.query_row(epoch, [], |row| row.get(0)).unwrap_or(0);
        found.complete = scan(&db, "", own, &mut found).unwrap_or(false);
    }
    if found.complete {
        return found;
    }
    // Past the sums, from both ends, and into what lies between: an entry proves itself.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if let Ok(db) = Connection::open_with_flags(from, flags) {
        let _ = scan(&db, "", own, &mut found);
        let _ = scan(&db, "DESC", own, &mut found);
        look_between(&db, own, &mut found);
    }
    found
}

/// Takes in every entry in order until one cannot be read. Returns whether all could, and were sound.
fn scan(
    db: &Connection,
    direction: &str,
    own: &[u8; 16],
    found: &mut Found,
) -> Result<bool, StoreError> {
    let mut statement = db.prepare(&format!(
        "SELECT node, epoch, seq, hash, bytes FROM log
         ORDER BY node {direction}, epoch {direction}, seq {direction}"
    ))?;
    let mut rows = statement.query([])?;
    let mut sound = true;
    while let Some(row) = rows.next()? {
        sound &= take(row, own, found).unwrap_or(false);
    }
    Ok(sound)
}

fn look_between(db: &Connection, own: &[u8; 16], found: &mut Found) {
    let Some((newest, _)) = found.own.last_key_value().map(|(place, _)| *place) else { return };
    for epoch in 1..=newest {
        let held = found.own.range((epoch, 0)..=(epoch, u64::MAX));
        let last = held.last().map_or(0, |((_, seq), _)| *seq);
        for seq in 1..=last {
            if found.own.contains_key(&(epoch, seq)) {
                continue;
            }
            let _ = db.query_row(
                "SELECT node, epoch, seq, hash, bytes FROM log
                 WHERE node = ?1 AND epoch = ?2 AND seq = ?3",
                (own, epoch, seq_sql(Seq(seq))),
                |row| take(row, own, found),
            );
        }
    }
}

fn take(
    row: &rusqlite::Row<'_>,
    own: &[u8; 16],
    found: &mut Found,
) -> Result<bool, rusqlite::Error> {
    let (node, epoch, seq): ([u8; 16], u32, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (hash, bytes): ([u8; 32], Vec<u8>) = (row.get(3)?, row.get(4)?);
    let Ok(entry) = EntryBytes::parse(bytes) else { return Ok(false) };
    let position = entry.entry().position;
    let in_place = author_bytes(&position.node) == &node
        && position.epoch.0 == epoch
        && seq_sql(position.seq) == seq;
    if !in_place || entry.hash() != Hash::from_bytes(hash) {
        return Ok(false);
    }
    if node == *own {
        found.own.insert((epoch, position.seq.0), entry);
    } else if found.others.iter().all(|held| held.entry().position != position) {
        found.others.push(entry);
    }
    Ok(true)
}

/// Copies rows from sound pages, from both ends. Returns whether none can be missing.
fn copy_rows(from: &Path, to: &Connection, table: &str) -> bool {
    let Ok(db) = open_reading(from) else { return false };
    // A file of an older release may not have it yet.
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    if db.query_row(there, [table], |row| row.get::<_, i64>(0)) == Ok(0) {
        return true;
    }
    let forwards = copy_in_order(&db, to, table, "");
    forwards.is_ok() || {
        let _ = copy_in_order(&db, to, table, "ORDER BY 1 DESC");
        false
    }
}

fn copy_in_order(
    from: &Connection,
    to: &Connection,
    table: &str,
    order: &str,
) -> Result<(), rusqlite::Error> {
    let mut statement = from.prepare(&format!("SELECT * FROM {table} {order}"))?;
    let columns = statement.column_names().collect::<Vec<_>>().join(", ");
    let places = vec!["?"; statement.column_count()].join(", ");
    let mut insert =
        to.prepare(&format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"))?;
    let count = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..count).map(|column| row.get::<_, Value>(column));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}

/// The facts that must be right, whatever was read. Returns the newest epoch that was seen.
fn put_meta(
    db: &Connection,
    node: NodeId,
    hub: Option<Hub>,
    found: &Found,
) -> Result<Epoch, StoreError> {
    meta::put(db, "node", author_bytes(&node))?;
    if let Some(hub) = hub {
        meta::put_hub(db, hub)?;
    }
    // The hub's feed comes once more from its beginning; what is held is skipped.
    meta::put(db, "cursor", 0)?;
    db.execute("DELETE FROM meta WHERE key = 'hub_incarnation'", [])?;
    let seen = found.own.last_key_value().map_or(0, |((epoch, _), _)| *epoch);
    let newest = Epoch(seen.max(found.epoch));
    if newest > Epoch(0) {
        meta::put(db, "epoch", newest.0)?;
    }
    Ok(newest)
}

fn put_log(
    db: &Connection,
    (node, key): (NodeId, &AuthorKey),
    found: &Found,
    salvage: &mut Salvage,
) -> Result<(), StoreError> {
    for entry in &found.others {
        let body = shared_model::workflows::Body::decode(&entry.entry().payload);
        write_entry(db, entry, body.is_ok())?;
        salvage.others += 1;
    }
    let mut last: Option<((u32, u64), Hash)> = None;
    for (place, entry) in &found.own {
        let follows = match last {
            Some(((epoch, seq), hash)) if epoch == place.0 => {
                place.1 == seq + 1 && entry.entry().prev == hash
            }
            Some(_) | None => place.1 == 1,
        };
        if follows {
            last = Some((*place, entry.hash()));
            write_entry(db, entry, true)?;
            seal_if_it_travels(db, key, entry)?;
            remember_if_unknown(db, entry)?;
            salvage.kept += 1;
            continue;
        }
        db.execute(
            "INSERT OR IGNORE INTO salvaged (epoch, seq, hash, bytes) VALUES (?1, ?2, ?3, ?4)",
            (place.0, seq_sql(Seq(place.1)), entry.hash().as_bytes(), entry.as_bytes()),
        )?;
        salvage.waiting += 1;
    }
    // Answers and seals of entries that are not there again would be lies.
    db.execute(
        "DELETE FROM command AS t WHERE NOT EXISTS (SELECT 1 FROM log l
             WHERE l.node = ?1 AND l.epoch = t.epoch AND l.seq = t.seq)
         AND NOT EXISTS (SELECT 1 FROM salvaged s WHERE s.epoch = t.epoch AND s.seq = t.seq)",
        [author_bytes(&node)],
    )?;
    db.execute(
        "DELETE FROM seal AS t WHERE NOT EXISTS (SELECT 1 FROM log l
             WHERE l.node = t.node AND l.epoch = t.epoch AND l.seq = t.seq)",
        [],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_one_bit_of_a_page_is_found_again_and_two_are_not() {
        let mut page = [0; PAGE_BYTES];
        page.iter_mut().zip(0_u32..).for_each(|(byte, at)| *byte = (at * 31 % 251) as u8);
        let sum = page_sum(7, &page);
        page[PAGE_BYTES - sum.len()..].copy_from_slice(&sum);
        assert!(is_sound(7, &page) && !is_sound(8, &page), "a page knows its place");
        for bit in [0, 1, 4_095, 32_000, PAGE_BYTES * 8 - 64, PAGE_BYTES * 8 - 1] {
            let mut flipped = page;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_sound(7, &flipped));
            assert!(mend(7, &mut flipped), "bit {bit}");
            assert_eq!(flipped, page);
        }
        let mut twice = page;
        twice[9] ^= 3;
        assert!(!mend(7, &mut twice));
        assert_eq!(twice[9], page[9] ^ 3, "what is not mended is left as it was");
    }
}
