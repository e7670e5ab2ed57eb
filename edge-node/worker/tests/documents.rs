//! Changes from strangers, read by a real worker process: none of them does anything to this one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ObjType, ROOT};
use shared_model::document::{
    CHANGE_BYTES_MAX, Content, CustomerFields, DocumentKind, Writer, create_customer, write_note,
};
use worker::WorkerCommand;
use worker::documents::{Decoder, Limits, Unread};

fn decoder(limits: Limits) -> Decoder {
    let program = env!("CARGO_BIN_EXE_document-worker").into();
    Decoder::new(WorkerCommand { program, arguments: Vec::new() }, limits)
}

fn patient() -> Limits {
    Limits {
        merge_deadline: Duration::from_secs(30),
        start_deadline: Duration::from_secs(30),
        ..Limits::default()
    }
}

const BOMB_LETTERS: usize = 200_000;

fn customer() -> Vec<u8> {
    let fields = CustomerFields {
        name: Some("Wanjiru".to_owned()),
        phone: Some("0700".to_owned()),
        ..CustomerFields::default()
    };
    create_customer(Writer([1; 16]), &fields).unwrap()
}

/// Letters that fit into a change of some hundred bytes: a hundred bytes of memory each once unfolded.
fn bomb() -> Vec<u8> {
    let mut document = AutoCommit::new();
    let note = document.put_object(ROOT, "note", ObjType::Text).unwrap();
    document.splice_text(&note, 0, 0, &"a".repeat(BOMB_LETTERS)).unwrap();
    document.save()
}

#[test]
fn a_change_comes_back_as_a_document_and_what_it_says() {
    let mut decoder = decoder(patient());
    let merged = decoder.merge(DocumentKind::Customer, None, &customer()).unwrap();
    let Content::Customer(customer) = &merged.content else { panic!("a customer was asked for") };
    assert_eq!((customer.name.as_str(), customer.phone.as_str()), ("Wanjiru", "0700"));
    let note = write_note(None, Writer([2; 16]), "Blue gate").unwrap();
    let merged = decoder.merge(DocumentKind::DeliveryNote, None, &note).unwrap();
    assert_eq!(merged.content, Content::DeliveryNote("Blue gate".to_owned()));
    let again = decoder.merge(DocumentKind::DeliveryNote, Some(&merged.saved), &note).unwrap();
    assert_eq!(again.saved, merged.saved);
}

#[test]
fn a_bomb_ends_its_worker_alone_and_the_next_change_is_read() {
    let bomb = bomb();
    assert!(bomb.len() < CHANGE_BYTES_MAX, "{} bytes", bomb.len());
    let mut decoder = decoder(Limits { memory_bytes_max: 8 * 1024 * 1024, ..patient() });
    let unread = decoder.merge(DocumentKind::DeliveryNote, None, &bomb).unwrap_err();
    assert!(matches!(unread, Unread::TooLarge { .. }), "{unread}");
    assert!(unread.is_strike());
    assert_eq!(decoder.worker_id(), None);
    decoder.merge(DocumentKind::Customer, None, &customer()).unwrap();
}

#[test]
fn with_more_memory_it_is_still_more_text_than_a_note_may_hold() {
    let limits = Limits { memory_bytes_max: 2 * 1024 * 1024 * 1024, ..patient() };
    let unread = decoder(limits).merge(DocumentKind::DeliveryNote, None, &bomb()).unwrap_err();
    assert!(matches!(unread, Unread::Unsound { .. }), "{unread}");
    assert!(!unread.is_strike());
}

#[test]
fn what_takes_too_long_is_ended() {
    let limits = Limits {
        memory_bytes_max: 2 * 1024 * 1024 * 1024,
        merge_deadline: Duration::from_millis(1),
        ..patient()
    };
    let mut decoder = decoder(limits);
    let unread = decoder.merge(DocumentKind::DeliveryNote, None, &bomb()).unwrap_err();
    assert_eq!(unread, Unread::TooSlow { deadline_ms: 1 });
    assert_eq!(decoder.worker_id(), None);
}

/// The worker survives what only panics: 1,000 mutations with mended checksums are read by few workers.
#[test]
fn mutated_changes_are_refused_one_by_one() {
    let mut decoder = decoder(patient());
    let mut refused = 0;
    for seed in 0..1_000_u64 {
        let mut change = customer();
        let at = usize::try_from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33).unwrap();
        let at = at % change.len();
        change[at] ^= 1 << (seed % 8);
        if decoder.merge(DocumentKind::Customer, None, &change).is_err() {
            refused += 1;
        }
    }
    assert!(refused > 900, "{refused} of 1,000");
    decoder.merge(DocumentKind::Customer, None, &customer()).unwrap();
}

#[test]
fn without_a_worker_nothing_is_lost_and_nobody_is_blamed() {
    let nowhere = WorkerCommand { program: "/nonexistent".into(), arguments: Vec::new() };
    let mut decoder = Decoder::new(nowhere, patient());
    let unread = decoder.merge(DocumentKind::Customer, None, &customer()).unwrap_err();
    assert!(unread.is_transient(), "{unread}");
    assert!(!unread.is_strike());
}
