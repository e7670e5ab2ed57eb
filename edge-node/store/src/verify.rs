//! Checking the store against itself: every page, every chain, every sum, and the records against the
//! log. SQLite's own integrity check sees about a fifth of flipped bits; the sums of pages see them all.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Row};
use shared_model::id::NodeId;
use shared_model::log::{EntryBytes, Epoch, Hash, Position, Seq};
use shared_model::records::{Balance, Kind, View, WorkingSet};
use shared_model::workflows::{self, Body, Stamp};

use super::documents::Documents;
use super::load::SqliteLoad;
use super::open::{migrate, open_reading, open_writing};
use super::save::{save_documents, save_records};
use super::scrub::scrub;
use super::writer::Desk;
use super::{OpenError, StoreError};

/// Records kept in memory while replaying.
const REPLAY_RECORDS_MAX: usize = 20_000;

/// What was checked, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    pub entries: u64,
    pub logs: usize,
    pub records: u64,
    pub faults: Vec<String>,
}

/// Checks a database file; nothing in it is changed. `scratch` is a folder for the replay.
///
/// # Errors
/// [`OpenError`] when it cannot be read at all.
pub fn verify(path: &Path, scratch: &Path, node: NodeId) -> Result<Verification, OpenError> {
    let mut found = Verification::default();
    // Rot first: what it has touched cannot be read at all.
    found.faults.extend(scrub(path)?.iter().map(ToString::to_string));
    if !found.faults.is_empty() {
        return Ok(found);
    }
    let db = open_reading(path)?;
    check_chains(&db, &mut found)?;
    check_balances(&db, &mut found)?;
    let replayed = scratch.join("verify.sqlite");
    remove(&replayed);
    migrate(&replayed, node)?;
    let copy = open_writing(&replayed)?;
    copy.execute_batch("BEGIN").map_err(StoreError::from)?;
    replay(&db, &copy, &mut WorkingSet::default(), (Epoch(1), Seq(0)), None)?;
    copy.execute_batch("COMMIT").map_err(StoreError::from)?;
    compare(&db, &copy, &mut found)?;
    drop(copy);
    remove(&replayed);
    Ok(found)
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}

/// Fills in the faults of the chains. Of other logs only what concerns this site is held.
fn check_chains(db: &Connection, found: &mut Verification) -> Result<(), StoreError> {
    let mut walk = ChainWalk::begin(db)?;
    let mut statement =
        db.prepare("SELECT node, epoch, seq, hash, bytes FROM log ORDER BY node, epoch, seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.faults.extend(walk.look_at(row)?);
    }
    (found.entries, found.logs) = (walk.entries, walk.logs);
    Ok(())
}

/// A walk along all logs, entry by entry in their order.
pub(super) struct ChainWalk {
    own: [u8; 16],
    last: Option<(Position, Hash)>,
    entries: u64,
    logs: usize,
}

impl ChainWalk {
    pub(super) fn begin(db: &Connection) -> Result<Self, StoreError> {
        let own =
            db.query_row("SELECT value FROM meta WHERE key = 'node'", [], |row| row.get(0))?;
        Ok(Self { own, last: None, entries: 0, logs: 0 })
    }

    /// One row of `node, epoch, seq, hash, bytes`. Says what is wrong with it.
    pub(super) fn look_at(&mut self, row: &Row<'_>) -> Result<Option<String>, StoreError> {
        let (node, epoch, seq): ([u8; 16], u32, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (hash, bytes): ([u8; 32], Vec<u8>) = (row.get(3)?, row.get(4)?);
        let place = format!("{}/{epoch}/{seq}", uuid::Uuid::from_bytes(node));
        self.entries += 1;
        if Hash::of(&bytes) != Hash::from_bytes(hash) {
            self.last = None;
            return Ok(Some(format!("entry {place}: the bytes are not those that were written")));
        }
        let Ok(entry) = EntryBytes::parse(bytes) else {
            return Ok(Some(format!("entry {place}: cannot be read")));
        };
        let position = entry.entry().position;
        // Of other logs only what concerns this site is held, so only the own one is dense.
        let broken = node == self.own && !follows(self.last, &entry);
        if self.last.is_none_or(|(before, _)| before.node != position.node) {
            self.logs += 1;
        }
        self.last = Some((position, entry.hash()));
        Ok(broken.then(|| format!("entry {place}: does not follow the one before it")))
    }
}

fn follows(last: Option<(Position, Hash)>, entry: &EntryBytes) -> bool {
    let position = entry.entry().position;
    match last {
        Some((before, hash)) if before.node == position.node && before.epoch == position.epoch => {
            position.seq == before.seq.next() && entry.entry().prev == hash
        }
        Some(_) | None => position.seq.0 == 1,
    }
}

fn check_balances(db: &Connection, found: &mut Verification) -> Result<(), StoreError> {
    let mut statement = db.prepare("SELECT author, key, body FROM balances")?;
    let mut rows = statement.query([])?;
    let mut sums: BTreeMap<([u8; 16], String), i128> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (author, key, body): ([u8; 16], String, Vec<u8>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let balance: Balance = minicbor::decode(&body)
            .map_err(|_| StoreError::Damaged(format!("balance {key} cannot be read")))?;
        let unit = key.rsplit('|').next().unwrap_or_default().to_owned();
        *sums.entry((author, unit)).or_default() += i128::from(balance.0);
    }
    for ((author, unit), sum) in sums.iter().filter(|(_, sum)| **sum != 0) {
        let node = uuid::Uuid::from_bytes(*author);
        found.faults.push(format!("{unit} of {node}: debits exceed credits by {sum}"));
    }
    Ok(())
}

/// Applies every projected entry of `log` to the empty records of `into`. The rows say that they
/// were so after `at`. Texts are read again only where they are to be written again.
fn replay(
    log: &Connection,
    into: &Connection,
    set: &mut WorkingSet,
    at: (Epoch, Seq),
    mut documents: Option<&mut Documents>,
) -> Result<(), StoreError> {
    let mut statement =
        log.prepare("SELECT bytes FROM log WHERE projected = 1 ORDER BY node, epoch, seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let entry = super::chain::parse(row.get(0)?)?;
        let meta = entry.entry();
        let Ok(body) = Body::decode(&meta.payload) else { continue };
        let stamp = Stamp { author: meta.position.node, at: meta.hlc.at(), staff: meta.actor };
        let mut load = SqliteLoad(into);
        workflows::project(&mut View::new(set, &mut load), &stamp, &body)?;
        match documents.as_deref_mut() {
            Some(documents) => {
                save_documents(into, set, at, meta.position.node, documents)?;
            }
            None => drop(set.take_document_changes()),
        }
        if set.len() > REPLAY_RECORDS_MAX {
            save_records(into, set, at)?;
            set.clear();
        }
    }
    save_records(into, set, at)?;
    set.clear();
    Ok(())
}

fn compare(
    ours: &Connection,
    replayed: &Connection,
    found: &mut Verification,
) -> Result<(), StoreError> {
    for kind in Kind::ALL {
        let table = kind.table();
        let sql = format!("SELECT key, author, body FROM {table} ORDER BY key, author");
        compare_rows(ours, replayed, &sql, table, found)?;
    }
    let sql = "SELECT 'digest', author, digest FROM digest ORDER BY author";
    compare_rows(ours, replayed, sql, "digest", found)
}

fn compare_rows(
    ours: &Connection,
    replayed: &Connection,
    sql: &str,
    table: &str,
    found: &mut Verification,
) -> Result<(), StoreError> {
    let (mut a, mut b) = (ours.prepare(sql)?, replayed.prepare(sql)?);
    let (mut a, mut b) = (a.query([])?, b.query([])?);
    type Row = (String, [u8; 16], Vec<u8>);
    let read = |row: &rusqlite::Row<'_>| -> Result<Row, rusqlite::Error> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    };
    loop {
        let left = a.next()?.map(read).transpose()?;
        let right = b.next()?.map(read).transpose()?;
        match (left, right) {
            (None, None) => return Ok(()),
            (left, right) if left == right => found.records += 1,
            (left, right) => {
                let key = left.or(right).map(|row| row.0).unwrap_or_default();
                found.faults.push(format!("{table} {key}: is not what the log adds up to"));
                return Ok(());
            }
        }
    }
}

/// Builds all records anew from the log, inside the caller's transaction.
pub(super) fn rebuild(db: &Connection, desk: &mut Desk) -> Result<(), StoreError> {
    for kind in Kind::ALL {
        db.execute(&format!("DELETE FROM {}", kind.table()), [])?;
    }
    db.execute_batch("DELETE FROM document; DELETE FROM digest;")?;
    desk.set.clear();
    let at = (desk.head.epoch, desk.head.seq);
    replay(db, db, &mut desk.set, at, Some(&mut desk.documents))
}
