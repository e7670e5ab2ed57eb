//! The figures that a depot serves to a monitoring system, while its link is there, cut, and back.

use std::net::TcpListener;

use system_tests::api::plain_text;
use system_tests::wait::until;

use super::{LONGEST, Region, STAND, receive};

/// The value of a figure; none when it is not there.
fn figure(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(&format!("omniroute_depot_{name}{{")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_depot_s_figures_follow_its_link() {
    let region = Region::start();
    let mut depot = region.enrolled("NBO-1");
    let at = TcpListener::bind("127.0.0.1:0").and_then(|door| door.local_addr()).expect("a port");
    depot.serve_with(&["--listen-metrics", &at.to_string(), "--metered-mb-a-day", "50"]);
    let read = || plain_text(&format!("http://{at}/metrics"));
    let clerk = depot.signed_in("clerk");
    receive(&clerk, STAND, 3);
    until("the hub holds everything", LONGEST, || {
        (figure(&read(), "entries_unsent") == Some(0.0)).then_some(())
    });
    let quiet = read();
    assert!(quiet.contains("site=\"NBO-1\""), "{quiet}");
    assert!(quiet.trim_end().ends_with("# EOF"), "{quiet}");
    assert!(figure(&quiet, "hub_silent_seconds").is_some_and(|silent| silent < 3_600.0), "{quiet}");
    assert_eq!(figure(&quiet, "oldest_unsent_seconds"), Some(0.0));
    assert_eq!(figure(&quiet, "entries_quarantined"), Some(0.0));
    assert_eq!(figure(&quiet, "damages"), Some(0.0));
    assert_eq!(figure(&quiet, "forked"), Some(0.0));
    assert_eq!(figure(&quiet, "link_bytes_a_day_max"), Some(50_000_000.0));
    region.cable.cut();
    receive(&clerk, STAND, 3);
    let cut = read();
    assert_eq!(figure(&cut, "entries_unsent"), Some(1.0), "{cut}");
    let written = |text: &str| figure(text, "entries_written").expect("a figure");
    assert!(written(&cut) - written(&quiet) == 1.0, "{cut}");
    region.cable.mend();
    until("it is sent after all", LONGEST, || {
        (figure(&read(), "entries_unsent") == Some(0.0)).then_some(())
    });
    region.wait_for_agreement(&["NBO-1"]);
    region.close(vec![depot]);
}
