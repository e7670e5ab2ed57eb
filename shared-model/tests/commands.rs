//! What people send, right and wrong: every field of every command, and who may send it. A body is
//! read or refused with the field named; nothing that can be read stops the rules from answering.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use day::{Depot, MANAGER, Region, arrival};
use serde_json::{Map, Value, json};
use shared_model::staff::Role::{self, Cashier, Clerk, Dispatcher, Manager, Picker, Rider};
use shared_model::tax::Jurisdiction;
use shared_model::workflows::{Command, Kind};

const SAMPLES: &str = include_str!("../../tests/vectors/commands.json");

fn samples() -> Map<String, Value> {
    serde_json::from_str(SAMPLES).unwrap()
}

/// Reads a body as the servers do; an error says where, and what.
fn read(kind: Kind, body: &Value) -> Result<Command, (String, String)> {
    read_text(kind, &body.to_string())
}

fn read_text(kind: Kind, text: &str) -> Result<Command, (String, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let read = Command::parse(kind, tracked);
    read.map_err(|error| (track.path().to_string(), error.to_string()))
}

#[test]
fn there_is_a_sample_of_every_command_and_it_can_be_read() {
    let samples = samples();
    assert_eq!(samples.len(), Kind::BY_PEOPLE.len());
    for kind in Kind::BY_PEOPLE {
        let command = read(*kind, &samples[kind.name()]).unwrap();
        assert_eq!(command.kind(), *kind);
        assert_eq!(command.id().to_string(), samples[kind.name()]["id"]);
    }
}

/// Every place of a body: objects and lists too, each as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = format!("{at}/{name}");
                found.push(at.clone());
                places(value, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                places(value, &at, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What may stand in a field and should not, or only just may.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!("   "),
        json!("x".repeat(100_000)),
        json!("a\u{0}b"),
        json!("ي🙂"),
        json!("|"),
        json!(0),
        json!(1),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1_000_000_000_000_i64),
        json!(1_000_000),
        json!(4_294_967_295_u32),
        json!(1.5),
        json!(1e308),
        json!("NaN"),
        json!("12"),
        json!(true),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"kind": "otp"}),
    ]
}

/// The last name in a pointer: what an error has to mention.
fn name_of(place: &str) -> &str {
    place.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap()
}

fn names_the_field(place: &str, (path, words): &(String, String)) -> bool {
    let name = name_of(place);
    path.split(['.', '[']).any(|part| part == name) || words.contains(&format!("`{name}`"))
}

/// Whether the two are of one JSON type.
fn same_type(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// A depot with some stock, to which the odd commands that can be read are put.
fn depot() -> Depot {
    let mut region = Region::new(Jurisdiction::KE, &["NBO-1", "NBO-2", "NBO-3"]);
    let mut depot = region.depots.remove(0);
    depot.receive(vec![arrival("RICE-5", 1_000_000, "A-01", 1_000_00)]);
    depot.receive(vec![arrival("SOAP", 5, "A-01", 0)]);
    depot
}

#[test]
fn every_field_of_every_command_is_read_or_refused_by_name() {
    let samples = samples();
    let mut depot = depot();
    for kind in Kind::BY_PEOPLE {
        let sample = &samples[kind.name()];
        let mut all = Vec::new();
        places(sample, "", &mut all);
        for place in all {
            for odd in odd_values() {
                let mut body = sample.clone();
                let old = body.pointer(&place).unwrap().clone();
                let wrong_type = !same_type(&old, &odd) && !odd.is_null();
                *body.pointer_mut(&place).unwrap() = odd.clone();
                match read(*kind, &body) {
                    Ok(command) => {
                        assert!(!wrong_type, "{} {place} took {odd}", kind.name());
                        let _answer = depot.decide(MANAGER, &command);
                    }
                    Err(error) => assert!(
                        names_the_field(&place, &error),
                        "{} {place} = {odd}: {error:?}",
                        kind.name()
                    ),
                }
            }
        }
    }
}

#[test]
fn unknown_missing_and_repeated_fields_are_refused_by_name() {
    let samples = samples();
    for kind in Kind::BY_PEOPLE {
        let sample = &samples[kind.name()];
        let mut all = vec![String::new()];
        places(sample, "", &mut all);
        for place in all {
            let mut extra = sample.clone();
            if let Some(fields) = extra.pointer_mut(&place).and_then(Value::as_object_mut) {
                fields.insert("prise".into(), json!(1));
                let (path, words) = read(*kind, &extra).unwrap_err();
                assert!(words.contains("`prise`"), "{path}: {words}");
                remove_each(*kind, sample, &place);
            }
        }
        let (_, words) = read_text(*kind, &twice_the_id(sample)).unwrap_err();
        assert!(words.contains("duplicate field `id`"), "{words}");
    }
}

/// Takes each field of one object away: it is optional, or the error names it.
fn remove_each(kind: Kind, sample: &Value, place: &str) {
    let names: Vec<String> =
        sample.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
    for name in names {
        let mut body = sample.clone();
        body.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(&name);
        if let Err((_, words)) = read(kind, &body) {
            assert!(words.contains(&format!("missing field `{name}`")), "{words}");
        } else {
            assert!(name != "id", "{} without its id was read", kind.name());
        }
    }
}

fn twice_the_id(sample: &Value) -> String {
    let text = sample.to_string();
    let id = sample["id"].to_string();
    text.replacen('{', &format!("{{\"id\":{id},"), 1)
}

#[test]
fn what_is_no_json_object_is_refused() {
    for kind in Kind::BY_PEOPLE {
        for text in ["", "null", "[]", "1", "\"x\"", "{", "{\"id\":NaN}", "{\"id\":}", "\u{feff}{}"]
        {
            assert!(read_text(*kind, text).is_err(), "{} read {text:?}", kind.name());
        }
        let sample = samples()[kind.name()].clone();
        let deep = format!("{}{}{}", "[".repeat(200), sample, "]".repeat(200));
        assert!(read_text(*kind, &deep).is_err());
    }
}

#[test]
fn lists_have_ends() {
    let samples = samples();
    for (name, field, most) in [
        ("receive-goods", "lines", 500),
        ("sell", "lines", 200),
        ("place-order", "lines", 200),
        ("dispatch-orders", "orders", 40),
        ("refund-order", "lines", 200),
        ("lock-manifests", "manifests", 128),
        ("lock-manifests", "release", 128),
        ("describe-delivery", "vehicles", 3),
    ] {
        let kind = Kind::by_name(name).unwrap();
        let mut body = samples[name].clone();
        let item = body[field][0].clone();
        body[field] = json!(vec![item.clone(); most]);
        assert!(read(kind, &body).is_ok(), "{name} with {most}");
        body[field] = json!(vec![item; most + 1]);
        let (path, words) = read(kind, &body).unwrap_err();
        assert!(path.contains(field), "{path}");
        assert!(words.contains("wrong number of items; remedy"), "{words}");
        body[field] = json!([]);
        assert!(read(kind, &body).is_err(), "{name} with none");
    }
}

/// Who may ask for what, besides the manager, who may ask for all.
const MAY: &[(&str, &[Role])] = &[
    ("receive-goods", &[Clerk]),
    ("move-stock", &[Clerk, Picker]),
    ("block-article", &[]),
    ("sell", &[Cashier]),
    ("register-customer", &[Cashier, Dispatcher]),
    ("edit-customer", &[Cashier, Dispatcher]),
    ("place-order", &[Cashier, Dispatcher]),
    ("reserve-order", &[Cashier, Dispatcher]),
    ("cancel-order", &[Cashier]),
    ("write-delivery-note", &[Cashier, Dispatcher, Picker]),
    ("pick-line", &[Picker, Clerk]),
    ("pack-order", &[Picker, Clerk]),
    ("dispatch-orders", &[Dispatcher]),
    ("record-delivery", &[Dispatcher, Rider]),
    ("record-failed-delivery", &[Dispatcher, Rider]),
    ("take-back", &[Dispatcher, Clerk]),
    ("refund-order", &[Cashier]),
    ("start-count", &[Clerk]),
    ("record-count", &[Clerk]),
    ("approve-count", &[]),
    ("register-rider", &[Dispatcher]),
    ("declare-handover", &[Cashier, Dispatcher, Rider]),
    ("count-handover", &[Cashier]),
    ("cosign-handover", &[Cashier, Dispatcher, Rider]),
    ("deposit-cash", &[]),
    ("grant-right", &[]),
    ("return-right", &[]),
    ("transfer-right", &[]),
    ("hand-over-remote-sale", &[Cashier]),
    ("resolve-exception", &[]),
    ("register-vehicle", &[Dispatcher]),
    ("assign-vehicle", &[Dispatcher]),
    ("locate-depot", &[]),
    ("locate-customer", &[Cashier, Dispatcher]),
    ("locate-order", &[Cashier, Dispatcher]),
    ("describe-delivery", &[Cashier, Dispatcher, Picker]),
    ("measure-article", &[Clerk, Dispatcher]),
    ("lock-manifests", &[Dispatcher]),
    ("hand-out-manifest", &[Dispatcher]),
    ("report-arrival", &[Dispatcher, Rider]),
    ("report-delay", &[Dispatcher, Rider]),
    ("cancel-manifest", &[Dispatcher]),
    ("answer-proposal", &[Clerk]),
];

#[test]
fn each_role_may_ask_for_what_the_table_says_and_for_nothing_else() {
    assert_eq!(MAY.len(), Kind::BY_PEOPLE.len());
    for &(name, roles) in MAY {
        let kind = Kind::by_name(name).unwrap();
        for role in Role::ALL {
            let may = role == Manager || roles.contains(&role);
            assert_eq!(kind.allows(role), may, "{role} and {name}");
        }
    }
    let by_nodes =
        (0..=u16::MAX).filter_map(Kind::from_number).filter(|kind| !Kind::BY_PEOPLE.contains(kind));
    for kind in by_nodes {
        assert!(Role::ALL.iter().all(|role| !kind.allows(*role)), "{kind:?}");
        assert!(Kind::by_name(kind.name()).is_none(), "{kind:?} can be sent");
        assert!(read(kind, &json!({})).is_err());
    }
}
