//! The console of a real hub, with two real depots: two persons publish a model's versions to a ring,
//! look at the trial, and take one back.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use system_tests::bundles::shipped_as;
use system_tests::depot::Depot;
use system_tests::hub::{ADMIN, Hub, PASSWORD};
use system_tests::process::run;
use system_tests::rounds;
use system_tests::wait::until;

use super::{need_pages, open_door, serve_wishes, start_script, told_of};

const MODEL: &str = "arrival-time";
const SECOND: &str = "bea";
const SECOND_PASSWORD: &str = "maji-9-ndogo-sana-kabisa";
const CATALOGUE: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,TEA,TEA 500 G,1.0,2011-05-13 08:09:00,2.55,15129.0,Kenya
";
const PRICES_LONGEST: Duration = Duration::from_secs(60);
const ORDERS: i64 = 8;
/// Enough that the drift of a day is judged: 200 values.
const LOOKS: u32 = 26;

#[test]
fn two_people_publish_a_model_from_the_console_and_take_it_back() {
    need_pages();
    let folder = tempfile::tempdir().expect("a folder");
    let (mut hub, _cable) = Hub::create_behind_a_cable(&folder.path().join("hub"));
    let mut depots = [("NBO-1", ORDERS), ("NBO-2", 0)].map(|(site, orders)| {
        let depot = Depot::create(&folder.path().join(site.to_lowercase()), site);
        depot.enrol(&hub.invite(site));
        (depot, orders)
    });
    furnish(&hub, folder.path());
    for (depot, orders) in &mut depots {
        depot.serve();
        if *orders > 0 {
            until_priced(depot);
            rounds::equip(depot, *orders);
        }
    }
    let door = open_door();
    let told = json!({
        "hub": hub.url(),
        "users": {ADMIN: PASSWORD, SECOND: SECOND_PASSWORD},
    });
    let mut all = told_of(&depots[0].0, &door);
    all.as_object_mut().expect("an object").extend(told.as_object().cloned().expect("an object"));
    let mut script = start_script("console", &all);
    let passed = serve_wishes(&mut script, &door, |wish| match wish {
        "ride" => rounds::ride(&depots[0].0, LOOKS),
        other => panic!("the script wishes {other:?}"),
    });
    assert!(passed, "the scripts in tests/browser failed: see above and target/screenshots");
    for (mut depot, _) in depots {
        depot.stop();
        depot.verify();
    }
    hub.verify();
    hub.stop();
}

/// A second user, a price, and two versions of the model in the registry.
fn furnish(hub: &Hub, folder: &Path) {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    hub.import_catalogue(&file("catalogue.csv", CATALOGUE), "165");
    let mut set = hub.nested(&["admin", "set-password"]);
    let password = file("bea.password", SECOND_PASSWORD);
    run(set.args(["--name", SECOND, "--password-file"]).arg(password));
    let password = file("admin.password", PASSWORD);
    for version in [1, 2] {
        let mut import = hub.nested(&["models", "import"]);
        import.arg(shipped_as(MODEL, folder, version, |_| {}));
        import.args(["--signer", "development", "--user", ADMIN, "--password-file"]);
        run(import.arg(&password));
    }
}

fn until_priced(depot: &Depot) {
    let manager = depot.signed_in("manager");
    until("the price is there", PRICES_LONGEST, || {
        let article = manager.try_get("/api/v1/articles/TEA").expect("an answer");
        article.body["price_minor"].as_i64()
    });
}
