//! Every class of bad input through a real router: each must name the field and say what to do.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;
use shared_model::id::{ArticleCode, OrderId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the reading is tested")]
struct Sell {
    order: OrderId,
    lines: Vec<Line>,
    tendered_minor: i64,
    terms: Option<Terms>,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the reading is tested")]
struct Line {
    article: ArticleCode,
    quantity: u32,
    fragile: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Terms {
    CashOnDelivery,
    PrepaidCash,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the reading is tested")]
struct Page {
    limit: Option<u16>,
    order: Option<OrderId>,
}

fn app() -> Router {
    Router::new()
        .route("/sell", post(|Json(sell): Json<Sell>| async move { format!("{sell:?}") }))
        .route("/page", get(|Query(page): Query<Page>| async move { format!("{page:?}") }))
        .route("/orders/{order}", get(|Path(id): Path<OrderId>| async move { id.to_string() }))
        .route("/lines/{line}", get(|Path(line): Path<u16>| async move { line.to_string() }))
}

async fn answer(request: Request<Body>) -> (u16, Value) {
    let response = app().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let is_problem = response.headers()[CONTENT_TYPE] == "application/problem+json";
    assert_eq!(is_problem, status >= 400, "{status}");
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn post_bytes(body: impl Into<Body>) -> (u16, Value) {
    let request = Request::post("/sell").header(CONTENT_TYPE, "application/json");
    answer(request.body(body.into()).unwrap()).await
}

/// Posts `body` and expects 400 at `field`, with words in detail and remedy.
async fn check(body: &str, field: &str, detail: &str, remedy: &str) {
    let (status, problem) = post_bytes(body.to_owned()).await;
    assert_eq!(status, 400, "{body}: {problem}");
    assert_eq!(problem["field"], field, "{body}: {problem}");
    let said = problem["detail"].as_str().unwrap();
    assert!(said.contains(detail), "{body}: {said}");
    assert!(said.chars().count() <= 400, "{said}");
    let advice = problem["remedy"].as_str().unwrap();
    assert!(advice.contains(remedy), "{body}: {advice}");
    assert!(!advice.is_empty());
}

const ORDER: &str = "0190b8a0-7c3e-7000-8000-000000000001";

fn sell(lines: &str, rest: &str) -> String {
    format!(r#"{{"order":"{ORDER}","lines":{lines}{rest}}}"#)
}

#[tokio::test]
async fn a_good_body_is_read() {
    let body = sell(
        r#"[{"article":"85123A","quantity":6}]"#,
        r#","tendered_minor":100,"terms":"prepaid_cash","note":"züm 🧺""#,
    );
    assert_eq!(post_bytes(body).await.0, 200);
}

#[tokio::test]
async fn missing_unknown_and_doubled_fields_are_named() {
    check(&sell("[]", ""), "tendered_minor", "is missing", "send it").await;
    check(
        &sell(r#"[{"article":"A","quantity":1},{"article":"B"}]"#, r#","tendered_minor":1"#),
        "lines[1].quantity",
        "is missing",
        "send it",
    )
    .await;
    check(
        &sell("[]", r#","tendered_minor":1,"tenderd":2"#),
        "tenderd",
        "is not known",
        "known here: order, lines, tendered_minor, terms, note",
    )
    .await;
    check(
        &sell(r#"[{"article":"A","quantity":1,"qty":2}]"#, r#","tendered_minor":1"#),
        "lines[0].qty",
        "is not known",
        "leave it out",
    )
    .await;
    check(
        &sell("[]", r#","tendered_minor":1,"tendered_minor":2"#),
        "tendered_minor",
        "twice",
        "once",
    )
    .await;
}

#[tokio::test]
async fn wrong_types_name_the_field_and_the_right_type() {
    let line = |quantity: &str| {
        sell(&format!(r#"[{{"article":"A","quantity":{quantity}}}]"#), r#","tendered_minor":1"#)
    };
    for wrong in [r#""6""#, "null", "[]", "{}", "true", "1.5", "-1", "4294967296"] {
        check(&line(wrong), "lines[0].quantity", "", "whole number of 0 or more").await;
    }
    for wrong in ["99999999999999999999", "1.0", r#""5""#, "-9223372036854775809"] {
        let body = sell("[]", &format!(r#","tendered_minor":{wrong}"#));
        check(&body, "tendered_minor", "", "a whole number").await;
    }
    check(&sell("{}", r#","tendered_minor":1"#), "lines", "map", "list in square brackets").await;
    check(&sell(r#"[7]"#, r#","tendered_minor":1"#), "lines[0]", "7", "object").await;
    let note = |note: &str| sell("[]", &format!(r#","tendered_minor":1,"note":{note}"#));
    check(&note("7"), "note", "integer `7`", "text in quotes").await;
    let fragile = r#"[{"article":"A","quantity":1,"fragile":"yes"}]"#;
    let fragile = sell(fragile, r#","tendered_minor":1"#);
    check(&fragile, "lines[0].fragile", "yes", "true or false").await;
}

#[tokio::test]
async fn wrong_values_carry_the_types_own_remedy() {
    check(
        r#"{"order":"seven","lines":[],"tendered_minor":1}"#,
        "order",
        "is not an id",
        "send a uuid",
    )
    .await;
    let line = |article: &str| {
        sell(&format!(r#"[{{"article":{article},"quantity":1}}]"#), r#","tendered_minor":1"#)
    };
    check(&line(r#""A|B""#), "lines[0].article", "not a valid code", "use 1 to 32").await;
    check(&line(r#""""#), "lines[0].article", "not a valid code", "use 1 to 32").await;
    check(&line(r#""A\u0000B""#), "lines[0].article", "not a valid code", "use 1 to 32").await;
    check(
        &sell("[]", r#","tendered_minor":1,"terms":"barter""#),
        "terms",
        "barter",
        "send cash_on_delivery or prepaid_cash",
    )
    .await;
}

#[tokio::test]
async fn text_that_is_not_json_says_where() {
    for (body, detail) in [
        ("", "line 1, column 0"),
        ("  ", "column 2"),
        (r#"{"order":"#, "EOF"),
        (r#"{"order":"0190b8a0"#, "EOF"),
        ("{'order':1}", "line 1, column 2"),
        ("\u{feff}{}", "line 1"),
        ("{\n  \"order\": nul\n}", "expected ident (line"),
        (r#"{"note":"\ud800"}"#, "hex escape"),
        ("{\"note\":\"a\u{1}b\"}", "control character"),
        (r#"{"tendered_minor":01}"#, "invalid number"),
        (r#"{"tendered_minor":NaN}"#, "expected value"),
        (r#"{"tendered_minor":1e999}"#, "number out of range"),
    ] {
        let (status, problem) = post_bytes(body).await;
        assert_eq!(status, 400, "{body:?}");
        let said = problem["detail"].as_str().unwrap();
        assert!(said.contains(detail), "{body:?}: {said}");
        assert!(!problem["remedy"].as_str().unwrap().is_empty());
    }
    let trailing = format!("{} x", sell("[]", r#","tendered_minor":1"#));
    check(&trailing, "", "trailing", "nothing after it").await;
    check("[]", "", "the body is a list", "object in curly").await;
    check("null", "", "null", "object").await;
    check("7", "", "7", "object").await;
}

#[tokio::test]
async fn bytes_that_are_not_utf8_say_which() {
    let (status, problem) = post_bytes(vec![b'{', b'"', 0xff, 0xfe, b'"', b'}']).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("byte 2"), "{problem}");
}

#[tokio::test]
async fn deep_nesting_is_refused_without_harm() {
    for depth in [200, 20_000, 120_000] {
        let nested = "[".repeat(depth);
        let (status, _) = post_bytes(format!(r#"{{"lines":{nested}"#)).await;
        assert_eq!(status, 400);
        // An unknown key is refused before its value is read.
        let (status, _) = post_bytes(format!(r#"{{"unknown":{nested}"#)).await;
        assert_eq!(status, 400);
    }
    let (status, problem) = post_bytes("[".repeat(130)).await;
    assert_eq!((status, &problem["field"]), (400, &Value::from("")));
}

#[tokio::test]
async fn a_long_wrong_value_is_cut_and_not_thrown_back_whole() {
    let long = "x".repeat(200_000);
    check(&sell("[]", &format!(r#","tendered_minor":"{long}""#)), "tendered_minor", "xxx", "whole")
        .await;
    let body = sell("[]", &format!(r#","{long}":1"#));
    let (status, problem) = post_bytes(body).await;
    assert_eq!(status, 400);
    assert!(problem["field"].as_str().unwrap().len() <= 160);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whatever_its_header_says() {
    let fits = format!("{}{}", sell("[]", r#","tendered_minor":1"#), " ".repeat(1000));
    assert_eq!(post_bytes(fits).await.0, 200);
    let (status, problem) = post_bytes(" ".repeat(BODY_BYTES_MAX + 1)).await;
    assert_eq!((status, &problem["type"]), (413, &"urn:omniroute:problem:too-large".into()));
    // No length declared: the pieces are counted.
    let piece = || Ok::<_, Infallible>(vec![b' '; 1000]);
    let endless = futures_util::stream::repeat_with(piece);
    assert_eq!(post_bytes(Body::from_stream(endless)).await.0, 413);
    let lying = Request::post("/sell")
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, BODY_BYTES_MAX + 1);
    assert_eq!(answer(lying.body(Body::empty()).unwrap()).await.0, 413);
}

/// Over a socket: a client that sends before it listens must still get the answer.
#[tokio::test]
async fn a_large_body_gets_its_answer_and_not_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app()).into_future());
    let length = 2 * 1024 * 1024;
    let head = format!(
        "POST /sell HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b' '; length]).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("urn:omniroute:problem:too-large"));
    server.abort();
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let pieces = [Ok(b"{".to_vec()), Err(std::io::Error::other("gone"))];
    let (status, problem) = post_bytes(Body::from_stream(futures_util::stream::iter(pieces))).await;
    assert_eq!((status, &problem["detail"]), (400, &"the body ended early".into()));
}

#[tokio::test]
async fn only_json_is_taken() {
    let body = sell("[]", r#","tendered_minor":1"#);
    let ask = async |types: &[&str]| {
        let request = types.iter().fold(Request::post("/sell"), |r, t| r.header(CONTENT_TYPE, *t));
        answer(request.body(body.clone().into()).unwrap()).await.0
    };
    assert_eq!(ask(&["application/json; charset=UTF-8"]).await, 200);
    assert_eq!(ask(&["Application/JSON"]).await, 200);
    for types in [
        &[][..],
        &["text/plain"],
        &["application/x-www-form-urlencoded"],
        &["application/json; charset=utf-16"],
        &["application/jsonp"],
        &["application/json", "text/plain"],
        &["\u{e9}"],
    ] {
        assert_eq!(ask(types).await, 415, "{types:?}");
    }
}

#[tokio::test]
async fn queries_and_paths_name_their_field() {
    let get = async |uri: &str| answer(Request::get(uri).body(Body::empty()).unwrap()).await;
    assert_eq!(get(&format!("/page?limit=5&order={ORDER}")).await.0, 200);
    assert_eq!(get("/page").await.0, 200);
    for (uri, field) in [
        ("/page?limit=many", "limit"),
        ("/page?limit=-1", "limit"),
        ("/page?limit=70000", "limit"),
        ("/page?limit=5&limit=6", "limit"),
        ("/page?order=7", "order"),
        ("/page?colour=red", "colour"),
        ("/page?limit=%ff", "limit"),
        ("/orders/seven", "order"),
        ("/orders/%ff", "order"),
        ("/lines/x", "line"),
        ("/lines/99999", "line"),
    ] {
        let (status, problem) = get(uri).await;
        assert_eq!(status, 400, "{uri}: {problem}");
        assert_eq!(problem["field"], field, "{uri}: {problem}");
        assert!(!problem["remedy"].as_str().unwrap().is_empty(), "{uri}");
    }
}
