//! A hub that dies between its commit and its acknowledgement, or anywhere else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use system_tests::api::{Browser, with_id};
use system_tests::hub::Hub;
use system_tests::wait::until;
use uuid::Uuid;

use super::{
    LONGEST, Region, STAND, arrival, chip, head_seq, in_fleet, items, receive, stock, stock_at_hub,
};

const PEOPLE: usize = 3;
/// Kills between commit and acknowledgement, and kills anywhere while people work.
const EXACT: usize = 2;
const ANYWHERE: usize = 3;

#[test]
fn hub_killed_between_commit_and_ack() {
    let mut region = Region::start();
    let depot = region.depot("NBO-1");
    let clerk = depot.signed_in("clerk");
    let mut received = 0;
    for _ in 0..EXACT {
        region.wait_for_agreement(&["NBO-1"]);
        // The hub is heard no more, yet hears.
        region.cable.cut_down();
        receive(&clerk, STAND, 1);
        received += 1;
        let head = head_seq(&depot);
        let console = region.hub.console();
        until("the hub has committed", LONGEST, || {
            (in_fleet(&console, "NBO-1")["head_seq"] == head).then_some(())
        });
        assert_eq!(chip(&clerk), "waiting", "no acknowledgement has come");
        region.hub.kill9();
        region.hub.serve();
        region.cable.mend();
        until("the chip goes to sent", LONGEST, || (chip(&clerk) == "sent").then_some(()));
    }
    for round in 0..ANYWHERE {
        received += work_while_it_dies(&mut region.hub, &clerk, round);
        region.hub.serve();
    }
    until("the chip goes to sent", LONGEST, || (chip(&clerk) == "sent").then_some(()));
    region.wait_for_agreement(&["NBO-1"]);
    let console = region.hub.console();
    assert_eq!(in_fleet(&console, "NBO-1")["head_seq"], head_seq(&depot), "everything once");
    assert_eq!(stock(&clerk, STAND, "on_hand"), received);
    assert_eq!(stock_at_hub(&console, "NBO-1", STAND, "on_hand"), received);
    assert!(items(&console, "/api/v1/quarantine").is_empty());
    region.close(vec![depot]);
}

/// People work; at a random point the hub is killed, in one round its database before it. Returns
/// what was received, all of which was answered.
fn work_while_it_dies(hub: &mut Hub, clerk: &Browser, round: usize) -> i64 {
    let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(false)));
    let workers: Vec<_> = (0..PEOPLE)
        .map(|_| {
            let (clerk, answered, stop) = (clerk.clone(), Arc::clone(&answered), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !*stop.lock().expect("a lock") {
                    receive_as(&clerk, &arrival(STAND, 1));
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let wait_for = |count: usize| {
        until("people are answered", LONGEST, || {
            (answered.load(Ordering::SeqCst) >= count).then_some(())
        });
    };
    wait_for(10 + usize::from(Uuid::now_v7().as_bytes()[15] % 60));
    if round == 1 {
        quit_database(hub);
        wait_for(answered.load(Ordering::SeqCst) + 20);
    }
    hub.kill9();
    // Nobody at the depot notices.
    wait_for(answered.load(Ordering::SeqCst) + 20);
    *stop.lock().expect("a lock") = true;
    for worker in workers {
        worker.join().expect("a worker");
    }
    i64::try_from(answered.load(Ordering::SeqCst)).expect("few")
}

fn receive_as(clerk: &Browser, fields: &Value) {
    let body = with_id(Uuid::now_v7(), fields.clone());
    let _ = clerk.post("/api/v1/commands/receive-goods", &body).ok();
}

/// SIGQUIT: the database ends at once, as in a power cut.
fn quit_database(hub: &Hub) {
    let file = hub.state().join("postgres").join("data").join("postmaster.pid");
    let text = std::fs::read_to_string(&file).expect("the hub's database runs");
    let id = text.lines().next().expect("an id").trim().to_owned();
    let sent = std::process::Command::new("kill").args(["-QUIT", &id]).status();
    assert!(sent.is_ok_and(|status| status.success()), "it runs");
    until("the database has ended", Duration::from_secs(20), || {
        (!std::path::Path::new("/proc").join(&id).join("cmdline").exists()).then_some(())
    });
}
