//! The registry over a real PostgreSQL: two persons, signed orders, blobs by pieces, and what depots
//! say of their models.

use std::path::PathBuf;

use serde_json::{Value, json};
use shared_model::blob::BlobId;
use shared_model::id::{EntryId, ModelCode};
use shared_model::inference::{
    Announcement, Column, Errors, Event, Facts, ModelKeys, ReportModels, State, Step, Verdict,
};
use shared_model::log::EntryBytes;
use shared_model::time::Timestamp;
use shared_model::workflows::{Body, Command, Event as Any};
use sync_hub::clock;
use sync_hub::registry::{self, Ask, ImportError, Signer};
use sync_hub::store::AppendError;

use crate::asking::{Asking, mint, send};
use crate::day::MANAGER;

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/artefacts/arrival-time/1")
}

/// The shipped model under another version.
fn bundle(asking: &Asking, version: u32, purpose: &str) -> PathBuf {
    let made = asking.state_dir().join(format!("bundle-{version}-{purpose}"));
    std::fs::create_dir_all(&made).unwrap();
    for entry in std::fs::read_dir(shipped()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, made.join(path.file_name().unwrap())).unwrap();
    }
    let path = made.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["version"] = version.into();
    manifest["trained"]["seed"] = purpose.len().into();
    let manifest = manifest.to_string().into_bytes();
    let signature = model_bundle::SigningKey::development().sign_manifest(&manifest);
    std::fs::write(&path, manifest).unwrap();
    std::fs::write(made.join("manifest.sig"), signature).unwrap();
    made
}

async fn import(asking: &Asking, version: u32) -> registry::Imported {
    let path = bundle(asking, version, "first");
    let signer = Some(Signer::Development);
    registry::import(&asking.store, &path, signer, "amina", clock::now()).await.unwrap()
}

fn model() -> ModelCode {
    "arrival-time".parse().unwrap()
}

fn body(version: u32, step: &str, ring: &str) -> Value {
    json!({"id": mint(), "model": "arrival-time", "version": version, "step": step, "ring": ring,
        "note": "because"})
}

/// Proposed by amina at the console, approved by bea.
async fn publish(asking: &Asking, version: u32, step: &str, ring: &str) {
    let proposal = asking.must("propose-model", &body(version, step, ring)).await;
    let id: EntryId = proposal["proposal"].as_str().unwrap().parse().unwrap();
    registry::approve(&asking.store, id, "bea", clock::now()).await.unwrap();
}

/// The orders in the hub's log, as depots of the region hear them.
async fn orders(asking: &Asking) -> Vec<Announcement> {
    let node = asking.region.depots[0].node();
    let (items, _) = asking.store.feed(node, 0, 500).await.unwrap();
    let mut orders = Vec::new();
    for item in items {
        let entry = EntryBytes::parse(item.entry.into()).unwrap();
        for event in Body::decode(&entry.entry().payload).unwrap().events {
            if let Any::Inference(Event::ModelAnnounced(order)) = event {
                orders.push(*order);
            }
        }
    }
    orders
}

async fn keys(asking: &Asking) -> ModelKeys {
    registry::pinned_keys(&asking.store).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_comes_into_depots_by_two_persons() {
    let asking = Asking::after(1).await;
    let imported = import(&asking, 1).await;
    assert!(!imported.again && import(&asking, 1).await.again);
    let proposal = body(1, "activate", "all");
    let first = asking.must("propose-model", &proposal).await;
    assert_eq!(asking.must("propose-model", &proposal).await, first, "sent twice, it is one");
    assert_eq!(orders(&asking).await, []);
    let approve = json!({"id": mint(), "proposal": first["proposal"]});
    let own = asking.refused("approve-model", &approve).await;
    assert_eq!(own, (422, "own-proposal".into()));
    // The table keeps to it too, whoever writes to it.
    let client = asking.store.client().await.unwrap();
    let forged = "UPDATE model_proposal SET status = 'approved', decided_by = 'amina'";
    assert!(client.execute(forged, &[]).await.is_err());
    let id: EntryId = first["proposal"].as_str().unwrap().parse().unwrap();
    for _ in 0..2 {
        let approved = registry::approve(&asking.store, id, "bea", clock::now()).await.unwrap();
        assert_eq!((approved.number, approved.decided_by.as_deref()), (Some(1), Some("bea")));
    }
    let orders = orders(&asking).await;
    assert_eq!(orders.len(), 1);
    let order = &orders[0];
    assert!(keys(&asking).await.accepts(&order.key) && order.is_signed());
    assert_eq!((order.manifest, order.step, order.version), (imported.manifest, Step::Activate, 1));
    let listed = asking.page("/api/v1/models").await;
    assert_eq!(listed["items"][0]["champion"], 1, "{listed}");
    assert_eq!(listed["items"][0]["versions"][0]["signed_by_development_key"], true);
    let card = asking.page("/api/v1/models/arrival-time/versions/1").await;
    assert_eq!(card["manifest"]["version"], 1);
    assert!(card["columns"].as_array().unwrap().len() > 10, "{card}");
    let decided = asking.page("/api/v1/model-proposals?status=approved").await;
    assert_eq!(decided["items"][0]["proposed_by"], "amina");
    assert_eq!(asking.get("/api/v1/models/arrival-time/versions/7").await.0, 404);
    not_imported(&asking).await;
    rotated(&asking).await;
}

/// A bundle of a stranger, one under a taken number, and one that was bent.
async fn not_imported(asking: &Asking) {
    let (store, now) = (&asking.store, clock::now());
    let stranger = registry::import(store, &shipped(), None, "amina", now).await;
    assert!(matches!(stranger, Err(ImportError::SignerUnknown { .. })));
    let other = bundle(asking, 1, "another");
    let taken = registry::import(store, &other, Some(Signer::Development), "amina", now).await;
    assert!(matches!(taken, Err(ImportError::VersionTaken { version: 1, .. })));
    std::fs::write(other.join("card.json"), "{}").unwrap();
    let bent = registry::import(store, &other, Some(Signer::Development), "amina", now).await;
    assert!(matches!(bent, Err(ImportError::Unsound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_takes_a_version_out_and_back_to_what_was_approved() {
    let asking = Asking::after(1).await;
    for version in 1..=3 {
        import(&asking, version).await;
    }
    let ring = json!({"id": mint(), "ring": "pilot", "sites": ["NBO-1"]});
    asking.must("set-model-ring", &ring).await;
    let nowhere = json!({"id": mint(), "ring": "pilot", "sites": ["MBA-9"]});
    assert_eq!(asking.refused("set-model-ring", &nowhere).await.1, "site-unknown");
    publish(&asking, 1, "activate", "pilot").await;
    publish(&asking, 3, "activate", "pilot").await;
    let older = asking.refused("propose-model", &body(1, "activate", "pilot")).await;
    assert_eq!(older.1, "version-older");
    let never = asking.refused("order-model", &body(2, "rollback", "pilot")).await;
    assert_eq!(never.1, "never-in-use");
    let alone = asking.refused("order-model", &body(2, "activate", "pilot")).await;
    assert_eq!(alone.1, "step-needs-approval");
    asking.must("order-model", &body(3, "pause", "pilot")).await;
    let back = body(1, "rollback", "pilot");
    let ordered = asking.must("order-model", &back).await;
    assert_eq!(asking.must("order-model", &back).await, ordered, "sent twice, it is one");
    let steps: Vec<(u64, u32, Step)> = orders(&asking)
        .await
        .iter()
        .map(|order| (order.number, order.version, order.step))
        .collect();
    assert_eq!(
        steps,
        [
            (1, 1, Step::Activate),
            (2, 3, Step::Activate),
            (3, 3, Step::Pause),
            (4, 1, Step::Rollback)
        ]
    );
    let first = &orders(&asking).await[0];
    assert!(
        first.concerns(&"NBO-1".parse().unwrap()) && !first.concerns(&"NBO-2".parse().unwrap())
    );
    blobs_are_handed_out(&asking).await;
}

/// After a rotation the next key signs.
async fn rotated(asking: &Asking) {
    let before = keys(asking).await;
    let after = registry::rotate_keys(&asking.store, clock::now()).await.unwrap();
    assert_eq!((after.current, after.generation), (before.next, 2));
    assert_eq!(keys(asking).await, after);
    publish(asking, 1, "activate", "all").await;
    let signed_by: Vec<_> = orders(asking).await.iter().map(|order| order.key).collect();
    assert_eq!(signed_by, [before.current, before.next]);
}

/// A blob is read from any place on, by nodes of the region alone.
async fn blobs_are_handed_out(asking: &Asking) {
    let bytes = std::fs::read(shipped().join("model.onnx")).unwrap();
    let blob = {
        use sha2::Digest as _;
        BlobId::from_bytes(sha2::Sha256::digest(&bytes).into())
    };
    let (store, node) = (&asking.store, asking.region.depots[0].node());
    let (mut got, mut pieces) = (bytes[..70_001].to_vec(), 0);
    while got.len() < bytes.len() {
        let piece = store.blob_piece(node, blob, got.len() as u64, 65_536).await.unwrap().unwrap();
        assert_eq!(piece.blob_bytes, bytes.len() as u64);
        got.extend_from_slice(&piece.bytes);
        pieces += 1;
    }
    assert_eq!(got, bytes, "in {pieces} pieces");
    let end = bytes.len() as u64;
    assert_eq!(store.blob_piece(node, blob, end, 9).await.unwrap().unwrap().bytes, b"");
    assert_eq!(store.blob_piece(node, blob, end + 1, 9).await.unwrap(), None);
    assert_eq!(store.blob_piece(node, BlobId::from_bytes([0; 32]), 0, 9).await.unwrap(), None);
    let client = store.client().await.unwrap();
    let revoke = "UPDATE node SET status = 'revoked' WHERE node = $1";
    client.execute(revoke, &[node.as_uuid()]).await.unwrap();
    assert_eq!(store.blob_piece(node, blob, 0, 9).await.unwrap(), None);
}

fn facts(day: u32) -> Facts {
    let errors =
        Errors { pairs: 300, model_milli: 486_000, baseline_milli: 556_000, covered: Some(271) };
    Facts {
        model: model(),
        day,
        state: State::Active,
        order: 2,
        active: Some(1),
        manifest: None,
        shadow: Some(2),
        by_model: 310,
        by_baseline: 4,
        active_errors: errors,
        shadow_errors: Errors { model_milli: 470_000, ..errors },
        rollbacks: 0,
        note: String::new(),
        columns: vec![Column {
            index: 0,
            seen: 310,
            shares: vec![128, 127].into(),
            psi_milli: 412,
            verdict: Verdict::Drifted,
        }],
        unlogged: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accuracy_and_drift_of_each_depot_stand_in_series() {
    let mut asking = Asking::after(1).await;
    import(&asking, 1).await;
    let now: Timestamp = clock::now();
    let today = u32::try_from(now.ms() / 86_400_000).unwrap();
    let depot = &mut asking.region.depots[0];
    for day in [today - 40, today - 1, today] {
        let report = ReportModels { id: depot.entry_id(), facts: vec![facts(day)] };
        depot.run(MANAGER, &Command::ReportModels(report)).unwrap();
    }
    send(&asking.store, &asking.region.depots[0]).await;
    let depots = asking.page("/api/v1/models/arrival-time/depots").await;
    let here = &depots["items"][0];
    assert_eq!((&here["site"], &here["day"]), (&json!("NBO-1"), &json!(today)), "{depots}");
    assert_eq!(here["shadow_errors"]["model_milli"], 470_000);
    assert_eq!(here["drift"][0]["verdict"], "drifted");
    assert_ne!(here["drift"][0]["column"], "column 0", "columns are named by the bundle");
    let series = asking.page("/api/v1/models/arrival-time/series?days=30").await;
    let days: Vec<u64> =
        series["items"].as_array().unwrap().iter().map(|p| p["day"].as_u64().unwrap()).collect();
    assert_eq!(days, [u64::from(today - 1), u64::from(today)]);
    let none = asking.page("/api/v1/models/arrival-time/series?site=NBO-2").await;
    assert_eq!(none["items"], json!([]));
    assert_eq!(asking.get("/api/v1/models/arrival-time/series?days=0").await.0, 400);
    let listed = asking.page("/api/v1/models").await;
    assert_eq!(listed["items"][0]["versions"][0]["active_at"], json!(["NBO-1"]));
    let ask = Ask {
        id: mint().parse().unwrap(),
        model: model(),
        version: 9,
        step: Step::Shadow,
        ring: "all".parse().unwrap(),
        note: shared_model::text::Remark::new("x").unwrap(),
    };
    let unknown = registry::propose(&asking.store, &ask, "amina", now).await;
    assert!(
        matches!(unknown, Err(AppendError::Refused(refusal)) if refusal.code == "version-unknown")
    );
}
