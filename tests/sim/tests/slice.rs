//! A slice of what `./ops/soak --only sim` runs in full: some seeds, each twice, and all planted bugs.

use sim::figures::{Total, hunt};

/// Seeds tried for a planted bug when its own does not catch it any more.
const TRIES: u64 = 40;

#[test]
fn the_region_keeps_its_invariants_under_every_fault() {
    let mut total = Total::default();
    for seed in 1..=14 {
        total.take(seed);
    }
    assert!(total.is_clean(), "{:#}", total.json());
    assert!(total.partitioned > 7 && total.sums.told > 200, "{:#}", total.json());
}

#[test]
fn every_planted_bug_is_caught_by_the_invariant_it_breaks() {
    let caught = hunt(TRIES);
    let missed: Vec<_> = caught.iter().filter(|found| found.by.is_none()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
