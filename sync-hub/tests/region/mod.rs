//! A real PostgreSQL for the tests of a binary, with a database for each, and depots that write
//! real entries.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::json;
use shared_model::id::NodeId;
use shared_model::log::{AuthorKey, Chain, EntryBytes, Hash, Scope, Seal};
use shared_model::sync::v1::{Candidate, EpochHead, Finding, Hello, PROTOCOL};
use shared_model::tax::Jurisdiction;
use shared_model::time::Timestamp;
use sync_hub::cluster::PrivateCluster;
use sync_hub::store::{HubStore, StoreConfig};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use worker::WorkerCommand;
use worker::documents::{Decoder, Limits, WORKER_SUBCOMMAND};

use crate::day::dice::Dice;
use crate::day::{CASHIER, Depot, MORNING, Region, arrival, random};

pub(crate) const NOW: Timestamp = MORNING;
pub(crate) const SITES: [&str; 3] = ["NBO-1", "NBO-2", "NBO-3"];

/// The cluster of this binary, stopped by the last test that uses it.
struct Shared {
    cluster: Option<PrivateCluster>,
    dir: TempDir,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            cluster.stop_immediate();
        }
    }
}

fn shared() -> Arc<Shared> {
    static RUNNING: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = running.upgrade() {
        return shared;
    }
    let dir = tempfile::tempdir().unwrap();
    let cluster = Some(PrivateCluster::start(dir.path()).unwrap());
    let shared = Arc::new(Shared { cluster, dir });
    *running = Arc::downgrade(&shared);
    shared
}

/// A database of its own, and a hub's state directory.
pub(crate) struct Base {
    pub(crate) database: tokio_postgres::Config,
    pub(crate) state: TempDir,
    shared: Arc<Shared>,
}

impl Base {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let shared = tokio::task::spawn_blocking(shared).await.unwrap();
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut database = shared.cluster.as_ref().unwrap().connection();
        let (client, connection) = database.connect(NoTls).await.unwrap();
        let serving = tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        drop(client);
        serving.await.unwrap().unwrap();
        database.dbname(name);
        Self { database, state: tempfile::tempdir().unwrap(), shared }
    }

    pub(crate) async fn open(&self) -> HubStore {
        self.try_open("nairobi").await.unwrap()
    }

    pub(crate) async fn try_open(&self, region: &str) -> anyhow::Result<HubStore> {
        HubStore::open(StoreConfig {
            database: self.database.clone(),
            state_dir: self.state.path().to_owned(),
            region: region.parse().unwrap(),
            entity: "KE".parse().unwrap(),
            connections_max: 8,
        })
        .await
    }
}

/// The hub's own program as the worker that reads documents, with more time and memory than on a hub: this build is slow.
pub(crate) fn decoder() -> Arc<Mutex<Decoder>> {
    let program = env!("CARGO_BIN_EXE_sync-hub").into();
    let command = WorkerCommand { program, arguments: vec![WORKER_SUBCOMMAND.into()] };
    let limits = Limits {
        merge_deadline: Duration::from_secs(1),
        start_deadline: Duration::from_secs(30),
        memory_bytes_max: 1024 * 1024 * 1024,
    };
    Arc::new(Mutex::new(Decoder::new(command, limits)))
}

/// Puts a depot into the list of nodes, as its enrolment would.
pub(crate) async fn enrol(store: &HubStore, depot: &Depot) {
    let client = store.client().await.unwrap();
    client
        .execute(
            "INSERT INTO node (node, site, entity, author_key, status, enrolled_ms)
             VALUES ($1, $2, 'KE', $3, 'active', 0)",
            &[
                depot.node().as_uuid(),
                &depot.site.site.as_str(),
                &depot.key.public().as_bytes().as_slice(),
            ],
        )
        .await
        .unwrap();
}

/// Some of everything, at every depot.
pub(crate) fn lived(seed: u64, steps: usize) -> Region {
    let mut region = Region::new(Jurisdiction::KE, &SITES);
    let mut dice = Dice::new(seed);
    for _ in 0..steps {
        let at = dice.below(region.depots.len());
        let (by, name, body) = random::command(&mut region.depots[at], &mut dice, &SITES);
        let _refused = region.depots[at].ask(by, name, body).is_err();
        if dice.once_in(8) {
            region.exchange();
        }
    }
    region
}

/// A depot that received much and sold from it `sales` times.
pub(crate) fn busy(sales: usize) -> Depot {
    let mut region = Region::new(Jurisdiction::KE, &SITES[..1]);
    let mut depot = region.depots.remove(0);
    depot.receive(vec![
        arrival("RICE-5", 1_000_000, "A-01", 190_000),
        arrival("SOAP", 1_000_000, "A-02", 8_000),
    ]);
    for _ in 0..sales {
        let order = depot.mint();
        let lines =
            json!([{"article": "RICE-5", "quantity": 1}, {"article": "SOAP", "quantity": 2}]);
        let body = json!({"order": order, "lines": lines, "tendered_minor": 1_000_000});
        depot.must(CASHIER, "sell", body);
    }
    depot
}

/// Entries as the session hands them to the store.
pub(crate) fn candidates(key: &AuthorKey, entries: &[EntryBytes]) -> Vec<Candidate> {
    let last = entries.len().saturating_sub(1);
    let with_seal = |(index, entry): (usize, &EntryBytes)| {
        let travels = entry.entry().scope != Scope::Site;
        let seal = (travels || index == last).then(|| seal(key, entry));
        candidate(entry, seal, Finding::Chained(entry.clone()))
    };
    entries.iter().enumerate().map(with_seal).collect()
}

pub(crate) fn candidate(entry: &EntryBytes, seal: Option<Seal>, finding: Finding) -> Candidate {
    Candidate {
        position: entry.entry().position,
        bytes: entry.as_bytes().to_vec(),
        hash: entry.hash(),
        seal,
        finding,
    }
}

pub(crate) fn seal(key: &AuthorKey, entry: &EntryBytes) -> Seal {
    key.seal(entry.entry().position, entry.hash())
}

/// The same entries, each at its place behind the one before, whatever was changed in them.
pub(crate) fn rechained(entries: &[EntryBytes]) -> Vec<EntryBytes> {
    let mut prev = Hash::ZERO;
    let mut chained = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut entry = entry.entry().clone();
        if entry.position.seq.0 > 1 {
            entry.prev = prev;
        }
        let entry = EntryBytes::seal_in(entry).unwrap();
        prev = entry.hash();
        chained.push(entry);
    }
    chained
}

pub(crate) fn hello(depot: &Depot, entries: &[EntryBytes]) -> Hello {
    let mut heads: Vec<EpochHead> = Vec::new();
    for entry in entries {
        let position = entry.entry().position;
        let head = EpochHead { epoch: position.epoch, seq: position.seq, hash: entry.hash() };
        match heads.last_mut() {
            Some(last) if last.epoch == head.epoch => *last = head,
            _ => heads.push(head),
        }
    }
    Hello {
        protocol_min: PROTOCOL,
        protocol_max: PROTOCOL,
        node: depot.node(),
        site: depot.site.site.clone(),
        heads,
        hub_incarnation: None,
        cursor: 0,
        software: "test".to_owned(),
        denylist: None,
        now: NOW,
    }
}

/// The digest that the store keeps of an author's records.
pub(crate) async fn digest(store: &HubStore, author: NodeId) -> Vec<u8> {
    let client = store.client().await.unwrap();
    let row = client
        .query_opt("SELECT digest FROM digest WHERE author = $1", &[author.as_uuid()])
        .await
        .unwrap();
    row.map_or_else(|| vec![0; 32], |row| row.get(0))
}

/// One number, from any query.
pub(crate) async fn count(store: &HubStore, sql: &str) -> i64 {
    let client = store.client().await.unwrap();
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Whether the entries follow one another.
pub(crate) fn is_chain(entries: &[EntryBytes]) -> bool {
    let Some(first) = entries.first() else {
        return true;
    };
    let mut chain = Chain::start(first.entry().position.epoch);
    entries.iter().all(|entry| chain.push(entry).is_ok())
}
