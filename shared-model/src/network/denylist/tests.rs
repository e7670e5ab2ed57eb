//! A list only ever makes things stricter, whatever comes in whatever order.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn node(number: u8) -> NodeId {
    NodeId::new(Uuid::from_u128(u128::from(number)))
}

fn hub() -> AuthorKey {
    AuthorKey::from_secret(&[7; 32])
}

fn list(version: u64, denied: &[(u8, &[(u32, u64)])]) -> Denylist {
    let mut all = Denied::default();
    for (number, heads) in denied {
        all.deny(
            node(*number),
            &Cut::at(heads.iter().map(|(epoch, seq)| (Epoch(*epoch), Seq(*seq)))),
        );
    }
    Denylist {
        region: "nairobi".parse().unwrap(),
        version,
        issued: Timestamp::from_ms(1_795_000_000_000),
        denied: all,
    }
}

fn at(number: u8, epoch: u32, seq: u64) -> Position {
    Position { node: node(number), epoch: Epoch(epoch), seq: Seq(seq) }
}

fn any_cut() -> impl Strategy<Value = Cut> {
    prop::collection::vec((1u32..4, 0u64..6), 0..4)
        .prop_map(|heads| Cut::at(heads.into_iter().map(|(epoch, seq)| (Epoch(epoch), Seq(seq)))))
}

fn any_denied() -> impl Strategy<Value = Denied> {
    prop::collection::vec((0u8..5, any_cut()), 0..6).prop_map(|cuts| {
        let mut denied = Denied::default();
        for (number, cut) in cuts {
            denied.deny(node(number), &cut);
        }
        denied
    })
}

fn places() -> impl Iterator<Item = Position> {
    (0u8..5).flat_map(|number| {
        (1u32..4).flat_map(move |epoch| (1u64..7).map(move |seq| at(number, epoch, seq)))
    })
}

proptest! {
    /// Commutative, associative, idempotent, and exactly what each of them allows.
    #[test]
    fn what_is_denied_does_not_depend_on_the_order(a in any_denied(), b in any_denied(), c in any_denied()) {
        let merged = |order: [&Denied; 4]| {
            let mut all = Denied::default();
            for one in order {
                all.merge(one);
            }
            all
        };
        let all = merged([&a, &b, &c, &a]);
        prop_assert_eq!(&all, &merged([&c, &a, &b, &b]));
        prop_assert_eq!(&all, &merged([&b, &c, &c, &a]));
        for one in [&a, &b, &c] {
            prop_assert!(all.covers(one));
        }
        for place in places() {
            let each = [&a, &b, &c].iter().all(|one| one.allows(place));
            prop_assert_eq!(all.allows(place), each);
        }
    }

    /// Lists of a hub that was put back come in any order and more than once: nothing that was denied
    /// is allowed again, every node ends with the same, and what is kept says it all.
    #[test]
    fn lists_in_any_order_deny_the_same_and_never_less(
        lists in prop::collection::vec((1u64..6, any_denied()), 1..5),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (key, mut total) = (hub(), Denied::default());
        let lists: Vec<Vec<u8>> = lists.iter().map(|(version, denied)| {
            total.merge(denied);
            Denylist { version: *version, denied: denied.clone(), ..list(1, &[]) }.sign(&key).unwrap()
        }).collect();
        let mut held = Denylists::default();
        let early = order.iter().map(|index| index.get(&lists));
        for bytes in early.chain(&lists) {
            let (before, version) = (held.denied().clone(), held.version());
            match held.take(bytes, &key.public()) {
                Ok(taken) => prop_assert_eq!(taken.news, *held.denied() != before),
                Err(refused) => {
                    let older = matches!(refused, DenylistRefused::Older { .. });
                    prop_assert!(older);
                    prop_assert_eq!(held.denied(), &before);
                }
            }
            prop_assert!(held.denied().covers(&before));
            prop_assert!(held.version() >= version);
        }
        prop_assert_eq!(held.denied(), &total);
        let kept = Denylists::from_bytes(&held.to_bytes(), &key.public()).unwrap();
        prop_assert_eq!(&kept, &held);
        // Whoever is given what is kept knows it all.
        let mut other = Denylists::default();
        for one in &held.lists {
            let _ = other.take(&one.bytes, &key.public());
        }
        prop_assert_eq!(other.denied(), &total);
    }

    #[test]
    fn strange_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Denylist::open(&bytes, &hub().public()).is_err());
    }
}

#[test]
fn a_cut_lets_in_what_was_written_up_to_it_and_nothing_above_in_any_epoch() {
    let list = list(1, &[(1, &[(1, 50), (2, 10)])]);
    for (place, allowed) in [
        (at(1, 1, 50), true),
        (at(1, 1, 51), false),
        (at(1, 2, 10), true),
        (at(1, 2, 11), false),
        (at(1, 3, 1), false),
        (at(2, 9, 9), true),
    ] {
        assert_eq!(list.denied.allows(place), allowed, "{place:?}");
    }
}

#[test]
fn a_list_is_the_hubs_or_none() {
    let key = hub();
    let bytes = list(3, &[(1, &[(1, 5)])]).sign(&key).unwrap();
    assert_eq!(Denylist::open(&bytes, &key.public()), Ok(list(3, &[(1, &[(1, 5)])])));
    let stranger = AuthorKey::from_secret(&[8; 32]);
    assert_eq!(Denylist::open(&bytes, &stranger.public()), Err(DenylistRefused::NotSigned));
    for at in 0..bytes.len() {
        let mut spoiled = bytes.clone();
        spoiled[at] ^= 1;
        assert!(Denylist::open(&spoiled, &key.public()).is_err(), "byte {at}");
    }
    let text = to_text(&bytes);
    assert_eq!(from_text(&format!(" {text}\n")), Ok(bytes.clone()));
    for spoiled in [&text[1..], "zz", "é"] {
        assert_eq!(from_text(spoiled), Err(DenylistRefused::Malformed));
    }
    let long = [bytes, vec![0]].concat();
    assert_eq!(Denylist::open(&long, &key.public()), Err(DenylistRefused::Malformed));
    let huge = vec![0; DENYLIST_BYTES_MAX + 1];
    let too_large = Err(DenylistRefused::TooLarge { bytes: huge.len() });
    assert_eq!(Denylist::open(&huge, &key.public()), too_large);
}

#[test]
fn an_older_list_is_refused_and_one_that_the_hub_forgot_is_given_back() {
    let key = hub();
    let signed = |one: Denylist| one.sign(&key).unwrap();
    let mut held = Denylists::default();
    let second = signed(list(2, &[(1, &[(1, 5)]), (2, &[])]));
    assert!(held.take(&second, &key.public()).unwrap().news);
    let first = signed(list(1, &[(1, &[(1, 5)])]));
    let older = Err(DenylistRefused::Older { offered: 1, held: 2 });
    assert_eq!(held.take(&first, &key.public()), older);
    // The hub was put back to before the second list, and shut another node out since.
    let other_second = signed(list(2, &[(1, &[(1, 5)]), (3, &[(1, 1)])]));
    let taken = held.take(&other_second, &key.public()).unwrap();
    assert!(taken.news);
    assert_eq!(taken.unknown_there, std::slice::from_ref(&second));
    assert!(!held.denied().allows(at(2, 1, 1)) && !held.denied().allows(at(3, 1, 2)));
    // The hub takes it back, and signs what both say.
    let both = signed(list(3, &[(1, &[(1, 5)]), (2, &[]), (3, &[(1, 1)])]));
    let taken = held.take(&both, &key.public()).unwrap();
    assert!(!taken.news && taken.unknown_there.is_empty());
    assert_eq!(held.newest().unwrap().1, both);
    assert_eq!(held.lists.len(), 1);
}

#[test]
fn a_full_region_still_fits_one_frame() {
    let heads = [(Epoch(1), Seq(u64::from(u32::MAX)))];
    let mut full = list(u64::MAX, &[]);
    for number in 0..REVOKED_MAX as u128 {
        let node = NodeId::new(Uuid::from_u128(number << 64 | 0xffff));
        full.denied.deny(node, &Cut::at(heads));
    }
    let bytes = full.sign(&hub()).unwrap();
    assert!(bytes.len() < DENYLIST_BYTES_MAX, "{}", bytes.len());
    full.denied.deny(node(1), &Cut::default());
    assert_eq!(full.sign(&hub()), Err(DenylistRefused::Full));
}
