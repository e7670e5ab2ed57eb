//! Reading the own log: where it stands, and entries to be sent.

use rusqlite::{Connection, OptionalExtension};
use shared_model::id::NodeId;
use shared_model::log::{AuthorKey, EntryBytes, Epoch, Hash, Position, Range, Seal, Seq};
use shared_model::sync::v1::EpochHead;
use shared_model::time::Hlc;

use super::StoreError;
use super::save::{author_bytes, seq_sql};

/// The head of one epoch of a node's log, as held here. An epoch without entries points at the
/// last entry of the one before it.
pub(super) fn own_head(
    db: &Connection,
    node: NodeId,
    epoch: Epoch,
) -> Result<EpochHead, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT epoch, seq, hash FROM log WHERE node = ?1 AND epoch <= ?2
             ORDER BY epoch DESC, seq DESC LIMIT 1",
        )?
        .query_row((author_bytes(&node), epoch.0), |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?, row.get::<_, [u8; 32]>(2)?))
        })
        .optional()?;
    Ok(match row {
        None => EpochHead::empty(epoch),
        Some((found, seq, hash)) => {
            let seq = if found == epoch.0 { Seq(u64::try_from(seq).unwrap_or(0)) } else { Seq(0) };
            EpochHead { epoch, seq, hash: Hash::from_bytes(hash) }
        }
    })
}

/// The heads of every epoch of a node's log, oldest first.
pub(super) fn heads(db: &Connection, node: NodeId) -> Result<Vec<EpochHead>, StoreError> {
    // One seek an epoch: grouping would read the whole log, and this is asked after each commit.
    let mut next =
        db.prepare_cached("SELECT min(epoch) FROM log WHERE node = ?1 AND epoch > ?2")?;
    let mut heads = Vec::new();
    let mut last = -1_i64;
    while let Some(epoch) =
        next.query_row((author_bytes(&node), last), |row| row.get::<_, Option<u32>>(0))?
    {
        heads.push(own_head(db, node, Epoch(epoch))?);
        last = i64::from(epoch);
    }
    Ok(heads)
}

/// The latest stamp that the log gave: the clock never goes behind it.
pub(super) fn newest_stamp(db: &Connection, node: NodeId) -> Result<Hlc, StoreError> {
    let mut newest = Hlc::default();
    for head in heads(db, node)? {
        let position = Position { node, epoch: head.epoch, seq: head.seq };
        if let Some(entry) = entry_at(db, position)? {
            newest = newest.max(entry.entry().hlc);
        }
    }
    Ok(newest)
}

/// One entry.
pub(super) fn entry_at(
    db: &Connection,
    position: Position,
) -> Result<Option<EntryBytes>, StoreError> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("SELECT bytes FROM log WHERE node = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row((author_bytes(&position.node), position.epoch.0, seq_sql(position.seq)), |row| {
            row.get(0)
        })
        .optional()?;
    bytes.map(parse).transpose()
}

/// An entry as stored: it was checked before it was.
pub(super) fn parse(bytes: Vec<u8>) -> Result<EntryBytes, StoreError> {
    EntryBytes::parse(bytes).map_err(|error| StoreError::Damaged(format!("a log entry: {error}")))
}

/// Entries of a range in order, at most so many and so large; and their seals, one over the last.
pub(super) fn read_own(
    db: &Connection,
    node: NodeId,
    key: &AuthorKey,
    epoch: Epoch,
    range: Range,
    entries_max: usize,
    bytes_max: usize,
) -> Result<(Vec<EntryBytes>, Vec<Seal>), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT l.bytes, s.signature FROM log l
         LEFT JOIN seal s ON s.node = l.node AND s.epoch = l.epoch AND s.seq = l.seq
         WHERE l.node = ?1 AND l.epoch = ?2 AND l.seq BETWEEN ?3 AND ?4 ORDER BY l.seq LIMIT ?5",
    )?;
    let limit = i64::try_from(entries_max).unwrap_or(i64::MAX);
    let mut rows = statement.query((
        author_bytes(&node),
        epoch.0,
        seq_sql(range.first),
        seq_sql(range.last),
        limit,
    ))?;
    let (mut entries, mut seals, mut bytes_read) = (Vec::new(), Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let entry = parse(row.get(0)?)?;
        bytes_read += entry.as_bytes().len();
        if bytes_read > bytes_max && !entries.is_empty() {
            break;
        }
        if let Some(signature) = row.get::<_, Option<[u8; 64]>>(1)? {
            let (position, hash) = (entry.entry().position, entry.hash());
            seals.push(Seal { position, hash, signature: signature.into() });
        }
        entries.push(entry);
    }
    if let Some(last) = entries.last() {
        let position = last.entry().position;
        if seals.last().is_none_or(|seal| seal.position != position) {
            seals.push(key.seal(position, last.hash()));
        }
    }
    Ok((entries, seals))
}
