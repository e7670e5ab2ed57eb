//! A whole log over a link that is thin, lossy and cut where a seed says: over real QUIC, through a
//! cable, in protocol 2. What the hub received whole is never sent again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

#[path = "../../../tests/src/cable.rs"]
#[allow(dead_code, unreachable_pub, reason = "the cable of the system tests, in part")]
mod cable;
#[path = "../../../shared-model/tests/day/mod.rs"]
#[allow(unfulfilled_lint_expectations, reason = "the core has lints of its own")]
mod day;
mod link;
mod trade;

use std::time::Duration;

use cable::Shape;
use day::dice::Dice;
use link::{Depot, Stage};
use shared_model::log::AuthorKey;
use sync_link::quic::{Congestion, LinkSettings};
use trade::{Deed, Trade};

const SETTINGS: LinkSettings = LinkSettings { congestion: Congestion::Cubic, mtu_discovery: false };

/// A log of `entries` sales, the first of which fill the shelves.
fn depot(sales: usize) -> (Depot, usize) {
    let mut trade = Trade::open(5);
    let before = trade.depot.log.len();
    trade.entries(Deed::Sell { lines: 1 }, sales);
    let Trade { depot, .. } = trade;
    let key = AuthorKey::from_secret(&{
        let mut secret = [7; 32];
        secret[..16].copy_from_slice(depot.node().as_uuid().as_bytes());
        secret
    });
    (Depot { node: depot.node(), key, log: depot.log }, before)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_costs_at_most_the_frame_that_was_cut() {
    let (depot, before) = depot(300);
    let all = depot.log.len();
    let stage = Stage::new(depot, SETTINGS, 2);
    let _first = stage.bring(before, None).await.unwrap();
    stage.cable.shape(Shape::of(200_000, 40, 1));
    let (mut dice, mut cuts) = (Dice::new(11), 0);
    while stage.hub.held.lock().unwrap().count() < all {
        let longest = Duration::from_millis(dice.between(60, 400).cast_unsigned());
        cuts += usize::from(stage.bring(all, Some(longest)).await.is_none());
        assert!(cuts < 100, "it does not get on");
    }
    let held = stage.hub.held.lock().unwrap();
    assert!(cuts > 2, "{cuts} cuts are no test");
    assert_eq!((held.frames_again, held.entries_again), (0, 0), "after {cuts} cuts");
    assert_eq!(held.count(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_meet_in_the_older_one() {
    let (depot, _) = depot(20);
    let all = depot.log.len();
    let mut stage = Stage::new(depot, SETTINGS, 1);
    stage.protocol_max = 2;
    let old_hub = stage.bring(all, None).await.unwrap();
    let (depot, _) = self::depot(20);
    let mut stage = Stage::new(depot, SETTINGS, 2);
    stage.protocol_max = 1;
    let old_node = stage.bring(all, None).await.unwrap();
    let (depot, _) = self::depot(20);
    let stage = Stage::new(depot, SETTINGS, 2);
    let both_new = stage.bring(all, None).await.unwrap();
    assert!(old_hub.sent_bytes.abs_diff(old_node.sent_bytes) < 64);
    assert!(both_new.sent_bytes * 3 < old_hub.sent_bytes, "{both_new:?} {old_hub:?}");
    // Nothing changed: hello, welcome, status.
    let again = stage.bring(all, None).await.unwrap();
    assert_eq!(again.frames, 0);
    assert!(again.sent_bytes + again.received_bytes <= 400, "{again:?}");
}
