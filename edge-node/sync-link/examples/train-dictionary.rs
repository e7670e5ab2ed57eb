//! Trains the dictionary of the current schema on generated trade and writes it to the file named:
//!
//! `cargo run -p sync-link --example train-dictionary -- edge-node/sync-link/dictionaries/schema-2.zstd`
//!
//! The same seeds give the same bytes. A dictionary that peers have is never trained anew: a new one
//! gets the next number beside it (`squeeze::DICTIONARIES`).

#![allow(clippy::unwrap_used, reason = "a person runs it and reads what failed")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

#[path = "../../../shared-model/tests/day/mod.rs"]
#[allow(unfulfilled_lint_expectations, reason = "the core has lints of its own")]
mod day;
#[path = "../tests/trade/mod.rs"]
mod trade;

use shared_model::log::{EntryBytes, Epoch};
use shared_model::sync::v1::{Batch, Frame};
use shared_model::sync::v2::Packer;
use trade::{Deed, Trade};

/// Other seeds than the tests count bytes on.
const SEEDS: std::ops::Range<u64> = 1000..1006;
const DICTIONARY_BYTES_MAX: usize = 12 * 1024;
/// As frames come: one edit, a few, a thin link's frame.
const FRAMES: [usize; 4] = [1, 1, 6, 24];

fn main() {
    let path = std::env::args().nth(1).expect("the file to write");
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    for seed in SEEDS {
        for frame in plains(seed) {
            sizes.push(frame.len());
            samples.extend_from_slice(&frame);
        }
    }
    let mut dictionary = Vec::with_capacity(DICTIONARY_BYTES_MAX);
    zstd_safe::train_from_buffer(&mut dictionary, &samples, &sizes)
        .map_err(zstd_safe::get_error_name)
        .unwrap();
    std::fs::write(&path, &dictionary).unwrap();
}

/// What is worth compressing of frames of every size.
fn plains(seed: u64) -> Vec<Vec<u8>> {
    let mut trade = Trade::open(seed);
    let mut logs = vec![trade.day(300)];
    for (_, deed) in Deed::ALL {
        logs.push(trade.entries(deed, 60));
    }
    let mut plains = Vec::new();
    for log in logs {
        let mut packer = Packer::new(trade.depot.node());
        let (mut rest, mut turn) = (log.as_slice(), 0);
        while !rest.is_empty() {
            let (frame, after) = rest.split_at(FRAMES[turn % FRAMES.len()].min(rest.len()));
            plains.push(packer.pack(&batch(frame)).unwrap().plain);
            (rest, turn) = (after, turn + 1);
        }
    }
    plains
}

fn batch(entries: &[EntryBytes]) -> Frame {
    Frame::Batch(Batch {
        epoch: Epoch(1),
        first: entries[0].entry().position.seq,
        entries: entries.iter().map(|entry| entry.as_bytes().to_vec().into()).collect(),
        seals: Vec::new(),
    })
}
