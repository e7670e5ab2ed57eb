//! Who may ask, for what part of a list, and what is said to a question that makes no sense.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AMINA, AMINA_PIN, Depot};

const LISTS: [&str; 12] = [
    "proposals",
    "articles",
    "orders",
    "riders",
    "tasks",
    "customers",
    "receipts",
    "counts",
    "handovers",
    "rights",
    "remote-sales",
    "exceptions",
];
const SINGLE: [&str; 4] = ["trial-balance", "day", "sync", "models"];

#[tokio::test]
async fn nothing_but_the_site_is_shown_to_strangers() {
    let mut depot = Depot::new().await;
    for path in LISTS.iter().chain(&SINGLE).chain(&["articles/TEA", "orders/x", "customers/x"]) {
        let (status, problem) = depot.send("GET", &format!("/api/v1/{path}"), None).await;
        assert_eq!(status, 401, "{path} {problem}");
    }
    let site = depot.page("site").await;
    assert_eq!((&site["device_paired"], site.get("staff")), (&json!(false), None));
    depot.pair().await;
    let site = depot.page("site").await;
    assert!(site["now_ms"].as_i64().unwrap() > 0);
    let mut expected = json!({
        "site": "NBO-1", "region": "nairobi", "entity": "KE", "currency": "KES",
        "currency_digits": 2, "vat_label": "VAT 16 %", "version": "0.0.0-test",
        "device_paired": true,
        "staff": [
            { "staff": AMINA, "name": "Amina", "role": "manager" },
            { "staff": super::MUSA, "name": "Musa", "role": "picker" },
        ],
    });
    expected["now_ms"] = site["now_ms"].clone();
    assert_eq!(site, expected);
}

#[tokio::test]
async fn a_bad_question_is_answered_with_its_field_and_a_remedy() {
    let mut depot = Depot::new().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let long = "x".repeat(101);
    for list in LISTS {
        for (query, field) in [
            ("colour=red".to_owned(), "colour"),
            ("limit=0".to_owned(), "limit"),
            ("limit=201".to_owned(), "limit"),
            ("limit=ten".to_owned(), "limit"),
            ("limit=-1".to_owned(), "limit"),
            ("limit=99999999999999999999".to_owned(), "limit"),
            ("limit=5&limit=6".to_owned(), "limit"),
            (format!("search={long}"), "search"),
            ("status=nonsense".to_owned(), "status"),
            ("after=zz".to_owned(), "after"),
            ("after=8".to_owned(), "after"),
            ("after=80".to_owned(), "after"),
            ("after=8200".to_owned(), "after"),
            ("after=%F0%9F%98%80".to_owned(), "after"),
            (format!("after={}", "82".repeat(2_000)), "after"),
        ] {
            let path = format!("/api/v1/{list}?{query}");
            let (status, problem) = depot.send("GET", &path, None).await;
            assert_eq!((status, &problem["field"]), (400, &json!(field)), "{path} {problem}");
            assert_ne!(problem["remedy"], "", "{path}");
        }
    }
    for (path, status, field) in [
        ("tasks?rider=7", 400, "rider"),
        ("riders?rider=7", 400, "rider"),
        ("models?search=x", 400, "search"),
        ("orders/7", 400, "order"),
        ("customers/7", 400, "customer"),
        ("articles/a%7Cb", 400, "code"),
        ("articles/NONE", 404, ""),
        ("orders/00000000-0000-0000-0000-000000000001", 404, ""),
        ("customers/00000000-0000-0000-0000-000000000001", 404, ""),
    ] {
        let (is, problem) = depot.send("GET", &format!("/api/v1/{path}"), None).await;
        assert_eq!((is, &problem["field"]), (status, &json!(field)), "{path} {problem}");
        assert_ne!(problem["remedy"], "", "{path}");
    }
    for list in LISTS {
        depot.page(&format!("{list}?search=&status=&after=&limit=200")).await;
    }
}

/// Reads a list part by part.
async fn in_parts(depot: &mut Depot, path: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let part = depot.page(&format!("{path}&limit={limit}&after={after}")).await;
        let items = part["items"].as_array().unwrap();
        assert!(items.len() == limit || part["next"].is_null(), "{path}");
        all.extend(items.iter().cloned());
        match part["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

#[tokio::test]
async fn a_list_read_in_parts_is_the_whole_list() {
    let mut depot = Depot::new().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    for n in 1..=7_u128 {
        let customer = Uuid::from_u128(0xd0 + n);
        let named = json!({ "customer": customer, "name": "Wanjiku", "phone": format!("07{n}") });
        depot.by(AMINA, "register-customer", named).await;
        let order = Uuid::from_u128(0xe0 + n);
        let placed = json!({
            "order": order, "terms": "cash_on_delivery", "customer": customer,
            "lines": [{ "article": "TEA", "quantity": n }],
        });
        depot.by(AMINA, "place-order", placed).await;
        let rider = json!({
            "rider": Uuid::from_u128(0xf0 + n), "name": format!("Rider {n}"),
            "cash_ceiling_minor": 1_000,
        });
        depot.by(AMINA, "register-rider", rider).await;
    }
    for list in ["articles", "orders", "customers", "riders", "rights"] {
        let whole = depot.items(list).await;
        for limit in [1, 2, 3, 7] {
            let path = format!("{list}?search=");
            assert_eq!(in_parts(&mut depot, &path, limit).await, whole, "{list} by {limit}");
        }
    }
    let numbers: Vec<_> =
        depot.items("orders?status=placed").await.iter().map(|o| o["number"].clone()).collect();
    assert_eq!(numbers.len(), 7);
    assert_eq!(depot.items("orders?search=000003").await.len(), 1);
    assert_eq!(depot.items("orders?search=nbo+000003").await[0]["number"], "NBO-1-000003");
    assert_eq!(depot.items("orders?status=packed").await.len(), 0);
    assert_eq!(depot.items("articles?search=TEA+500").await.len(), 1);
    assert_eq!(depot.items("customers?search=wanjiku+073").await.len(), 1);
    assert_eq!(depot.items("riders?search=rider+4").await.len(), 1);
    assert_eq!(depot.items("rights?search=tea").await.len(), 0);
    assert_eq!(depot.items("remote-sales?search=tea").await.len(), 1);
    assert_eq!(depot.items("remote-sales?status=handed_over").await.len(), 0);
}
