//! What the hub's store costs for an entry, beside the floor: the same bytes hashed and put into
//! one table. Prints JSON: microseconds an entry, wall and CPU, the database's CPU included.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may panic")]

#[path = "../../shared-model/tests/day/mod.rs"]
#[allow(
    clippy::inconsistent_digit_grouping,
    clippy::too_many_lines,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;
#[path = "../tests/region/mod.rs"]
mod region;

use std::time::{Duration, Instant};

use region::{Base, NOW, busy, candidates, enrol};
use shared_model::log::{EntryBytes, Hash};
use tokio_postgres::NoTls;

const ENTRIES: usize = 20_000;
/// About four frames of 256 KiB, which the driver commits together.
const BATCH: usize = 2_000;

struct Cost {
    wall: Duration,
    own: Duration,
    database: Duration,
}

impl Cost {
    fn json(&self) -> String {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / ENTRIES as f64;
        format!(
            "{{\"wall_us\": {:.1}, \"own_cpu_us\": {:.1}, \"database_cpu_us\": {:.1}}}",
            each(self.wall),
            each(self.own),
            each(self.database)
        )
    }
}

/// User and system time of every live process of a name, in hundredths of a second.
fn cpu_of(wanted: &str) -> Duration {
    let mut ticks = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name);
        if name.starts_with(wanted) {
            let fields: Vec<&str> = tail.split(' ').collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    Duration::from_millis(ticks * 10)
}

async fn measured(work: impl Future<Output = ()>) -> Cost {
    let both = || (cpu_of("ingest"), cpu_of("postgres"));
    let (before, begun) = (both(), Instant::now());
    work.await;
    let after = both();
    Cost {
        wall: begun.elapsed(),
        own: after.0.saturating_sub(before.0),
        database: after.1.saturating_sub(before.1),
    }
}

async fn floor(base: &Base, entries: &[EntryBytes]) -> Cost {
    let (mut client, connection) = base.database.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE floor (seq bigint PRIMARY KEY, hash bytea, bytes bytea)")
        .await
        .unwrap();
    let insert = client
        .prepare(
            "INSERT INTO floor SELECT * FROM unnest($1::int8[], $2::bytea[], $3::bytea[])
             ON CONFLICT DO NOTHING",
        )
        .await
        .unwrap();
    measured(async {
        for batch in entries.chunks(BATCH) {
            let seqs: Vec<i64> = batch.iter().map(|e| e.entry().position.seq.0 as i64).collect();
            let hashes: Vec<Hash> = batch.iter().map(|e| Hash::of(e.as_bytes())).collect();
            let hashes: Vec<&[u8]> = hashes.iter().map(|h| h.as_bytes().as_slice()).collect();
            let bytes: Vec<&[u8]> = batch.iter().map(EntryBytes::as_bytes).collect();
            let tx = client.transaction().await.unwrap();
            tx.execute(&insert, &[&seqs, &hashes, &bytes]).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await
}

async fn run() {
    let base = Base::new().await;
    let store = base.open().await;
    let depot = busy(ENTRIES);
    enrol(&store, &depot).await;
    let floor = floor(&base, &depot.log).await;
    let cost = measured(Box::pin(async {
        for batch in depot.log.chunks(BATCH) {
            let batch = candidates(&depot.key, batch);
            store.ingest(depot.node(), batch, NOW).await.unwrap();
        }
    }))
    .await;
    let bytes: usize = depot.log.iter().map(|entry| entry.as_bytes().len()).sum();
    println!(
        "{{\"entries\": {ENTRIES}, \"bytes_each\": {}, \"floor\": {}, \"store\": {}}}",
        bytes / depot.log.len(),
        floor.json(),
        cost.json()
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}
