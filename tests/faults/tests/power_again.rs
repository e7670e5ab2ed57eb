//! The power goes, comes back, and goes again while the depot starts: what was acknowledged before the
//! first cut must still be there.
#![allow(clippy::unwrap_used, reason = "a test panics")]

use depot_store::{open_once, own_heads};
use faults::day::{Depot, NODE, draw};
use faults::dice::Dice;
use faults::disk::{Disk, Mounted};
use faults::image::Image;
use faults::states::MIXTURES;
use faults::vfs;

/// Operations of one start, and a few more.
const OPERATIONS_MAX: u64 = 60;

fn heads_of(image: &Image) -> Vec<shared_model::sync::v1::EpochHead> {
    let mounted = Mounted::new(Disk::of(image.clone()));
    open_once(&mounted.database(), NODE, own_heads).unwrap()
}

#[test]
fn a_power_cut_during_a_start_loses_nothing_that_was_durable() {
    vfs::begin(7);
    let mut depot = Depot::begin(Disk::default()).unwrap();
    for step in draw(7, 14) {
        depot.step(&step).unwrap();
    }
    // All of it is on the disk, most of it in the write-ahead log.
    let first = depot.mounted.disk.image();
    assert!(first.iter().any(|(name, file)| name.ends_with("-wal") && !file.is_empty()));
    let acknowledged = heads_of(&first);
    let mut dice = Dice::new(7);
    for operations in 0..OPERATIONS_MAX {
        for mixture in 0..MIXTURES {
            let mounted = Mounted::new(Disk::with_platter(first.clone()));
            mounted.disk.cut_power_after(operations);
            let _ = open_once(&mounted.database(), NODE, own_heads);
            let second = mounted.disk.cut(mixture, &mut dice);
            let found = heads_of(&second);
            assert_eq!(found, acknowledged, "cut at operation {operations}, mixture {mixture}");
        }
    }
}
