//! A slice of the rot that `bit-rot` goes through in full.

use faults::rot::{Decay, rot};

#[test]
fn every_flipped_bit_is_seen_and_repaired() {
    let figures = rot(Decay::Bit, 24, 3, 6).expect("a day on a sound disk");
    assert_eq!((figures.missed, figures.not_repaired), (0, 0), "{:?}", figures.examples);
    assert_eq!(figures.detected, 24);
    assert_eq!(figures.mended, 24, "by the page's own sum");
    assert_eq!(figures.repaired, 4, "from the hub");
    assert!(figures.control_missed > 12, "SQLite alone sees little: {figures:?}");
}

#[test]
fn a_sector_of_noise_is_seen_and_repaired_from_the_hub() {
    let figures = rot(Decay::Sector, 12, 4, 1).expect("a day on a sound disk");
    assert_eq!((figures.missed, figures.not_repaired), (0, 0), "{:?}", figures.examples);
    assert_eq!((figures.detected, figures.repaired), (12, 12));
}
