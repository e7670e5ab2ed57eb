//! The control of the power cuts: with `synchronous = OFF` files must be corrupt, or the rig sees
//! nothing. Alone in its binary: the control holds for the whole process.

use faults::crash::{enumerate, with_synchronous};
use faults::vfs::Synchronous;

#[test]
fn off_leaves_files_corrupt() {
    with_synchronous(Synchronous::Off);
    let figures = enumerate(1_200, 1).expect("a day on a sound disk");
    assert!(figures.corrupt > 0, "{figures:?}");
}
