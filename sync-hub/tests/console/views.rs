//! What the pages show is what the depots have.

use std::collections::BTreeSet;

use serde_json::Value;
use shared_model::catalogue::ListArticle;
use shared_model::exceptions::Exception;
use shared_model::ledger::{Account, Unit};
use shared_model::money::Currency;
use shared_model::orders::Order;
use shared_model::records::{Balance, Kind};
use shared_model::rights::Right;
use shared_model::sync::v1::Status;
use shared_model::tax::TaxClass;
use shared_model::text::Name;
use shared_model::warehouse::ArticleStock;

use crate::asking::Asking;
use crate::day::Depot;
use crate::region::NOW;

/// What a depot's own records add up to on a money account, in KES.
fn money(depot: &Depot, account: &str) -> i64 {
    let keys = depot.memory.records().filter(|(kind, key, author, _)| {
        let of_account = key.split(['/', '|']).next() == Some(account);
        *kind == Kind::Balance && *author == depot.node() && of_account && key.ends_with("|KES")
    });
    keys.map(|(_, key, author, _)| depot.memory.get::<Balance>(author, key).unwrap().0).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_and_books_are_those_of_the_depots() {
    let asking = Asking::after(450).await;
    let items = asking.items("/api/v1/stock").await;
    assert!(items.len() > 2, "{items:?}");
    for depot in &asking.region.depots {
        for item in &items {
            let article = item["article"].as_str().unwrap();
            let own: ArticleStock = depot.own(article).unwrap_or_default();
            let site = depot.site.site.as_str();
            let sites = item["sites"].as_array().unwrap();
            let shown = sites.iter().find(|at| at["site"] == site);
            let number = |key: &str| shown.map_or(0, |at| at[key].as_i64().unwrap());
            let shown =
                [number("on_hand"), number("reserved"), number("lent"), number("in_transit")];
            assert_eq!(
                shown,
                [own.on_hand(), own.reserved, own.lent, own.with_riders],
                "{article}"
            );
        }
    }
    let books = asking.page("/api/v1/trial-balance").await;
    let book = &books["currencies"][0];
    assert_eq!(book["currency"], "KES");
    assert_eq!(book["difference_minor"], 0);
    assert!(book["debit_minor"].as_i64().unwrap() > 0);
    for account in book["accounts"].as_array().unwrap() {
        let (code, site) = (account["account"].as_str().unwrap(), &account["site"]);
        let depot = asking.region.depots.iter().find(|d| *site == d.site.site.as_str()).unwrap();
        let shown =
            account["debit_minor"].as_i64().unwrap() - account["credit_minor"].as_i64().unwrap();
        assert_eq!(shown, money(depot, code), "{code} of {site}");
    }
    let till = asking.region.depots[0].balance(&Account::Till, &Unit::Money(Currency::KES));
    assert_ne!(till, 0, "the day sold nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_listed_once_and_opens() {
    let asking = Asking::after(450).await;
    let listed = asking.items("/api/v1/orders").await;
    let mut expected = BTreeSet::new();
    for depot in &asking.region.depots {
        let own = depot
            .memory
            .records()
            .filter(|(kind, _, author, _)| *kind == Kind::Order && *author == depot.node());
        expected.extend(own.map(|(_, key, _, _)| (depot.node().to_string(), key.to_owned())));
    }
    let key = |order: &Value| {
        let text = |key: &str| order[key].as_str().unwrap().to_owned();
        (text("node"), text("order"))
    };
    assert!(expected.len() > 10);
    assert_eq!(listed.len(), expected.len());
    assert_eq!(listed.iter().map(key).collect::<BTreeSet<_>>(), expected);
    let placed: Vec<i64> = listed.iter().map(|o| o["placed_ms"].as_i64().unwrap()).collect();
    assert!(placed.is_sorted_by(|a, b| a >= b), "newest first");
    for order in &listed {
        let (node, id) = key(order);
        let depot = asking.region.depots.iter().find(|d| d.node().to_string() == node).unwrap();
        let own: Order = depot.own(&id).unwrap();
        let detail = asking.page(&format!("/api/v1/orders/{node}/{id}")).await;
        assert_eq!(detail["total_minor"], own.totals.total_minor);
        assert_eq!(detail["status"], own.status.as_str());
        assert_eq!(detail["lines"].as_array().unwrap().len(), own.lines.len());
        assert_eq!(detail["tasks"].as_array().unwrap().len(), own.attempts as usize);
        assert_eq!(detail["history"].as_array().unwrap().len(), own.history.len());
        assert_eq!(detail["site"], order["site"]);
        assert_eq!(detail["customer_name"], order["customer_name"]);
        let found = asking.items(&format!("/api/v1/orders?search={}", own.number)).await;
        assert!(found.iter().any(|one| key(one) == (node.clone(), id.clone())), "{}", own.number);
    }
    let named = listed.iter().filter(|order| !order["customer_name"].is_null()).count();
    let with_customer = listed.iter().filter(|order| !order["customer"].is_null()).count();
    assert_eq!(named, with_customer, "every customer's document came");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_site_and_status() {
    let asking = Asking::after(450).await;
    let all = asking.items("/api/v1/orders").await;
    for site in ["NBO-1", "NBO-2", "NBO-3", "NBO-9"] {
        let expected = all.iter().filter(|order| order["site"] == site).count();
        let shown = asking.items(&format!("/api/v1/orders?site={site}")).await;
        assert_eq!(shown.len(), expected, "{site}");
    }
    for status in ["placed", "reserved", "picked", "dispatched", "closed", "cancelled"] {
        let expected = all.iter().filter(|order| order["status"] == status).count();
        let shown = asking.items(&format!("/api/v1/orders?status={status}")).await;
        assert_eq!(shown.len(), expected, "{status}");
    }
    let listing = ListArticle {
        article: "RICE-5".parse().unwrap(),
        name: Name::new("Basmati from Mwea").unwrap(),
        barcode: None,
        tax_class: TaxClass::ZeroRated,
    };
    asking.store.publish_catalogue(&[listing], &[], Currency::KES, NOW, NOW).await.unwrap();
    for search in ["rice", "MWEA", "asmati%20f"] {
        let stock = asking.items(&format!("/api/v1/stock?search={search}")).await;
        assert_eq!(stock.len(), 1, "{search}");
        assert_eq!(stock[0]["article"], "RICE-5");
        assert_eq!(stock[0]["name"], "Basmati from Mwea");
    }
    assert!(asking.items("/api/v1/stock?search=%25").await.is_empty(), "a sign is a sign");
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_and_rights_of_all_sites_are_shown() {
    let asking = Asking::after(600).await;
    let depots = &asking.region.depots;
    let own: Vec<Exception> = depots.iter().flat_map(Depot::all::<Exception>).collect();
    let open = own.iter().filter(|e| e.status == shared_model::exceptions::Status::Open).count();
    assert!(open > 0);
    assert_eq!(asking.items("/api/v1/exceptions").await.len(), own.len());
    assert_eq!(asking.items("/api/v1/exceptions?status=open").await.len(), open);
    let resolved = asking.items("/api/v1/exceptions?status=resolved").await;
    assert_eq!(resolved.len(), own.len() - open);
    let rights: Vec<Right> = depots.iter().flat_map(Depot::all::<Right>).collect();
    let shown = asking.items("/api/v1/rights").await;
    assert_eq!(shown.len(), rights.len());
    assert!(!rights.is_empty());
    for right in shown {
        let number = |key: &str| right[key].as_i64().unwrap();
        assert_eq!(number("left"), number("granted") - number("spent") - number("returned"));
        assert!(number("left") >= 0, "{right}");
        assert!(right["home_site"].as_str().unwrap().starts_with("NBO-"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_says_who_is_behind_and_who_agrees() {
    let asking = Asking::after(60).await;
    let (one, two) = (&asking.region.depots[0], &asking.region.depots[1]);
    let now = sync_hub::clock::now();
    for (depot, digest, unsent) in
        [(one, one.memory.digest(one.node()).to_bytes(), 0), (two, [9; 32], 4)]
    {
        let status = Status {
            epoch: depot.epoch,
            seq: depot.log.last().unwrap().entry().position.seq,
            digest: digest.to_vec().into(),
            unsent,
            clock_trusted: true,
            quarantined: 0,
        };
        asking.store.note_seen(depot.node(), Some("9.9.9"), now).await.unwrap();
        asking.store.note_status(depot.node(), &status, now).await.unwrap();
    }
    let fleet = asking.page("/api/v1/fleet").await;
    assert_eq!(fleet["region"], "nairobi");
    let items = fleet["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    let (first, second, third) = (&items[0], &items[1], &items[2]);
    assert_eq!((&first["site"], &first["digest_agrees"]), (&"NBO-1".into(), &true.into()));
    assert_eq!((&first["lag_ms"], &first["version"]), (&0.into(), &"9.9.9".into()));
    assert_eq!(first["agreed_ms"], now.ms());
    assert_eq!((&second["digest_agrees"], &second["unsent"]), (&false.into(), &4.into()));
    assert_eq!((&third["digest_agrees"], &third["last_seen_ms"]), (&Value::Null, &Value::Null));
    assert_eq!(first["head_seq"], one.log.len());
    let open = one.all::<Exception>().len();
    assert!(first["exceptions_open"].as_u64().unwrap() <= open as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_keeps_the_worst_of_it_and_what_the_link_cost() {
    use sync_hub::node_hours::{note_link_bytes, sample};
    let asking = Asking::after(60).await;
    let depot = &asking.region.depots[0];
    let now = sync_hub::clock::now();
    let said = |unsent: u64| Status {
        epoch: depot.epoch,
        seq: depot.log.last().unwrap().entry().position.seq,
        digest: vec![9; 32].into(),
        unsent,
        clock_trusted: true,
        quarantined: 0,
    };
    for unsent in [3, 40, 0] {
        asking.store.note_status(depot.node(), &said(unsent), now).await.unwrap();
        sample(&asking.store, now).await.unwrap();
    }
    for bytes in [900, 100] {
        note_link_bytes(&asking.store, depot.node(), bytes, now).await.unwrap();
    }
    let page = asking.page(&format!("/api/v1/fleet/{}/hours?hours=1", depot.node())).await;
    let hour = &page["items"][0];
    assert_eq!((&hour["unsent_max"], &hour["quarantined"]), (&40.into(), &0.into()));
    assert_eq!((&hour["link_bytes"], &hour["entries"]), (&1_000.into(), &depot.log.len().into()));
    assert_eq!(hour["hour_ms"], now.ms() / 3_600_000 * 3_600_000);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let never = asking.page(&format!("/api/v1/fleet/{}/hours", uuid::Uuid::from_u128(9))).await;
    assert_eq!(never["items"].as_array().unwrap().len(), 0);
}
