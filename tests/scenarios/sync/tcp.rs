//! A network that lets no UDP through: the log goes over TLS on TCP, by itself, and over QUIC again
//! when it can.

use system_tests::wait::until;

use super::{LONGEST, Region, STAND, chip, receive, sold};

#[test]
fn blocked_udp_is_gone_around_and_taken_again() {
    let region = Region::start();
    let mut depot = region.enrolled("NBO-1");
    region.cable.block_udp(true);
    // It looks once a second instead of every few minutes.
    depot.serve_with(&["--udp-look-s", "1"]);
    let manager = depot.signed_in("manager");
    until("the prices are there, over TCP", LONGEST, || {
        let article = manager.try_get(&format!("/api/v1/articles/{STAND}"));
        article.expect("an answer").body["price_minor"].as_i64()
    });
    assert!(region.cable.calls() > 0, "nothing but TCP gets through");
    receive(&manager, STAND, 5);
    let _ = sold(&manager, STAND);
    until("all is at the hub", LONGEST, || (chip(&manager) == "sent").then_some(()));
    region.wait_for_agreement(&["NBO-1"]);
    region.cable.block_udp(false);
    until("UDP is taken again", LONGEST, || (region.cable.calls() == 0).then_some(()));
    let _ = sold(&manager, STAND);
    until("all is at the hub", LONGEST, || (chip(&manager) == "sent").then_some(()));
    assert_eq!(region.cable.calls(), 0);
    region.wait_for_agreement(&["NBO-1"]);
    region.close(vec![depot]);
}
