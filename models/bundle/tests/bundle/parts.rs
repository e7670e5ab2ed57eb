//! Every part's reader: what it takes, what it refuses by name, and that bytes from anywhere make none of them panic.

use model_bundle::Manifest;
use model_bundle::card::Card;
use model_bundle::golden::Golden;
use model_bundle::histogram::Reference;
use model_bundle::manifest::{Part, Tolerance};
use model_bundle::preprocessing::Preprocessing;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::draft::{Draft, card, preprocessing, reference};

/// The refusal of a manifest with one field changed.
fn refusal(pointer: &str, value: Value) -> String {
    let mut draft = Draft::sound();
    let mut manifest: Value = serde_json::from_slice(&draft.manifest_bytes()).unwrap();
    match manifest.pointer_mut(pointer) {
        Some(field) => *field = value,
        None => manifest[pointer.trim_start_matches('/')] = value,
    }
    draft.manifest = manifest;
    draft.verified().unwrap_err().to_string()
}

#[test]
fn a_manifest_is_refused_by_the_name_of_its_field() {
    for (pointer, value, expected) in [
        ("/format", json!(2), "format: is 2"),
        ("/more", json!(1), "unknown field `more`"),
        ("/id", json!("Trial"), "id: "),
        ("/id", json!("-trial"), "id: "),
        ("/version", json!(0), "version: starts at 1"),
        ("/version", json!(-1), "version: "),
        ("/kind", json!("sparse"), "kind: "),
        ("/kind", json!("tables"), "files: are not exactly tables.cbor, golden.bin, card.json"),
        ("/files", json!([]), "files: are not exactly"),
        ("/files/0/name", json!("../model.onnx"), "files[0].name: "),
        ("/files/0/name", json!("card.json"), "files: are not exactly"),
        ("/files/0/bytes", json!(8 * 1024 * 1024 + 1), "model.onnx has 8388609 bytes"),
        ("/files/0/sha256", json!("00"), "files[0].sha256: "),
        ("/runtime_min", json!("1"), "runtime_min: "),
        ("/outputs", json!([]), "outputs: "),
        ("/outputs", json!(["y", "y"]), "outputs: a name is there twice"),
        ("/outputs", json!(["y\n"]), "names: "),
        ("/batch_plans", json!([]), "batch_plans: "),
        ("/batch_plans", json!([32, 1]), "batch_plans: "),
        ("/batch_plans", json!([0, 1]), "batch_plans: "),
        ("/batch_plans", json!([1, 2048]), "batch_plans: "),
        ("/tolerance/relative", json!(0.5), "tolerance: "),
        ("/trained/from", json!("2026-07-01"), "trained: "),
        ("/expires_on", json!("2026-02-30"), "expires_on: "),
        ("/expires_on", json!("2026-06-29"), "trained: "),
    ] {
        let refusal = refusal(pointer, value.clone());
        assert!(refusal.contains(expected), "{pointer} = {value}: {refusal}");
        assert!(refusal.contains("remedy"), "{refusal}");
    }
}

/// The refusal of a bundle with one of its files replaced.
fn replaced(name: &str, bytes: Vec<u8>) -> String {
    let mut draft = Draft::sound();
    draft.files.iter_mut().filter(|(other, _)| *other == name).for_each(|f| f.1.clone_from(&bytes));
    draft.verified().unwrap_err().to_string()
}

fn changed(mut value: Value, pointer: &str, to: Value) -> Vec<u8> {
    *value.pointer_mut(pointer).unwrap() = to;
    value.to_string().into_bytes()
}

#[test]
fn signed_files_that_make_no_sense_together_are_refused() {
    for (name, bytes, expected) in [
        (
            "preproc.json",
            changed(preprocessing(), "/schema", json!("trial/2")),
            "is not the manifest's",
        ),
        ("preproc.json", changed(preprocessing(), "/steps/0/scale", json!(0.0)), "scale is not 0"),
        (
            "preproc.json",
            changed(preprocessing(), "/steps/0/clip", json!([2.0, -2.0])),
            "lower one first",
        ),
        (
            "preproc.json",
            changed(preprocessing(), "/steps/1/unknown", json!(null)),
            "given together",
        ),
        (
            "preproc.json",
            changed(preprocessing(), "/steps/1/categories", json!([4.0, 1.0])),
            "ascending",
        ),
        (
            "preproc.json",
            changed(preprocessing(), "/steps/1/name", json!("c")),
            "names other columns",
        ),
        ("preproc.json", changed(preprocessing(), "/outputs", json!([])), "names other columns"),
        (
            "reference_hist.json",
            changed(reference(), "/features/0/edges", json!([1.0, 1.0])),
            "ascend",
        ),
        (
            "reference_hist.json",
            changed(reference(), "/features/0/counts", json!([1, 2])),
            "one edge fewer",
        ),
        (
            "reference_hist.json",
            changed(reference(), "/predictions", json!([])),
            "names other columns",
        ),
        ("card.json", changed(card(), "/purpose", json!(" ")), "purpose: "),
        ("card.json", changed(card(), "/limits", json!("none")), "limits: "),
        (
            "golden.bin",
            Golden::new(2, 1, vec![0.0; 126], vec![0.0; 63]).unwrap().to_bytes(),
            "fewer than 64",
        ),
        (
            "golden.bin",
            Golden::new(3, 1, vec![0.0; 192], vec![0.0; 64]).unwrap().to_bytes(),
            "2 are needed",
        ),
        ("golden.bin", b"OMGV".to_vec(), "fewer than 12 bytes"),
    ] {
        let refusal = replaced(name, bytes);
        assert!(refusal.contains(expected), "{name}: {refusal} for {expected}");
    }
}

#[test]
fn preprocessing_is_done_in_its_order() {
    let spec = Preprocessing::parse(preprocessing().to_string().as_bytes()).unwrap();
    let mut input = Vec::new();
    let raw = [
        [1.0, 4.0],
        [f32::NAN, f32::NAN],
        [f32::INFINITY, 3.0],
        [100.0, 1.0],
        [-100.0, f32::NEG_INFINITY],
    ];
    spec.apply(&raw.concat(), &mut input);
    let expected = [[0.25, 4.0], [0.5, 9.0], [0.5, 9.0], [0.75, 1.0], [-1.25, 9.0]];
    assert_eq!(input, expected.concat());
    let mut answers = vec![-5.0, 50.0, 500.0, f32::NAN];
    spec.clip_outputs(&mut answers);
    assert_eq!(answers[..3], [0.0, 50.0, 100.0]);
    assert!(answers[3].is_nan(), "what is no number is not made one");
}

#[test]
fn golden_vectors_count_the_rows_that_are_off() {
    let golden = Golden::new(1, 2, vec![f32::NAN; 64], vec![1.0; 128]).unwrap();
    assert_eq!(Golden::parse(&golden.to_bytes()).unwrap().to_bytes(), golden.to_bytes());
    let tolerance = Tolerance { relative: 1e-6, absolute: 0.0 };
    let mut found = vec![1.0_f32; 128];
    assert!(golden.compare(&found, tolerance).holds());
    found[1] = 1.0 + 4.0 * f32::EPSILON;
    assert!(golden.compare(&found, tolerance).holds());
    found[1] = 1.0 + 10.0 * f32::EPSILON;
    found[0] = f32::NAN;
    found[7] = 2.0;
    let comparison = golden.compare(&found, tolerance);
    assert_eq!((comparison.rows_off, comparison.holds()), (2, false));
    assert_eq!(golden.compare(&found[..126], tolerance).rows_off, 64);
    let unknown = Golden::new(1, 1, vec![0.0; 64], vec![f32::NAN; 64]);
    assert!(unknown.is_err(), "an expectation is a number");
}

/// A number, a text, nothing: whatever a field should not be.
fn oddity() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9-]{0,20}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, 2, 3])),
    ]
}

/// Replaces the field that `at` leads to, however deep.
fn oddly(value: &mut Value, at: &[prop::sample::Index], odd: Value) {
    let children = match value {
        Value::Array(items) => items.iter_mut().collect::<Vec<_>>(),
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    match at.split_first() {
        Some((index, rest)) if !children.is_empty() => {
            let place = index.index(children.len());
            if let Some(child) = children.into_iter().nth(place) {
                oddly(child, rest, odd);
            }
        }
        _ => *value = odd,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_odd_field_is_refused_or_taken_and_never_a_panic(
        file in 0_usize..4,
        at in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        odd in oddity(),
    ) {
        let mut draft = Draft::sound();
        let mut values = [
            serde_json::from_slice(&draft.manifest_bytes()).unwrap(),
            preprocessing(),
            reference(),
            card(),
        ];
        oddly(&mut values[file], &at, odd);
        let [manifest, preprocessing, reference, card] = values;
        if file == 0 {
            draft.manifest = manifest;
        }
        draft.files[1].1 = preprocessing.to_string().into_bytes();
        draft.files[2].1 = reference.to_string().into_bytes();
        draft.files[4].1 = card.to_string().into_bytes();
        if let Ok(verified) = draft.verified() {
            let spec = verified.preprocessing().unwrap();
            let mut input = Vec::new();
            spec.apply(verified.golden().unwrap().raw(), &mut input);
            prop_assert_eq!(input.len(), verified.golden().unwrap().raw().len());
        }
    }

    #[test]
    fn bytes_from_anywhere_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Manifest::parse(&bytes);
        let _ = Preprocessing::parse(&bytes);
        let _ = Reference::parse(&bytes);
        let _ = Card::parse(&bytes);
        let _ = Golden::parse(&bytes);
        let headed = [&b"OMGV\x01\x00"[..], &bytes].concat();
        let _ = Golden::parse(&headed);
    }
}

#[test]
fn a_file_that_bundles_of_this_kind_lack_is_empty() {
    assert!(Draft::sound().verified().unwrap().bytes(Part::Tables).is_empty());
}
