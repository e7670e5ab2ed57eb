//! The staff's pages in a real browser, over a real depot whose hub does not answer; and the console
//! of a real hub with its depots.
//!
//! The browser is driven by `*.test.mjs`. They are handed who the people are, and may ask for what
//! no page can do: freezing, killing and starting the depot.

mod console;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::binaries::{binary, workspace};
use system_tests::depot::Depot;
use system_tests::rounds;
use system_tests::wait::until;

/// Longest for all scripts together, on a machine that does other work.
const SCRIPTS_LONGEST: Duration = Duration::from_secs(300);

const CATALOGUE: &[(&str, &str, i64)] = &[
    ("22423", "Cake stand, three tiers", 210_375),
    ("85123A", "White hanging heart light holder", 42_000),
    ("84879", "Assorted colour bird ornament", 27_900),
    ("22720", "Set of three cake tins", 81_675),
];

/// Two orders of the shop's, to be picked.
const ORDERS: &str = "\
536365,22423,CAKE STAND,2.0,2011-05-13 08:09:00,12.75,15129.0,Kenya
536365,85123A,HANGING HEART,1.0,2011-05-13 08:09:00,2.55,15129.0,Kenya
536366,84879,BIRD ORNAMENT,6.0,2011-05-13 08:12:00,1.69,15130.0,Kenya";

#[test]
fn staff_work_in_a_browser_while_the_hub_is_down() {
    need_pages();
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.publish_catalogue(CATALOGUE);
    depot.import_lines(ORDERS);
    depot.serve();
    depot.keep_port();
    let door = open_door();
    let mut script = start_script("staff", &told_of(&depot, &door));
    let passed = serve_wishes(&mut script, &door, |wish| grant(wish, &mut depot));
    assert!(passed, "the scripts in tests/browser failed: see above and target/screenshots");
    depot.stop();
    depot.verify();
}

#[test]
fn a_day_is_planned_in_a_browser_on_the_town_s_own_roads() {
    need_pages();
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = rounds::packed(folder.path(), 8);
    depot.stop();
    build_town(&depot, &folder.path().join("town.osm.pbf"));
    depot.serve();
    let door = open_door();
    let mut script = start_script("dispatch", &told_of(&depot, &door));
    let passed = serve_wishes(&mut script, &door, |wish| grant(wish, &mut depot));
    assert!(passed, "the scripts in tests/browser failed: see above and target/screenshots");
    depot.stop();
    depot.verify();
}

/// A made-up town around the depot, and its road graph and map.
fn build_town(depot: &Depot, extract: &Path) {
    let town = Command::new(binary("edge-node"))
        .args(["roads", "town", "--centre", "-1.286,36.817"])
        .arg(extract)
        .status();
    assert!(town.is_ok_and(|status| status.success()), "the town is made up");
    let built = depot.nested(&["roads", "build", &extract.display().to_string()]).status();
    assert!(built.is_ok_and(|status| status.success()), "its roads are built");
}

fn need_pages() {
    let root = workspace();
    for (needed, remedy) in [
        ("node_modules/playwright-core", "npm ci"),
        ("edge-node/ui/depot/dist/index.html", "npm ci && npm run build"),
        ("sync-hub/ui/dist/index.html", "npm ci && npm run build"),
    ] {
        assert!(root.join(needed).exists(), "{needed} is missing; remedy: {remedy}");
    }
}

/// Where scripts put their wishes.
fn open_door() -> TcpListener {
    let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
    door.set_nonblocking(true).expect("a listener");
    door
}

/// What a script is told of a depot.
fn told_of(depot: &Depot, door: &TcpListener) -> Value {
    let people: serde_json::Map<String, Value> = ["clerk", "cashier", "manager"]
        .into_iter()
        .map(|role| {
            let person = json!({"pin": depot.pin(role), "code": depot.pairing_code()});
            (role.to_owned(), person)
        })
        .collect();
    json!({
        "url": depot.url(),
        "people": people,
        "door": door.local_addr().expect("bound").port(),
        "screenshots": workspace().join("target/screenshots"),
    })
}

fn start_script(name: &str, told: &Value) -> Script {
    let script = Command::new("node")
        .arg(format!("tests/browser/{name}.test.mjs"))
        .current_dir(workspace())
        .env("OMNIROUTE_TEST", told.to_string())
        .spawn()
        .expect("node is needed; remedy: install Node.js 20.19 or newer");
    Script(script)
}

/// Does what the script asks for until it ends; returns whether it passed.
fn serve_wishes(script: &mut Script, door: &TcpListener, mut grant: impl FnMut(&str)) -> bool {
    until("the scripts end", SCRIPTS_LONGEST, || {
        if let Ok((wish, _)) = door.accept() {
            hear(wish, &mut grant);
        }
        script.0.try_wait().expect("a child").map(|status| status.success())
    })
}

/// Never outlives its test.
struct Script(Child);

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One line in, one line out.
fn hear(wish: TcpStream, grant: &mut impl FnMut(&str)) {
    wish.set_nonblocking(false).expect("a socket");
    let mut line = String::new();
    let mut reader = BufReader::new(&wish);
    reader.read_line(&mut line).expect("a wish");
    grant(line.trim());
    (&wish).write_all(b"done\n").expect("the script waits");
}

fn grant(wish: &str, depot: &mut Depot) {
    match wish {
        "freeze" => {
            let id = depot.process_id().to_string();
            let sent = Command::new("kill").args(["-STOP", &id]).status();
            assert!(sent.is_ok_and(|status| status.success()), "it runs");
        }
        "kill" => depot.kill9(),
        "start" => depot.serve(),
        "pack" => rounds::pack(depot, 8),
        other => panic!("the script wishes {other:?}"),
    }
}
