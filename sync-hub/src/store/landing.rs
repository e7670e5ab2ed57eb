//! Writing what a transaction came to: the log, what is set aside, seals, records, digest, chains,
//! and last what travels on. One statement a table, whatever the number of rows.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use futures_util::future::try_join_all;
use futures_util::try_join;
use shared_model::admission::{DocumentChange, Gathered, Shelf, Tip};
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{Epoch, Hash, Position, Seal, Seq};
use shared_model::records::{Digest, Kind, Saved};
use shared_model::time::{Hlc, Timestamp};
use uuid::Uuid;

use super::error::StoreError;
use super::signals::Committed;
use super::uuid_v7;

pub(super) struct LogRow<'a> {
    pub(super) position: Position,
    pub(super) id: EntryId,
    pub(super) hash: Hash,
    pub(super) hlc: Hlc,
    pub(super) kind: u16,
    pub(super) projected: bool,
    pub(super) bytes: &'a [u8],
}

pub(super) struct AsideRow<'a> {
    pub(super) position: Position,
    pub(super) id: Option<EntryId>,
    pub(super) hash: Hash,
    pub(super) reason: &'a str,
    pub(super) detail: &'a str,
    pub(super) in_chain: bool,
    pub(super) bytes: &'a [u8],
}

/// An entry that other nodes receive.
pub(super) struct Travelling {
    pub(super) position: Position,
    /// None: every node of the region.
    pub(super) reader: Option<NodeId>,
}

/// Everything one transaction writes of one author.
pub(super) struct Landing<'a> {
    pub(super) author: NodeId,
    pub(super) now: Timestamp,
    pub(super) log: Vec<LogRow<'a>>,
    pub(super) aside: Vec<AsideRow<'a>>,
    pub(super) seals: Vec<Seal>,
    pub(super) travelling: Vec<Travelling>,
    pub(super) tips: Vec<Tip>,
    pub(super) gathered: Gathered,
    /// The digest over the author's records, before and then after.
    pub(super) digest: Digest,
}

/// What was written.
pub(super) struct Landed {
    pub(super) committed: Committed,
    pub(super) digest: Digest,
    /// Records at hand for the next time, if this is committed.
    pub(super) shelf: Shelf,
}

impl Landing<'_> {
    /// Writes all of it. Commit soon after: the feed's head is locked from here on.
    pub(super) async fn write(mut self, tx: &Transaction<'_>) -> Result<Landed, StoreError> {
        count_in(&mut self.digest, &self.gathered.saved);
        // Records say after which entry they were last written: the last of their transaction.
        let end = self.log.last().map(|row| row.position);
        try_join!(
            self.write_log(tx),
            self.write_aside(tx),
            write_seals(tx, &self.seals),
            write_chains(tx, self.author, &self.tips),
            write_records(tx, self.author, end, &self.gathered.saved),
            write_digest(tx, self.author, self.digest, &self.gathered.saved),
        )?;
        write_document_changes(tx, &self.gathered.document_changes).await?;
        write_feed(tx, &self.travelling).await?;
        let committed = Committed {
            feed: !self.travelling.is_empty(),
            documents: !self.gathered.document_changes.is_empty(),
        };
        let Gathered { shelf, saved, .. } = self.gathered;
        Ok(Landed { committed, digest: self.digest, shelf: shelf.settle(&saved) })
    }

    async fn write_log(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        if self.log.is_empty() {
            return Ok(());
        }
        let statement = tx
            .prepare_cached(
                "INSERT INTO log
                     (node, epoch, seq, entry_id, hash, hlc, kind, projected, bytes, received_ms)
                 SELECT $1, r.epoch, r.seq, r.id, r.hash, r.hlc, r.kind, r.projected, r.bytes, $2
                 FROM unnest($3::int4[], $4::int8[], $5::uuid[], $6::bytea[], $7::int8[],
                             $8::int4[], $9::bool[], $10::bytea[])
                     AS r(epoch, seq, id, hash, hlc, kind, projected, bytes)
                 ON CONFLICT DO NOTHING",
            )
            .await?;
        let rows = &self.log;
        let epochs: Vec<i32> = rows.iter().map(|row| epoch(row.position.epoch)).collect();
        let seqs: Vec<i64> = rows.iter().map(|row| seq(row.position.seq)).collect();
        let ids: Vec<&Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
        let hashes: Vec<&[u8]> = rows.iter().map(|row| hash(&row.hash)).collect();
        let hlcs: Vec<i64> = rows.iter().map(|row| row.hlc.bits().cast_signed()).collect();
        let kinds: Vec<i32> = rows.iter().map(|row| i32::from(row.kind)).collect();
        let projected: Vec<bool> = rows.iter().map(|row| row.projected).collect();
        let bytes: Vec<&[u8]> = rows.iter().map(|row| row.bytes).collect();
        let written = tx
            .execute(
                &statement,
                &[
                    self.author.as_uuid(),
                    &self.now.ms(),
                    &epochs,
                    &seqs,
                    &ids,
                    &hashes,
                    &hlcs,
                    &kinds,
                    &projected,
                    &bytes,
                ],
            )
            .await?;
        if written != rows.len() as u64 {
            return Err(StoreError::Broken(
                "the log holds entries above the head of its chain".to_owned(),
            ));
        }
        Ok(())
    }

    async fn write_aside(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        if self.aside.is_empty() {
            return Ok(());
        }
        let statement = tx
            .prepare_cached(
                "INSERT INTO quarantine
                     (id, node, epoch, seq, entry_id, hash, reason, detail, bytes, in_chain,
                      received_ms)
                 SELECT r.id, $1, r.epoch, r.seq, r.entry, r.hash, r.reason, r.detail, r.bytes,
                        r.in_chain, $2
                 FROM unnest($3::uuid[], $4::int4[], $5::int8[], $6::uuid[], $7::bytea[],
                             $8::text[], $9::text[], $10::bytea[], $11::bool[])
                     AS r(id, epoch, seq, entry, hash, reason, detail, bytes, in_chain)
                 ON CONFLICT (node, epoch, seq, hash)
                 DO UPDATE SET in_chain = quarantine.in_chain OR EXCLUDED.in_chain",
            )
            .await?;
        let rows = &self.aside;
        let own_ids: Vec<Uuid> = rows.iter().map(|_| uuid_v7()).collect();
        let epochs: Vec<i32> = rows.iter().map(|row| epoch(row.position.epoch)).collect();
        let seqs: Vec<i64> = rows.iter().map(|row| seq(row.position.seq)).collect();
        let entries: Vec<Option<&Uuid>> =
            rows.iter().map(|row| row.id.as_ref().map(EntryId::as_uuid)).collect();
        let hashes: Vec<&[u8]> = rows.iter().map(|row| hash(&row.hash)).collect();
        let reasons: Vec<&str> = rows.iter().map(|row| row.reason).collect();
        let details: Vec<String> = rows.iter().map(|row| plain(row.detail)).collect();
        let bytes: Vec<&[u8]> = rows.iter().map(|row| row.bytes).collect();
        let in_chain: Vec<bool> = rows.iter().map(|row| row.in_chain).collect();
        let (author, now) = (self.author.as_uuid(), self.now.ms());
        tx.execute(
            &statement,
            &[
                author, &now, &own_ids, &epochs, &seqs, &entries, &hashes, &reasons, &details,
                &bytes, &in_chain,
            ],
        )
        .await?;
        Ok(())
    }
}

async fn write_seals(tx: &Transaction<'_>, seals: &[Seal]) -> Result<(), StoreError> {
    if seals.is_empty() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "INSERT INTO seal (node, epoch, seq, signature)
             SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::bytea[])
             ON CONFLICT DO NOTHING",
        )
        .await?;
    let nodes: Vec<&Uuid> = seals.iter().map(|s| s.position.node.as_uuid()).collect();
    let epochs: Vec<i32> = seals.iter().map(|s| epoch(s.position.epoch)).collect();
    let seqs: Vec<i64> = seals.iter().map(|s| seq(s.position.seq)).collect();
    let signatures: Vec<&[u8]> = seals.iter().map(|s| s.signature.as_slice()).collect();
    tx.execute(&statement, &[&nodes, &epochs, &seqs, &signatures]).await?;
    Ok(())
}

async fn write_chains(
    tx: &Transaction<'_>,
    author: NodeId,
    tips: &[Tip],
) -> Result<(), StoreError> {
    if tips.is_empty() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "INSERT INTO chain (node, epoch, seq, hash, hlc)
             SELECT $1, r.* FROM unnest($2::int4[], $3::int8[], $4::bytea[], $5::int8[]) AS r
             ON CONFLICT (node, epoch)
             DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash, hlc = EXCLUDED.hlc",
        )
        .await?;
    let epochs: Vec<i32> = tips.iter().map(|tip| epoch(tip.epoch)).collect();
    let seqs: Vec<i64> = tips.iter().map(|tip| seq(tip.seq)).collect();
    let hashes: Vec<&[u8]> = tips.iter().map(|tip| hash(&tip.hash)).collect();
    let hlcs: Vec<i64> = tips.iter().map(|tip| tip.hlc.bits().cast_signed()).collect();
    tx.execute(&statement, &[author.as_uuid(), &epochs, &seqs, &hashes, &hlcs]).await?;
    Ok(())
}

pub(super) async fn write_records(
    tx: &Transaction<'_>,
    author: NodeId,
    end: Option<Position>,
    saved: &[Saved],
) -> Result<(), StoreError> {
    let Some(end) = end else { return Ok(()) };
    let mut by_kind: BTreeMap<Kind, Vec<&Saved>> = BTreeMap::new();
    for record in saved {
        by_kind.entry(record.kind).or_default().push(record);
    }
    let writes =
        by_kind.into_iter().map(|(kind, records)| write_kind(tx, kind, author, end, records));
    try_join_all(writes).await?;
    Ok(())
}

async fn write_kind(
    tx: &Transaction<'_>,
    kind: Kind,
    author: NodeId,
    end: Position,
    records: Vec<&Saved>,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {} (author, epoch, seq, key, status, sort, text, body)
         SELECT $1, $2, $3, r.*
         FROM unnest($4::text[], $5::text[], $6::int8[], $7::text[], $8::bytea[]) AS r
         ON CONFLICT (key, author) DO UPDATE SET
             epoch = EXCLUDED.epoch, seq = EXCLUDED.seq, status = EXCLUDED.status,
             sort = EXCLUDED.sort, text = EXCLUDED.text, body = EXCLUDED.body",
        kind.table()
    );
    let statement = tx.prepare_cached(&sql).await?;
    let mut texts = Vec::with_capacity(records.len());
    let mut statuses = Vec::with_capacity(records.len());
    let mut sorts = Vec::with_capacity(records.len());
    for saved in &records {
        let index = &saved.index;
        statuses.push(index.status);
        sorts.push(index.sort);
        texts.push(plain(&index.text));
    }
    let keys: Vec<&str> = records.iter().map(|saved| saved.key.as_str()).collect();
    let bodies: Vec<&[u8]> = records.iter().map(|saved| saved.body.as_slice()).collect();
    let (epoch, seq) = (epoch(end.epoch), seq(end.seq));
    tx.execute(
        &statement,
        &[author.as_uuid(), &epoch, &seq, &keys, &statuses, &sorts, &texts, &bodies],
    )
    .await?;
    Ok(())
}

/// Takes changed records into the digest of their author.
pub(super) fn count_in(digest: &mut Digest, saved: &[Saved]) {
    for record in saved {
        if let Some(replaced) = &record.replaced {
            digest.remove(record.kind, &record.key, replaced);
        }
        digest.add(record.kind, &record.key, &record.body);
    }
}

pub(super) async fn write_digest(
    tx: &Transaction<'_>,
    author: NodeId,
    digest: Digest,
    saved: &[Saved],
) -> Result<(), StoreError> {
    if saved.is_empty() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "INSERT INTO digest (author, digest) VALUES ($1, $2)
             ON CONFLICT (author) DO UPDATE SET digest = EXCLUDED.digest",
        )
        .await?;
    let bytes = digest.to_bytes();
    tx.execute(&statement, &[author.as_uuid(), &bytes.as_slice()]).await?;
    Ok(())
}

/// The digest over the records of one author, as the transaction sees it.
pub(super) async fn digest_of(tx: &Transaction<'_>, author: NodeId) -> Result<Digest, StoreError> {
    let statement = tx.prepare_cached("SELECT digest FROM digest WHERE author = $1").await?;
    let row = tx.query_opt(&statement, &[author.as_uuid()]).await?;
    let bytes: Option<Vec<u8>> = row.map(|row| row.get(0));
    let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map_or_else(Digest::default, |bytes| Digest::from_bytes(&bytes)))
}

/// Positions are given under the head's lock, so that they come into sight in their order.
pub(super) async fn write_document_changes(
    tx: &Transaction<'_>,
    changes: &[DocumentChange],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "WITH head AS (
                 UPDATE document_change_head SET position = position + $1 RETURNING position
             )
             INSERT INTO document_change (position, document, kind, change, node, epoch, seq)
             SELECT head.position - $1 + r.nth, r.document, r.kind, r.change, r.node, r.epoch, r.seq
             FROM head, unnest($2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::int4[],
                               $7::int8[])
                 WITH ORDINALITY AS r(document, kind, change, node, epoch, seq, nth)",
        )
        .await?;
    let count = changes.len() as i64;
    let documents: Vec<&Uuid> = changes.iter().map(|c| c.document.as_uuid()).collect();
    let kinds: Vec<&str> = changes.iter().map(|c| c.kind.as_str()).collect();
    let bytes: Vec<&[u8]> = changes.iter().map(|c| c.change.as_slice()).collect();
    let nodes: Vec<&Uuid> = changes.iter().map(|c| c.position.node.as_uuid()).collect();
    let epochs: Vec<i32> = changes.iter().map(|c| epoch(c.position.epoch)).collect();
    let seqs: Vec<i64> = changes.iter().map(|c| seq(c.position.seq)).collect();
    tx.execute(&statement, &[&count, &documents, &kinds, &bytes, &nodes, &epochs, &seqs]).await?;
    Ok(())
}

async fn write_feed(tx: &Transaction<'_>, travelling: &[Travelling]) -> Result<(), StoreError> {
    if travelling.is_empty() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "WITH head AS (
                 UPDATE feed_head SET position = position + $1 RETURNING position
             )
             INSERT INTO feed (position, node, epoch, seq, reader)
             SELECT head.position - $1 + r.nth, r.node, r.epoch, r.seq, r.reader
             FROM head, unnest($2::uuid[], $3::int4[], $4::int8[], $5::uuid[])
                 WITH ORDINALITY AS r(node, epoch, seq, reader, nth)",
        )
        .await?;
    let count = travelling.len() as i64;
    let nodes: Vec<&Uuid> = travelling.iter().map(|t| t.position.node.as_uuid()).collect();
    let epochs: Vec<i32> = travelling.iter().map(|t| epoch(t.position.epoch)).collect();
    let seqs: Vec<i64> = travelling.iter().map(|t| seq(t.position.seq)).collect();
    let readers: Vec<Option<&Uuid>> =
        travelling.iter().map(|t| t.reader.as_ref().map(NodeId::as_uuid)).collect();
    tx.execute(&statement, &[&count, &nodes, &epochs, &seqs, &readers]).await?;
    Ok(())
}

/// Numbers are kept in the database's signed types bit by bit: a hostile one must not fail.
pub(super) const fn epoch(epoch: Epoch) -> i32 {
    epoch.0.cast_signed()
}

pub(super) const fn seq(seq: Seq) -> i64 {
    seq.0.cast_signed()
}

const fn hash(hash: &Hash) -> &[u8] {
    hash.as_bytes().as_slice()
}

/// The database takes no NUL in a text.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', " ")
}
