//! A card that rots under a depot: seen, mended in place where one bit is wrong, else from the hub.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use system_tests::depot::Depot;
use system_tests::process::run;
use system_tests::wait::until;

use super::{LONGEST, Region, STAND, items, orders, receive, sold, stock};

const PAGE_BYTES: usize = 4_096;

fn database(depot: &Depot) -> std::path::PathBuf {
    depot.state().join("depot.sqlite")
}

/// What the depot's own look at its file says, and whether it is content.
fn scrubbed(depot: &Depot) -> (bool, String) {
    let said = depot.cli("scrub").output().expect("the binary runs");
    (said.status.success(), String::from_utf8_lossy(&said.stdout).into_owned())
}

#[test]
fn one_flipped_bit_is_found_and_mended_in_its_place() {
    let region = Region::start();
    let mut depot = region.depot("NBO-1");
    let manager = depot.signed_in("manager");
    receive(&manager, STAND, 9);
    let (order, _) = sold(&manager, STAND);
    depot.stop();
    let before = fs::read(database(&depot)).expect("a file");
    assert!(scrubbed(&depot).0);
    let file = File::options().write(true).open(database(&depot)).expect("a file");
    let (at, byte) = (before.len() / 2 + 77, before[before.len() / 2 + 77]);
    file.write_all_at(&[byte ^ 0x10], at as u64).expect("written");
    let (content, said) = scrubbed(&depot);
    assert!(!content && said.contains(&format!("page {}", at / PAGE_BYTES + 1)), "{said}");
    let told = run(&mut depot.cli("repair"));
    assert!(told.contains("One flipped bit"), "{told}");
    assert_eq!(fs::read(database(&depot)).expect("a file"), before, "byte for byte");
    assert!(run(&mut depot.cli("repair")).contains("Nothing is damaged"));
    depot.verify();
    depot.serve();
    assert_eq!(orders(&depot.signed_in("manager"), "/api/v1/orders"), [order]);
    region.close(vec![depot]);
}

#[test]
fn a_file_that_lost_more_comes_back_from_the_hub() {
    let region = Region::start();
    let mut depot = region.depot("NBO-1");
    let manager = depot.signed_in("manager");
    receive(&manager, STAND, 60);
    let mut sales: Vec<String> = (0..20).map(|_| sold(&manager, STAND).0).collect();
    region.wait_for_agreement(&["NBO-1"]);
    let before = depot.status()["entries"].clone();
    depot.stop();
    // Noise over every third page but the first few: of the log, of the records, of the indices.
    let pages = fs::read(database(&depot)).expect("a file").len() / PAGE_BYTES;
    let file = File::options().write(true).open(database(&depot)).expect("a file");
    for page in (4..pages).step_by(3) {
        file.write_all_at(&[0xa5; 700], (page * PAGE_BYTES + 1_000) as u64).expect("written");
    }
    assert!(!scrubbed(&depot).0);
    let told = run(&mut depot.cli("repair"));
    assert!(told.contains("written anew"), "{told}");
    assert!(scrubbed(&depot).0, "the new file is sound");
    let aside = fs::read_dir(depot.state()).expect("a folder").flatten();
    let kept = aside.filter(|file| file.file_name().to_string_lossy().starts_with("damaged-"));
    assert_eq!(kept.count(), 1, "the damaged file is kept");
    depot.serve();
    until("the log is back", LONGEST, || (depot.status()["entries"] == before).then_some(()));
    // PINs are of the box alone: no hub has them, and theirs may have gone with a page.
    depot.stop();
    let (staff, pin) = (depot.person("manager").to_owned(), depot.pin("manager"));
    run(depot.nested(&["staff", "set-pin"]).args(["--staff", &staff, "--pin", pin]));
    depot.serve();
    let manager = depot.signed_in("manager");
    sales.sort();
    until("all that was lost is back", LONGEST, || {
        (orders(&manager, "/api/v1/orders") == sales).then_some(())
    });
    sales.push(sold(&manager, STAND).0);
    sales.sort();
    region.wait_for_agreement(&["NBO-1"]);
    assert_eq!(orders(&region.hub.console(), "/api/v1/orders"), sales);
    assert_eq!(stock(&manager, STAND, "on_hand"), 60 - 21);
    assert!(items(&region.hub.console(), "/api/v1/quarantine").is_empty());
    depot.verify();
    region.close(vec![depot]);
}
