//! The control of the power cuts: with `synchronous = NORMAL` commits that were acknowledged must be
//! lost, or the rig sees nothing. Alone in its binary: the control holds for the whole process.

use faults::crash::{enumerate, with_synchronous};
use faults::vfs::Synchronous;

#[test]
fn normal_loses_what_was_acknowledged() {
    with_synchronous(Synchronous::Normal);
    let figures = enumerate(1_200, 1).expect("a day on a sound disk");
    assert!(figures.lost > 0, "{figures:?}");
    assert_eq!(figures.corrupt, 0, "{:?}", figures.examples);
}
