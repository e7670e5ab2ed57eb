//! Certificates that ran out while a depot was out of reach, and depots that the region shut out.

use edge_node::state::StateDir;
use edge_node::sync::enrolment::Renewed;
use edge_node::sync::membership::Membership;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use shared_model::time::Timestamp;
use sync_hub::pki::RegionPki;
use system_tests::api::fresh;
use system_tests::depot::Depot;
use system_tests::wait::until;

use crate::clock::faketime_library;

use super::{LONGEST, Region, STAND, in_fleet, orders, receive, sold};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Gives a stopped depot a certificate that the region signed so many days ago.
fn age_certificate(region: &Region, depot: &Depot, days: i64) {
    let state = StateDir::new(depot.state());
    let mut membership = Membership::load(&state.membership()).expect("a file").expect("enrolled");
    let then = Timestamp::from_ms(edge_node::store::now().ms() - days * DAY_MS);
    let names = ["127.0.0.1".to_owned()];
    let pki =
        RegionPki::open(region.hub.state(), &membership.region, &names, edge_node::store::now());
    let key = KeyPair::generate().expect("a key");
    let csr = CertificateParams::default().serialize_request(&key).expect("a request");
    let node = state.node().expect("a node");
    let leaf =
        pki.expect("the region's keys").sign_node_leaf(node, csr.der(), then).expect("signed");
    membership.renew(Renewed {
        node_certificate_chain_der: vec![leaf.to_vec()],
        tls_key_der: key.serialize_der(),
        hub_addresses: membership.hub_addresses.clone(),
        hub_now: then,
    });
    membership.keep(&state.membership()).expect("written");
}

#[test]
fn a_certificate_that_ran_out_is_renewed_at_the_next_contact_and_the_till_never_stops() {
    let region = Region::start();
    let mut depot = region.depot("NBO-1");
    receive(&depot.signed_in("manager"), STAND, 9);
    region.wait_for_agreement(&["NBO-1"]);
    let console = region.hub.console();
    let mut all = Vec::new();
    for over_tcp in [false, true] {
        depot.stop();
        age_certificate(&region, &depot, 120);
        region.cable.cut();
        depot.serve();
        let manager = depot.signed_in("manager");
        until("the page says it", LONGEST, || {
            let sync = manager.get("/api/v1/sync");
            (sync["certificate_expired"] == json!(true)).then_some(())
        });
        assert_eq!(depot.status()["certificate_expired"], json!(true));
        all.push(sold(&manager, STAND).0);
        all.sort();
        assert!(manager.get("/api/v1/sync")["unsent"].as_i64() > Some(0), "it waits");
        region.cable.block_udp(over_tcp);
        region.cable.mend();
        until("what waited has come", LONGEST, || {
            (orders(&console, "/api/v1/orders") == all).then_some(())
        });
        assert_eq!(region.cable.calls() > 0, over_tcp);
        let sync = manager.get("/api/v1/sync");
        assert_eq!(sync["certificate_expired"], json!(false), "{sync}");
        assert!(sync["certificate_until_ms"].as_i64() > Some(edge_node::store::now().ms()));
        assert_eq!(sync["refused"], json!(null));
    }
    region.close(vec![depot]);
}

/// By the clock that went back the certificate would still hold. The box knows better, says so to its
/// people, and gets along with the hub all the same.
#[test]
fn a_clock_that_went_back_keeps_no_certificate_alive() {
    let region = Region::start();
    let mut depot = region.depot("NBO-1");
    receive(&depot.signed_in("manager"), STAND, 9);
    region.wait_for_agreement(&["NBO-1"]);
    depot.stop();
    age_certificate(&region, &depot, 120);
    region.cable.cut();
    let preload = format!("LD_PRELOAD={}", faketime_library().display());
    depot.wrap(&["env", &preload, "FAKETIME=-100d", "FAKETIME_DONT_FAKE_MONOTONIC=1"]);
    depot.serve();
    let manager = depot.signed_in("manager");
    let sync = manager.get("/api/v1/sync");
    let floor = sync["clock_floor_ms"].clone();
    assert_eq!((&sync["clock"], &sync["clock_trusted"]), (&json!("behind"), &json!(false)));
    until("the page says it", LONGEST, || {
        (manager.get("/api/v1/sync")["certificate_expired"] == json!(true)).then_some(())
    });
    let (order, _) = sold(&manager, STAND);
    region.cable.mend();
    let console = region.hub.console();
    until("what waited has come", LONGEST, || {
        (orders(&console, "/api/v1/orders") == std::slice::from_ref(&order)).then_some(())
    });
    let sync = manager.get("/api/v1/sync");
    assert_eq!((&sync["certificate_expired"], &sync["clock"]), (&json!(false), &json!("behind")));
    assert!(sync["clock_floor_ms"].as_i64() > floor.as_i64(), "the hub's hour counts: {sync}");
    // Years ahead: the floor stays where the hub left it.
    depot.stop();
    region.cable.cut();
    depot.wrap(&["env", &preload, "FAKETIME=+3000d", "FAKETIME_DONT_FAKE_MONOTONIC=1"]);
    depot.serve();
    let manager = depot.signed_in("manager");
    let _ = sold(&manager, STAND);
    let ahead = manager.get("/api/v1/sync");
    assert_eq!(ahead["clock"], json!("ahead"));
    assert_eq!(ahead["clock_floor_ms"], sync["clock_floor_ms"]);
    assert_eq!(ahead["certificate_expired"], json!(false), "{ahead}");
    depot.stop();
    depot.wrap(&["env"]);
    region.cable.mend();
    depot.serve();
    depot.wait_until_sent(LONGEST);
    region.close(vec![depot]);
}

#[test]
fn a_revoked_depot_is_told_so_in_the_renewal_lane_and_keeps_its_outbox() {
    let region = Region::start();
    let mut depot = region.depot("NBO-1");
    receive(&depot.signed_in("manager"), STAND, 9);
    region.wait_for_agreement(&["NBO-1"]);
    region.cable.cut();
    let _ = sold(&depot.signed_in("manager"), STAND);
    depot.stop();
    let console = region.hub.console();
    let node = in_fleet(&console, "NBO-1")["node"].clone();
    let shut_out = json!({"id": fresh(), "node": node, "reason": "the box was stolen"});
    let _ = console.post("/api/v1/commands/revoke-node", &shut_out).ok();
    age_certificate(&region, &depot, 120);
    region.cable.mend();
    depot.serve();
    let manager = depot.signed_in("manager");
    let sync = until("its people see it", LONGEST, || {
        let sync = manager.get("/api/v1/sync");
        (sync["refused"] == json!("node-revoked")).then_some(sync)
    });
    assert_eq!(sync["state"], json!("blocked"));
    assert!(sync["unsent"].as_i64() > Some(0), "the outbox stays: {sync}");
    let _ = sold(&manager, STAND);
    assert_eq!(orders(&console, "/api/v1/orders"), Vec::<String>::new());
    assert_eq!(depot.status()["refused"], json!("node-revoked"));
    region.close(vec![depot]);
}
