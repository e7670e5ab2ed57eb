//! The machine under any sequence of orders, local steps and days.

use proptest::prelude::*;

use super::*;
use crate::log::AuthorKey;

const FAR: u32 = 1_000;

fn held(version: u32) -> Held {
    // Version 9 has two bundles, 7 expires early.
    let mut manifest = [0; 32];
    manifest[0] = u8::try_from(version % 16).unwrap();
    let expires_day = if version == 7 { 10 } else { FAR };
    Held { version, manifest: BlobId::from_bytes(manifest), expires_day }
}

fn order(number: u64, version: u32, step: Step) -> Announcement {
    let key = AuthorKey::from_secret(&[1; 32]).public();
    Announcement {
        model: "arrival-time".parse().unwrap(),
        version,
        manifest: held(version).manifest,
        manifest_bytes: 1,
        bundle_bytes: 2,
        step,
        ring: "all".parse().unwrap(),
        sites: Vec::new(),
        number,
        key,
        manifest_signature: [0; 64].into(),
        signature: [0; 64].into(),
    }
}

fn activated(versions: &[u32]) -> Life {
    versions.iter().fold(Life::default(), |life, version| life.activate(held(*version), 0).unwrap())
}

#[test]
fn the_version_before_is_kept_and_gone_back_to_once() {
    let life = activated(&[1, 2]);
    assert_eq!(life.previous, Some(held(1)));
    let back = life.roll_back(0).unwrap();
    assert_eq!((back.active, back.previous), (Some(held(1)), None));
    assert_eq!(back.activate(held(2), 0), Err(Unfit::Barred { version: 2 }));
    assert_eq!(back.shadow(held(2), 0), Err(Unfit::Barred { version: 2 }));
    let none = back.roll_back(0).unwrap();
    assert_eq!(none.answering(0), Err(Silent::NoneActive));
    assert_eq!(none.roll_back(0), Err(Unfit::NothingBefore));
    assert_eq!(none.rollbacks, 2);
}

#[test]
fn an_older_version_comes_only_by_a_signed_rollback() {
    let life = activated(&[3]);
    assert_eq!(life.activate(held(2), 0), Err(Unfit::Older { version: 2, newest: 3 }));
    let ordered = life.obey(&order(5, 2, Step::Activate), Some(held(2)), 0);
    assert!(matches!(ordered, Err(Unfit::Older { .. })));
    let back = life.obey(&order(5, 2, Step::Rollback), Some(held(2)), 0).unwrap();
    assert_eq!((back.active, back.previous, back.newest), (Some(held(2)), None, 3));
    // An order that came before changes nothing any more.
    assert_eq!(back.obey(&order(4, 3, Step::Activate), Some(held(3)), 0).unwrap(), back);
    // A pause and its end change nothing of it, even for a depot that missed the way back.
    let paused = back.obey(&order(6, 2, Step::Pause), None, 0).unwrap();
    let resumed = paused.obey(&order(7, 2, Step::Resume), Some(held(2)), 0).unwrap();
    let missed = life.obey(&order(7, 2, Step::Resume), Some(held(2)), 0).unwrap();
    assert_eq!((resumed.active, missed.active), (Some(held(2)), Some(held(2))));
    // The hub may change its mind.
    let again = back.obey(&order(6, 3, Step::Activate), Some(held(3)), 0).unwrap();
    assert_eq!(again.active, Some(held(3)));
}

#[test]
fn the_hub_may_insist_on_what_the_depot_went_back_from() {
    let life = activated(&[1, 2]).roll_back(0).unwrap();
    let again = life.obey(&order(9, 2, Step::Rollback), Some(held(2)), 0).unwrap();
    assert_eq!(again.active, Some(held(2)));
    assert!(again.barred.is_empty());
}

#[test]
fn a_paused_or_expired_model_is_silent() {
    let life = activated(&[7]);
    assert_eq!(life.answering(9), Ok(held(7)));
    assert_eq!(life.answering(10), Err(Silent::Expired { version: 7 }));
    assert_eq!(life.shadow(held(7), 10), Err(Unfit::Expired { version: 7 }));
    let paused = life.obey(&order(2, 7, Step::Pause), None, 0).unwrap();
    assert_eq!(paused.answering(0), Err(Silent::Paused));
    let resumed = paused.obey(&order(3, 7, Step::Resume), Some(held(7)), 0).unwrap();
    assert_eq!(resumed.answering(0), Ok(held(7)));
}

#[test]
fn another_bundle_of_a_number_in_use_is_refused() {
    let life = activated(&[3]);
    let other = Held { manifest: held(4).manifest, ..held(3) };
    assert_eq!(life.activate(other, 0), Err(Unfit::OtherManifest { version: 3 }));
}

#[test]
fn what_was_missed_while_offline_comes_to_the_same() {
    let all = [
        order(1, 1, Step::Activate),
        order(2, 2, Step::Shadow),
        order(3, 2, Step::Activate),
        order(4, 2, Step::Pause),
        order(5, 3, Step::Shadow),
        order(6, 2, Step::Resume),
    ];
    let run = |life: Life, orders: &[&Announcement]| {
        orders.iter().fold(life, |life, order| {
            let held = (order.step != Step::Pause).then(|| held(order.version));
            life.obey(order, held, 0).unwrap()
        })
    };
    let online = run(Life::default(), &all.iter().collect::<Vec<_>>());
    let late = Life::default();
    let late_orders = late.outstanding(&all);
    assert_eq!(late_orders.iter().map(|order| order.number).collect::<Vec<_>>(), [5, 6]);
    let late = run(late.clone(), &late_orders);
    assert_eq!((late.active, late.shadow, late.paused), (online.active, online.shadow, false));
}

#[derive(Debug, Clone)]
enum Do {
    Order(u64, u32, Step),
    Shadow(u32),
    Activate(u32),
    RollBack,
    EndShadow,
    Day,
}

fn anything() -> impl Strategy<Value = Do> {
    let step = prop::sample::select(vec![
        Step::Shadow,
        Step::Activate,
        Step::Pause,
        Step::Resume,
        Step::Rollback,
    ]);
    prop_oneof![
        (0_u64..20, 1_u32..9, step).prop_map(|(n, version, step)| Do::Order(n, version, step)),
        (1_u32..9).prop_map(Do::Shadow),
        (1_u32..9).prop_map(Do::Activate),
        Just(Do::RollBack),
        Just(Do::EndShadow),
        Just(Do::Day),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_only_a_signed_order_makes_a_depot_use_an_older_or_barred_version(
        steps in prop::collection::vec(anything(), 1..60),
    ) {
        let (mut life, mut today) = (Life::default(), 0);
        for step in steps {
            let mut signed = false;
            let next = match &step {
                Do::Order(number, version, step) => {
                    signed = matches!(step, Step::Rollback | Step::Resume);
                    let order = order(*number, *version, *step);
                    life.obey(&order, Some(held(*version)), today)
                        .unwrap_or_else(|unfit| life.refuse(&order, &unfit.to_string()))
                }
                Do::Shadow(version) => life.shadow(held(*version), today).unwrap_or(life.clone()),
                Do::Activate(version) => {
                    life.activate(held(*version), today).unwrap_or(life.clone())
                }
                Do::RollBack => life.roll_back(today).unwrap_or(life.clone()),
                Do::EndShadow => life.end_shadow(),
                Do::Day => { today += 3; life.clone() }
            };
            if let Some(active) = next.active.filter(|active| life.active != Some(*active)) {
                prop_assert!(!active.is_expired(today));
                let back = matches!(step, Do::RollBack) && life.previous == Some(active);
                prop_assert!(signed || back || active.version >= life.newest);
                prop_assert!(signed || !life.barred.contains(&active.manifest));
            }
            prop_assert!(next.active.is_none() || next.active != next.previous);
            prop_assert!(next.active.is_none() || next.active != next.shadow);
            prop_assert!(next.order >= life.order);
            prop_assert!(next.newest >= next.active.map_or(0, |active| active.version));
            prop_assert!(next.barred.len() <= BARRED_MAX);
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Life>(&text).unwrap(), &next);
            life = next;
        }
    }
}
