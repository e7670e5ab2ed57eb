//! Reading records for people: by key, and as lists. Knows tables, not what they mean.

use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value};
use shared_model::id::NodeId;
use shared_model::log::{EntryBytes, Epoch, Position, Range, Seq, VersionVector};
use shared_model::records::{Digest, Kind, Record};
use shared_model::sync::v1::EpochHead;
use shared_model::time::{ClockTrust, Timestamp};

use super::save::{author_bytes, digest_of};
use super::{Meta, StoreError, chain};

/// A record of one author.
///
/// # Errors
/// [`StoreError`].
pub fn record<R: Record>(
    db: &Connection,
    author: NodeId,
    key: &str,
) -> Result<Option<R>, StoreError> {
    let sql = format!("SELECT body FROM {} WHERE key = ?1 AND author = ?2", R::KIND.table());
    let body: Option<Vec<u8>> = db
        .prepare_cached(&sql)?
        .query_row((key, author_bytes(&author)), |row| row.get(0))
        .optional()?;
    body.map(|body| decode(&body)).transpose()
}

fn decode<R: Record>(body: &[u8]) -> Result<R, StoreError> {
    minicbor::decode(body)
        .map_err(|_| StoreError::Damaged(format!("a record of {}", R::KIND.table())))
}

/// The own entry after which a row was as it is.
pub type WrittenAt = (Epoch, Seq);

/// Own entries after one, in order, at most so many. Epoch 0 is before the first.
///
/// # Errors
/// [`StoreError`].
pub fn entries_after(
    db: &Connection,
    node: NodeId,
    (epoch, seq): WrittenAt,
    entries_max: u32,
) -> Result<Vec<EntryBytes>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT bytes FROM log WHERE node = ?1 AND (epoch, seq) > (?2, ?3)
         ORDER BY epoch, seq LIMIT ?4",
    )?;
    let place =
        (author_bytes(&node), epoch.0, i64::try_from(seq.0).unwrap_or(i64::MAX), entries_max);
    let mut rows = statement.query(place)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(chain::parse(row.get(0)?)?);
    }
    Ok(entries)
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow<R> {
    pub author: NodeId,
    pub key: String,
    pub sort: i64,
    /// After which own entry the record was so.
    pub at: (Epoch, Seq),
    pub record: R,
}

/// What part of a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    pub author: Option<NodeId>,
    pub status: Option<&'a str>,
    /// All of these words must occur.
    pub search: Option<&'a str>,
    /// Rows after this one, in the order of the list: newest first, then by key.
    pub after: Option<(i64, String)>,
    pub limit: u32,
}

/// A page of one kind's records.
///
/// # Errors
/// [`StoreError`].
pub fn records_listed<R: Record>(
    db: &Connection,
    wanted: &Wanted<'_>,
) -> Result<Vec<ListedRow<R>>, StoreError> {
    let (sql, values) = list_sql(R::KIND, wanted);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        let author: [u8; 16] = row.get(0)?;
        let body: Vec<u8> = row.get(5)?;
        let seq = Seq(u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0));
        listed.push(ListedRow {
            author: NodeId::new(uuid::Uuid::from_bytes(author)),
            key: row.get(1)?,
            sort: row.get(2)?,
            at: (Epoch(row.get(3)?), seq),
            record: decode(&body)?,
        });
    }
    Ok(listed)
}

/// Which rows are wanted is found in an index alone; only those are fetched with their bodies.
fn list_sql(kind: Kind, wanted: &Wanted<'_>) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut clauses: Vec<String> = Vec::new();
    if let Some(author) = wanted.author {
        values.push(Value::Blob(author_bytes(&author).to_vec()));
        clauses.push(format!("author = ?{}", values.len()));
    }
    if let Some(status) = wanted.status {
        values.push(Value::Text(status.to_owned()));
        clauses.push(format!("status = ?{}", values.len()));
    }
    for word in wanted.search.unwrap_or_default().split_whitespace() {
        values.push(Value::Text(word.to_lowercase()));
        clauses.push(format!("instr(text, ?{}) > 0", values.len()));
    }
    if let Some((sort, key)) = &wanted.after {
        values.push(Value::Integer(*sort));
        values.push(Value::Text(key.clone()));
        let (s, k) = (values.len() - 1, values.len());
        // The bare bound lets the index be entered where the page begins.
        clauses.push(format!("sort <= ?{s} AND (sort < ?{s} OR key > ?{k})"));
    }
    let filter =
        if clauses.is_empty() { String::new() } else { format!("WHERE {}", clauses.join(" AND ")) };
    values.push(Value::Integer(i64::from(wanted.limit)));
    let (table, limit) = (kind.table(), values.len());
    let sql = format!(
        "SELECT r.author, r.key, r.sort, r.epoch, r.seq, r.body
         FROM (SELECT key, author FROM {table} {filter}
               ORDER BY sort DESC, key LIMIT ?{limit}) AS found
         CROSS JOIN {table} AS r ON r.key = found.key AND r.author = found.author
         ORDER BY r.sort DESC, r.key"
    );
    (sql, values)
}

/// How far the log has travelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    pub meta: Meta,
    pub head: EpochHead,
    pub entries: u64,
    pub unsent: u64,
    pub oldest_unsent: Option<Timestamp>,
    /// Up to where the hub holds all of the current epoch.
    pub hub_seq: Seq,
    pub clock_trusted: bool,
    /// The stamp of the own log's last entry.
    pub newest: Option<Timestamp>,
    /// Entries of others set aside here.
    pub quarantined: u64,
    /// Over the records of the own log.
    pub digest: Digest,
    acked: VersionVector,
}

impl SyncState {
    /// Whether the hub holds the own entry.
    #[must_use]
    pub fn at_hub(&self, at: (Epoch, Seq)) -> bool {
        holds(&self.acked, self.meta.node, at)
    }
}

/// What the hub has committed of the own log, and nothing else: for pages that only ask how far
/// each record has travelled.
#[derive(Debug, Clone)]
pub struct Travelled {
    node: NodeId,
    acked: VersionVector,
}

impl Travelled {
    /// # Errors
    /// [`StoreError`].
    pub fn read(db: &Connection, node: NodeId) -> Result<Self, StoreError> {
        Ok(Self { node, acked: acked(db, node)? })
    }

    /// Whether the hub holds the own entry.
    #[must_use]
    pub fn at_hub(&self, at: (Epoch, Seq)) -> bool {
        holds(&self.acked, self.node, at)
    }
}

fn holds(acked: &VersionVector, node: NodeId, (epoch, seq): (Epoch, Seq)) -> bool {
    seq.0 == 0 || acked.contains(Position { node, epoch, seq })
}

/// # Errors
/// [`StoreError`].
pub fn sync_state(db: &Connection) -> Result<SyncState, StoreError> {
    let meta = Meta::read(db)?;
    let heads = chain::heads(db, meta.node)?;
    let head = chain::own_head(db, meta.node, meta.epoch)?;
    let acked = acked(db, meta.node)?;
    let entries: u64 = heads.iter().map(|head| head.seq.0).sum();
    let missing: Vec<(Epoch, Range)> = heads
        .iter()
        .flat_map(|head| {
            acked.missing(meta.node, head.epoch, head.seq).into_iter().map(|gap| (head.epoch, gap))
        })
        .collect();
    let unsent = missing.iter().map(|(_, gap)| gap.last.0 - gap.first.0 + 1).sum();
    let stamp = |epoch, seq| chain::entry_at(db, Position { node: meta.node, epoch, seq });
    let oldest_unsent = match missing.first() {
        Some((epoch, gap)) => stamp(*epoch, gap.first)?.map(|entry| entry.entry().hlc.at()),
        None => None,
    };
    let last = stamp(head.epoch, head.seq)?;
    let trust = last.as_ref().map(|entry| entry.entry().clock);
    let quarantined: i64 = db.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))?;
    Ok(SyncState {
        head,
        entries,
        unsent,
        oldest_unsent,
        hub_seq: acked.contiguous(meta.node, head.epoch),
        clock_trusted: trust != Some(ClockTrust::Untrusted),
        newest: last.map(|entry| entry.entry().hlc.at()),
        quarantined: u64::try_from(quarantined).unwrap_or(0),
        digest: digest_of(db, meta.node)?,
        acked,
        meta,
    })
}

fn acked(db: &Connection, node: NodeId) -> Result<VersionVector, StoreError> {
    let mut vector = VersionVector::default();
    let mut statement = db.prepare_cached("SELECT epoch, first, last FROM acked")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq = |value: i64| Seq(u64::try_from(value).unwrap_or(0));
        let range = Range { first: seq(row.get(1)?), last: seq(row.get(2)?) };
        vector.insert_range(node, Epoch(row.get(0)?), range);
    }
    Ok(vector)
}

/// The heads of the own log, the current epoch last.
///
/// # Errors
/// [`StoreError`].
pub fn own_heads(db: &Connection) -> Result<Vec<EpochHead>, StoreError> {
    let meta = Meta::read(db)?;
    let mut heads = chain::heads(db, meta.node)?;
    if heads.last().is_none_or(|head| head.epoch < meta.epoch) {
        heads.push(EpochHead::empty(meta.epoch));
    }
    Ok(heads)
}

/// A document's saved bytes.
///
/// # Errors
/// [`StoreError`].
pub fn document(
    db: &Connection,
    document: shared_model::id::DocumentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = db
        .prepare_cached("SELECT saved FROM document WHERE document = ?1")?
        .query_row([document.as_uuid().as_bytes()], |row| row.get(0));
    Ok(row.optional()?)
}

/// One customer of a list.
pub struct ListedDocument {
    pub document: shared_model::id::DocumentId,
    pub name: String,
    pub saved: Vec<u8>,
    pub at: (Epoch, Seq),
}

/// Customers by name.
///
/// # Errors
/// [`StoreError`].
pub fn customers_listed(
    db: &Connection,
    search: Option<&str>,
    after: Option<(String, Vec<u8>)>,
    limit: u32,
) -> Result<Vec<ListedDocument>, StoreError> {
    let mut sql =
        "SELECT document, name, saved, epoch, seq FROM document WHERE kind = 'customer'".to_owned();
    let mut values: Vec<Value> = Vec::new();
    for word in search.unwrap_or_default().split_whitespace() {
        values.push(Value::Text(word.to_lowercase()));
        sql.push_str(&format!(" AND instr(text, ?{}) > 0", values.len()));
    }
    if let Some((name, document)) = after {
        values.push(Value::Text(name));
        values.push(Value::Blob(document));
        sql.push_str(&format!(
            " AND (name, document) > (?{}, ?{})",
            values.len() - 1,
            values.len()
        ));
    }
    values.push(Value::Integer(i64::from(limit)));
    sql.push_str(&format!(" ORDER BY name, document LIMIT ?{}", values.len()));
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let document: [u8; 16] = row.get(0)?;
        Ok(ListedDocument {
            document: shared_model::id::DocumentId::new(uuid::Uuid::from_bytes(document)),
            name: row.get(1)?,
            saved: row.get(2)?,
            at: (Epoch(row.get(3)?), Seq(u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0))),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The shown name of a document, without opening the document.
///
/// # Errors
/// [`StoreError`].
pub fn document_name(
    db: &Connection,
    document: shared_model::id::DocumentId,
) -> Result<Option<String>, StoreError> {
    let row = db
        .prepare_cached("SELECT name FROM document WHERE document = ?1")?
        .query_row([document.as_uuid().as_bytes()], |row| row.get(0));
    Ok(row.optional()?)
}

/// A document's saved bytes, with the own entry after which it was so.
///
/// # Errors
/// [`StoreError`].
pub fn document_at(
    db: &Connection,
    document: shared_model::id::DocumentId,
) -> Result<Option<(Vec<u8>, WrittenAt)>, StoreError> {
    let row: Option<(Vec<u8>, u32, i64)> = db
        .prepare_cached("SELECT saved, epoch, seq FROM document WHERE document = ?1")?
        .query_row([document.as_uuid().as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(row.map(|(saved, epoch, seq)| (saved, (Epoch(epoch), Seq(u64::try_from(seq).unwrap_or(0))))))
}

/// How many records of a kind an author has in each status.
///
/// # Errors
/// [`StoreError`].
pub fn counts_by_status(
    db: &Connection,
    kind: Kind,
    author: NodeId,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql =
        format!("SELECT status, count(*) FROM {} WHERE author = ?1 GROUP BY status", kind.table());
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query_map([author_bytes(&author)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records that every author keeps under one key.
///
/// # Errors
/// [`StoreError`].
pub fn records_under<R: Record>(
    db: &Connection,
    key: &str,
) -> Result<Vec<(NodeId, R)>, StoreError> {
    let sql = format!("SELECT author, body FROM {} WHERE key = ?1", R::KIND.table());
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([key])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(1)?;
        found.push((NodeId::new(uuid::Uuid::from_bytes(row.get(0)?)), decode(&body)?));
    }
    Ok(found)
}

/// An author's records whose keys begin with `prefix`, by key.
///
/// # Errors
/// [`StoreError`].
pub fn records_beginning<R: Record>(
    db: &Connection,
    author: NodeId,
    prefix: &str,
) -> Result<Vec<(String, R)>, StoreError> {
    let sql = format!(
        "SELECT key, body FROM {} WHERE key >= ?1 AND key < ?2 AND author = ?3 ORDER BY key",
        R::KIND.table()
    );
    let end = format!("{prefix}\u{10ffff}");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((prefix, end, author_bytes(&author)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(1)?;
        found.push((row.get(0)?, decode(&body)?));
    }
    Ok(found)
}

/// A record of one author with the own entry after which it was so.
///
/// # Errors
/// [`StoreError`].
pub fn record_at<R: Record>(
    db: &Connection,
    author: NodeId,
    key: &str,
) -> Result<Option<(R, WrittenAt)>, StoreError> {
    let sql =
        format!("SELECT body, epoch, seq FROM {} WHERE key = ?1 AND author = ?2", R::KIND.table());
    let row: Option<(Vec<u8>, u32, i64)> = db
        .prepare_cached(&sql)?
        .query_row((key, author_bytes(&author)), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(body, epoch, seq)| {
        Ok((decode(&body)?, (Epoch(epoch), Seq(u64::try_from(seq).unwrap_or(0)))))
    })
    .transpose()
}
