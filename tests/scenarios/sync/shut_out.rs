//! A box that was stolen: the region shuts it out, what it goes on writing is kept apart, and the other
//! depots learn of it, also one that no link reaches.

use std::process::Command;

use serde_json::json;
use system_tests::process::run;
use system_tests::wait::until;

use super::{LONGEST, Region, STAND, in_fleet, items, orders, receive, sold};

#[test]
fn a_stolen_box_is_cut_off_and_the_others_learn_of_it() {
    let region = Region::start();
    let mut stolen = region.depot("NBO-1");
    let mut other = region.depot("NBO-2");
    let at_stolen = stolen.signed_in("manager");
    receive(&at_stolen, STAND, 9);
    let known = sold(&at_stolen, STAND).0;
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    region.cable.cut();
    let mut own = vec![known.clone(), sold(&at_stolen, STAND).0, sold(&at_stolen, STAND).0];
    stolen.stop();
    // A box that no link will reach: all that counts is that it is enrolled.
    other.stop();
    let to = region.path().join("alone");
    run(Command::new("cp").arg("-a").arg(other.state()).arg(&to));
    let mut alone = other.at(&to);
    other.serve();
    region.cable.mend();

    let reason = ["node", "revoke", "--site", "NBO-1", "--reason", "the box was stolen"];
    let said = run(&mut region.hub.nested(&reason));
    assert!(said.contains("version 1"), "{said}");
    let at_other = other.signed_in("manager");
    until("another depot learns of it", LONGEST, || {
        (at_other.get("/api/v1/sync")["denylist_version"] == 1).then_some(())
    });

    // It may still say what it has, and that is kept apart; then it is sent away.
    stolen.serve();
    let at_stolen = stolen.signed_in("manager");
    until("its people see it", LONGEST, || {
        (at_stolen.get("/api/v1/sync")["refused"] == "node-revoked").then_some(())
    });
    let console = region.hub.console();
    let aside = until("what it wrote since is set aside", LONGEST, || {
        let aside = items(&console, "/api/v1/quarantine?site=NBO-1");
        (aside.len() == 2).then_some(aside)
    });
    for entry in &aside {
        assert_eq!(entry["reason"], "revoked", "{entry}");
        assert!(entry["bytes"].as_i64() > Some(0), "with its bytes: {entry}");
    }
    assert_eq!(orders(&console, "/api/v1/orders"), [known], "no effect");
    assert_eq!(in_fleet(&console, "NBO-1")["status"], "revoked");
    // It goes on serving, and keeps what it does.
    own.push(sold(&at_stolen, STAND).0);
    own.sort();
    assert_eq!(orders(&at_stolen, "/api/v1/orders"), own);

    // Nobody reaches the box alone but a person with a telephone.
    region.cable.cut();
    alone.serve();
    let at_alone = alone.signed_in("manager");
    assert_eq!(at_alone.get("/api/v1/sync")["denylist_version"], 0);
    let mut carried = at_other.get("/api/v1/denylist");
    assert_eq!(carried["shut_out"], 1, "{carried}");
    let taken = at_alone.post("/api/v1/denylist", &carried).ok();
    assert_eq!(taken, json!({"version": 1, "news": true}));
    assert_eq!(at_alone.get("/api/v1/sync")["denylist_version"], 1);
    let text = carried["list"].as_str().expect("digits").to_owned();
    carried["list"] = json!(format!("{}00", &text[..text.len() - 2]));
    let forged = at_alone.post("/api/v1/denylist", &carried);
    assert_eq!((forged.status, &forged.body["field"]), (400, &json!("list")), "{}", forged.body);
    alone.stop();
    let file = region.path().join("denylist");
    let file = file.to_str().expect("a path");
    run(&mut region.hub.nested(&["node", "denylist", "--file", file]));
    let said = run(&mut alone.nested(&["denylist", "take", "--file", file]));
    assert!(said.contains("nothing new"), "{said}");
    alone.verify();
    region.close(vec![stolen, other]);
}
