//! What partners hear: each event once and in its order, whoever dies meanwhile, and nothing of a
//! person.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use system_tests::api::fresh;
use system_tests::nats::Nats;
use system_tests::process::run;
use system_tests::wait::until;

use super::{LONGEST, Region, STAND, receive, sold};

const STREAM: &str = "OMNIROUTE-NAIROBI";
const SALES: usize = 12;

fn named<'m>(messages: &'m [Value], name: &str) -> Vec<&'m Value> {
    messages.iter().filter(|message| message["type"] == name).collect()
}

fn text<'m>(message: &'m Value, field: &str) -> &'m str {
    message[field].as_str().unwrap_or_default()
}

#[test]
fn partners_hear_each_event_once_and_in_order_whoever_dies() {
    let mut region = Region::start();
    let mut nats = Nats::start(&region.path().join("nats"));
    region.hub.stop();
    region.hub.hand_on_to(&nats.url());
    region.hub.serve();
    let depot = region.depot("NBO-1");
    let (clerk, cashier) = (depot.signed_in("clerk"), depot.signed_in("cashier"));
    receive(&clerk, STAND, 100);
    let mut orders = BTreeSet::new();
    let mut sell = |count: usize| {
        for _ in 0..count {
            orders.insert(sold(&cashier, STAND).0);
        }
    };
    sell(SALES);
    region.hub.kill9();
    sell(SALES);
    region.hub.serve();
    until("the first sales are out", LONGEST, || {
        (named(&nats.messages(STREAM), "omniroute.order.created.v1").len() >= SALES).then_some(())
    });
    sell(SALES);
    nats.kill9();
    sell(SALES);
    nats.serve();
    until("all sales are out", LONGEST, || {
        let messages = nats.messages(STREAM);
        (named(&messages, "omniroute.order.created.v1").len() >= orders.len()).then_some(())
    });
    // A person's own words must not get there.
    let secret = "Mama Wanjiru, +254700000099, Mlango wa bluu";
    let customer = fresh();
    let registered = json!({"customer": customer, "name": secret, "phone": "+254700000099",
        "address": secret, "note": secret});
    let _ = cashier.done("register-customer", registered);
    receive(&clerk, STAND, 5);
    until("the second receipt is out", LONGEST, || {
        let messages = nats.messages(STREAM);
        (named(&messages, "omniroute.stock.received.v1").len() == 2).then_some(())
    });

    let messages = nats.messages(STREAM);
    let ids: BTreeSet<&str> = messages.iter().map(|message| text(message, "id")).collect();
    assert_eq!(ids.len(), messages.len(), "no event is there twice");
    let created = named(&messages, "omniroute.order.created.v1");
    let told: BTreeSet<String> =
        created.iter().map(|message| text(message, "subject").to_owned()).collect();
    assert_eq!(told, orders, "every sale is there");
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for message in &messages {
        let before = last.insert(text(message, "source"), text(message, "sequence"));
        assert!(before.is_none_or(|before| before < text(message, "sequence")), "in their order");
        assert!(!message.to_string().contains("Wanjiru"), "{message}");
        assert!(!message.to_string().contains("254700000099"), "{message}");
    }
    until("the hub says that nothing waits", LONGEST, || {
        run(&mut region.hub.nested(&["partners", "status"]))
            .contains(": 0 entries wait")
            .then_some(())
    });
    // What a partner lost comes again, under the same ids.
    run(&mut region.hub.nested(&["partners", "replay"]));
    until("all of it comes again", LONGEST, || {
        let again = nats.messages(STREAM);
        let known = again.iter().filter(|message| ids.contains(text(message, "id"))).count();
        (known == 2 * ids.len()).then_some(())
    });
    region.wait_for_agreement(&["NBO-1"]);
    region.close(vec![depot]);
}
