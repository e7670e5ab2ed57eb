//! The stability index on samples with and without drift, drawn from a fixed sequence.

use model_bundle::histogram::{Counts, Histogram};
use model_bundle::psi::{Drift, VALUES_MIN, bound, judge};

const BINS: usize = 10;

fn reference() -> Histogram {
    let edges = (1..BINS).map(|edge| edge as f32 / BINS as f32).collect();
    Histogram { name: "x".to_owned(), edges, counts: vec![10_000; BINS], missing: 0 }
}

/// Park and Miller's generator: numbers in 0..1, the same ones every time.
fn rolls(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed * 7_919 + 1;
    std::iter::repeat_with(move || {
        state = state * 48_271 % 2_147_483_647;
        (state as f64 / 2_147_483_647.0) as f32
    })
    .skip(10)
}

fn counted(values: impl Iterator<Item = f32>) -> Counts {
    let reference = reference();
    let mut counts = Counts::of(&reference);
    values.for_each(|value| counts.note(&reference, value));
    counts
}

#[test]
fn fewer_than_two_hundred_values_say_nothing_however_far_off_they_are() {
    let few = counted(std::iter::repeat_n(0.05, 199));
    assert_eq!(judge(&reference(), &few), Drift::TooFew { values: 199, needed: VALUES_MIN });
    let enough = counted(std::iter::repeat_n(0.05, 200));
    assert!(matches!(judge(&reference(), &enough), Drift::Drifted { psi, .. } if psi > 1.0));
}

#[test]
fn without_drift_alarms_are_rarer_than_one_in_fifty() {
    for values in [200, 500, 2_000] {
        let alarms = (1..=300)
            .filter(|seed| {
                let counts = counted(rolls(*seed + values as u64 * 1_000).take(values));
                matches!(judge(&reference(), &counts), Drift::Drifted { .. })
            })
            .count();
        assert!(alarms <= 6, "{alarms} alarms in 300 samples of {values}");
    }
}

#[test]
fn a_shifted_column_is_noticed_and_a_missing_one_too() {
    for seed in 1..=50 {
        let shifted = counted(rolls(seed).take(400).map(|x| x * 0.6));
        assert!(matches!(judge(&reference(), &shifted), Drift::Drifted { .. }), "seed {seed}");
        let missing = counted(rolls(seed).take(400).map(|x| if x < 0.2 { f32::NAN } else { x }));
        assert!(matches!(judge(&reference(), &missing), Drift::Drifted { .. }), "seed {seed}");
    }
}

#[test]
fn the_bound_is_that_of_chance_until_it_is_not_worth_a_retraining() {
    // χ² at 0.99 with 9 degrees of freedom is 21.666.
    assert!((bound(10, 200, u64::MAX) - 0.108_33).abs() < 1e-6);
    assert_eq!(bound(10, 500, u64::MAX), 0.1);
    assert!((bound(10, 200, 200) - 0.216_66).abs() < 1e-6, "a small reference is uncertain too");
}

#[test]
fn bins_of_another_reference_are_not_judged() {
    let other = Counts { bins: vec![500; 3], missing: 0 };
    assert!(matches!(judge(&reference(), &other), Drift::TooFew { .. }));
}

#[test]
fn a_value_on_an_edge_is_below_it_and_infinity_is_missing() {
    let reference = reference();
    assert_eq!(reference.bin(0.1), Some(0));
    assert_eq!(reference.bin(0.1_f32.next_up()), Some(1));
    assert_eq!(reference.bin(-5.0), Some(0));
    assert_eq!(reference.bin(5.0), Some(9));
    assert_eq!(reference.bin(f32::INFINITY), None);
    let mut counts = counted([0.1, 0.2, f32::NAN].into_iter());
    let more = counts.clone();
    counts.merge(&more);
    assert_eq!((counts.total(), counts.missing, counts.bins[0]), (6, 2, 2));
}
