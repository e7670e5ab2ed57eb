//! The bytes on the wire, kept as they were when version 1 was frozen: every frame, and an entry of
//! every kind. A difference here is a peer that no longer understands us.
//!
//! After a deliberate change, `OMNIROUTE_PRINT_VECTORS=1 cargo test -p shared-model --test wire --
//! --nocapture` prints what the files would say; a person copies it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use day::{
    CASHIER, CLERK, DISPATCHER, Depot, MANAGER, PICKER, RIDER, Region, SECOND_MANAGER, arrival,
};
use serde_json::json;
use shared_model::blob::BlobId;
use shared_model::exceptions::Exception;
use shared_model::id::{EntryId, NodeId, RightId};
use shared_model::inference::{
    AnnounceModel, Announcement, Column, Errors, Facts, KEYS_SIGNING_CONTEXT,
    MANIFEST_SIGNING_CONTEXT, ORDER_SIGNING_CONTEXT, PinModelKeys, ReportModels, State, Step,
    Verdict as DriftVerdict, keys_message, order_message,
};
use shared_model::log::{AuthorKey, EntryBytes, Epoch, Hash, Position, Range, Seal, Seq};
use shared_model::network::denylist::{Cut, Denied, Denylist};
use shared_model::records::Digest;
use shared_model::sync::v1::{
    Ack, Batch, Bye, ByeReason, EpochHead, EpochHeld, FeedBatch, FeedItem, Frame, Hello, Status,
    Verdict, Welcome,
};
use shared_model::tax::Jurisdiction;
use shared_model::text::Name;
use shared_model::time::Timestamp;
use shared_model::workflows::{
    Body, Command, EnrolStaff, ImportOrder, ImportedCustomer, ImportedLine, Kind, MatchStatement,
    PayRider, RevokeNode,
};
use uuid::Uuid;

const FRAMES: &str = include_str!("../../tests/vectors/v1/frames.cbor.hex");
const DENYLIST: &str = include_str!("../../tests/vectors/v1/denylist.cbor.hex");
const ENTRIES: &str = include_str!("../../tests/vectors/v1/entries.cbor.hex");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Lines of `name hex`; `#` begins a remark.
fn parse(vectors: &str) -> BTreeMap<&str, Vec<u8>> {
    vectors
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, bytes)| (name, unhex(bytes)))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a test may read its own settings")]
fn printing() -> bool {
    std::env::var("OMNIROUTE_PRINT_VECTORS").is_ok()
}

#[expect(clippy::print_stdout, reason = "a person asked for the vectors, to copy them")]
fn same(vectors: &str, made: &[(String, Vec<u8>)]) {
    if printing() {
        for (name, bytes) in made {
            println!("\n{name} {}", hex(bytes));
        }
        return;
    }
    let kept = parse(vectors);
    assert_eq!(kept.len(), made.len(), "a vector is missing or has no maker");
    for (name, bytes) in made {
        let kept = kept.get(name.as_str()).unwrap_or_else(|| panic!("no vector {name}"));
        assert_eq!(hex(kept), hex(bytes), "{name}");
    }
}

fn node(number: u128) -> NodeId {
    NodeId::new(Uuid::from_u128(number))
}

fn seal(seq: u64) -> Seal {
    let position = Position { node: node(0x11), epoch: Epoch(1), seq: Seq(seq) };
    AuthorKey::from_secret(&[9; 32]).seal(position, Hash::of(b"entry"))
}

fn head(epoch: u32, seq: u64) -> EpochHead {
    EpochHead { epoch: Epoch(epoch), seq: Seq(seq), hash: Hash::of(b"head") }
}

fn hello(hub_incarnation: Option<Vec<u8>>) -> Frame {
    Frame::Hello(Hello {
        protocol_min: 1,
        protocol_max: 1,
        node: node(0x11),
        site: "NBO-1".parse().unwrap(),
        heads: vec![head(1, 300), head(2, 0)],
        hub_incarnation: hub_incarnation.map(Into::into),
        cursor: 70_000,
        software: "edge-node 0.1.0".into(),
        now: day::MORNING,
        denylist: None,
    })
}

fn hello_holding(denylist: u64) -> Frame {
    let Frame::Hello(hello) = hello(None) else { unreachable!("it was made above") };
    Frame::Hello(Hello { denylist: Some(denylist), ..hello })
}

fn welcome(verdict: Verdict) -> Frame {
    let range = |first, last| Range { first: Seq(first), last: Seq(last) };
    Frame::Welcome(Welcome {
        protocol: 1,
        hub: node(0x90),
        incarnation: vec![5; 16].into(),
        held: vec![EpochHeld { epoch: Epoch(1), ranges: vec![range(1, 299), range(301, 302)] }],
        verdict,
        now: day::MORNING,
    })
}

fn frames() -> Vec<(String, Frame)> {
    let entry = |byte: u8| vec![byte; 5].into();
    let lost = Verdict::Restored { epoch: Epoch(1), first: Seq(41), last: Seq(50) };
    let held = vec![EpochHeld { epoch: Epoch(2), ranges: Vec::new() }];
    let mut frames = vec![
        ("hello-first", hello(None)),
        ("hello-again", hello(Some(vec![5; 16]))),
        ("hello-denylist", hello_holding(7)),
        ("welcome-current", welcome(Verdict::Current)),
        ("welcome-restored", welcome(lost)),
        ("welcome-forked", welcome(Verdict::Forked { epoch: Epoch(1) })),
        (
            "batch",
            Frame::Batch(Batch {
                epoch: Epoch(1),
                first: Seq(7),
                entries: vec![entry(1), entry(2)],
                seals: vec![seal(8)],
            }),
        ),
        (
            "feed",
            Frame::Feed(FeedBatch {
                items: vec![FeedItem { entry: entry(3), seal: seal(9) }],
                position: 1_234_567,
            }),
        ),
        ("feed-empty", Frame::Feed(FeedBatch { items: Vec::new(), position: 0 })),
        (
            "ack",
            Frame::Ack(Ack {
                held,
                quarantined: 3,
                set_aside: vec![EntryId::new(Uuid::from_u128(0xbad))],
            }),
        ),
        ("feed-ack", Frame::FeedAck { position: u64::MAX }),
        (
            "status",
            Frame::Status(Status {
                epoch: Epoch(2),
                seq: Seq(12),
                digest: Digest::default().to_bytes().to_vec().into(),
                unsent: 0,
                quarantined: 1,
                clock_trusted: false,
            }),
        ),
    ]
    .into_iter()
    .map(|(name, frame)| (name.to_owned(), frame))
    .collect::<Vec<_>>();
    for reason in [
        ByeReason::Done,
        ByeReason::ProtocolUnknown,
        ByeReason::NotEnrolled,
        ByeReason::Revoked,
        ByeReason::Misbehaved,
        ByeReason::SealBroken,
        ByeReason::Busy,
    ] {
        let bye = Bye { reason, detail: "call the desk".into() };
        frames.push((format!("bye-{reason:?}").to_lowercase(), Frame::Bye(bye)));
    }
    frames
}

#[test]
fn every_frame_has_the_bytes_it_was_frozen_with() {
    let made: Vec<_> = frames().into_iter().map(|(name, frame)| (name, frame.encode())).collect();
    same(FRAMES, &made);
}

#[test]
fn every_kept_frame_is_read_back() {
    let kept = parse(FRAMES);
    for (name, frame) in frames() {
        assert_eq!(Frame::decode(&kept[name.as_str()]).unwrap(), frame, "{name}");
    }
    for (name, bytes) in kept {
        for cut in 0..bytes.len() {
            assert!(Frame::decode(&bytes[..cut]).is_err(), "{name} cut at {cut} was read");
        }
    }
}

/// What a later version adds behind the fields known here is skipped, and what an earlier one leaves out
/// is none.
#[test]
fn a_hello_of_an_earlier_or_later_version_is_read() {
    let earlier = parse(FRAMES)["hello-first"].clone();
    assert_eq!(Frame::decode(&earlier).unwrap(), hello(None));
    let mut later = earlier;
    assert_eq!(later[3], 0x89, "nine fields");
    later[3] = 0x8b;
    later.extend([7, 0x18, 42]);
    assert_eq!(Frame::decode(&later).unwrap(), hello_holding(7));
}

fn denylist() -> Denylist {
    let mut denied = Denied::default();
    denied.deny(node(0x11), &Cut::at([(Epoch(1), Seq(300)), (Epoch(2), Seq(12))]));
    denied.deny(node(0x12), &Cut::default());
    Denylist { region: "nairobi".parse().unwrap(), version: 7, issued: day::MORNING, denied }
}

/// Signatures of Ed25519 are the same every time, so the whole list is.
#[test]
fn a_list_of_shut_out_nodes_has_the_bytes_it_was_frozen_with() {
    let hub = AuthorKey::from_secret(&[9; 32]);
    same(DENYLIST, &[("signed".to_owned(), denylist().sign(&hub).unwrap())]);
    if !printing() {
        let kept = Denylist::open(&parse(DENYLIST)["signed"], &hub.public());
        assert_eq!(kept, Ok(denylist()));
    }
}

/// A day in which every kind of entry is written at least once.
fn full_day() -> Region {
    let mut region = Region::new(Jurisdiction::KE, &["NBO-1", "NBO-2", "NBO-3"]);
    goods_and_people(&mut region.depots[0]);
    road_and_cash(&mut region.depots[0]);
    lending(&mut region);
    operator_and_hub(&mut region);
    vehicles_and_manifests(&mut region.depots[0]);
    let body = json!({"article": "SOAP", "answer": "change", "proposed": 24, "quantity": 36,
        "note": "a holiday comes"});
    region.depots[0].must(CLERK, "answer-proposal", body);
    models(&mut region);
    region
}

fn models(region: &mut Region) {
    let keys = [0x31, 0x32].map(|byte| AuthorKey::from_secret(&[byte; 32]));
    let [current, next] = [keys[0].public(), keys[1].public()];
    let pin = PinModelKeys {
        id: region.hub.entry_id(),
        current,
        next,
        generation: 1,
        signed_by: current,
        signature: keys[0].sign(KEYS_SIGNING_CONTEXT, &keys_message(&current, &next, 1)).into(),
    };
    region.hub.run(MANAGER, &Command::PinModelKeys(pin)).unwrap();
    let manifest = b"{}";
    let mut announcement = Announcement {
        model: "arrival-time".parse().unwrap(),
        version: 3,
        manifest: BlobId::from_bytes([0x5a; 32]),
        manifest_bytes: 2,
        bundle_bytes: 901_815,
        step: Step::Activate,
        ring: "pilot".parse().unwrap(),
        sites: vec!["NBO-1".parse().unwrap()],
        number: 1,
        key: current,
        manifest_signature: keys[0].sign(MANIFEST_SIGNING_CONTEXT, manifest).into(),
        signature: [0; 64].into(),
    };
    let message = order_message(&announcement);
    announcement.signature = keys[0].sign(ORDER_SIGNING_CONTEXT, &message).into();
    let id = region.hub.entry_id();
    let announce = AnnounceModel { id, announcement };
    region.hub.run(MANAGER, &Command::AnnounceModel(announce)).unwrap();
    let errors =
        Errors { pairs: 300, model_milli: 486_000, baseline_milli: 556_000, covered: None };
    let facts = Facts {
        model: "arrival-time".parse().unwrap(),
        day: 20_778,
        state: State::Active,
        order: 1,
        active: Some(3),
        manifest: Some(BlobId::from_bytes([0x5a; 32])),
        shadow: None,
        by_model: 310,
        by_baseline: 4,
        active_errors: Errors { covered: Some(271), ..errors },
        shadow_errors: Errors::default(),
        rollbacks: 0,
        note: "all is well".into(),
        columns: vec![Column {
            index: 2,
            seen: 310,
            shares: vec![128, 127, 0].into(),
            psi_milli: 412,
            verdict: DriftVerdict::Drifted,
        }],
        unlogged: 0,
    };
    let depot = &mut region.depots[0];
    let report = ReportModels { id: depot.entry_id(), facts: vec![facts] };
    depot.run(MANAGER, &Command::ReportModels(report)).unwrap();
}

fn goods_and_people(depot: &mut Depot) {
    depot.receive(vec![arrival("RICE-5", 20, "A-01", 1_750_00), arrival("SOAP", 9, "A-02", 80_01)]);
    let moved = json!({"article": "SOAP", "quantity": 2, "from_bin": "A-02", "to_bin": "B-01"});
    depot.must(CLERK, "move-stock", moved);
    for blocked in [true, false] {
        let body = json!({"article": "MILK", "blocked": blocked, "reason": "recall"});
        depot.must(MANAGER, "block-article", body);
    }
    let customer = depot.mint();
    let body = json!({"customer": customer, "name": "Achieng", "phone": "0700", "note": "Ring"});
    depot.must(CASHIER, "register-customer", body);
    depot.must(CASHIER, "edit-customer", json!({"customer": customer, "phone": "0711"}));
    let order = depot.mint();
    let body = json!({"order": order, "customer": customer, "tendered_minor": 500_000,
        "lines": [{"article": "SOAP", "quantity": 2}]});
    depot.must(CASHIER, "sell", body);
    let body = json!({"order": order, "reason": "torn",
        "lines": [{"line": 1, "quantity": 1, "restock_bin": "A-02"}]});
    depot.must(CASHIER, "refund-order", body);
    let count = depot.mint();
    let body = json!({"count": count, "bin": "A-01", "article": "RICE-5"});
    depot.must(CLERK, "start-count", body);
    depot.must(CLERK, "record-count", json!({"count": count, "quantity": 19}));
    depot.must(MANAGER, "approve-count", json!({"count": count}));
    let exception: Exception = depot.all().remove(0);
    let body = json!({"exception": exception.exception, "resolution": "accept", "note": "seen"});
    depot.must(SECOND_MANAGER, "resolve-exception", body);
}

fn road_and_cash(depot: &mut Depot) {
    let rider = depot.with_rider();
    let order = depot.reserved("prepaid_cash", &[("SOAP", 1)], 0);
    depot.must(CASHIER, "cancel-order", json!({"order": order, "reason": "gave up"}));
    let order = depot.reserved("cash_on_delivery", &[("RICE-5", 3)], 100_000);
    let note = json!({"order": order, "text": "Blue gate"});
    depot.must(PICKER, "write-delivery-note", note);
    let body = json!({"order": order, "line": 1, "bin": "A-01", "article": "RICE-5",
        "quantity": 2, "short_reason": "one is torn"});
    depot.must(PICKER, "pick-line", body);
    let (task, _) = depot.dispatched(&order, &rider);
    depot.must(RIDER, "record-failed-delivery", json!({"task": task, "reason": "absent"}));
    let body = json!({"task": task, "bin": "A-01",
        "damaged": [{"article": "RICE-5", "quantity": 1}]});
    depot.must(CLERK, "take-back", body);
    let order = depot.reserved("cash_on_delivery", &[("RICE-5", 3)], 100_000);
    depot.pick(&order, 1, "RICE-5", "A-01", 3);
    let (task, due) = depot.dispatched(&order, &rider);
    depot.delivered(&task, due - 50);
    let handover = depot.mint();
    let body = json!({"handover": handover, "rider": rider, "declared_minor": due - 50});
    depot.must(RIDER, "declare-handover", body);
    let body = json!({"handover": handover, "counted_minor": due - 70});
    depot.must(CASHIER, "count-handover", body);
    let body = json!({"handover": handover, "accept_shortage": true});
    depot.must(RIDER, "cosign-handover", body);
    depot.must(MANAGER, "deposit-cash", json!({"slip": "ZB-1", "amount_minor": 500_000}));
}

fn lending(region: &mut Region) {
    let right = region.depots[0].mint();
    let body = json!({"right": right, "article": "RICE-5", "quantity": 5, "to_site": "NBO-2"});
    region.depots[0].must(MANAGER, "grant-right", body);
    region.exchange();
    let holder = &mut region.depots[1];
    let order = holder.mint();
    let body = json!({"order": order, "tendered_minor": 900_000,
        "lines": [{"article": "RICE-5", "quantity": 1, "from_site": "NBO-1"}]});
    holder.must(CASHIER, "sell", body);
    holder.must(MANAGER, "return-right", json!({"right": right, "quantity": 1}));
    let body = json!({"right": right, "quantity": 1, "to_site": "NBO-3"});
    holder.must(MANAGER, "transfer-right", body);
    region.exchange();
    let home = &mut region.depots[0];
    home.absorb(right.parse::<RightId>().unwrap()).unwrap();
    let body = json!({"order": order, "bin": "A-01"});
    home.must(CASHIER, "hand-over-remote-sale", body);
}

fn operator_and_hub(region: &mut Region) {
    let depot = &mut region.depots[0];
    let enrol = EnrolStaff {
        id: depot.entry_id(),
        staff: DISPATCHER.staff,
        name: Name::new("Njeri").unwrap(),
        role: DISPATCHER.role,
    };
    depot.run(MANAGER, &Command::EnrolStaff(enrol)).unwrap();
    let import = ImportOrder {
        id: depot.entry_id(),
        order: depot.mint().parse().unwrap(),
        reference: "536365".into(),
        placed: Timestamp::from_ms(1_291_191_960_000),
        customer: Some(ImportedCustomer {
            customer: depot.mint().parse().unwrap(),
            name: "17850".into(),
            address: "United Kingdom".into(),
        }),
        lines: vec![ImportedLine {
            article: "85123A".parse().unwrap(),
            name: "WHITE HANGING HEART T-LIGHT HOLDER".into(),
            quantity: 6,
            unit_price_minor: 255,
        }],
    };
    depot.run(MANAGER, &Command::ImportOrder(import)).unwrap();
    region.exchange();
    let (depot, rider) =
        (region.depots[0].node(), region.depots[0].all::<shared_model::gig::Rider>());
    let hub = &mut region.hub;
    let statement = MatchStatement {
        id: hub.entry_id(),
        depot,
        slip: "ZB-1".into(),
        amount_minor: 495_000,
        fee_minor: 5_000,
    };
    hub.run(MANAGER, &Command::MatchStatement(statement)).unwrap();
    let pay = PayRider { id: hub.entry_id(), depot, rider: rider[0].rider };
    hub.run(MANAGER, &Command::PayRider(pay)).unwrap();
    let revoke =
        RevokeNode { id: hub.entry_id(), node: node(0x13), cut: Seq(0), reason: "stolen".into() };
    hub.run(MANAGER, &Command::RevokeNode(revoke)).unwrap();
}

fn vehicles_and_manifests(depot: &mut Depot) {
    let rider: shared_model::gig::Rider = depot.all().remove(0);
    depot.receive(vec![arrival("RICE-5", 20, "A-01", 1_750_00)]);
    let customer = depot.mint();
    let body = json!({"customer": customer, "name": "Musa", "phone": "0733"});
    depot.must(CASHIER, "register-customer", body);
    let place = json!({"lat_e7": -12_921_000, "lon_e7": 367_844_000});
    let body = json!({"customer": customer, "place": place});
    depot.must(DISPATCHER, "locate-customer", body);
    depot.must(
        MANAGER,
        "locate-depot",
        json!({"place": {"lat_e7": -12_863_890, "lon_e7": 368_172_230}}),
    );
    let body = json!({"article": "RICE-5", "weight_g": 5_050, "volume_ml": 7_000});
    depot.must(CLERK, "measure-article", body);
    let vehicle = depot.mint();
    let body = json!({"vehicle": vehicle, "name": "KMFB 123X", "kind": "okada"});
    depot.must(DISPATCHER, "register-vehicle", body);
    let shift = json!({"from_ms": day::MORNING.ms(), "until_ms": day::MORNING.ms() + 36_000_000});
    let body = json!({"vehicle": vehicle, "rider": rider.rider, "shift": shift});
    depot.must(DISPATCHER, "assign-vehicle", body);
    let order = depot.packed(&[("RICE-5", 2)]);
    depot.must(DISPATCHER, "locate-order", json!({"order": order, "place": place}));
    let body = json!({"order": order, "windows": [shift], "service_s": 240, "weight_g": 10_500,
        "volume_ml": 15_000, "priority": 2, "vehicles": ["okada"]});
    depot.must(DISPATCHER, "describe-delivery", body);
    let lock = |depot: &mut Depot| {
        let manifest = depot.mint();
        let draft = day::manifest_draft(&manifest, &vehicle, &[&order]);
        depot.must(DISPATCHER, "lock-manifests", json!({"manifests": [draft]}));
        manifest
    };
    let manifest = lock(depot);
    let body = json!({"manifest": manifest, "reason": "the rider is ill"});
    depot.must(DISPATCHER, "cancel-manifest", body);
    let manifest = lock(depot);
    depot.must(DISPATCHER, "hand-out-manifest", json!({"manifest": manifest}));
    let body = json!({"manifest": manifest, "delay_s": 900, "reason": "flat tyre"});
    depot.must(RIDER, "report-delay", body);
    depot.must(RIDER, "report-arrival", json!({"manifest": manifest, "order": order}));
}

/// The first entry of each kind, and the sale under a right besides: it travels further.
fn entries() -> Vec<(String, EntryBytes)> {
    let region = full_day();
    let mut found: BTreeMap<String, EntryBytes> = BTreeMap::new();
    for log in std::iter::once(&region.hub).chain(&region.depots).map(|node| &node.log) {
        for entry in log {
            let name = Kind::from_number(entry.entry().kind).unwrap().name();
            found.entry(name.to_owned()).or_insert_with(|| entry.clone());
        }
    }
    let remote = region.depots[1].log[0].clone();
    found.insert("sell-under-a-right".into(), remote);
    found.into_iter().collect()
}

#[test]
fn an_entry_of_every_kind_has_the_bytes_it_was_frozen_with() {
    let entries = entries();
    let kinds = (0..=u16::MAX).filter_map(Kind::from_number).count();
    assert_eq!(entries.len(), kinds + 1, "a kind was never written");
    let made: Vec<_> =
        entries.into_iter().map(|(name, entry)| (name, entry.into_bytes())).collect();
    same(ENTRIES, &made);
}

#[test]
fn every_kept_entry_is_read_back() {
    for (name, bytes) in parse(ENTRIES) {
        let entry = EntryBytes::parse(bytes.clone()).unwrap();
        assert_eq!(entry.hash(), Hash::of(&bytes));
        let kind = Kind::from_number(entry.entry().kind).unwrap().name();
        assert!(name.starts_with(kind), "{name} is {kind}");
        let body = Body::decode(&entry.entry().payload).unwrap();
        assert_eq!(body.encode(), *entry.entry().payload, "{name}");
        let again = EntryBytes::seal_in(entry.entry().clone()).unwrap();
        assert_eq!(hex(again.as_bytes()), hex(&bytes), "{name}");
    }
}
