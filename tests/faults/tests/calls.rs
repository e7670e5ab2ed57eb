//! A slice of the failing calls that `io-faults` goes through in full.

use faults::io::every_call;

const STRIDE: u64 = 211;

#[test]
fn what_is_refused_is_refused_cleanly_and_the_day_goes_on() {
    let found = every_call(3, STRIDE).expect("a day on a sound disk");
    for (case, counts) in &found {
        assert!(counts.failures.is_empty(), "{case}: {:?}", counts.failures);
        assert_eq!(counts.panics, 0, "{case}");
    }
    let refused: u64 = found.iter().map(|(_, counts)| counts.refused).sum();
    assert!(refused > 0, "somebody was refused, or no fault ever came");
}
