//! Days at random: the books agree after every step, and the entries alone give the same records
//! again, in any order between authors, in any batching, and taken in twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use std::collections::BTreeMap;

use day::dice::{Dice, for_seeds};
use day::{Region, books, manifests, random, take_in};
use shared_model::id::NodeId;
use shared_model::log::{AuthorPublicKey, EntryBytes};
use shared_model::records::{Memory, WorkingSet};
use shared_model::tax::Jurisdiction;

const SITES: [&str; 3] = ["NBO-1", "NBO-2", "NBO-3"];
const JURISDICTIONS: [Jurisdiction; 4] =
    [Jurisdiction::NG, Jurisdiction::KE, Jurisdiction::ZA, Jurisdiction::CM];

/// Some commands at each depot, with some news between them. Says how many were accepted, by name.
fn live(region: &mut Region, dice: &mut Dice, steps: usize) -> BTreeMap<&'static str, usize> {
    let mut accepted = BTreeMap::new();
    region.depots.iter_mut().for_each(manifests::man);
    for _ in 0..steps {
        let at = dice.below(region.depots.len());
        let depot = &mut region.depots[at];
        let (by, name, body) = random::command(depot, dice, &SITES);
        let before = depot.memory.clone();
        if depot.ask(by, name, body).is_ok() {
            *accepted.entry(name).or_default() += 1;
            books::check(depot);
            manifests::check(depot);
        } else {
            assert_eq!(depot.memory, before, "a refusal changed something");
        }
        if dice.once_in(4) {
            let (reader, author) = (dice.below(SITES.len()), dice.below(SITES.len()));
            if reader != author {
                region.tell(reader, author, dice.below(40));
            }
        }
        if dice.once_in(12) {
            absorb_all(region, at);
        }
    }
    accepted
}

fn absorb_all(region: &mut Region, at: usize) {
    let depot = &mut region.depots[at];
    for right in depot.all::<shared_model::rights::Right>() {
        let _nothing_came_back = depot.absorb(right.right).is_err();
    }
    books::check(depot);
}

#[test]
fn the_books_agree_after_every_step_of_any_day() {
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    let accepted = std::cell::RefCell::new(&mut accepted);
    for_seeds(24, |seed, mut dice| {
        let mut region = Region::new(JURISDICTIONS[seed as usize % 4], &SITES);
        for (name, count) in live(&mut region, &mut dice, 600) {
            *accepted.borrow_mut().entry(name).or_default() += count;
        }
    });
    let rare: Vec<_> = shared_model::workflows::Kind::BY_PEOPLE
        .iter()
        .filter(|kind| accepted.borrow().get(kind.name()).is_none())
        .collect();
    assert!(rare.is_empty(), "never accepted, so never tested: {rare:?}");
}

#[test]
fn replaying_the_entries_gives_the_records_again() {
    for_seeds(8, |_, mut dice| {
        let mut region = Region::new(Jurisdiction::KE, &SITES);
        live(&mut region, &mut dice, 250);
        region.exchange();
        let hub = Some((region.hub.node(), region.hub.key.public()));
        for depot in &region.depots {
            let entries: Vec<&EntryBytes> = depot.log.iter().collect();
            let at_once = replay(&entries, hub, |_| false);
            let by_one = replay(&entries, hub, |_| true);
            let own = depot.node();
            let of_own = |memory: &Memory| -> Vec<(String, Vec<u8>)> {
                memory
                    .records()
                    .filter(|(_, _, author, _)| *author == own)
                    .map(|(kind, key, _, body)| (format!("{kind:?} {key}"), body.to_vec()))
                    .collect()
            };
            assert_eq!(of_own(&depot.memory), of_own(&at_once));
            assert_eq!(of_own(&depot.memory), of_own(&by_one));
            assert_eq!(depot.memory.digest(own), at_once.digest(own));
            assert_eq!(depot.memory.digest(own), region.hub.memory.digest(own));
        }
    });
}

fn replay(
    entries: &[&EntryBytes],
    hub: Option<(NodeId, AuthorPublicKey)>,
    mut saves: impl FnMut(usize) -> bool,
) -> Memory {
    let (mut set, mut memory) = (WorkingSet::default(), Memory::default());
    for (index, entry) in entries.iter().enumerate() {
        take_in(&mut set, &mut memory, entry, hub);
        if saves(index) {
            memory.save(&mut set);
            if index % 3 == 0 {
                set.clear();
            }
        }
    }
    memory.save(&mut set);
    memory
}

/// The logs of all authors, mixed at random; each author's own order is kept.
fn mixed<'l>(logs: &[&'l [EntryBytes]], dice: &mut Dice) -> Vec<&'l EntryBytes> {
    let mut turns: Vec<usize> = logs
        .iter()
        .enumerate()
        .flat_map(|(author, log)| std::iter::repeat_n(author, log.len()))
        .collect();
    dice.shuffle(&mut turns);
    let mut next = vec![0; logs.len()];
    turns
        .into_iter()
        .map(|author| {
            next[author] += 1;
            &logs[author][next[author] - 1]
        })
        .collect()
}

#[test]
fn any_merge_order_duplication_and_batching_gives_the_same_digests() {
    for_seeds(6, |_, mut dice| {
        let mut region = Region::new(Jurisdiction::NG, &SITES);
        live(&mut region, &mut dice, 200);
        let hub = Some((region.hub.node(), region.hub.key.public()));
        let mut logs: Vec<&[EntryBytes]> = vec![&region.hub.log];
        logs.extend(region.depots.iter().map(|depot| depot.log.as_slice()));
        let straight: Vec<&EntryBytes> = logs.iter().flat_map(|log| log.iter()).collect();
        let expected = replay(&straight, hub, |_| false);
        for _ in 0..4 {
            let order = mixed(&logs, &mut dice);
            let mut batching = dice.clone();
            let merged = replay(&deduplicated(&order, &mut dice), hub, |_| batching.once_in(7));
            for depot in &region.depots {
                let node = depot.node();
                assert_eq!(merged.digest(node), expected.digest(node));
                assert_eq!(merged.digest(node), depot.memory.digest(node));
            }
            assert_eq!(
                merged.records().collect::<Vec<_>>(),
                expected.records().collect::<Vec<_>>()
            );
        }
    });
}

/// Sends entries again at random places, and drops what is held: what every store does by position.
fn deduplicated<'l>(order: &[&'l EntryBytes], dice: &mut Dice) -> Vec<&'l EntryBytes> {
    let mut held = shared_model::log::VersionVector::default();
    let mut taken = Vec::with_capacity(order.len());
    for (index, entry) in order.iter().enumerate() {
        let again = order[dice.below(index + 1)];
        for sent in [*entry, again] {
            let position = sent.entry().position;
            if !held.contains(position) {
                held.insert(position);
                taken.push(sent);
            }
        }
    }
    taken
}
