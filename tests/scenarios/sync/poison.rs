//! Entries that are no good, between good ones. The depot's log is written by the test, with the
//! depot's own key.

use edge_node::documents::WORKER_SUBCOMMAND;
use shared_model::document::{self, CustomerFields, DocumentKind, Writer, create_customer};
use shared_model::id::{DocumentId, EntryId};
use shared_model::ledger::{Account, Posting, Unit};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Hash, Position, SCHEMA_VERSION, Scope, Seal, Seq,
};
use shared_model::money::Currency;
use shared_model::network;
use shared_model::sync::v1::Batch;
use shared_model::time::{ClockTrust, Hlc};
use shared_model::workflows::{Body, Kind};
use system_tests::depot::Depot;
use system_tests::wait::until;
use uuid::Uuid;

use super::wire::{OwnLog, Session};
use super::{LONGEST, Region, STAND, in_fleet, items, receive};

/// Each is printed by the hub and by the depot that it travels to.
const PANICS_MAX: usize = 6;
const CUSTOMER: &str = "Duka la Otieno";

/// Writes on from where a depot's log ends.
struct Forger {
    log: OwnLog,
    key: AuthorKey,
    place: Position,
    prev: Hash,
}

/// An entry's bytes, and its own seal when it travels.
type Forged = (Vec<u8>, Option<Seal>);

impl Forger {
    fn new(depot: &Depot) -> Self {
        let log = OwnLog::read(depot);
        let key = edge_node::state::StateDir::new(depot.state()).author_key().expect("a key");
        let head = *log.heads.last().expect("staff were entered");
        let place = Position { node: log.node, epoch: head.epoch, seq: head.seq };
        Self { log, key, place, prev: head.hash }
    }

    fn write(&mut self, schema: u16, payload: Vec<u8>) -> Forged {
        self.place.seq = self.place.seq.next();
        let entry = EntryBytes::seal_in(Entry {
            position: self.place,
            prev: self.prev,
            hlc: Hlc::from_parts(edge_node::store::now(), 0),
            clock: ClockTrust::Trusted,
            scope: Scope::Region,
            kind: Kind::RegisterCustomer.number(),
            schema,
            id: EntryId::new(Uuid::now_v7()),
            actor: None,
            payload: payload.into(),
        });
        let entry = entry.expect("within the limit");
        self.prev = entry.hash();
        (entry.as_bytes().to_vec(), Some(self.key.seal(self.place, entry.hash())))
    }

    /// Bytes that are no entry at all still take a place.
    fn garbage(&mut self) -> Forged {
        self.place.seq = self.place.seq.next();
        let bytes = b"this is no entry".to_vec();
        self.prev = Hash::of(&bytes);
        (bytes, None)
    }

    fn body(&mut self, body: &Body) -> Forged {
        self.write(SCHEMA_VERSION, body.encode())
    }

    fn change(&mut self, change: Vec<u8>) -> Forged {
        let event = document::Event {
            document: DocumentId::new(Uuid::now_v7()),
            kind: DocumentKind::Customer,
            change: change.into(),
        };
        self.body(&Body { events: vec![event.into()], postings: Vec::new() })
    }

    fn batch(&self, first: Seq, forged: &[Forged]) -> Batch {
        let mut seals: Vec<Seal> = forged.iter().filter_map(|(_, seal)| *seal).collect();
        if forged.last().is_some_and(|(_, seal)| seal.is_none()) {
            seals.push(self.key.seal(self.place, self.prev));
        }
        let entries = forged.iter().map(|(bytes, _)| bytes.clone().into()).collect();
        Batch { epoch: self.place.epoch, first, entries, seals }
    }
}

fn customer(name: &str) -> Vec<u8> {
    let fields = CustomerFields { name: Some(name.to_owned()), ..CustomerFields::default() };
    create_customer(Writer(*Uuid::now_v7().as_bytes()), &fields).expect("a change")
}

/// Changes that cannot be read, and changes on which automerge itself panics.
fn broken_changes() -> Vec<Vec<u8>> {
    let whole = customer("Duka la Atieno");
    let mut broken = vec![b"no change at all".to_vec(), whole[..whole.len() / 2].to_vec()];
    let (mut unread, mut panicking) = (Vec::new(), Vec::new());
    for at in 9..whole.len() {
        for turn in [0x01, 0x40, 0x7f] {
            let mut turned = whole.clone();
            turned[at] ^= turn;
            set_checksum(&mut turned);
            match std::panic::catch_unwind(|| document::merge(None, &turned).is_err()) {
                Ok(true) => unread.push(turned),
                Ok(false) => {}
                Err(_) => panicking.push(turned),
            }
        }
    }
    assert!(!panicking.is_empty(), "this automerge panics on none of {} changes", unread.len());
    broken.extend(unread.into_iter().step_by(7));
    broken.extend(panicking.into_iter().take(PANICS_MAX));
    broken
}

/// A chunk is four bytes of magic, four of SHA-256 over the rest, and the rest: with these right,
/// the reader gets to what is behind them.
fn set_checksum(chunk: &mut [u8]) {
    let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let suite = suite.tls13().expect("it is one");
    let hash = suite.common.hash_provider.hash(&chunk[8..]);
    chunk[4..8].copy_from_slice(&hash.as_ref()[..4]);
}

fn invented(posting: Posting) -> Body {
    Body { events: Vec::new(), postings: vec![posting] }
}

/// What no reader may take in; the word is the reason with which the hub sets it aside.
fn poison(forger: &mut Forger) -> Vec<(Forged, &'static str)> {
    let node = forger.log.node;
    let shillings = Unit::Money("KES".parse::<Currency>().expect("a currency"));
    let posting =
        |debit, credit, amount| Posting { debit, credit, unit: shillings.clone(), amount };
    let enrols_itself = network::Event::NodeEnrolled {
        node,
        site: "NBO-9".parse().expect("a site"),
        entity: "KE".parse().expect("an entity"),
        author_key: forger.key.public(),
    };
    let enrols_itself = Body { events: vec![enrols_itself.into()], postings: Vec::new() };
    let mut bad = vec![
        (forger.write(SCHEMA_VERSION, vec![0xff; 40]), "unsound"),
        (forger.write(SCHEMA_VERSION, vec![0x5a; 500 * 1024]), "unsound"),
        (forger.garbage(), "malformed"),
        (forger.body(&invented(posting(Account::Till, Account::Sales, i64::MAX))), "unsound"),
        (forger.body(&invented(posting(Account::Till, Account::Supplier, 5))), "unsound"),
        (forger.body(&invented(posting(Account::Till, Account::Sales, -5))), "unsound"),
        (forger.body(&enrols_itself), "unsound"),
        (forger.change(vec![7; 20 * 1024]), "unsound"),
    ];
    for change in broken_changes() {
        bad.push((forger.change(change), "document"));
    }
    bad
}

/// Whether a process has started a reader of texts.
fn has_reader(process: u32) -> bool {
    let children = format!("/proc/{process}/task");
    let threads = std::fs::read_dir(children).expect("it runs").flatten();
    let mut children =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    children.any(|children| {
        children.split_whitespace().any(|child| {
            let said = std::fs::read_to_string(format!("/proc/{child}/cmdline"));
            said.is_ok_and(|said| said.contains(WORKER_SUBCOMMAND))
        })
    })
}

#[test]
fn poison_entry_does_not_block() {
    let region = Region::start();
    let sick = region.enrolled("NBO-1");
    let well = region.depot("NBO-2");
    let hub_process = region.hub.process_id();
    let mut forger = Forger::new(&sick);
    let mut session = Session::open(&sick, forger.log.heads.clone());
    let sent = forger.log.entries.clone();
    let _ = session.send(&sent);
    let bad = poison(&mut forger);
    let expected = bad.len();
    let first = Seq(forger.place.seq.0 + 1 - u64::try_from(bad.len()).expect("few"));
    let later = forger.write(SCHEMA_VERSION + 1, vec![0xfe; 64]);
    let good = forger.change(customer(CUSTOMER));
    let mut forged: Vec<Forged> = bad.iter().map(|(forged, _)| forged.clone()).collect();
    forged.extend([later, good]);
    let ack = session.send_batch(forger.batch(first, &forged));
    let held = ack.held.iter().find(|held| held.epoch == forger.place.epoch).expect("held");
    assert_eq!(held.ranges.last().expect("a range").last, forger.place.seq, "all is answered for");
    // The session goes on, and so does the next.
    let next = forger.place.seq.next();
    let more = [forger.change(customer("Duka la Achieng"))];
    let _ = session.send_batch(forger.batch(next, &more));
    session.close();
    let console = region.hub.console();
    let held = until("all that is bad is set aside", LONGEST, || {
        let held = items(&console, "/api/v1/quarantine");
        (held.len() == expected).then_some(held)
    });
    for (seq, (forged, reason)) in (first.0..).zip(&bad) {
        let entry = held.iter().find(|entry| entry["seq"] == seq).expect("set aside");
        let named = entry["reason"] == *reason || *reason == "document";
        assert!(named, "{reason} is said: {entry}");
        assert!(entry["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "kept: {entry}");
        assert!(*reason == "document" || entry["bytes"] == forged.0.len(), "whole: {entry}");
    }
    // What the well depot got of it through the feed did not stop it either.
    let manager = well.signed_in("manager");
    until("the good ones have arrived", LONGEST, || {
        let known = items(&manager, "/api/v1/customers");
        let named = |name: &str| known.iter().any(|customer| customer["name"] == name);
        (named(CUSTOMER) && named("Duka la Achieng")).then_some(())
    });
    let aside = manager.get("/api/v1/sync")["quarantined"].as_u64().expect("a number");
    assert!(aside > 0, "it set aside what it could not read");
    assert!(has_reader(well.process_id()), "the depot's process did not read a stranger's bytes");
    receive(&manager, STAND, 2);
    region.wait_for_agreement(&["NBO-2"]);
    assert_eq!(in_fleet(&console, "NBO-1")["quarantined"], expected);
    assert_eq!(region.hub.process_id(), hub_process);
    region.close(vec![well]);
}
