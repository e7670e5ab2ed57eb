//! A model's way through a region on real processes: imported, published to a ring by two persons,
//! tried, used through a power cut, and taken back; and what must never get into use.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use system_tests::bundles::shipped_as;
use system_tests::depot::Depot;
use system_tests::hub::{ADMIN, PASSWORD};
use system_tests::process::run;
use system_tests::wait::until;

use super::{LONGEST, Region};

pub(super) const MODEL: &str = "arrival-time";
const SECOND: &str = "bea";
const SECOND_PASSWORD: &str = "maji-9-ndogo-sana-kabisa";

/// Two console users, who give their passwords at the command line.
pub(super) struct Desk<'r> {
    region: &'r Region,
    passwords: [PathBuf; 2],
}

impl<'r> Desk<'r> {
    pub(super) fn open(region: &'r Region) -> Self {
        let file = |name: &str, password: &str| {
            let path = region.path().join(name);
            std::fs::write(&path, password).expect("a file");
            path
        };
        let passwords = [file("admin.password", PASSWORD), file("bea.password", SECOND_PASSWORD)];
        let mut set = region.hub.nested(&["admin", "set-password"]);
        run(set.args(["--name", SECOND, "--password-file"]).arg(&passwords[1]));
        Self { region, passwords }
    }

    pub(super) fn by(&self, person: usize, words: &[&str]) -> Command {
        let mut command = self.region.hub.nested(&["models", words[0]]);
        command.args(&words[1..]).args(["--user", [ADMIN, SECOND][person], "--password-file"]);
        command.arg(&self.passwords[person]);
        command
    }

    pub(super) fn import(&self, bundle: &Path) {
        let bundle = bundle.to_str().expect("a path");
        run(&mut self.by(0, &["import", bundle, "--signer", "development"]));
    }

    /// Proposed by one, approved by the other.
    pub(super) fn publish(&self, version: &str, step: &str) {
        let words = ["publish", MODEL, version, "--ring", "pilot", "--step", step, "--note", "t"];
        let proposal = run(&mut self.by(0, &words));
        let own = refused(&mut self.by(0, &["approve", proposal.trim()]));
        assert!(own.contains("two persons"), "{own}");
        run(&mut self.by(1, &["approve", proposal.trim()]));
    }
}

/// What a command says that does not do it.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{command:?} was done");
    said
}

/// What a depot's own command line says of the model.
pub(super) fn at(depot: &Depot) -> Value {
    let said = run(depot.nested(&["models", "list"]).arg("--json"));
    let listed: Value = serde_json::from_str(&said).expect("JSON");
    let items = listed["items"].as_array().expect("a list");
    items.iter().find(|item| item["model"] == MODEL).cloned().unwrap_or_default()
}

pub(super) fn wait_for(depot: &Depot, place: &str, version: u32) {
    until(&format!("version {version} is {place}"), LONGEST, || {
        (at(depot)["life"][place]["version"] == version).then_some(())
    });
}

#[test]
fn model_ring_publish_shadow_activate_rollback() {
    let region = Region::start();
    let (mut pilot, other) = (region.depot("NBO-1"), region.depot("NBO-2"));
    let desk = Desk::open(&region);
    let shipped = shipped_as(MODEL, region.path(), 1, |_| {});
    let words = ["import", shipped.to_str().expect("a path")];
    let stranger = refused(&mut desk.by(0, &words));
    assert!(stranger.contains("--signer"), "{stranger}");
    desk.import(&shipped);
    desk.import(&shipped_as(MODEL, region.path(), 2, |_| {}));
    let bent = shipped_as(MODEL, region.path(), 9, |made| {
        let path = made.join("model.onnx");
        let mut bytes = std::fs::read(&path).expect("a network");
        bytes[1_000] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
    });
    let words = ["import", bent.to_str().expect("a path"), "--signer", "development"];
    let flipped = refused(&mut desk.by(0, &words));
    assert!(flipped.contains("model.onnx differs"), "{flipped}");
    run(&mut desk.by(0, &["ring", "pilot", "NBO-1"]));

    desk.publish("1", "activate");
    wait_for(&pilot, "active", 1);
    desk.publish("2", "shadow");
    wait_for(&pilot, "shadow", 2);
    let checked = run(&mut pilot.nested(&["models", "verify"]));
    assert!(checked.contains("2 versions checked"), "{checked}");
    let console = region.hub.console();
    let path = format!("/api/v1/models/{MODEL}/depots");
    until("the hub hears of both", LONGEST, || {
        let depots = console.get(&path);
        let here = depots["items"].as_array()?.iter().find(|item| item["site"] == "NBO-1")?;
        (here["active"] == 1 && here["shadow"] == 2 && here["state"] == "active").then_some(())
    });
    assert!(at(&other)["life"]["active"].is_null(), "the ring is one depot");

    // Out of power in the middle of it, wherever that is.
    desk.publish("2", "activate");
    pilot.kill9();
    pilot.serve();
    wait_for(&pilot, "active", 2);
    assert_eq!(at(&pilot)["life"]["previous"]["version"], 1);
    let older = refused(pilot.nested(&["models", "activate"]).args([MODEL, "1"]));
    assert!(older.contains("rollback"), "{older}");

    run(&mut desk.by(1, &["rollback", MODEL, "1", "--ring", "pilot", "--note", "late in the rain"]));
    wait_for(&pilot, "active", 1);
    until("the hub hears of the way back", LONGEST, || {
        let depots = console.get(&path);
        let here = depots["items"].as_array()?.iter().find(|item| item["site"] == "NBO-1")?;
        (here["active"] == 1 && here["shadow"].is_null()).then_some(())
    });
    let listed = console.get("/api/v1/models");
    assert_eq!(listed["items"][0]["versions"][1]["active_at"][0], "NBO-1", "{listed}");
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    region.close(vec![pilot, other]);
}

#[test]
fn models_by_hand_at_the_depot() {
    let region = Region::start();
    let depot = region.depot("NBO-1");
    let desk = Desk::open(&region);
    for version in [1, 2] {
        desk.import(&shipped_as(MODEL, region.path(), version, |_| {}));
    }
    run(&mut desk.by(0, &["ring", "pilot", "NBO-1"]));
    desk.publish("1", "activate");
    wait_for(&depot, "active", 1);
    desk.publish("2", "shadow");
    wait_for(&depot, "shadow", 2);
    let by_hand = |words: &[&str]| {
        let mut command = depot.nested(&["models", words[0]]);
        command.args(&words[1..]);
        command
    };

    let switched = run(&mut by_hand(&["activate", MODEL, "2"]));
    assert!(switched.contains("in use 2, tried none, to go back to 1"), "{switched}");
    let tried = run(&mut by_hand(&["shadow", MODEL, "1"]));
    assert!(tried.contains("in use 2, tried 1"), "{tried}");
    let console = region.hub.console();
    let path = format!("/api/v1/models/{MODEL}/depots");
    until("the running depot goes by it, and the hub hears", LONGEST, || {
        let depots = console.get(&path);
        let here = depots["items"].as_array()?.iter().find(|item| item["site"] == "NBO-1")?;
        (here["active"] == 2 && here["shadow"] == 1).then_some(())
    });
    let listed = run(&mut by_hand(&["list"]));
    assert!(listed.contains("in use 2, tried 1"), "{listed}");
    let checked = run(&mut by_hand(&["verify", MODEL]));
    assert!(checked.contains("2 versions checked"), "{checked}");
    let same = refused(&mut by_hand(&["shadow", MODEL, "2"]));
    assert!(same.contains("in use"), "{same}");

    let back = run(&mut by_hand(&["rollback", MODEL]));
    assert!(back.contains("in use 1"), "{back}");
    let told = run(&mut by_hand(&["explain", MODEL]));
    assert!(told.contains("a person at this depot went back"), "{told}");
    assert!(told.contains("went back: 1 times") && told.contains("barred: "), "{told}");
    refused(&mut by_hand(&["activate", MODEL, "2"]));
    let unknown = refused(&mut by_hand(&["explain", "no-such"]));
    assert!(unknown.contains("remedy: see edge-node models list"), "{unknown}");
    region.wait_for_agreement(&["NBO-1"]);
    region.close(vec![depot]);
}
