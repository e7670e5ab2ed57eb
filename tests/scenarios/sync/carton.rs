//! The last carton, which two depots want to sell.

use serde_json::json;
use system_tests::api::fresh;
use system_tests::wait::until;

use super::{HOLDER, LONGEST, Region, STAND, items, orders, receive, sell, stock, stock_at_hub};

#[test]
fn last_carton_two_depots() {
    let region = Region::start();
    let (home, holder) = (region.depot("NBO-1"), region.depot("NBO-2"));
    let (at_home, at_holder) = (home.signed_in("manager"), holder.signed_in("manager"));
    let lend = |article: &str| {
        receive(&at_home, article, 1);
        let right = fresh();
        let grant = json!({"right": right, "article": article, "quantity": 1, "to_site": "NBO-2"});
        let _ = at_home.done("grant-right", grant);
        until("the right has arrived", LONGEST, || {
            let rights = items(&at_holder, "/api/v1/rights");
            rights.iter().any(|held| held["right"] == *right && held["left"] == 1).then_some(())
        });
        right
    };
    let _sold = lend(STAND);
    let unsold = lend(HOLDER);
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    region.cable.cut();
    for article in [STAND, HOLDER] {
        let refused = sell(&at_home, &fresh(), article, None);
        assert_eq!(refused.status, 422, "promised away: {}", refused.body);
        assert_eq!(refused.body["field"], "lines[0].quantity", "{}", refused.body);
    }
    // The holder sells one, and gives the other back.
    let order = fresh();
    let _ = sell(&at_holder, &order, STAND, Some("NBO-1")).ok();
    let again = sell(&at_holder, &fresh(), STAND, Some("NBO-1"));
    assert_eq!(again.status, 422, "the right is spent: {}", again.body);
    let _ = at_holder.done("return-right", json!({"right": unsold, "quantity": 1}));
    let given_back = sell(&at_holder, &fresh(), HOLDER, Some("NBO-1"));
    assert_eq!(given_back.status, 422, "the right was given back: {}", given_back.body);
    // No news has come: at home both are still promised away.
    for article in [STAND, HOLDER] {
        assert_eq!(stock(&at_home, article, "available"), 0);
        assert_eq!(sell(&at_home, &fresh(), article, None).status, 422);
    }
    region.cable.mend();
    until("the return is absorbed", LONGEST, || {
        (stock(&at_home, HOLDER, "available") == 1).then_some(())
    });
    let own = fresh();
    let _ = sell(&at_home, &own, HOLDER, None).ok();
    assert_eq!(sell(&at_home, &fresh(), HOLDER, None).status, 422, "it was the last");
    until("the sale is known at home", LONGEST, || {
        let sales = items(&at_home, "/api/v1/remote-sales");
        sales.iter().any(|sale| sale["order"] == *order).then_some(())
    });
    assert_eq!(sell(&at_home, &fresh(), STAND, None).status, 422, "sold, though still here");
    let _ = at_home.done("hand-over-remote-sale", json!({"order": order, "bin": "A-01"}));
    let twice = at_home.command("hand-over-remote-sale", json!({"order": order, "bin": "A-01"}));
    assert_eq!(twice.status, 422, "it left once: {}", twice.body);
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    let console = region.hub.console();
    assert_eq!(orders(&console, "/api/v1/orders?site=NBO-2"), [order]);
    assert_eq!(orders(&console, "/api/v1/orders?site=NBO-1"), [own]);
    for article in [STAND, HOLDER] {
        assert_eq!(stock(&at_home, article, "on_hand"), 0);
        assert_eq!(stock_at_hub(&console, "NBO-1", article, "on_hand"), 0);
        assert_eq!(stock_at_hub(&console, "NBO-1", article, "lent"), 0);
    }
    assert!(items(&console, "/api/v1/quarantine").is_empty());
    region.close(vec![home, holder]);
}
