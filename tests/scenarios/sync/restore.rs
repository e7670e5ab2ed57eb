//! A box that comes back from a backup, or from files that somebody put back by hand.

use std::path::Path;
use std::process::Command;

use system_tests::api::Browser;
use system_tests::depot::Depot;
use system_tests::process::run;
use system_tests::wait::until;

use super::{
    LONGEST, Region, STAND, chip, in_fleet, items, orders, receive, sold, stock, stock_at_hub,
};

/// What was sold: orders, and the numbers on their receipts.
#[derive(Default)]
struct Sold {
    orders: Vec<String>,
    numbers: Vec<String>,
}

impl Sold {
    fn sell(&mut self, browser: &Browser, count: usize) {
        for _ in 0..count {
            let (order, number) = sold(browser, STAND);
            assert!(!self.numbers.contains(&number), "{number} is given once");
            self.orders.push(order);
            self.numbers.push(number);
        }
    }

    /// Everything is there once, at the depot and at the hub, under the numbers that were told.
    fn check(&mut self, region: &Region, depot: &Depot, received: i64) {
        let (manager, console) = (depot.signed_in("manager"), region.hub.console());
        self.orders.sort();
        until("all that was lost is back", LONGEST, || {
            (orders(&manager, "/api/v1/orders") == self.orders).then_some(())
        });
        until("the hub has everything", LONGEST, || {
            (orders(&console, "/api/v1/orders") == self.orders).then_some(())
        });
        region.wait_for_agreement(&["NBO-1"]);
        let mut numbers: Vec<String> = items(&console, "/api/v1/orders")
            .iter()
            .map(|order| order["number"].as_str().expect("a number").to_owned())
            .collect();
        numbers.sort();
        self.numbers.sort();
        assert_eq!(numbers, self.numbers);
        let left = received - i64::try_from(self.orders.len()).expect("few");
        assert_eq!(stock(&manager, STAND, "on_hand"), left);
        assert_eq!(stock_at_hub(&console, "NBO-1", STAND, "on_hand"), left);
        assert!(items(&console, "/api/v1/quarantine").is_empty(), "nothing waits for a person");
        until("the chip goes to sent", LONGEST, || (chip(&manager) == "sent").then_some(()));
    }
}

fn wait_for_epoch(region: &Region, depot: &Depot, epoch: u32) {
    let manager = depot.signed_in("manager");
    until("the new epoch is open", LONGEST, || {
        (manager.get("/api/v1/sync")["epoch"] == epoch).then_some(())
    });
    region.wait_for_agreement(&["NBO-1"]);
}

/// `cp -a`, as somebody with a root shell would.
fn copied(depot: &Depot, to: &Path) -> Depot {
    run(Command::new("cp").arg("-a").arg(depot.state()).arg(to));
    depot.at(to)
}

#[test]
fn restored_backup_opens_new_epoch() {
    let region = Region::start();
    let mut first = region.depot("NBO-1");
    let manager = first.signed_in("manager");
    let mut sales = Sold::default();
    receive(&manager, STAND, 40);
    sales.sell(&manager, 3);
    let backup = region.path().join("backup");
    run(first.cli("backup").arg("--to").arg(&backup));
    sales.sell(&manager, 4);
    receive(&manager, STAND, 5);
    region.wait_for_agreement(&["NBO-1"]);
    first.kill9();
    std::fs::remove_dir_all(first.state()).expect("the box is gone");
    // Work goes on before the link is back.
    region.cable.cut();
    let mut second = first.at(&region.path().join("second"));
    run(second.cli("restore").arg("--from").arg(&backup));
    second.serve();
    let manager = second.signed_in("manager");
    assert_eq!(orders(&manager, "/api/v1/orders").len(), 3, "as of the backup");
    sales.sell(&manager, 2);
    region.cable.mend();
    wait_for_epoch(&region, &second, 2);
    sales.sell(&manager, 1);
    region.wait_for_agreement(&["NBO-1"]);
    sales.check(&region, &second, 45);
    assert_eq!(in_fleet(&region.hub.console(), "NBO-1")["epoch"], 2);
    // The same old backup once more: the hub knows a second epoch of which the backup does not.
    second.kill9();
    let mut third = first.at(&region.path().join("third"));
    run(third.cli("restore").arg("--from").arg(&backup));
    third.serve();
    wait_for_epoch(&region, &third, 3);
    let manager = third.signed_in("manager");
    sales.sell(&manager, 2);
    region.wait_for_agreement(&["NBO-1"]);
    sales.check(&region, &third, 45);
    region.close(vec![third]);
}

#[test]
fn files_put_back_by_hand_open_new_epochs() {
    let region = Region::start();
    let mut first = region.depot("NBO-1");
    let manager = first.signed_in("manager");
    let mut sales = Sold::default();
    receive(&manager, STAND, 40);
    sales.sell(&manager, 3);
    region.wait_for_agreement(&["NBO-1"]);
    first.stop();
    let mut second = copied(&first, &region.path().join("second"));
    let mut third = copied(&first, &region.path().join("third"));
    first.serve();
    sales.sell(&first.signed_in("manager"), 4);
    region.wait_for_agreement(&["NBO-1"]);
    first.kill9();
    // The old files meet the hub before anybody works.
    second.serve();
    wait_for_epoch(&region, &second, 2);
    let manager = second.signed_in("manager");
    sales.sell(&manager, 3);
    region.wait_for_agreement(&["NBO-1"]);
    sales.check(&region, &second, 40);
    second.kill9();
    // Once more, from files older than the second epoch.
    third.serve();
    wait_for_epoch(&region, &third, 3);
    sales.sell(&third.signed_in("manager"), 2);
    region.wait_for_agreement(&["NBO-1"]);
    sales.check(&region, &third, 40);
    region.close(vec![third]);
}
