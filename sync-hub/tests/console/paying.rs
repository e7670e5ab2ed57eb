//! The money that only the hub moves, asked for on the command line over another database than the
//! hub's own.

use std::process::{Command, Output};

use shared_model::gig::Rider;
use shared_model::ledger::Account;
use shared_model::payments::Deposit;

use crate::asking::Asking;
use crate::day::Depot;

fn run(asking: &Asking, arguments: &[&str]) -> Output {
    let mut hub = Command::new(env!("CARGO_BIN_EXE_sync-hub"));
    hub.args(arguments).arg("--state").arg(asking.state_dir());
    hub.env_remove("OMNIROUTE_HUB_STATE").env("DATABASE_URL", asking.database_url());
    hub.output().unwrap()
}

fn must(asking: &Asking, arguments: &[&str]) {
    let output = run(asking, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
}

fn refused(asking: &Asking, arguments: &[&str]) {
    let output = run(asking, arguments);
    assert!(!output.status.success(), "{arguments:?} was taken");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("remedy: "), "{arguments:?}: {errors}");
}

fn of_any<T>(depots: &[Depot], find: impl Fn(&Depot) -> Option<T>) -> (&Depot, T) {
    let found = depots.iter().find_map(|depot| find(depot).map(|found| (depot, found)));
    found.expect("the days have one")
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_are_matched_and_riders_paid_once() {
    let asking = Asking::after(1_000).await;
    let depots = &asking.region.depots;
    let init = ["init", "--region", "nairobi", "--entity", "KE", "--name", "h", "--admin", "boss"];
    must(&asking, &init);

    let (depot, deposit) = of_any(depots, |depot| depot.all::<Deposit>().into_iter().next());
    let (site, amount) = (depot.site.site.as_str(), deposit.amount_minor);
    let matching = |amount: i64, fee: i64| {
        let line = ["match-statement", "--site", site, "--slip", &deposit.slip];
        let mut line: Vec<String> = line.map(str::to_owned).to_vec();
        line.extend([format!("--amount-minor={amount}"), format!("--fee-minor={fee}")]);
        line
    };
    let asked = |line: &[String], ask: fn(&Asking, &[&str])| {
        ask(&asking, &line.iter().map(String::as_str).collect::<Vec<_>>());
    };
    asked(&matching(amount, 1), refused);
    asked(&matching(amount - 1, 1), must);
    asked(&matching(amount - 1, 1), refused);

    let payable = |depot: &Depot| {
        let owed = |rider: &Rider| depot.money(&Account::RiderPayable(rider.rider)) < 0;
        depot.all::<Rider>().into_iter().find(owed)
    };
    let (depot, rider) = of_any(depots, payable);
    let (site, rider) = (depot.site.site.as_str(), rider.rider.to_string());
    must(&asking, &["pay-rider", "--site", site, "--rider", &rider]);
    refused(&asking, &["pay-rider", "--site", site, "--rider", &rider]);
    refused(&asking, &["pay-rider", "--site", site, "--rider", "Nobody At All"]);

    let books = asking.page("/api/v1/trial-balance").await;
    assert_eq!(books["currencies"][0]["difference_minor"], 0);
    let accounts = books["currencies"][0]["accounts"].as_array().unwrap();
    let of_hub = |code: &str| {
        accounts.iter().any(|account| account["site"] == "HUB" && account["account"] == code)
    };
    assert!(of_hub("bank") && of_hub("bank-fees") && of_hub("rider-payable"), "{accounts:?}");
    must(&asking, &["verify"]);
}
