//! A slice of the power cuts that `crash-states` counts in full.

use faults::crash::enumerate;

const STATES: u64 = 2_000;

#[test]
fn every_state_that_a_power_cut_leaves_holds_what_was_acknowledged() {
    let figures = enumerate(STATES, 11).expect("a day on a sound disk");
    assert_eq!(figures.states, STATES);
    assert_eq!((figures.lost, figures.corrupt), (0, 0), "{:?}", figures.examples);
    assert_eq!(figures.survived, STATES);
    assert!(figures.unborn > 0, "cuts while the depot was being made are among them");
    assert!(figures.references > 25, "each commit was replayed in full: {}", figures.references);
}

#[test]
fn the_same_seed_finds_the_same() {
    let (first, second) = (enumerate(200, 5), enumerate(200, 5));
    assert_eq!(first.expect("a day"), second.expect("the same day"));
}
