//! Sessions over a link that is cut anywhere: what was committed at the edge reaches the hub once,
//! what is for the edge reaches it, and both say the same digest once the link holds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use std::collections::BTreeSet;

use day::dice::{Dice, for_seeds};
use day::link::{EdgeStore, HubStore, Link};
use day::{CASHIER, CLERK, Depot, MANAGER, Region, arrival};
use serde_json::json;
use shared_model::id::{EntryId, NodeId};
use shared_model::ledger::{Account, Posting, Unit};
use shared_model::log::{AuthorPublicKey, EntryBytes, Epoch, Scope, Seq};
use shared_model::money::Currency;
use shared_model::network;
use shared_model::tax::Jurisdiction;
use shared_model::workflows::{Body, Kind};

/// Most single events until a link that holds must have nothing left to do.
const STEPS_MAX: usize = 20_000;

fn stage(sites: &[&str]) -> (HubStore, Vec<EdgeStore>) {
    let region = Region::new(Jurisdiction::KE, sites);
    let depots: Vec<&Depot> = region.depots.iter().collect();
    let store = HubStore::new(&region.hub, &depots);
    let edges = region
        .depots
        .iter()
        .map(|depot| EdgeStore::new(Depot::new(depot.site.clone(), depot.hub_key)))
        .collect();
    (store, edges)
}

/// Something is done at a depot; a grant besides, because it travels on.
fn work(edge: &mut EdgeStore, dice: &mut Dice) {
    let depot = &mut edge.depot;
    let listed = depot
        .memory
        .records()
        .any(|(kind, key, ..)| kind == shared_model::records::Kind::Article && key == "RICE-5");
    if !listed {
        let body = json!({"customer": depot.mint(), "name": "Achieng", "phone": "0700"});
        depot.must(CASHIER, "register-customer", body);
        return;
    }
    match dice.below(4) {
        0 => depot.receive(vec![arrival("RICE-5", dice.between(1, 9), "A-01", 1_750_00)]),
        1 => {
            let right = depot.mint();
            let body = json!({"right": right, "article": "RICE-5", "quantity": 1,
                "to_site": "NBO-2"});
            let _no_stock = depot.ask(MANAGER, "grant-right", body).is_err();
        }
        2 => {
            let body = json!({"order": depot.mint(), "tendered_minor": 90_000_000,
                "lines": [{"article": "RICE-5", "quantity": 1}]});
            let _no_stock = depot.ask(CASHIER, "sell", body).is_err();
        }
        _ => {
            let body = json!({"count": depot.mint(), "bin": "A-01", "article": "RICE-5"});
            depot.must(CLERK, "start-count", body);
        }
    }
}

/// The link holds until there is nothing left to say.
fn settle(edge: &mut EdgeStore, hub: &mut HubStore, dice: &mut Dice) {
    let mut link = Link::open(edge);
    for _ in 0..STEPS_MAX {
        link.step(edge, hub, dice);
        assert!(!link.is_closed(), "a session ended by itself: {link:?}");
        if link.is_quiet() {
            return;
        }
    }
    panic!("not settled after {STEPS_MAX} events");
}

/// A link that works for a while and is cut, once or often, while people go on working.
fn unsteady(edge: &mut EdgeStore, hub: &mut HubStore, dice: &mut Dice, links: usize) {
    for _ in 0..links {
        let mut version = || u16::try_from(dice.between(1, 2)).unwrap();
        let (edge_max, hub_max) = (version(), version());
        let mut link = Link::between(edge, edge_max, hub_max);
        for _ in 0..dice.below(160) {
            if dice.once_in(9) {
                work(edge, dice);
            }
            if dice.once_in(30) {
                link.feed_grew();
            }
            link.step(edge, hub, dice);
            assert!(!link.is_closed(), "a session ended by itself: {link:?}");
        }
    }
}

fn agree(edge: &EdgeStore, hub: &HubStore) {
    let node = edge.depot.node();
    let kept = &hub.nodes[&node];
    let at_hub: Vec<&Vec<u8>> = kept.chain.values().map(|(bytes, _)| bytes).collect();
    let at_edge: Vec<&[u8]> = edge.depot.log.iter().map(EntryBytes::as_bytes).collect();
    assert_eq!(at_hub, at_edge, "the hub holds each entry of the edge once");
    assert_eq!(edge.depot.memory.digest(node), hub.memory.digest(node));
    let told = edge.depot.memory.digest(node).to_bytes().to_vec();
    assert_eq!(kept.digest.as_ref(), Some(&told), "the edge told its digest");
    let for_it = |(author, scope, _): &&(_, Scope, _)| *author != node && scope.reaches(node);
    assert_eq!(edge.heard.len(), hub.feed.iter().filter(for_it).count());
    for (author, _, _) in &hub.feed {
        if *author != node && edge.heard.iter().any(|e| e.entry().position.node == *author) {
            assert!(edge.depot.memory.digest(*author) != shared_model::records::Digest::default());
        }
    }
}

#[test]
fn whatever_is_cut_all_arrives_once() {
    for_seeds(120, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        for _ in 0..2 {
            for edge in &mut edges {
                unsteady(edge, &mut hub, &mut dice, 3);
            }
        }
        for edge in edges.iter_mut().chain([]) {
            settle(edge, &mut hub, &mut dice);
        }
        // The first has not heard what the second brought last.
        settle(&mut edges[0], &mut hub, &mut dice);
        for edge in &edges {
            agree(edge, &hub);
            assert!(hub.nodes[&edge.depot.node()].quarantined.is_empty());
        }
    });
}

#[test]
fn both_speak_the_newest_version_that_both_know() {
    for_seeds(8, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let edge = &mut edges[0];
        for (edge_max, hub_max, agreed) in [(1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 2), (9, 2, 2)] {
            work(edge, &mut dice);
            let mut link = Link::between(edge, edge_max, hub_max);
            while !link.is_quiet() || link.steps() < 100 {
                link.step(edge, &mut hub, &mut dice);
                assert!(!link.is_closed(), "a session ended by itself: {link:?}");
            }
            assert_eq!(link.protocol(), agreed);
            agree(edge, &hub);
        }
    });
}

#[test]
fn two_sessions_at_once_bring_nothing_twice() {
    for_seeds(50, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let edge = &mut edges[0];
        settle(edge, &mut hub, &mut dice);
        (0..12).for_each(|_| work(edge, &mut dice));
        let mut links = [Link::open(edge), Link::open(edge)];
        for _ in 0..600 {
            let which = dice.below(2);
            links[which].step(edge, &mut hub, &mut dice);
        }
        settle(edge, &mut hub, &mut dice);
        agree(edge, &hub);
        assert!(hub.nodes[&edge.depot.node()].quarantined.is_empty());
    });
}

#[test]
fn what_grew_while_the_feed_was_read_is_sent_too() {
    for_seeds(40, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let (first, second) = edges.split_at_mut(1);
        let (first, second) = (&mut first[0], &mut second[0]);
        settle(first, &mut hub, &mut dice);
        let mut link = Link::open(second);
        let mut waited = 0;
        while !link.is_quiet() || waited < 40 {
            link.step(second, &mut hub, &mut dice);
            waited += 1;
            if waited % 25 == 0 && waited < 300 {
                first.depot.receive(vec![arrival("RICE-5", 2, "A-01", 1)]);
                let body = json!({"right": first.depot.mint(), "article": "RICE-5",
                    "quantity": 1, "to_site": "NBO-2"});
                first.depot.must(MANAGER, "grant-right", body);
                settle(first, &mut hub, &mut dice);
                link.feed_grew();
            }
        }
        agree(second, &hub);
    });
}

fn ids(edge: &EdgeStore) -> BTreeSet<EntryId> {
    edge.depot.log.iter().map(|entry| entry.entry().id).collect()
}

#[test]
fn restored_backup_opens_new_epoch_and_gets_its_tail_back() {
    for_seeds(50, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let edge = &mut edges[0];
        unsteady(edge, &mut hub, &mut dice, 2);
        settle(edge, &mut hub, &mut dice);
        let backup = edge.backup();
        (0..=dice.below(14)).for_each(|_| work(edge, &mut dice));
        settle(edge, &mut hub, &mut dice);
        let before = ids(edge);
        let lost = edge.depot.log.len() > backup.depot.log.len();

        let mut restored = backup;
        restored.depot.skip_ids(1_000);
        unsteady_recovery(&mut restored, &mut hub, &mut dice);
        settle(&mut restored, &mut hub, &mut dice);
        assert!(before.is_subset(&ids(&restored)), "an acknowledged entry did not come back");
        assert_eq!(restored.depot.epoch, Epoch(if lost { 2 } else { 1 }));
        for _ in 0..5 {
            work(&mut restored, &mut dice);
        }
        settle(&mut restored, &mut hub, &mut dice);
        agree(&restored, &hub);
        assert!(hub.nodes[&restored.depot.node()].quarantined.is_empty());
    });
}

/// Recovery too may be cut, anywhere; nobody works until it is through.
fn unsteady_recovery(edge: &mut EdgeStore, hub: &mut HubStore, dice: &mut Dice) {
    for _ in 0..3 {
        let mut link = Link::open(edge);
        for _ in 0..dice.below(60) {
            link.step(edge, hub, dice);
            assert!(!link.is_closed(), "a session ended by itself: {link:?}");
        }
    }
}

#[test]
fn cloned_node_quarantined_until_a_person_admits_it() {
    for_seeds(40, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let first = &mut edges[0];
        settle(first, &mut hub, &mut dice);
        (0..6).for_each(|_| work(first, &mut dice));
        settle(first, &mut hub, &mut dice);
        let common = Seq(first.depot.log.len() as u64);
        let mut second = first.backup();
        second.depot.skip_ids(5_000);
        (0..dice.between(1, 6))
            .for_each(|_| first.depot.receive(vec![arrival("SOAP", 1, "A-01", 1)]));
        settle(first, &mut hub, &mut dice);
        (0..dice.between(1, 9))
            .for_each(|_| second.depot.receive(vec![arrival("MILK", 1, "A-01", 1)]));
        settle(&mut second, &mut hub, &mut dice);
        let node = first.depot.node();
        let of_second = second.depot.log.len() as u64 - common.0;
        assert_eq!(hub.nodes[&node].quarantined.len() as u64, of_second, "each set aside, once");

        // The first goes on as if nothing had been; the second is told again, and loses nothing.
        (0..3).for_each(|_| work(first, &mut dice));
        settle(first, &mut hub, &mut dice);
        agree(first, &hub);
        settle(&mut second, &mut hub, &mut dice);
        assert_eq!(hub.nodes[&node].quarantined.len() as u64, of_second);

        // A person admits the second's branch: it takes the other's entries and a new epoch.
        let written = ids(&second);
        hub.nodes.get_mut(&node).unwrap().admitted_fork = Some((Epoch(1), common));
        unsteady_recovery(&mut second, &mut hub, &mut dice);
        settle(&mut second, &mut hub, &mut dice);
        hub.nodes.get_mut(&node).unwrap().admitted_fork = None;
        settle(&mut second, &mut hub, &mut dice);
        assert_eq!(second.depot.epoch, Epoch(2));
        let all: BTreeSet<EntryId> = written.union(&ids(first)).copied().collect();
        assert_eq!(ids(&second), all, "nothing of either branch is lost");
        agree(&second, &hub);
    });
}

#[test]
fn poison_entries_do_not_block_those_behind_them() {
    for_seeds(30, |_, mut dice| {
        let (mut hub, mut edges) = stage(&["NBO-1", "NBO-2"]);
        let edge = &mut edges[0];
        settle(edge, &mut hub, &mut dice);
        (0..3).for_each(|_| work(edge, &mut dice));
        let poison = [
            Vec::new(),
            vec![0xff; 40],
            invented(NothingHolds::PostingToItself).encode(),
            invented(NothingHolds::EnrolsItself).encode(),
        ];
        for payload in poison {
            let id = edge.depot.entry_id();
            edge.depot.append(MANAGER, id, (Kind::Sell, Scope::Region), payload);
            (0..dice.below(5)).for_each(|_| work(edge, &mut dice));
        }
        unsteady(edge, &mut hub, &mut dice, 2);
        settle(edge, &mut hub, &mut dice);
        agree(edge, &hub);
        assert_eq!(hub.nodes[&edge.depot.node()].quarantined.len(), 4);
    });
}

/// What no entry of a depot may say.
enum NothingHolds {
    PostingToItself,
    EnrolsItself,
}

fn invented(what: NothingHolds) -> Body {
    match what {
        NothingHolds::PostingToItself => Body {
            events: Vec::new(),
            postings: vec![Posting {
                debit: Account::Till,
                credit: Account::Till,
                unit: Unit::Money(Currency::KES),
                amount: 5,
            }],
        },
        NothingHolds::EnrolsItself => Body {
            events: vec![
                network::Event::NodeEnrolled {
                    node: NodeId::new(uuid::Uuid::from_u128(0x66)),
                    site: "NBO-6".parse().unwrap(),
                    entity: "KE".parse().unwrap(),
                    author_key: AuthorPublicKey::from_bytes([6; 32]),
                }
                .into(),
            ],
            postings: Vec::new(),
        },
    }
}
