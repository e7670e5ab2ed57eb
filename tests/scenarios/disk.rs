//! A full disk: what cannot be kept is refused, what was acknowledged stays.
//!
//! The depot's folder lies on a small disk in memory. Mounting one needs a mount namespace: each
//! test runs itself again inside one, so that nothing is left mounted whatever happens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::api::{Browser, fresh};
use system_tests::depot::Depot;
use system_tests::wait::until;
use uuid::Uuid;

const INSIDE_ENV: &str = "OMNIROUTE_TEST_IN_MOUNT_NAMESPACE";
const PEOPLE: usize = 4;
const BLOCK_BYTES: u64 = 4_096;
/// After so many the disk is taken to be full for good.
const REFUSALS_IN_A_ROW: usize = 20;
/// One article in the catalogue, by way of an imported order.
const ORDER: &str = "1,22423,CAKE STAND,1.0,2011-05-13 08:09:00,12.75,15129.0,Kenya";

#[test]
fn disk_full_refuses_cleanly() {
    on_a_small_disk("disk::disk_full_refuses_cleanly", 24, |disk| {
        // Full while the write-ahead log grows: no checkpoint has been yet.
        let mut day = Day::begin(disk, 3 * 1024 * 1024);
        day.work_until_full(1);
        day.look_round_while_full();
        day.free_and_go_on();
        day.end();
    });
}

/// The disk that the log goes to is often the one that the depot is on.
#[test]
fn a_log_that_cannot_be_written_stops_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.import_lines(ORDER);
    depot.wrap(&["sh", "-c", "OMNIROUTE_LOG=trace exec \"$@\" 2>/dev/full", "sh"]);
    depot.serve();
    let clerk = depot.signed_in("clerk");
    for _ in 0..3 {
        let line =
            json!({"article": "22423", "quantity": 1, "bin": "A-01", "unit_cost_minor": 900});
        let arrival = json!({"receipt": fresh(), "reference": "full", "lines": [line]});
        let _ = clerk.done("receive-goods", arrival);
    }
    depot.stop();
    depot.verify();
}

#[test]
fn disk_full_during_a_checkpoint() {
    on_a_small_disk("disk::disk_full_during_a_checkpoint", 48, |disk| {
        // Room for a log that asks for a checkpoint, but not for the pages it would move.
        let mut day = Day::begin(disk, 17 * 1024 * 1024);
        day.work_until_full(40);
        assert!(day.log_bytes() > 4_000 * BLOCK_BYTES, "checkpoints were asked for");
        day.look_round_while_full();
        // The power goes while the disk is full.
        day.depot.kill9();
        day.free();
        day.depot.verify();
        day.depot.serve();
        day.clerk = day.depot.signed_in("clerk");
        day.refused_goes_through();
        until("a checkpoint moves the log", Duration::from_secs(60), || {
            day.receive(1);
            let moved = fs::metadata(day.depot.state().join("depot.sqlite")).expect("a file").len();
            (moved > 1024 * 1024).then_some(())
        });
        day.end();
    });
}

/// A depot on a disk with a ballast file, and what its people were told.
struct Day {
    depot: Depot,
    clerk: Browser,
    ballast: PathBuf,
    acknowledged: u64,
    entries_before: u64,
    refused: Option<(Uuid, Value)>,
}

impl Day {
    /// Leaves `free_bytes` on the disk.
    fn begin(disk: &Path, free_bytes: u64) -> Self {
        let mut depot = Depot::create(&disk.join("nbo-1"), "NBO-1");
        depot.import_lines(ORDER);
        depot.serve();
        let clerk = depot.signed_in("clerk");
        let entries_before = entries(&depot);
        let ballast = disk.join("nbo-1").join("ballast");
        let bytes = (available_bytes(disk) - free_bytes) / BLOCK_BYTES * BLOCK_BYTES;
        fs::write(&ballast, vec![0x5a; usize::try_from(bytes).expect("small")]).expect("it fits");
        Self { depot, clerk, ballast, acknowledged: 0, entries_before, refused: None }
    }

    fn log_bytes(&self) -> u64 {
        fs::metadata(self.depot.state().join("depot.sqlite-wal")).map_or(0, |file| file.len())
    }

    /// People receive goods until each has been told that the disk is full.
    fn work_until_full(&mut self, lines: usize) {
        let told = Mutex::new((0, None));
        std::thread::scope(|people| {
            for _ in 0..PEOPLE {
                people.spawn(|| {
                    loop {
                        let (id, fields) = (Uuid::now_v7(), arrival(lines));
                        let answer = self.clerk.command_as(id, "receive-goods", fields.clone());
                        let mut told = told.lock().expect("a lock");
                        match answer.status {
                            200 => told.0 += 1,
                            507 => {
                                assert_disk_full(&answer.body);
                                told.1 = Some((id, fields));
                                return;
                            }
                            other => panic!("{other}: {}", answer.body),
                        }
                    }
                });
            }
        });
        let (acknowledged, refused) = told.into_inner().expect("a lock");
        assert!(acknowledged > 0, "some goods were received before");
        self.acknowledged += acknowledged * u64::try_from(lines).expect("few");
        self.refused = refused;
        let entries_now = entries(&self.depot);
        assert_eq!(entries_now, self.entries_before + acknowledged, "nothing else was written");
    }

    /// Refused again and again, never anything else; what is there can be seen.
    fn look_round_while_full(&mut self) {
        let before = entries(&self.depot);
        // Room may be found once more, by a checkpoint or for a small rest: until there is none.
        let (mut accepted, mut refusals) = (0, 0);
        while refusals < REFUSALS_IN_A_ROW {
            let (id, fields) = (Uuid::now_v7(), arrival(40));
            let answer = self.clerk.command_as(id, "receive-goods", fields.clone());
            if answer.status == 200 {
                (accepted, refusals) = (accepted + 1, 0);
                continue;
            }
            assert_eq!(answer.status, 507, "{}", answer.body);
            assert_disk_full(&answer.body);
            self.refused = Some((id, fields));
            refusals += 1;
        }
        self.acknowledged += accepted * 40;
        assert_eq!(entries(&self.depot), before + accepted);
        assert_eq!(self.on_hand(), self.acknowledged, "reads go on");
        for path in ["/", "/health", "/api/v1/site", "/api/v1/day", "/api/v1/receipts"] {
            assert_eq!(self.clerk.try_get(path).expect("an answer").status, 200, "{path}");
        }
        let person = json!({"staff": self.depot.person("clerk"), "pin": self.depot.pin("clerk")});
        for _ in 0..3 {
            let sign_in = self.clerk.post("/api/v1/session", &person);
            assert!(matches!(sign_in.status, 200 | 507), "{}", sign_in.body);
        }
    }

    fn free(&self) {
        fs::remove_file(&self.ballast).expect("it is there");
    }

    fn free_and_go_on(&mut self) {
        self.free();
        self.refused_goes_through();
    }

    /// The same command with the same id, and once more: done once.
    fn refused_goes_through(&mut self) {
        let (id, fields) = self.refused.take().expect("something was refused");
        let first = self.clerk.command_as(id, "receive-goods", fields.clone());
        assert_eq!(first.status, 200, "{}", first.body);
        let again = self.clerk.command_as(id, "receive-goods", fields.clone());
        assert_eq!(again, first);
        let lines = fields["lines"].as_array().expect("lines").len();
        self.acknowledged += u64::try_from(lines).expect("few");
        assert_eq!(self.on_hand(), self.acknowledged);
    }

    fn receive(&mut self, lines: usize) {
        let _ = self.clerk.done("receive-goods", arrival(lines));
        self.acknowledged += u64::try_from(lines).expect("few");
    }

    fn on_hand(&self) -> u64 {
        self.clerk.get("/api/v1/articles/22423")["on_hand"].as_u64().expect("a number")
    }

    fn end(mut self) {
        assert_eq!(self.on_hand(), self.acknowledged);
        self.depot.stop();
        self.depot.verify();
    }
}

fn arrival(lines: usize) -> Value {
    let line = json!({"article": "22423", "quantity": 1, "bin": "A-01", "unit_cost_minor": 900});
    json!({"receipt": fresh(), "reference": "disk", "lines": vec![line; lines]})
}

fn assert_disk_full(problem: &Value) {
    assert_eq!(problem["type"], "urn:omniroute:problem:disk-full", "{problem}");
    assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{problem}");
}

fn entries(depot: &Depot) -> u64 {
    depot.status()["entries"].as_u64().expect("a number")
}

fn available_bytes(disk: &Path) -> u64 {
    let said = Command::new("df").args(["--output=avail", "-B1"]).arg(disk).output().expect("df");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    text.split_whitespace().last().and_then(|bytes| bytes.parse().ok()).expect("a number")
}

/// Runs `work` with a folder on a disk of its own. Never passes without one.
fn on_a_small_disk(test: &str, size_mib: u32, work: impl FnOnce(&Path)) {
    const REMEDY: &str = "remedy: run the tests as root, or allow user namespaces \
        (sysctl kernel.unprivileged_userns_clone=1)";
    if std::env::var_os(INSIDE_ENV).is_none() {
        // Root needs no user namespace, and may be denied one.
        let root = Command::new("unshare").args(["--mount", "true"]).output();
        let by_root = root.is_ok_and(|output| output.status.success());
        let namespace: &[&str] =
            if by_root { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
        let ran = Command::new("unshare")
            .args(namespace)
            .arg(std::env::current_exe().expect("a running test has a path"))
            .args(["--exact", test, "--nocapture"])
            .env(INSIDE_ENV, "1")
            .status();
        let passed = ran.is_ok_and(|status| status.success());
        assert!(passed, "{test} failed, or got no disk of its own; {REMEDY}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let size = format!("size={size_mib}m,mode=700");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &size, "omniroute-test"])
        .arg(folder.path())
        .status();
    assert!(mounted.is_ok_and(|status| status.success()), "no small disk; {REMEDY}");
    work(folder.path());
}
