//! Changes of texts against a real database and a real worker of the hub's own program.

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

use std::sync::{Arc, Mutex};

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ObjType, ROOT};
use region::{Base, NOW, count, decoder, enrol};
use shared_model::document::{DocumentKind, Event};
use shared_model::id::DocumentId;
use shared_model::log::Scope;
use shared_model::tax::Jurisdiction;
use shared_model::workflows::{Body, Kind};
use sync_hub::documents::{self, STRIKES_MAX};
use sync_hub::store::HubStore;
use uuid::Uuid;
use worker::documents::Decoder;

fn register(depot: &mut day::Depot, name: &str) {
    let customer = depot.mint();
    let body = serde_json::json!({"customer": customer, "name": name, "phone": "0712 345678"});
    depot.must(day::CASHIER, "register-customer", body);
}

/// Letters in a change of some hundred bytes: they take seconds to read in a build like this one.
fn bomb() -> Vec<u8> {
    let mut document = AutoCommit::new();
    let note = document.put_object(ROOT, "note", ObjType::Text).unwrap();
    document.splice_text(&note, 0, 0, &"a".repeat(400_000)).unwrap();
    document.save()
}

fn write_change(depot: &mut day::Depot, document: u128, change: Vec<u8>) {
    let event = Event {
        document: DocumentId::new(Uuid::from_u128(document)),
        kind: DocumentKind::DeliveryNote,
        change: change.into(),
    };
    let body = Body { events: vec![event.into()], postings: Vec::new() };
    let id = depot.entry_id();
    depot.append(day::CASHIER, id, (Kind::WriteDeliveryNote, Scope::Site), body.encode());
}

async fn take_in_all(store: &HubStore, decoder: &Arc<Mutex<Decoder>>) {
    while documents::project_some(store, decoder, NOW).await.unwrap() > 0 {}
    assert_eq!(documents::waiting(store).await.unwrap(), 0);
}

async fn is_found(store: &HubStore, name: &str) -> bool {
    count(store, &format!("SELECT count(*) FROM document WHERE text LIKE '%{name}%'")).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_can_be_searched_and_bombs_are_set_aside_until_a_person_says_otherwise() {
    let base = Base::new().await;
    let store = base.open().await;
    let mut depots = day::Region::new(Jurisdiction::KE, &region::SITES).depots.into_iter();
    let (mut hostile, mut honest) = depots.next().zip(depots.next()).unwrap();
    enrol(&store, &hostile).await;
    enrol(&store, &honest).await;
    register(&mut hostile, "Wanjiru");
    let bomb = bomb();
    for number in 0..u128::try_from(STRIKES_MAX).unwrap() {
        write_change(&mut hostile, number, bomb.clone());
    }
    register(&mut hostile, "Otieno");
    register(&mut honest, "Achieng");
    for depot in [&hostile, &honest] {
        let batch = region::candidates(&depot.key, &depot.log);
        store.ingest(depot.node(), batch, NOW).await.unwrap();
    }
    let decoder = decoder();
    take_in_all(&store, &decoder).await;
    assert!(is_found(&store, "wanjiru").await && is_found(&store, "achieng").await);
    assert!(!is_found(&store, "otieno").await, "its author is read no more");
    let aside = |reason: &str| format!("SELECT count(*) FROM quarantine WHERE reason = '{reason}'");
    assert_eq!(count(&store, &aside("document")).await, i64::from(STRIKES_MAX));
    assert_eq!(count(&store, &aside("document-unread")).await, 1);
    let again = documents::try_again(&store, hostile.node()).await.unwrap();
    assert_eq!(again, u64::try_from(STRIKES_MAX).unwrap() + 1);
    take_in_all(&store, &decoder).await;
    assert!(is_found(&store, "otieno").await);
    assert_eq!(count(&store, &aside("document")).await, i64::from(STRIKES_MAX));
    assert_eq!(count(&store, &aside("document-unread")).await, 0);
}
