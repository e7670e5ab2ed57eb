//! The store over a real PostgreSQL: whatever the order, the batching and the repetition, the
//! records come out as a replay in memory has them; and nothing bad holds up what is behind it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../shared-model/tests/day/mod.rs"]
#[allow(
    clippy::inconsistent_digit_grouping,
    clippy::too_many_lines,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;
mod region;

use std::time::Instant;

use minicbor::bytes::ByteVec;
use region::{
    Base, NOW, busy, candidate, candidates, count, digest, enrol, lived, rechained, seal,
};
use serde_json::json;
use shared_model::log::{EntryBytes, InvalidEntry, Seq};
use shared_model::records::Kind;
use shared_model::sync::v1::{Candidate, Finding};
use sync_hub::store::HubStore;

/// Every depot's digest is the one its own records in memory have.
async fn assert_agrees(store: &HubStore, depots: &[day::Depot]) {
    for depot in depots {
        let told = depot.memory.digest(depot.node()).to_bytes();
        let held = digest(store, depot.node()).await;
        if held != told {
            panic!("{}: {}", depot.site.site, difference(store, depot).await);
        }
    }
}

/// The first record that differs.
async fn difference(store: &HubStore, depot: &day::Depot) -> String {
    let client = store.client().await.unwrap();
    for kind in Kind::ALL {
        let sql = format!("SELECT key, body FROM {} WHERE author = $1", kind.table());
        let rows = client.query(&sql, &[depot.node().as_uuid()]).await.unwrap();
        let held: std::collections::BTreeMap<String, Vec<u8>> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let own = depot.memory.records();
        let own = own.filter(|(k, _, author, _)| k == kind && *author == depot.node());
        for (_, key, _, body) in own {
            if held.get(key).map(Vec::as_slice) != Some(body) {
                return format!("{kind:?} {key} differs");
            }
        }
    }
    "the digest alone differs".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_batching_order_and_repetition_gives_the_records_of_a_replay() {
    let base = Base::new().await;
    let store = base.open().await;
    let region = lived(7, 700);
    for depot in &region.depots {
        enrol(&store, depot).await;
    }
    let mut entries = 0;
    // In turns between the depots, each in its own batches, and each batch twice.
    let mut at = [0; 3];
    while region.depots.iter().zip(at).any(|(depot, at)| at < depot.log.len()) {
        for (index, depot) in region.depots.iter().enumerate() {
            let size = [1, 7, 5_000][index];
            let end = (at[index] + size).min(depot.log.len());
            let batch = &depot.log[at[index]..end];
            at[index] = end;
            entries += batch.len();
            for _ in 0..2 {
                let batch = candidates(&depot.key, batch);
                let ack = store.ingest(depot.node(), batch, NOW).await.unwrap();
                assert_eq!(ack.quarantined, 0);
                if end > 0 {
                    assert_eq!(ack.held[0].ranges[0].last, Seq(end as u64));
                }
            }
        }
    }
    assert!(entries > 150, "only {entries} commands were accepted");
    assert_agrees(&store, &region.depots).await;
    assert_eq!(count(&store, "SELECT count(*) FROM log").await, entries as i64);
    let unbalanced = "SELECT count(*) FROM log WHERE NOT projected";
    assert_eq!(count(&store, unbalanced).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_of_every_kind_is_set_aside_and_blocks_nothing() {
    let base = Base::new().await;
    let store = base.open().await;
    let depot = busy(12);
    enrol(&store, &depot).await;
    // The third cannot be read, the fifth has a payload that is none, the seventh is of a later
    // schema, the ninth names another place, the eleventh a key that no index takes.
    let mut entries: Vec<EntryBytes> = depot.log.clone();
    let mut change = |at: usize, change: &dyn Fn(&mut shared_model::log::Entry)| {
        let mut entry = entries[at].entry().clone();
        change(&mut entry);
        entries[at] = EntryBytes::seal_in(entry).unwrap();
    };
    change(4, &|entry| entry.payload = vec![0xff, 1, 2].into());
    change(6, &|entry| {
        entry.payload = vec![0xff].into();
        entry.schema = 99;
    });
    change(10, &|entry| entry.payload = unfit_payload());
    let entries = rechained(&entries);
    let mut batch = candidates(&depot.key, &entries);
    batch[2].finding = Finding::Malformed(InvalidEntry::Malformed);
    batch[8].finding = Finding::Misplaced;
    for _ in 0..2 {
        let ack = store.ingest(depot.node(), batch.clone(), NOW).await.unwrap();
        assert_eq!(ack.quarantined, 4);
        assert_eq!(ack.held[0].ranges[0].last, Seq(13));
    }
    let in_chain = "SELECT count(*) FROM quarantine WHERE in_chain AND length(bytes) > 0";
    assert_eq!(count(&store, in_chain).await, 4);
    let waiting = "SELECT count(*) FROM log WHERE NOT projected";
    assert_eq!(count(&store, waiting).await, 1);
    assert_eq!(count(&store, "SELECT count(*) FROM log").await, 9);
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(count(&store, orders).await, 7, "the sound sales are all there");
}

/// A deposit whose slip is far too long to be a key.
fn unfit_payload() -> ByteVec {
    let event =
        shared_model::payments::Event::CashDeposited { slip: "9".repeat(5_000), amount_minor: 1 };
    let body = shared_model::workflows::Body { events: vec![event.into()], postings: Vec::new() };
    body.encode().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_set_aside_whole_and_resolved_when_it_is_written_anew() {
    let base = Base::new().await;
    let store = base.open().await;
    let depot = busy(10);
    enrol(&store, &depot).await;
    let node = depot.node();
    store.ingest(node, candidates(&depot.key, &depot.log[..8]), NOW).await.unwrap();
    // Another history from the sixth on: the same sales, other stamps.
    let mut branch = depot.log.clone();
    for entry in &mut branch[5..] {
        let mut changed = entry.entry().clone();
        changed.hlc = shared_model::time::Hlc::from_bits(changed.hlc.bits() + 1);
        *entry = EntryBytes::seal_in(changed).unwrap();
    }
    let branch = rechained(&branch);
    let as_the_session_finds_it: Vec<Candidate> = branch
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let finding = if index < 7 { Finding::Held } else { Finding::Forked };
            candidate(entry, Some(seal(&depot.key, entry)), finding(entry.clone()))
        })
        .collect();
    for _ in 0..2 {
        let batch = as_the_session_finds_it.clone();
        let ack = store.ingest(node, batch, NOW).await.unwrap();
        assert_eq!(ack.quarantined, 6);
        assert_eq!(ack.held[0].ranges[0].last, Seq(8));
    }
    let fenced = "SELECT count(*) FROM node WHERE status = 'fenced'";
    assert_eq!(count(&store, fenced).await, 1);
    // A person admits it: the box learns from where on it lost its own.
    assert!(store.admit_branch(node).await.unwrap());
    let hello = region::hello(&depot, &branch);
    let standing = store.standing(&hello, NOW).await.unwrap().unwrap();
    assert_eq!(standing.admitted_fork.map(|(_, seq)| seq), Some(Seq(5)));
    // It writes its branch anew, under a new epoch.
    let mut anew = Vec::new();
    for (seq, entry) in (1..).zip(&branch[5..]) {
        let mut entry = entry.entry().clone();
        entry.position.epoch = entry.position.epoch.next();
        entry.position.seq = Seq(seq);
        anew.push(EntryBytes::seal_in(entry).unwrap());
    }
    let anew = rechained(&anew);
    let ack = store.ingest(node, candidates(&depot.key, &anew), NOW).await.unwrap();
    assert_eq!(ack.quarantined, 0);
    assert_eq!(ack.held.len(), 2);
    assert_eq!(count(&store, fenced).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_once_leave_no_hole_in_the_feed() {
    let base = Base::new().await;
    let store = base.open().await;
    let region = lending();
    for depot in &region.depots {
        enrol(&store, depot).await;
    }
    let reader = region.depots[2].node();
    let reading = store.clone();
    let done = tokio_util::sync::CancellationToken::new();
    let finished = done.clone();
    let watch = tokio::spawn(async move {
        let (mut at, mut seen, mut last) = (0, Vec::new(), false);
        loop {
            let (items, position) = reading.feed(reader, at, 3).await.unwrap();
            seen.extend(items.into_iter().map(|item| item.seal.position));
            if position == at && last {
                return seen;
            }
            last = finished.is_cancelled();
            at = position;
        }
    });
    let writing = region.depots[..2].iter().map(|depot| {
        let (store, node) = (store.clone(), depot.node());
        let batches: Vec<Vec<Candidate>> =
            depot.log.chunks(2).map(|batch| candidates(&depot.key, batch)).collect();
        tokio::spawn(async move {
            for batch in batches {
                store.ingest(node, batch, NOW).await.unwrap();
            }
        })
    });
    for writer in writing.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    done.cancel();
    let mut seen = watch.await.unwrap();
    let mut expected: Vec<_> = region.depots[..2]
        .iter()
        .flat_map(|depot| &depot.log)
        .filter(|entry| entry.entry().scope.reaches(reader))
        .map(|entry| entry.entry().position)
        .collect();
    assert!(expected.len() >= 60, "only {} travelled", expected.len());
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert_agrees(&store, &region.depots[..2]).await;
}

/// Two depots that grant the third rights, between sales of their own.
fn lending() -> day::Region {
    let mut region = day::Region::new(shared_model::tax::Jurisdiction::KE, &region::SITES);
    for depot in &mut region.depots[..2] {
        depot.receive(vec![day::arrival("SOAP", 10_000, "A-01", 8_000)]);
        for _ in 0..30 {
            let right = depot.mint();
            let body = json!({"right": right, "article": "SOAP", "quantity": 2,
                "to_site": "NBO-3"});
            depot.must(day::MANAGER, "grant-right", body);
            let order = depot.mint();
            let body = json!({"order": order, "tendered_minor": 100_000,
                "lines": [{"article": "SOAP", "quantity": 1}]});
            depot.must(day::CASHIER, "sell", body);
        }
    }
    region
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_is_one_commit() {
    let base = Base::new().await;
    let store = base.open().await;
    let depot = busy(5_000);
    enrol(&store, &depot).await;
    let batch = candidates(&depot.key, &depot.log);
    let bytes: usize = batch.iter().map(|candidate| candidate.bytes.len()).sum();
    let begun = Instant::now();
    store.ingest(depot.node(), batch, NOW).await.unwrap();
    println!(
        "{} entries of {} bytes in one batch: {:?}",
        depot.log.len(),
        bytes / depot.log.len(),
        begun.elapsed()
    );
    assert_agrees(&store, std::slice::from_ref(&depot)).await;
}
