//! What people decide at the console: once, with who and when, and refused with a reason.

use serde_json::{Value, json};

use crate::asking::{Asking, mint};
use crate::region::count;

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_resolved_once_and_the_depots_record_stays() {
    let asking = Asking::after(450).await;
    let open = asking.items("/api/v1/exceptions?status=open").await;
    let first = &open[0];
    let before = digests(&asking).await;
    let command = json!({
        "id": mint(),
        "node": first["node"],
        "exception": first["exception"],
        "resolution": "compensate",
        "note": "the driver brought it back",
    });
    for _ in 0..2 {
        assert_eq!(asking.must("resolve-exception", &command).await, json!({}));
    }
    let mut other = command.clone();
    other["note"] = json!("something else");
    assert_eq!(asking.refused("resolve-exception", &other).await, (409, "id-reused".into()));
    other["id"] = json!(mint());
    assert_eq!(asking.refused("resolve-exception", &other).await, (422, "already-resolved".into()));
    let mut unknown = command.clone();
    (unknown["id"], unknown["exception"]) = (json!(mint()), json!(mint()));
    assert_eq!(
        asking.refused("resolve-exception", &unknown).await,
        (422, "exception-unknown".into())
    );
    let left = asking.items("/api/v1/exceptions?status=open").await;
    assert_eq!(left.len(), open.len() - 1);
    let resolved = asking.items("/api/v1/exceptions?status=resolved").await;
    let is_it = |one: &&Value| one["exception"] == first["exception"];
    let shown = resolved.iter().find(is_it).unwrap();
    assert_eq!(shown["resolution"], "compensate");
    assert_eq!(shown["note"], "the driver brought it back");
    assert_eq!(shown["resolved_by"], "amina");
    let fleet = asking.page("/api/v1/fleet").await;
    let counts = fleet["items"].as_array().unwrap().iter();
    let counted: u64 = counts.map(|item| item["exceptions_open"].as_u64().unwrap()).sum();
    assert_eq!(counted, left.len() as u64);
    assert_eq!(digests(&asking).await, before, "a depot's records are the depot's");
    let kept = "SELECT count(*) FROM console_command WHERE who = 'amina' AND at_ms > 0";
    assert_eq!(count(&asking.store, kept).await, 1);
}

async fn digests(asking: &Asking) -> Vec<Vec<u8>> {
    let mut digests = Vec::new();
    for depot in &asking.region.depots {
        digests.push(crate::region::digest(&asking.store, depot.node()).await);
    }
    digests
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lets_in_one_box_however_often_it_is_asked_for() {
    let asking = Asking::after(0).await;
    let command = json!({"id": mint(), "site": "NBO-7"});
    let first = asking.must("invite-node", &command).await;
    let again = asking.must("invite-node", &command).await;
    assert_ne!(first["token"], again["token"], "the text of the first is kept nowhere");
    assert!(again["expires_ms"].as_i64().unwrap() > sync_hub::clock::now().ms());
    let tokens = "SELECT count(*) FROM enrolment_token WHERE used_by IS NULL";
    assert_eq!(count(&asking.store, tokens).await, 1);
    let fleet = asking.page("/api/v1/fleet").await;
    let invited = fleet["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&invited["site"], &invited["status"]), (&"NBO-7".into(), &"invited".into()));
    let client = asking.store.client().await.unwrap();
    let secret = again["token"].as_str().unwrap();
    let row = client
        .query_one("SELECT count(*) FROM console_command WHERE strpos(reply, $1) > 0", &[&secret])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    let other = json!({"id": command["id"], "site": "NBO-8"});
    assert_eq!(asking.refused("invite-node", &other).await, (409, "id-reused".into()));
    let revoke = json!({"id": command["id"], "node": mint(), "reason": "x"});
    assert_eq!(asking.refused("revoke-node", &revoke).await, (409, "id-reused".into()));
    let used = "UPDATE enrolment_token SET used_by = '0190b8a0-7c3e-7000-8000-000000000001'";
    client.execute(used, &[]).await.unwrap();
    assert_eq!(asking.refused("invite-node", &command).await, (422, "invitation-used".into()));
    let taken = json!({"id": mint(), "site": "NBO-1"});
    assert_eq!(asking.refused("invite-node", &taken).await, (422, "site-taken".into()));
    assert_eq!(count(&asking.store, "SELECT count(*) FROM console_command").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_revoked_once_and_leaves_its_seat() {
    let asking = Asking::after(40).await;
    let node = asking.region.depots[0].node();
    let command = json!({"id": mint(), "node": node, "reason": "stolen from the shed"});
    for _ in 0..2 {
        asking.must("revoke-node", &command).await;
    }
    let entries = "SELECT count(*) FROM log l JOIN hub h ON l.node = h.node";
    assert_eq!(count(&asking.store, entries).await, 1, "the region is told once");
    let fleet = asking.page("/api/v1/fleet").await;
    assert_eq!(fleet["items"][0]["status"], "revoked");
    let again = json!({"id": mint(), "node": node, "reason": "x"});
    assert_eq!(asking.refused("revoke-node", &again).await, (422, "already-revoked".into()));
    let unknown = json!({"id": mint(), "node": mint(), "reason": "x"});
    assert_eq!(asking.refused("revoke-node", &unknown).await, (422, "node-unknown".into()));
    asking.must("invite-node", &json!({"id": mint(), "site": "NBO-1"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_fenced_node_has_a_branch_to_admit() {
    let asking = Asking::after(40).await;
    let depot = &asking.region.depots[0];
    let command = json!({"id": mint(), "node": depot.node()});
    assert_eq!(asking.refused("admit-branch", &command).await, (422, "nothing-to-admit".into()));
    asking.store.note_fork(depot.node(), depot.epoch).await.unwrap();
    for _ in 0..2 {
        asking.must("admit-branch", &command).await;
    }
    let admitted = "SELECT count(*) FROM node WHERE branch_admitted";
    assert_eq!(count(&asking.store, admitted).await, 1);
    let unknown = json!({"id": mint(), "node": mint()});
    assert_eq!(asking.refused("admit-branch", &unknown).await, (422, "node-unknown".into()));
}
