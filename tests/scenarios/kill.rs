//! SIGKILL at random points: every write that was answered is there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::api::{Browser, fresh, with_id};
use system_tests::depot::Depot;
use uuid::Uuid;

/// Kills, and people who receive goods while it happens.
const KILLS: usize = 12;
const PEOPLE: usize = 4;

/// One article in the catalogue, by way of an imported order.
const ORDER: &str = "1,22423,CAKE STAND,1.0,2011-05-13 08:09:00,12.75,15129.0,Kenya";

#[test]
fn kill9_mid_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.import_lines(ORDER);
    let acknowledged: Arc<Mutex<Vec<(Uuid, Value)>>> = Arc::default();
    let mut unanswered = Vec::new();
    for round in 0..KILLS {
        depot.serve();
        let clerk = depot.signed_in("clerk");
        let answered = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..PEOPLE)
            .map(|_| {
                let (clerk, acknowledged, answered) =
                    (clerk.clone(), Arc::clone(&acknowledged), Arc::clone(&answered));
                std::thread::spawn(move || work(&clerk, &acknowledged, &answered))
            })
            .collect();
        // A random point: so many answers in, and then somewhere inside the next commits.
        let after = 3 + usize::from(Uuid::now_v7().as_bytes()[15] % 40);
        system_tests::wait::until("answers come", Duration::from_secs(60), || {
            (answered.load(Ordering::SeqCst) >= after).then_some(())
        });
        depot.kill9();
        for worker in workers {
            unanswered.extend(worker.join().expect("a worker"));
        }
        assert!(acknowledged.lock().expect("a lock").len() > round, "somebody was answered");
    }
    depot.verify();
    depot.serve();
    let clerk = depot.signed_in("clerk");
    let acknowledged = acknowledged.lock().expect("a lock");
    let receipts = all_receipts(&clerk);
    for (_, fields) in acknowledged.iter() {
        assert!(receipts.contains(&fields["receipt"]), "an acknowledged arrival is missing");
    }
    // Whoever got no answer asks again, and it is done exactly once.
    for (id, fields) in &unanswered {
        let again = clerk.command_as(*id, "receive-goods", fields.clone());
        assert_eq!(again.status, 200, "{}", again.body);
    }
    let all = acknowledged.len() + unanswered.len();
    assert_eq!(all_receipts(&clerk).len(), all, "each arrival once");
    let article = clerk.get("/api/v1/articles/22423");
    assert_eq!(article["on_hand"], json!(all), "one carton each");
    depot.stop();
    depot.verify();
}

/// Receives one carton after another until the depot is gone; returns what was not answered.
fn work(
    clerk: &Browser,
    acknowledged: &Mutex<Vec<(Uuid, Value)>>,
    answered: &AtomicUsize,
) -> Vec<(Uuid, Value)> {
    loop {
        let id = Uuid::now_v7();
        let fields = json!({
            "receipt": fresh(), "reference": "kill",
            "lines": [{"article": "22423", "quantity": 1, "bin": "A-01", "unit_cost_minor": 900}],
        });
        match clerk.try_post("/api/v1/commands/receive-goods", &with_id(id, fields.clone())) {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{}", answer.body);
                acknowledged.lock().expect("a lock").push((id, fields));
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(_) => return vec![(id, fields)],
        }
    }
}

fn all_receipts(browser: &Browser) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = browser.get(&format!("/api/v1/receipts?limit=200{after}"));
        let items = page["items"].as_array().expect("a list");
        found.extend(items.iter().map(|item| item["receipt"].clone()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}
