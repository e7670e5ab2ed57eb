//! One outage day, end to end.

use system_tests::day::{Day, Extent};
use system_tests::depot::Listen;

#[test]
fn outage_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let tell = |step: &str| eprintln!("{step}");
    let mut day = Day::prepare(folder.path(), [Listen::LOOPBACK; 2], &tell);
    day.live(Extent { orders: 8, sales: 12 }, &tell);
    let report = day.report.to_string();
    eprintln!("{report}");
    assert!(report.contains("differ by 0"), "the trial balance closes:\n{report}");
    for mut depot in [day.nbo1, day.nbo2] {
        depot.stop();
        depot.verify();
    }
    day.hub.verify();
}
