//! Checking what the store holds: every chain and its seals, the books, and the records against
//! the log. Reads everything, changes nothing.

use deadpool_postgres::GenericClient;
use serde::Serialize;
use shared_model::admission::contained;
use shared_model::id::NodeId;
use shared_model::log::{AuthorPublicKey, Chain, EntryBytes, Epoch, Hash, Position, Seal, Seq};
use shared_model::records::{Digest, Kind, Memory, View, WorkingSet};
use shared_model::workflows::{Body, Stamp, project};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::console::views::{HUB_SITE, trial_balance};
use crate::store::{HubStore, StoreError};

/// Entries read at once: at most 256 MiB, in practice a few hundred kilobytes.
const ENTRIES_AT_ONCE: i64 = 500;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    pub authors: Vec<Author>,
    /// Currencies whose books do not close, and by how much.
    pub unbalanced: Vec<(String, i64)>,
}

impl Findings {
    #[must_use]
    pub fn sound(&self) -> bool {
        self.unbalanced.is_empty() && self.authors.iter().all(|author| author.faults.is_empty())
    }
}

/// One author's log and records.
#[derive(Debug, Serialize)]
pub struct Author {
    pub node: NodeId,
    pub site: String,
    pub epochs: usize,
    pub entries: u64,
    /// In their place in the chain and set aside.
    pub set_aside: u64,
    pub digest: String,
    pub faults: Vec<String>,
}

/// Checks everything. Nothing should be writing meanwhile; what a depot sends in between may show
/// as a difference.
///
/// # Errors
/// When the database fails. What is wrong with the logs is in the findings.
pub async fn verify(store: &HubStore) -> Result<Findings, StoreError> {
    let mut client = store.client().await?;
    let tx = client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let mut findings = Findings::default();
    let hub = store.identity();
    let nodes =
        tx.query("SELECT node, site, author_key FROM node ORDER BY site, node", &[]).await?;
    for row in &nodes {
        let node = NodeId::new(row.get::<_, Uuid>(0));
        findings.authors.push(author(&tx, node, row.get(1), key_of(row)?).await?);
    }
    let own = author(&tx, hub.node, HUB_SITE.to_owned(), hub.author_key).await?;
    findings.authors.push(own);
    tx.commit().await?;
    drop(client);
    let books = trial_balance(store).await?;
    let open = books.iter().filter(|book| book.difference_minor != 0);
    findings.unbalanced =
        open.map(|book| (book.currency.to_string(), book.difference_minor)).collect();
    Ok(findings)
}

fn key_of(row: &Row) -> Result<AuthorPublicKey, StoreError> {
    let key: &[u8] = row.get(2);
    let key = key.try_into().map_err(|_| StoreError::Broken("an author key is none".to_owned()))?;
    Ok(AuthorPublicKey::from_bytes(key))
}

async fn author(
    db: &impl GenericClient,
    node: NodeId,
    site: String,
    key: AuthorPublicKey,
) -> Result<Author, StoreError> {
    let mut checking =
        Checking { node, key, chain: Chain::start(Epoch(0)), replay: Replay::default() };
    let mut author = Author {
        node,
        site,
        epochs: 0,
        entries: 0,
        set_aside: 0,
        digest: String::new(),
        faults: Vec::new(),
    };
    let heads = "SELECT epoch, seq, hash FROM chain WHERE node = $1 AND seq > 0 ORDER BY epoch";
    for row in db.query(heads, &[node.as_uuid()]).await? {
        author.epochs += 1;
        checking.epoch(db, &row, &mut author).await?;
    }
    checking.records(db, &mut author).await?;
    Ok(author)
}

/// The records that the log comes to.
#[derive(Default)]
struct Replay {
    set: WorkingSet,
    memory: Memory,
}

impl Replay {
    fn take(&mut self, entry: &EntryBytes) -> Result<(), String> {
        let entry = entry.entry();
        let stamp = Stamp { author: entry.position.node, at: entry.hlc.at(), staff: entry.actor };
        contained(|| {
            let body = Body::decode(&entry.payload).map_err(|error| error.to_string())?;
            let mut view = View::new(&mut self.set, &mut self.memory);
            let Ok(()) = project(&mut view, &stamp, &body);
            // Texts are no records. A change that cannot be read is set aside by itself.
            let _ = self.set.take_document_changes();
            self.memory.save(&mut self.set);
            self.set.clear();
            Ok(())
        })?
    }
}

struct Checking {
    node: NodeId,
    key: AuthorPublicKey,
    chain: Chain,
    replay: Replay,
}

const ENTRIES: &str = "
    SELECT e.seq, e.hash, e.bytes, e.projected, e.aside, s.signature FROM (
        SELECT seq, hash, bytes, projected, false AS aside FROM log
        WHERE node = $1 AND epoch = $2 AND seq > $3
        UNION ALL
        SELECT seq, hash, bytes, false, true FROM quarantine
        WHERE node = $1 AND epoch = $2 AND seq > $3 AND in_chain
        ORDER BY seq LIMIT $4
    ) e
    LEFT JOIN seal s ON s.node = $1 AND s.epoch = $2 AND s.seq = e.seq
    ORDER BY e.seq";

impl Checking {
    async fn epoch(
        &mut self,
        db: &impl GenericClient,
        head: &Row,
        author: &mut Author,
    ) -> Result<(), StoreError> {
        let epoch: i32 = head.get(0);
        self.chain = Chain::start(Epoch(epoch.cast_unsigned()));
        let statement = db.prepare_cached(ENTRIES).await?;
        let mut vouched = Seq(0);
        loop {
            let after = self.chain.seq.0.cast_signed();
            let rows = db
                .query(&statement, &[self.node.as_uuid(), &epoch, &after, &ENTRIES_AT_ONCE])
                .await?;
            for row in &rows {
                if let Err(fault) = self.entry(row, author) {
                    let seq: i64 = row.get(0);
                    author.faults.push(format!("epoch {epoch}, entry {seq}: {fault}"));
                    return Ok(());
                }
                if row.get::<_, Option<&[u8]>>(5).is_some() {
                    vouched = self.chain.seq;
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        let (seq, hash): (i64, &[u8]) = (head.get(1), head.get(2));
        if self.chain.seq.0.cast_signed() != seq || self.chain.head.as_bytes() != hash {
            author
                .faults
                .push(format!("epoch {epoch}: the chain does not end where it is said to"));
        }
        if vouched != self.chain.seq {
            author
                .faults
                .push(format!("epoch {epoch}: no seal vouches for what is after {vouched}"));
        }
        Ok(())
    }

    fn entry(&mut self, row: &Row, author: &mut Author) -> Result<(), String> {
        let (seq, bytes): (i64, Vec<u8>) = (row.get(0), row.get(2));
        let seq = Seq(seq.cast_unsigned());
        let hash = Hash::of(&bytes);
        if hash.as_bytes().as_slice() != row.get::<_, &[u8]>(1) {
            return Err("the bytes are not those that came".to_owned());
        }
        let aside: bool = row.get(4);
        match EntryBytes::parse(bytes) {
            Ok(entry) if entry.entry().position.seq == seq => {
                self.chain.push(&entry).map_err(|fault| fault.to_string())?;
                if row.get(3) {
                    self.replay.take(&entry)?;
                }
            }
            // What was set aside need not be an entry; its place in the chain is its bytes' hash.
            Ok(_) | Err(_) if aside && seq == self.chain.seq.next() => {
                (self.chain.seq, self.chain.head) = (seq, hash);
            }
            Ok(_) => return Err("it names another place".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
        author.entries += 1;
        author.set_aside += u64::from(aside);
        self.seal(row.get(5), hash)
    }

    fn seal(&self, signature: Option<&[u8]>, hash: Hash) -> Result<(), String> {
        let Some(signature) = signature else { return Ok(()) };
        let signature: [u8; 64] =
            signature.try_into().map_err(|_| "the seal is none".to_owned())?;
        let position = Position { node: self.node, epoch: self.chain.epoch, seq: self.chain.seq };
        let seal = Seal { position, hash, signature: signature.into() };
        self.key.check(&seal).map_err(|_| "the seal is not its author's".to_owned())
    }

    /// The records in the tables, the digest kept of them, and a replay must be one.
    async fn records(
        &self,
        db: &impl GenericClient,
        author: &mut Author,
    ) -> Result<(), StoreError> {
        let mut held = Digest::default();
        for kind in Kind::ALL {
            let sql = format!("SELECT key, body FROM {} WHERE author = $1", kind.table());
            for row in db.query(&sql, &[self.node.as_uuid()]).await? {
                held.add(*kind, row.get(0), row.get(1));
            }
        }
        let kept = db
            .query_opt("SELECT digest FROM digest WHERE author = $1", &[self.node.as_uuid()])
            .await?;
        let kept = kept.map_or_else(|| vec![0; 32], |row| row.get(0));
        let replayed = self.replay.memory.digest(self.node);
        author.digest = held.to_string();
        if kept != held.to_bytes() {
            author.faults.push("the digest kept is not that of the records".to_owned());
        }
        if replayed != held {
            author.faults.push("the records are not what the log comes to".to_owned());
        }
        Ok(())
    }
}
