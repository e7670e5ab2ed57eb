//! After a restore: a new epoch, the lost tail back in its place, and the records built anew.

use rusqlite::Connection;
use shared_model::log::{EntryBytes, Epoch, Position, Seal, Seq};
use shared_model::sync::v1::EpochHead;

use super::append::{advance, write_entry, write_seal};
use super::save::{author_bytes, seq_sql};
use super::verify::rebuild;
use super::writer::Desk;
use super::{StoreError, chain, meta};

/// Opens a new epoch, unless one is open already of which the hub knows nothing or in which work
/// was done (if it is not what the hub holds of it, the next comparison says so). Own entries from `first` on, which
/// the hub does not hold as we do, are written anew under it with their ids and facts; the old
/// bytes are kept aside.
pub(super) fn open_epoch(
    db: &Connection,
    desk: &mut Desk,
    epoch: Epoch,
    first: Seq,
    newest: Epoch,
) -> Result<Vec<EpochHead>, StoreError> {
    let current = desk.head.epoch;
    if current > epoch && (current > newest || desk.head.seq > Seq(0)) {
        return heads(db, desk);
    }
    let next = current.max(epoch).max(newest).next();
    let orphans = orphans(db, desk, epoch, first)?;
    let own = author_bytes(&desk.meta.node);
    let range = (own, epoch.0, seq_sql(first));
    db.execute(
        "INSERT OR IGNORE INTO superseded (epoch, seq, hash, bytes)
         SELECT epoch, seq, hash, bytes FROM log WHERE node = ?1 AND epoch = ?2 AND seq >= ?3",
        range,
    )?;
    db.execute("DELETE FROM log WHERE node = ?1 AND epoch = ?2 AND seq >= ?3", range)?;
    db.execute("DELETE FROM seal WHERE node = ?1 AND epoch = ?2 AND seq >= ?3", range)?;
    meta::put(db, "epoch", next.0)?;
    meta::put(db, "forked", 0)?;
    desk.meta.epoch = next;
    desk.meta.forked = None;
    desk.head = chain::own_head(db, desk.meta.node, next)?;
    for orphan in orphans {
        write_anew(db, desk, &orphan)?;
    }
    tracing::warn!(epoch = next.0, "this box was restored: a new epoch is open");
    rebuild(db, desk)?;
    heads(db, desk)
}

fn heads(db: &Connection, desk: &Desk) -> Result<Vec<EpochHead>, StoreError> {
    let mut heads = chain::heads(db, desk.meta.node)?;
    if heads.last().is_none_or(|head| head.epoch < desk.head.epoch) {
        heads.push(EpochHead::empty(desk.head.epoch));
    }
    Ok(heads)
}

fn orphans(
    db: &Connection,
    desk: &Desk,
    epoch: Epoch,
    first: Seq,
) -> Result<Vec<EntryBytes>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT bytes FROM log WHERE node = ?1 AND epoch = ?2 AND seq >= ?3 ORDER BY seq",
    )?;
    let rows = statement
        .query_map((author_bytes(&desk.meta.node), epoch.0, seq_sql(first)), |row| row.get(0))?;
    rows.map(|bytes| chain::parse(bytes?)).collect()
}

fn write_anew(db: &Connection, desk: &mut Desk, orphan: &EntryBytes) -> Result<(), StoreError> {
    let mut entry = orphan.entry().clone();
    entry.position =
        Position { node: desk.meta.node, epoch: desk.head.epoch, seq: desk.head.seq.next() };
    entry.prev = desk.head.hash;
    let id = entry.id;
    let entry = EntryBytes::seal_in(entry)
        .map_err(|error| StoreError::Damaged(format!("an entry to be written anew: {error}")))?;
    write_entry(db, &entry, true)?;
    super::append::seal_if_it_travels(db, &desk.key, &entry)?;
    db.execute(
        "UPDATE command SET epoch = ?1, seq = ?2 WHERE id = ?3",
        (
            entry.entry().position.epoch.0,
            seq_sql(entry.entry().position.seq),
            id.as_uuid().as_bytes(),
        ),
    )?;
    advance(desk, &entry);
    Ok(())
}

/// Puts own entries back that had been lost. They must continue the chain that is held.
pub(super) fn tail(
    db: &Connection,
    desk: &mut Desk,
    entries: &[EntryBytes],
    seals: &[Seal],
    complete: bool,
) -> Result<Vec<EpochHead>, StoreError> {
    for entry in entries {
        let position = entry.entry().position;
        let before = Position { seq: Seq(position.seq.0 - 1), ..position };
        let held = chain::entry_at(db, before)?.map(|before| before.hash());
        if position.seq.0 > 1 && held != Some(entry.entry().prev) {
            return Err(StoreError::Damaged("a returned entry follows another history".into()));
        }
        if chain::entry_at(db, position)?.is_none() {
            write_entry(db, entry, true)?;
            super::append::remember_if_unknown(db, entry)?;
        }
    }
    for seal in seals {
        desk.key
            .public()
            .check(seal)
            .map_err(|_| StoreError::Damaged("a returned seal is not ours".into()))?;
        write_seal(db, seal)?;
    }
    if complete {
        write_salvaged_if_due(db, desk)?;
        rebuild(db, desk)?;
    }
    heads(db, desk)
}

/// After a repair: own entries beyond the damage are written anew, once the hub has given back what it
/// holds of their epochs. Rebuilds the records if any were.
pub(super) fn write_salvaged_if_due(db: &Connection, desk: &mut Desk) -> Result<bool, StoreError> {
    let due: Option<bool> = db
        .prepare_cached(
            "SELECT max(epoch) IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM acked a WHERE a.epoch IN (SELECT epoch FROM salvaged)
                 AND a.last > (SELECT ifnull(max(l.seq), 0) FROM log l
                               WHERE l.node = ?1 AND l.epoch = a.epoch))
             FROM salvaged",
        )?
        .query_row([author_bytes(&desk.meta.node)], |row| row.get(0))?;
    if due != Some(true) {
        return Ok(false);
    }
    write_salvaged(db, desk)?;
    rebuild(db, desk)?;
    Ok(true)
}

/// Writes own entries beyond the damage anew under the current epoch, with their ids and facts; those
/// that came back from the hub are there already.
pub(super) fn write_salvaged(db: &Connection, desk: &mut Desk) -> Result<(), StoreError> {
    let rows: Vec<Vec<u8>> = db
        .prepare_cached("SELECT bytes FROM salvaged ORDER BY epoch, seq")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut back = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM command c JOIN log l
         ON l.node = ?1 AND l.epoch = c.epoch AND l.seq = c.seq WHERE c.id = ?2)",
    )?;
    for bytes in rows {
        let entry = chain::parse(bytes)?;
        let id = *entry.entry().id.as_uuid().as_bytes();
        if back.query_row((author_bytes(&desk.meta.node), id), |row| row.get::<_, bool>(0))? {
            continue;
        }
        // `write_anew` moves the answer with the entry.
        super::append::remember_if_unknown(db, &entry)?;
        write_anew(db, desk, &entry)?;
    }
    db.execute("DELETE FROM salvaged", [])?;
    Ok(())
}
