//! What the simulator has found, as the shortest plan that shows it. Each failed before it was mended.

use sim::plan::{Burst, Fault, Line, MINUTE, Plan, SECOND};
use sim::world::run_plan;

/// One depot on a good line, and nothing that happens by itself.
fn plan(bursts: &[(u64, usize)], faults: Vec<(u64, Fault)>) -> Plan {
    let burst = |(at_ms, wishes): &(u64, usize)| Burst { at_ms: *at_ms, depot: 0, wishes: *wishes };
    Plan {
        seed: 3,
        depots: 1,
        calm: false,
        ends_ms: 120 * MINUTE,
        lines: vec![Line { latency_ms: 40, bytes_per_s: 1_000_000, lost_per_1000: 0 }],
        protocols: vec![2],
        hub_protocol: 2,
        bursts: bursts.iter().map(burst).collect(),
        faults,
        answers_lost_per_1000: 0,
        pauses_per_1000: 0,
        together_max: 1,
    }
}

fn assert_kept(plan: Plan) {
    let outcome = run_plan(plan, None, false);
    assert_eq!(outcome.violation, None, "{outcome:#?}");
}

/// Enough for one of the hub's works to be a publication.
fn hub_works(from: u64) -> impl Iterator<Item = (u64, Fault)> {
    (0..12).map(move |nth| (from + nth * SECOND, Fault::HubWork))
}

#[test]
fn a_hub_put_back_twice_opens_no_epoch_twice() {
    let mut faults = vec![
        (MINUTE, Fault::HubBackup),
        (5 * MINUTE, Fault::HubRewind),
        // Before anything is written in the new epoch.
        (6 * MINUTE, Fault::HubBackup),
        (9 * MINUTE, Fault::HubRewind),
    ];
    for at in [2, 7, 11] {
        faults.extend(hub_works(at * MINUTE));
    }
    assert_kept(plan(&[(20 * MINUTE, 8)], faults));
}

#[test]
fn an_empty_backup_put_back_gives_no_number_again() {
    let apart = Fault::Partition { depot: 0, up: true, down: true, ms: 60 * MINUTE };
    let faults = vec![
        (30 * SECOND, Fault::Backup { depot: 0 }),
        (3 * MINUTE, apart),
        (20 * MINUTE, Fault::Restore { depot: 0, by_hand: false }),
    ];
    assert_kept(plan(&[(10 * MINUTE, 25), (30 * MINUTE, 25)], faults));
}

#[test]
fn who_asks_again_after_a_restore_is_answered() {
    let faults = vec![
        (30 * SECOND, Fault::Backup { depot: 0 }),
        (11 * MINUTE, Fault::Restore { depot: 0, by_hand: true }),
    ];
    let mut plan = plan(&[(10 * MINUTE, 15)], faults);
    plan.answers_lost_per_1000 = 700;
    assert_kept(plan);
}
