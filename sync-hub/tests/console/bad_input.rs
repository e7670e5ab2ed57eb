//! Every bad query and every bad command is a problem that names field and remedy, and changes
//! nothing.

use serde_json::{Value, json};

use crate::asking::{Asking, mint};
use crate::region::count;

fn is_problem(what: &str, (status, problem): &(u16, Value), expected: u16, field: &str) {
    assert_eq!(*status, expected, "{what}: {problem}");
    assert_eq!(problem["status"], expected, "{what}: {problem}");
    assert_eq!(problem["field"], field, "{what}: {problem}");
    if [400, 422].contains(&expected) {
        assert!(problem["remedy"].as_str().is_some_and(|r| !r.is_empty()), "{what}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_name_their_field() {
    let asking = Asking::after(0).await;
    let lists = ["orders", "stock", "exceptions", "quarantine", "rights"];
    for list in lists {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("limit=1&limit=2", "limit"),
            ("nope=1", "nope"),
        ] {
            let answer = asking.get(&format!("/api/v1/{list}?{query}")).await;
            is_problem(&format!("{list}?{query}"), &answer, 400, field);
        }
        let nul = asking.get(&format!("/api/v1/{list}?after=%00")).await;
        is_problem(list, &nul, 400, "after");
    }
    for (path, field) in [
        ("orders?status=open", "status"),
        ("exceptions?status=closed", "status"),
        ("orders?site=N%20BO", "site"),
        ("exceptions?site=", "site"),
        ("quarantine?site=%C3%A9", "site"),
        ("orders?search=a%00b", "search"),
        ("orders?search=%0A%01", "search"),
        ("orders?after=1.2.3", "after"),
        ("exceptions?after=99999999999999999999.00000000000000000000000000000000.k", "after"),
        ("fleet?limit=1", "limit"),
        ("fleet/01a1ff6a-9328-7126-a8dd-849138ff08e2/hours?hours=0", "hours"),
        ("fleet/01a1ff6a-9328-7126-a8dd-849138ff08e2/hours?hours=721", "hours"),
        ("trial-balance?currency=KES", "currency"),
        ("rights?search=x", "search"),
    ] {
        let answer = asking.get(&format!("/api/v1/{path}")).await;
        is_problem(path, &answer, 400, field);
    }
    let long = format!("/api/v1/stock?search={}", "x".repeat(101));
    is_problem("a long search", &asking.get(&long).await, 400, "search");
    let order = mint();
    for (path, field) in
        [(format!("orders/x/{order}"), "node"), (format!("orders/{order}/x"), "order")]
    {
        let answer = asking.get(&format!("/api/v1/{path}")).await;
        is_problem(&path, &answer, 400, field);
    }
    let unknown = asking.get(&format!("/api/v1/orders/{order}/{order}")).await;
    is_problem("an unknown order", &unknown, 404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_commands_name_their_field_and_change_nothing() {
    let asking = Asking::after(0).await;
    let id = mint();
    let good = [
        ("invite-node", json!({"id": id, "site": "NBO-7"})),
        ("revoke-node", json!({"id": id, "node": id, "reason": "stolen"})),
        ("admit-branch", json!({"id": id, "node": id})),
        (
            "resolve-exception",
            json!({"id": id, "node": id, "exception": id, "resolution": "accept", "note": "seen"}),
        ),
    ];
    for (name, body) in &good {
        for (key, _) in body.as_object().unwrap() {
            let bad =
                [Value::Null, json!(7), json!(""), json!(["x"]), json!({"a": 1}), json!(true)];
            for value in bad {
                let mut changed = body.clone();
                changed[key] = value;
                let what = format!("{name} {changed}");
                is_problem(&what, &asking.post(name, &changed).await, 400, key);
            }
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(key);
            is_problem(
                &format!("{name} without {key}"),
                &asking.post(name, &without).await,
                400,
                key,
            );
        }
        let mut more = body.clone();
        more["extra"] = json!(1);
        is_problem(name, &asking.post(name, &more).await, 400, "extra");
        for text in ["", "{", "[]", "null", "7", "\u{0}"] {
            let answer = asking.post_text(name, text).await;
            assert_eq!(answer.0, 400, "{name} {text:?}: {}", answer.1);
        }
        let large = format!("{{\"id\":\"{}\"}}", "x".repeat(300_000));
        assert_eq!(asking.post_text(name, &large).await.0, 413, "{name}");
        let (status, _) = asking.get(&format!("/api/v1/commands/{name}")).await;
        assert_eq!(status, 405, "{name}");
    }
    let long = json!({"id": id, "node": id, "reason": "x".repeat(501)});
    is_problem("a long reason", &asking.post("revoke-node", &long).await, 400, "reason");
    assert_eq!(asking.post("publish-prices", &json!({})).await.0, 404);
    for table in ["console_command", "exception_resolution", "enrolment_token", "log"] {
        let rows = count(&asking.store, &format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_decides_unseen() {
    let mut asking = Asking::after(0).await;
    asking.sign_out();
    let id = mint();
    for path in [
        "fleet",
        "fleet/01a1ff6a-9328-7126-a8dd-849138ff08e2/hours",
        "orders",
        "stock",
        "trial-balance",
        "exceptions",
        "quarantine",
        "rights",
        "events",
        "orders/0190b8a0-7c3e-7000-8000-000000000001/0190b8a0-7c3e-7000-8000-000000000001",
    ] {
        assert_eq!(asking.get(&format!("/api/v1/{path}")).await.0, 401, "{path}");
    }
    for name in ["invite-node", "revoke-node", "admit-branch", "resolve-exception"] {
        assert_eq!(asking.post(name, &json!({"id": id, "site": "NBO-7"})).await.0, 401, "{name}");
    }
    assert_eq!(count(&asking.store, "SELECT count(*) FROM enrolment_token").await, 0);
}
