//! A slice of the campaign, as every change has to stand it. The whole is `hostile-inputs throw --inputs 10000000`.

use std::time::Duration;

use hostile::campaign::Campaign;
use worker::documents::Limits;

const INPUTS: u64 = 12_000;

#[test]
fn nothing_that_reads_bytes_from_outside_panics_and_the_control_does() {
    std::panic::set_hook(Box::new(|_| {}));
    let worker = env!("CARGO_BIN_EXE_hostile-inputs").into();
    let limits = Limits {
        merge_deadline: Duration::from_secs(20),
        start_deadline: Duration::from_secs(20),
        ..Limits::default()
    };
    let outcome = Campaign { inputs: INPUTS, seed: 1, worker, limits }.run();
    assert!(outcome.holds(), "{:#}", outcome.to_json());
}
