//! Bad input over the wire: every field of every command, and requests no page would send. Always a
//! 4xx that says what to do; never a 5xx, never a partial write.

use serde_json::{Map, Value, json};
use system_tests::api::{Answer, Browser, fresh};
use system_tests::binaries::workspace;
use system_tests::depot::Depot;
use system_tests::raw::{RawAnswer, RawClient};

const BODY_BYTES_MAX: usize = 256 * 1024;

/// Fields that may be left out, or sent as null.
const OPTIONAL: &[(&str, &[&str])] = &[
    ("receive-goods", &["lines[0].damaged", "lines[0].expected", "lines[1].pack"]),
    ("sell", &["customer", "lines[1].from_site"]),
    ("register-customer", &["address", "note"]),
    ("edit-customer", &["name", "phone", "address", "note"]),
    ("place-order", &["customer", "delivery_fee_minor", "address"]),
    ("pick-line", &["short_reason"]),
    ("take-back", &["damaged"]),
    ("refund-order", &["lines[0].restock_bin"]),
    ("register-rider", &["staff", "phone"]),
    (
        "register-vehicle",
        &[
            "weight_g_max",
            "volume_ml_max",
            "parcels_max",
            "cost_fixed_minor",
            "cost_per_km_minor",
            "cost_per_hour_minor",
        ],
    ),
    ("assign-vehicle", &["rider", "shift"]),
    (
        "describe-delivery",
        &["windows", "service_s", "weight_g", "volume_ml", "priority", "vehicles"],
    ),
    ("lock-manifests", &["manifests[0].stops[0].place", "manifests[0].accepted", "release"]),
    ("answer-proposal", &["quantity", "note"]),
];

/// Commands whose sample a depot can carry out that knows no article, in the order they are sent: a
/// mutation that leaves one sound is done.
const CAN_SUCCEED: &[&str] = &[
    "register-customer",
    "edit-customer",
    "register-rider",
    "declare-handover",
    "register-vehicle",
    "assign-vehicle",
    "locate-depot",
    "locate-customer",
];

/// Role, command, and whether the one may send the other.
const ROLES: &[(&str, &str, bool)] = &[
    ("clerk", "receive-goods", true),
    ("clerk", "move-stock", true),
    ("clerk", "sell", false),
    ("clerk", "approve-count", false),
    ("cashier", "sell", true),
    ("cashier", "count-handover", true),
    ("cashier", "receive-goods", false),
    ("cashier", "deposit-cash", false),
    ("picker", "pick-line", true),
    ("picker", "move-stock", true),
    ("picker", "dispatch-orders", false),
    ("picker", "resolve-exception", false),
    ("dispatcher", "dispatch-orders", true),
    ("dispatcher", "register-rider", true),
    ("dispatcher", "refund-order", false),
    ("dispatcher", "grant-right", false),
    ("rider", "record-delivery", true),
    ("rider", "declare-handover", true),
    ("rider", "count-handover", false),
    ("rider", "sell", false),
    ("manager", "block-article", true),
    ("manager", "receive-goods", true),
];

#[test]
fn every_field_of_every_command_sent_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.serve();
    let manager = depot.signed_in("manager");
    let before = entries(&depot);
    let (mut sent, mut done, mut faults) = (0, 0, Vec::new());
    for (command, sample) in samples() {
        for path in paths(&sample) {
            for (wrong, body) in mutations(&sample, &path) {
                let refusal = Refusal::of(&command, &field_name(&path), wrong);
                let answer = send(&manager, &command, body);
                match refusal.check(&answer, &command) {
                    Ok(was_done) => done += u64::from(was_done),
                    Err(fault) => faults.push(fault),
                }
                sent += 1;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
    assert!(sent > 1_000, "{sent} is not every field of every command");
    assert_eq!(entries(&depot), before + done, "what was refused left nothing");
    assert_eq!(manager.try_get("/health").expect("an answer").status, 200);
    depot.stop();
    depot.verify();
}

/// What must come back for one wrong field.
struct Refusal {
    field: String,
    wrong: Wrong,
    optional: bool,
}

/// How a field is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Missing,
    /// A key beside it that nobody knows.
    Unknown,
    Null,
    /// Of a type that no field of its kind has.
    Type,
    /// Of the right type: a rule or a bound decides.
    Value,
}

impl Refusal {
    fn of(command: &str, field: &str, wrong: Wrong) -> Self {
        let optional =
            OPTIONAL.iter().any(|(name, fields)| *name == command && fields.contains(&field));
        Self { field: field.to_owned(), wrong, optional }
    }

    /// Returns whether the command was done after all, where it may be; or what is wrong.
    fn check(&self, answer: &Answer, command: &str) -> Result<bool, String> {
        let Answer { status, body } = answer;
        let fault = |what: String| {
            Err(format!("{command} {} {:?}: {what}: {status} {body}", self.field, self.wrong))
        };
        let sound = match self.wrong {
            Wrong::Missing | Wrong::Null => self.optional,
            Wrong::Unknown | Wrong::Type => false,
            Wrong::Value => true,
        };
        match status {
            200 if sound && CAN_SUCCEED.contains(&command) => return Ok(true),
            400 | 404 | 409 | 413 | 422 => {}
            _ => return fault("not refused as it must be".to_owned()),
        }
        if let Some(missing) = missing_in(body, *status) {
            return fault(missing);
        }
        let expected = match self.wrong {
            Wrong::Unknown => beside(&self.field),
            Wrong::Missing | Wrong::Null | Wrong::Type | Wrong::Value => self.field.clone(),
        };
        if !sound && *status != 400 {
            return fault("not a matter of the input".to_owned());
        }
        if !sound && !body["field"].as_str().is_some_and(|named| named.starts_with(&expected)) {
            return fault(format!("{expected} is not named"));
        }
        Ok(false)
    }
}

/// What a problem document lacks.
fn missing_in(problem: &Value, status: u16) -> Option<String> {
    let empty = |key: &&str| problem[*key].as_str().is_none_or(str::is_empty);
    if let Some(key) = ["type", "title", "remedy"].into_iter().find(empty) {
        return Some(format!("no {key}"));
    }
    if problem["status"] != status {
        return Some("another status in the body".to_owned());
    }
    let no_field = matches!(status, 400 | 422) && !problem["field"].is_string();
    no_field.then(|| "no field".to_owned())
}

fn assert_problem(problem: &Value, status: u16, said: &str) {
    assert_eq!(missing_in(problem, status), None, "{said}: {problem}");
}

fn samples() -> Map<String, Value> {
    let path = workspace().join("tests/vectors/commands.json");
    let text = std::fs::read_to_string(path).expect("samples of every command");
    let samples: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
    for kind in shared_model::workflows::Kind::BY_PEOPLE {
        assert!(samples.contains_key(kind.name()), "{} has no sample", kind.name());
    }
    samples
}

fn send(browser: &Browser, command: &str, mut body: Value) -> Answer {
    // A fresh id, so that no answer is a remembered one; unless the id itself is wrong.
    if body["id"].as_str().is_some_and(|id| id.starts_with("0190b8a0-")) {
        body["id"] = json!(fresh());
    }
    browser.post(&format!("/api/v1/commands/{command}"), &body)
}

/// A step into a body.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

fn paths(value: &Value) -> Vec<Vec<Step>> {
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, v)| (Step::Key(key.clone()), v)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (Step::Index(i), v)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let mut found = Vec::new();
    for (step, child) in children {
        found.push(vec![step.clone()]);
        found.extend(paths(child).into_iter().map(|rest| [vec![step.clone()], rest].concat()));
    }
    found
}

fn field_name(path: &[Step]) -> String {
    path.iter().fold(String::new(), |name, step| match step {
        Step::Key(key) if name.is_empty() => key.clone(),
        Step::Key(key) => format!("{name}.{key}"),
        Step::Index(index) => format!("{name}[{index}]"),
    })
}

/// The unknown key beside a field.
fn beside(field: &str) -> String {
    match field.rsplit_once('.') {
        Some((parent, _)) => format!("{parent}.surprise"),
        None => "surprise".to_owned(),
    }
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> &'v mut Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    })
}

fn mutations(sample: &Value, path: &[Step]) -> Vec<(Wrong, Value)> {
    let mut probe = sample.clone();
    let found = at(&mut probe, path).clone();
    let with = |value: Value| {
        let mut body = sample.clone();
        *at(&mut body, path) = value;
        body
    };
    let mut bodies: Vec<(Wrong, Value)> =
        replacements(&found).into_iter().map(|(wrong, value)| (wrong, with(value))).collect();
    let (parent, last) = path.split_at(path.len() - 1);
    if let Step::Key(key) = &last[0] {
        let mut missing = sample.clone();
        at(&mut missing, parent).as_object_mut().expect("a key is in a map").remove(key);
        bodies.push((Wrong::Missing, missing));
        let mut unknown = sample.clone();
        at(&mut unknown, parent)["surprise"] = json!(1);
        bodies.push((Wrong::Unknown, unknown));
        bodies.push((Wrong::Null, with(Value::Null)));
    }
    bodies
}

/// What to send in a field's place.
fn replacements(found: &Value) -> Vec<(Wrong, Value)> {
    let (types, values) = match found {
        Value::String(_) => (
            vec![json!(7), json!(true), json!([]), json!({}), json!(1.5)],
            vec![
                json!(""),
                json!(" "),
                json!("x".repeat(5_000)),
                json!("\u{0}\u{1b}[2J"),
                json!("00000000-0000-0000-0000-000000000000"),
            ],
        ),
        Value::Number(_) => (
            vec![json!("7"), json!(true), json!([7]), json!({}), json!(1.5), json!(1e300)],
            vec![json!(0), json!(-1), json!(i64::MAX), json!(i64::MIN), json!(u64::MAX)],
        ),
        Value::Bool(_) => (vec![json!(1), json!("true"), json!([]), json!({})], Vec::new()),
        Value::Array(list) => (
            vec![json!(7), json!("x"), json!({}), json!([[]]), json!([null])],
            vec![json!([]), json!(vec![list[0].clone(); 1_500])],
        ),
        Value::Object(_) => (vec![json!(7), json!("x"), json!([]), json!(true)], Vec::new()),
        Value::Null => (Vec::new(), Vec::new()),
    };
    let types = types.into_iter().map(|value| (Wrong::Type, value));
    types.chain(values.into_iter().map(|value| (Wrong::Value, value))).collect()
}

fn entries(depot: &Depot) -> u64 {
    depot.status()["entries"].as_u64().expect("a number")
}

#[test]
fn requests_no_page_would_send() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.serve();
    let mut client = RawClient::new(&depot);
    client.sign_in(&depot, "manager");
    let before = entries(&depot);
    broken_texts(&client);
    broken_heads(&client);
    lying_lengths(&client);
    assert_eq!(entries(&depot), before, "nothing was written");
    assert_eq!(depot.stranger().try_get("/health").expect("an answer").status, 200);
    depot.stop();
    depot.verify();
}

const REGISTER: &str = "/api/v1/commands/register-customer";

fn good_body() -> String {
    let (id, customer) = (fresh(), fresh());
    format!(r#"{{"id":"{id}","customer":"{customer}","name":"Achieng","phone":"+254 700 1"}}"#)
}

fn expect_problem(answer: Option<RawAnswer>, status: u16, case: &str) {
    let answer = answer.unwrap_or_else(|| panic!("{case}: no answer"));
    assert_eq!(answer.status, status, "{case}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{case}");
    assert_problem(&answer.body, status, case);
}

fn broken_texts(client: &RawClient) {
    let good = good_body();
    let twice = good.replacen('{', r#"{"name":"B","#, 1);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = good.replace(r#""Achieng""#, &deep);
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("half a map", good.as_bytes()[..good.len() - 1].to_vec()),
        ("two maps", format!("{good}{good}").into_bytes()),
        ("a list", format!("[{good}]").into_bytes()),
        ("a text", br#""receive""#.to_vec()),
        ("null", b"null".to_vec()),
        ("a duplicate key", twice.into_bytes()),
        ("deep nesting", deep.into_bytes()),
        ("deep nesting in a field", nested.into_bytes()),
        ("not UTF-8", good.replace("Achieng", "\u{1}").bytes().map(|b| b | 0x80).collect()),
        ("one wrong byte", [good.as_bytes(), &[0xff]].concat()),
        ("a lone surrogate", good.replace("Achieng", r"\ud800").into_bytes()),
        ("a byte order mark", [b"\xef\xbb\xbf", good.as_bytes()].concat()),
    ];
    for (case, text) in texts {
        let headers =
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n", text.len());
        expect_problem(client.send(&format!("POST {REGISTER}"), &headers, &text), 400, case);
    }
    let padding = BODY_BYTES_MAX + 1 - good.len();
    let oversize = format!("{good}{}", " ".repeat(padding));
    expect_problem(client.post_json(REGISTER, &oversize), 413, "one byte too many");
    let unknown = client.post_json("/api/v1/commands/print-money", &good);
    expect_problem(unknown, 404, "an unknown command");
    let by_nodes = client.post_json("/api/v1/commands/publish-prices", &good);
    expect_problem(by_nodes, 404, "a command of nodes");
}

fn broken_heads(client: &RawClient) {
    let body = good_body();
    let length = format!("Content-Length: {}\r\n", body.len());
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n"] {
        let headers = format!("{kind}{length}");
        let answer = client.send(&format!("POST {REGISTER}"), &headers, body.as_bytes());
        expect_problem(answer, 415, kind);
    }
    let json = format!("Content-Type: application/json\r\n{length}");
    for method in ["GET", "PUT", "DELETE", "PATCH", "BREW"] {
        let answer = client.send(&format!("{method} {REGISTER}"), &json, body.as_bytes());
        expect_problem(answer, 405, method);
    }
    for from in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        let headers = format!("{json}{from}\r\n");
        let answer = client.send(&format!("POST {REGISTER}"), &headers, body.as_bytes());
        expect_problem(answer, 403, from);
    }
}

/// The declared length is not the body's: an answer or a closed connection, and soon.
fn lying_lengths(client: &RawClient) {
    let body = good_body();
    let kind = "Content-Type: application/json\r\n";
    let post = format!("POST {REGISTER}");
    for declared in ["5", "100000", "-1", "x", "99999999999999999999"] {
        let headers = format!("{kind}Content-Length: {declared}\r\n");
        if let Some(answer) = client.send_and_end(&post, &headers, body.as_bytes()) {
            assert!((400..500).contains(&answer.status), "{declared}: {}", answer.body);
        }
    }
    let chunked = format!("{kind}Transfer-Encoding: chunked\r\n");
    for chunks in ["fffffff\r\nshort", "zz\r\nabc\r\n0\r\n\r\n"] {
        if let Some(answer) = client.send_and_end(&post, &chunked, chunks.as_bytes()) {
            assert!((400..500).contains(&answer.status), "{chunks}: {}", answer.body);
        }
    }
    // Declared too large, and sent small: refused by what it declares or by what it lacks.
    let headers = format!("{kind}Content-Length: {}\r\n", BODY_BYTES_MAX + 1);
    if let Some(answer) = client.send_and_end(&post, &headers, body.as_bytes()) {
        assert!(matches!(answer.status, 400 | 413), "{}", answer.body);
    }
}

#[test]
fn who_may_do_what_over_the_wire() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.serve();
    let before = entries(&depot);
    roles(&depot);
    strangers(&depot);
    lock_out(&depot);
    assert_eq!(entries(&depot), before, "nothing was written");
    depot.stop();
    depot.verify();
}

fn roles(depot: &Depot) {
    let mut signed_in: Option<(&str, Browser)> = None;
    for (role, command, may) in ROLES {
        if signed_in.as_ref().is_none_or(|(who, _)| who != role) {
            signed_in = Some((role, depot.signed_in(role)));
        }
        let (_, browser) = signed_in.as_ref().expect("just signed in");
        // Without its fields the command is never done; but who may send it is told that.
        let answer = browser.command(command, json!({}));
        let expected = if *may { 400 } else { 403 };
        assert_eq!(answer.status, expected, "{role} {command}: {}", answer.body);
        assert_problem(&answer.body, expected, command);
    }
}

fn strangers(depot: &Depot) {
    let stranger = depot.stranger();
    let person = json!({"staff": depot.person("clerk"), "pin": depot.pin("clerk")});
    let unpaired = stranger.post("/api/v1/session", &person);
    assert_eq!(unpaired.status, 403, "{}", unpaired.body);
    assert_problem(&unpaired.body, 403, "an unpaired device");
    let command = stranger.command("receive-goods", json!({}));
    assert_eq!(command.status, 401, "{}", command.body);
    let code = stranger.post("/api/v1/device", &json!({"code": "AAAA-AAAA", "name": "x"}));
    assert_eq!(code.status, 403, "{}", code.body);
    for path in ["/api/v1/orders", "/api/v1/day", "/api/v1/sync", "/api/v1/events"] {
        assert_eq!(stranger.try_get(path).expect("an answer").status, 401, "{path}");
    }
    let mut client = RawClient::new(depot);
    client.sign_in(depot, "clerk");
    let ended = client.send("DELETE /api/v1/session", "", b"").expect("an answer");
    assert_eq!(ended.status, 204);
    let after = client.post_json("/api/v1/commands/receive-goods", "{}");
    expect_problem(after, 401, "a session that has ended");
}

fn lock_out(depot: &Depot) {
    let browser = depot.signed_in("picker");
    let sign_in = |pin: &str| {
        browser.post("/api/v1/session", &json!({"staff": depot.person("picker"), "pin": pin}))
    };
    let mut wrong = 0;
    let locked = loop {
        let answer = sign_in("0001");
        wrong += 1;
        assert!(wrong < 20, "wrong PINs are never the end of it");
        if answer.status != 401 {
            break answer;
        }
    };
    assert_eq!(locked.status, 429, "{}", locked.body);
    assert_problem(&locked.body, 429, "locked out");
    assert_eq!(sign_in(depot.pin("picker")).status, 429, "not even with the right PIN");
    let mut manager = RawClient::new(depot);
    manager.sign_in(depot, "manager");
    let path = format!("DELETE /api/v1/lockouts/{}", depot.person("picker"));
    assert_eq!(manager.send(&path, "", b"").expect("an answer").status, 204);
    assert_eq!(sign_in(depot.pin("picker")).status, 200);
}
