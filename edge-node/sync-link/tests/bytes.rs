//! How many bytes entries take on the wire in protocol 2, by kind, and that they come out of it to
//! the byte. The figures are printed with `OMNIROUTE_PRINT_BYTES=1 ... --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

#[path = "../../../shared-model/tests/day/mod.rs"]
#[allow(unfulfilled_lint_expectations, reason = "the core has lints of its own")]
mod day;
mod trade;

use shared_model::log::{EntryBytes, Epoch};
use shared_model::sync::v1::{Batch, Frame};
use sync_link::codec::{Inbound, Message, Outbound};
use trade::{Deed, Trade};

const SEED: u64 = 7;

fn batch(trade: &Trade, entries: &[EntryBytes]) -> Frame {
    let (first, last) = (&entries[0], &entries[entries.len() - 1]);
    Frame::Batch(Batch {
        epoch: Epoch(1),
        first: first.entry().position.seq,
        entries: entries.iter().map(|entry| entry.as_bytes().to_vec().into()).collect(),
        seals: vec![trade.depot.key.seal(last.entry().position, last.hash())],
    })
}

/// The bytes of frames of so many entries, each of which is read back.
fn carried(trade: &Trade, entries: &[EntryBytes], a_frame: usize) -> Vec<usize> {
    let node = trade.depot.node();
    let (mut out, mut back) = (Outbound::new(node), Inbound::new(node, 2));
    out.speak(2);
    welcome(&mut back);
    let frames = entries.chunks(a_frame).map(|some| {
        let frame = Message::Frame(batch(trade, some));
        let bytes = out.encode(&frame);
        assert_eq!(back.decode(&bytes).unwrap(), frame);
        4 + bytes.len()
    });
    frames.collect()
}

/// The reader learns from a welcome which version is spoken.
fn welcome(inbound: &mut Inbound) {
    let welcome = shared_model::sync::v1::Welcome {
        protocol: 2,
        hub: day::site(
            1,
            "HUB",
            shared_model::id::NodeId::new(uuid::Uuid::nil()),
            shared_model::tax::Jurisdiction::KE,
        )
        .node,
        incarnation: vec![1].into(),
        held: Vec::new(),
        verdict: shared_model::sync::v1::Verdict::Current,
        now: day::MORNING,
    };
    inbound.decode(&Frame::Welcome(welcome).encode()).unwrap();
}

#[expect(clippy::print_stdout, reason = "a person asked for figures")]
fn print(line: &str) {
    if std::env::var("OMNIROUTE_PRINT_BYTES").is_ok() {
        println!("{line}");
    }
}

#[test]
fn entries_come_out_to_the_byte_and_take_few() {
    for (name, deed) in Deed::ALL {
        let mut trade = Trade::open(SEED);
        let entries = trade.entries(deed, 240);
        let raw: usize = entries.iter().map(|entry| entry.as_bytes().len()).sum();
        let payload: usize = entries.iter().map(|entry| entry.entry().payload.len()).sum();
        let each = |bytes: usize| bytes as f64 / entries.len() as f64;
        let mut line = format!("{name}: {:.0} raw, {:.0} payload", each(raw), each(payload));
        for a_frame in [1, 20, 160] {
            let frames = carried(&trade, &entries, a_frame);
            let bytes: usize = frames.iter().sum();
            if a_frame == 1 && deed.is_of_one_line() {
                let (_, warm) = frames.split_at(1);
                assert!(warm.iter().max() <= Some(&200), "{name}: one edit is {warm:?}");
            } else if deed.is_of_one_line() {
                assert!(each(bytes) <= 60.0, "{name}: {:.1} by {a_frame}", each(bytes));
            }
            line += &format!(", {:.1} by {a_frame}", each(bytes));
        }
        let payloads: Vec<u8> =
            entries.iter().flat_map(|entry| entry.entry().payload.to_vec()).collect();
        let mut zstd = Vec::with_capacity(zstd_safe::compress_bound(payloads.len()));
        zstd_safe::compress(&mut zstd, &payloads, 3).unwrap();
        line += &format!(", zstd of payloads {:.1}", each(zstd.len()));
        print(&line);
    }
}
