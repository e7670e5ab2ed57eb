//! The check of everything finds nothing in a sound store, and finds what was tampered with.

use shared_model::sync::v1::Finding;
use sync_hub::verify::verify;

use crate::asking::Asking;
use crate::region::{NOW, candidates};

/// What is found after a change that nobody may make.
async fn faults_after(asking: &Asking, sql: &str) -> Vec<String> {
    asking.store.client().await.unwrap().batch_execute(sql).await.unwrap();
    let findings = verify(&asking.store).await.unwrap();
    assert!(!findings.sound(), "{sql} went unseen");
    let unbalanced = findings.unbalanced.iter().map(|book| format!("unbalanced {book:?}"));
    findings.authors.into_iter().flat_map(|author| author.faults).chain(unbalanced).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_store_is_sound_and_quarantine_is_part_of_it() {
    let mut asking = Asking::after(600).await;
    let findings = verify(&asking.store).await.unwrap();
    assert!(findings.sound(), "{findings:?}");
    assert_eq!(findings.authors.len(), 4, "three depots and the hub");
    for (author, depot) in findings.authors.iter().zip(&asking.region.depots) {
        assert_eq!(author.digest, depot.memory.digest(depot.node()).to_string());
        assert_eq!(author.entries, depot.log.len() as u64);
    }
    let depot = &mut asking.region.depots[0];
    let before = depot.log.len();
    depot.receive(vec![crate::day::arrival("SOAP", 5, "A-02", 100)]);
    depot.receive(vec![crate::day::arrival("SOAP", 6, "A-02", 100)]);
    let mut batch = candidates(&depot.key, &depot.log[before..]);
    batch[0].finding = Finding::Misplaced;
    asking.store.ingest(depot.node(), batch, NOW).await.unwrap();
    let findings = verify(&asking.store).await.unwrap();
    assert!(findings.sound(), "{findings:?}");
    assert_eq!(findings.authors[0].set_aside, 1);
    let aside = asking.items("/api/v1/quarantine").await;
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0]["site"], "NBO-1");
    assert_eq!(aside[0]["reason"], "misplaced");
    assert_eq!(aside[0]["seq"], before + 1);
    assert!(aside[0]["bytes"].as_i64().unwrap() > 100);
    assert!(asking.items("/api/v1/quarantine?site=NBO-2").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tampered_with_is_found() {
    let asking = Asking::after(600).await;
    let changed = faults_after(&asking, "UPDATE stock SET body = '\\xa0'").await;
    assert!(changed.iter().any(|fault| fault.contains("digest kept")), "{changed:?}");
    let lost = faults_after(&asking, "DELETE FROM balances WHERE key LIKE 'till|%'").await;
    assert!(lost.iter().any(|fault| fault.starts_with("unbalanced")), "{lost:?}");
    let cut = faults_after(&asking, "DELETE FROM log WHERE seq = 3").await;
    assert!(cut.iter().any(|fault| fault.contains("entry 3 was due")), "{cut:?}");
    let bytes = "UPDATE log SET bytes = bytes || '\\x00' WHERE seq = 1";
    let bytes = faults_after(&asking, bytes).await;
    assert!(bytes.iter().any(|fault| fault.contains("not those that came")), "{bytes:?}");
}
