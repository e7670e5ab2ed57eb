//! Packed frames of version 2: the bytes they were frozen with, and that whatever goes in comes out
//! to the byte. `OMNIROUTE_PRINT_VECTORS=1 cargo test -p shared-model --test wire_v2 -- --nocapture`
//! prints what the vectors would say after a deliberate change.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use minicbor::Encoder;
use proptest::prelude::*;
use shared_model::id::{EntryId, NodeId, StaffId};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, Range, Scope, Seal, Seq,
};
use shared_model::sync::v1::{Ack, Batch, EpochHeld, FeedBatch, FeedItem, Frame};
use shared_model::sync::v2::{Acks, Packed, Packer, Tag, Unpacker};
use shared_model::time::{ClockTrust, Hlc};
use uuid::Uuid;

const ENTRIES: &str = include_str!("../../tests/vectors/v1/entries.cbor.hex");
const PACKED: &str = include_str!("../../tests/vectors/v2/packed.hex");
const NODE: NodeId = NodeId::new(Uuid::from_u128(0x11));

fn parse(vectors: &str) -> BTreeMap<&str, Vec<u8>> {
    vectors
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .map(|(name, hex)| (name, HEXLOWER.decode(hex.as_bytes()).unwrap()))
        .collect()
}

fn key() -> AuthorKey {
    AuthorKey::from_secret(&[9; 32])
}

fn item(bytes: &[u8]) -> FeedItem {
    let entry = EntryBytes::parse(bytes.to_vec()).unwrap();
    let seal = key().seal(entry.entry().position, entry.hash());
    FeedItem { entry: bytes.to_vec().into(), seal }
}

/// A sale again and again: consecutive entries of one log.
fn sales(count: u64) -> Vec<Vec<u8>> {
    let sale = EntryBytes::parse(parse(ENTRIES)["sell"].clone()).unwrap();
    let mut prev = Hash::of(b"before");
    (0..count)
        .map(|number| {
            let mut entry = sale.entry().clone();
            entry.position = Position { node: NODE, epoch: Epoch(1), seq: Seq(7 + number) };
            entry.prev = prev;
            entry.hlc = Hlc::from_bits(entry.hlc.bits() + ((61_000 * number) << 16) + number % 2);
            let bits = 0x0001_a1be_eac7_a000_7000_u128 << 48 | 2 << 62 | u128::from(number);
            entry.id = EntryId::new(Uuid::from_u128(bits));
            let entry = EntryBytes::seal_in(entry).unwrap();
            prev = entry.hash();
            entry.into_bytes()
        })
        .collect()
}

fn batch(entries: Vec<Vec<u8>>, first: u64, sealed: &[usize]) -> Frame {
    let seal = |at: &usize| {
        let position = Position { node: NODE, epoch: Epoch(1), seq: Seq(first + *at as u64) };
        key().seal(position, Hash::of(&entries[*at]))
    };
    let seals = sealed.iter().map(seal).collect();
    let entries = entries.into_iter().map(Into::into).collect();
    Frame::Batch(Batch { epoch: Epoch(1), first: Seq(first), entries, seals })
}

/// One session: two batches, one entry, and a feed with an entry of every kind.
fn session() -> Vec<(&'static str, Frame)> {
    let all = parse(ENTRIES).values().map(|bytes| item(bytes)).collect();
    vec![
        ("batch-of-three", batch(sales(3), 7, &[0, 2])),
        ("batch-that-follows", batch(sales(5)[3..].to_vec(), 10, &[1])),
        ("batch-of-no-entry", batch(vec![b"no entry".to_vec()], 12, &[0])),
        ("feed-of-every-kind", Frame::Feed(FeedBatch { items: all, position: 70_001 })),
        ("feed-empty", Frame::Feed(FeedBatch { items: Vec::new(), position: 70_009 })),
    ]
}

fn acks() -> Acks {
    let ranges = vec![Range { first: Seq(1), last: Seq(300) }];
    let held = vec![EpochHeld { epoch: Epoch(1), ranges }];
    Acks { batches: 3, ack: Ack { held, quarantined: 0, set_aside: Vec::new() } }
}

#[expect(clippy::disallowed_methods, reason = "a test may read its own settings")]
fn printing() -> bool {
    std::env::var("OMNIROUTE_PRINT_VECTORS").is_ok()
}

#[expect(clippy::print_stdout, reason = "a person asked for the vectors, to copy them")]
fn same(name: &str, made: &[u8]) {
    if printing() {
        println!("\n{name} {}", HEXLOWER.encode(made));
    } else {
        assert_eq!(HEXLOWER.encode(&parse(PACKED)[name]), HEXLOWER.encode(made), "{name}");
    }
}

#[test]
fn every_packed_frame_has_the_bytes_it_was_frozen_with() {
    let mut packer = Packer::new(NODE);
    for (name, frame) in session() {
        let packed = packer.pack(&frame).unwrap();
        same(&format!("{name}-plain"), &packed.plain);
        same(&format!("{name}-raw"), &packed.raw);
    }
    same("acks", &acks().encode());
}

#[test]
fn every_kept_frame_is_read_back() {
    if printing() {
        return;
    }
    let kept = parse(PACKED);
    let mut unpacker = Unpacker::new(NODE);
    for (name, frame) in session() {
        let part = |part| kept[format!("{name}-{part}").as_str()].as_slice();
        let tag = if name.starts_with("feed") { Tag::Feed } else { Tag::Batch };
        assert_eq!(unpacker.unpack(tag, part("plain"), part("raw")).unwrap(), frame, "{name}");
    }
    assert_eq!(Acks::decode(&kept["acks"][1..]), Ok(acks()));
    assert_eq!(Tag::of(kept["acks"][0]), Some(Tag::Acks));
}

#[test]
fn what_cannot_be_packed_is_said_in_version_1_and_not_remembered() {
    let mut packer = Packer::new(NODE);
    let position = Position { node: NODE, epoch: Epoch(1), seq: Seq(99) };
    let elsewhere = key().seal(position, Hash::of(b"elsewhere"));
    let entries: Vec<_> = sales(2).into_iter().map(Into::into).collect();
    let odd = Batch { epoch: Epoch(1), first: Seq(7), entries, seals: vec![elsewhere] };
    assert!(packer.pack(&Frame::Batch(odd)).is_none());
    let seal = Seal { hash: Hash::of(b"other"), ..item(&sales(1)[0]).seal };
    let odd = FeedItem { seal, ..item(&sales(1)[0]) };
    let feed = FeedBatch { items: vec![item(&sales(1)[0]), odd], position: 1 };
    assert!(packer.pack(&Frame::Feed(feed)).is_none());
    assert!(packer.pack(&Frame::FeedAck { position: 1 }).is_none());
    let packed = packer.pack(&session()[0].1).unwrap();
    assert_eq!(packed, Packer::new(NODE).pack(&session()[0].1).unwrap());
}

/// The head of a number with a point (RFC 8949, section 3.3): nobody writes one.
const FLOAT: u8 = 0xfb;

/// What a later version might write.
fn item_of_cbor() -> impl Strategy<Value = Vec<u8>> {
    let of = |write: &dyn Fn(&mut Encoder<&mut Vec<u8>>)| {
        let mut bytes = Vec::new();
        write(&mut Encoder::new(&mut bytes));
        bytes
    };
    let leaf = prop_oneof![
        any::<u64>().prop_map(move |n| of(&|e| drop(e.u64(n)))),
        (0_u64..3000).prop_map(move |n| of(&|e| drop(e.u64(n)))),
        (1_794_204_000_000_u64..1_794_204_100_000).prop_map(move |n| of(&|e| drop(e.u64(n)))),
        any::<i64>().prop_map(move |n| of(&|e| drop(e.i64(n)))),
        any::<[u8; 16]>().prop_map(move |id| of(&|e| drop(e.bytes(&id)))),
        (0_u8..4).prop_map(move |id| of(&|e| drop(e.bytes(&[id; 16])))),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(move |b| of(&|e| drop(e.bytes(&b)))),
        "[A-C]{0,2}-?[0-9]{0,7}".prop_map(move |text| of(&|e| drop(e.str(&text)))),
        ".{0,60}".prop_map(move |text| of(&|e| drop(e.str(&text)))),
        any::<bool>().prop_map(move |b| of(&|e| drop(e.bool(b)))),
        Just(of(&|e| drop(e.null()))),
        // Nobody writes one; a later version might, and then it travels as it is.
        any::<[u8; 8]>().prop_map(|bits| [&[FLOAT][..], &bits].concat()),
    ];
    leaf.prop_recursive(3, 40, 30, move |inner| {
        let many = prop::collection::vec(inner, 0..30);
        (many, 0_u8..3).prop_map(move |(items, form)| {
            let mut bytes = of(&|e| match form {
                0 => drop(e.array(items.len() as u64)),
                1 if items.len() % 2 == 0 => drop(e.map(items.len() as u64 / 2)),
                _ => drop(
                    e.tag(minicbor::data::Tag::new(1000)).and_then(|e| e.array(items.len() as u64)),
                ),
            });
            bytes.extend(items.concat());
            bytes
        })
    })
}

prop_compose! {
    fn any_entry()(
        payload in prop_oneof![3 => item_of_cbor(), 1 => any::<Vec<u8>>()],
        (kind, schema) in any::<(u16, u16)>(),
        hlc in prop_oneof![any::<u64>(), (1_794_204_000_000_u64..1_794_204_100_000).prop_map(|ms| ms << 16)],
        (untrusted, reader, actor) in any::<(bool, Option<u8>, Option<u8>)>(),
        id in prop_oneof![any::<u128>(), (0_u128..9).prop_map(|n| 0x0001_a1be_eac7_a000_7000 << 48 | 2 << 62 | n)],
        prev in any::<bool>(),
    ) -> Entry {
        let small = |number: u8| Uuid::from_u128(u128::from(number % 5));
        Entry {
            position: Position { node: NODE, epoch: Epoch(1), seq: Seq(1) },
            prev: if prev { Hash::of(&payload) } else { Hash::ZERO },
            hlc: Hlc::from_bits(hlc),
            clock: if untrusted { ClockTrust::Untrusted } else { ClockTrust::Trusted },
            scope: match reader {
                None => Scope::Site,
                Some(0..100) => Scope::Region,
                Some(other) => Scope::Node(NodeId::new(small(other))),
            },
            kind,
            schema,
            id: EntryId::new(Uuid::from_u128(id)),
            actor: actor.map(|number| StaffId::new(small(number))),
            payload: payload.into(),
        }
    }
}

/// Entries of this version, entries with a field of a later one, and bytes that are none.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let written = |entry: Entry| minicbor::to_vec(&entry).unwrap();
    prop_oneof![
        6 => any_entry().prop_map(written),
        1 => any_entry().prop_map(move |entry| {
            let mut bytes = written(entry);
            assert_eq!(bytes[0], 0x8a, "ten fields");
            bytes[0] = 0x8b;
            bytes.extend_from_slice(&[0x63, b'n', b'e', b'w']);
            bytes
        }),
        1 => any::<Vec<u8>>(),
    ]
}

fn chained(mut entries: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut prev = Hash::ZERO;
    for (at, bytes) in entries.iter_mut().enumerate() {
        if at % 3 > 0
            && let Ok(mut entry) = minicbor::decode::<Entry>(bytes)
        {
            entry.position.seq = Seq(at as u64 + 1);
            entry.prev = prev;
            *bytes = minicbor::to_vec(&entry).unwrap();
        }
        prev = Hash::of(bytes);
    }
    entries
}

proptest! {
    #[test]
    fn whatever_goes_in_comes_out_to_the_byte(
        frames in prop::collection::vec(prop::collection::vec(any_bytes(), 1..6), 1..5),
        flips in prop::collection::vec((any::<usize>(), any::<usize>(), any::<u8>()), 0..20),
    ) {
        let (mut packer, mut unpacker) = (Packer::new(NODE), Unpacker::new(NODE));
        let mut all = Vec::new();
        for entries in frames {
            let entries = chained(entries);
            let last = entries.len() - 1;
            let sent = batch(entries, 1, &[last]);
            let packed = packer.pack(&sent).unwrap();
            let back = unpacker.unpack(packed.tag, &packed.plain, &packed.raw);
            prop_assert_eq!(back, Ok(sent));
            all.push(packed);
        }
        for (which, at, byte) in flips {
            mutated(&all, which, at, byte);
        }
    }

    #[test]
    fn bytes_that_are_no_frame_are_refused_without_a_panic(plain: Vec<u8>, raw: Vec<u8>) {
        for tag in [Tag::Batch, Tag::Feed, Tag::Acks] {
            let _ = Unpacker::new(NODE).unpack(tag, &plain, &raw);
        }
        let _ = Acks::decode(&plain);
    }
}

/// One byte of one frame of a session is another.
fn mutated(session: &[Packed], which: usize, at: usize, byte: u8) {
    let mut unpacker = Unpacker::new(NODE);
    for (number, packed) in session.iter().enumerate() {
        let mut packed = packed.clone();
        if number == which % session.len() {
            let bytes = packed.plain.len() + packed.raw.len();
            match (at % bytes).checked_sub(packed.plain.len()) {
                None => packed.plain[at % bytes] ^= byte,
                Some(at) => packed.raw[at] ^= byte,
            }
        }
        if unpacker.unpack(packed.tag, &packed.plain, &packed.raw).is_err() {
            return;
        }
    }
}
