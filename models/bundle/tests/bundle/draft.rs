//! A small bundle made in the test: a network of some bytes that nobody runs here.

use model_bundle::golden::Golden;
use model_bundle::{PinnedKeys, Refused, Sha256Hash, Signed, SigningKey, Verified};
use serde_json::{Value, json};

/// A bundle as files in memory, by name; the manifest is made of the rest.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) manifest: Value,
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
}

impl Draft {
    pub(crate) fn sound() -> Self {
        let raw = (0..64).flat_map(|row| [row as f32, f32::NAN]).collect();
        let expected = (0..64).map(|row| row as f32 * 2.0).collect();
        let golden = Golden::new(2, 1, raw, expected).unwrap();
        let json = |value: Value| value.to_string().into_bytes();
        let files = vec![
            ("model.onnx", b"bytes that stand for a network".to_vec()),
            ("preproc.json", json(preprocessing())),
            ("reference_hist.json", json(reference())),
            ("golden.bin", golden.to_bytes()),
            ("card.json", json(card())),
        ];
        Self { manifest: manifest(), files }
    }

    /// The manifest's bytes, with the files as they are now.
    pub(crate) fn manifest_bytes(&self) -> Vec<u8> {
        let listed = |(name, bytes): &(&str, Vec<u8>)| {
            let hash = Sha256Hash::of(bytes).to_string();
            json!({"name": name, "sha256": hash, "bytes": bytes.len()})
        };
        let mut manifest = self.manifest.clone();
        if manifest.get("files").is_none() {
            manifest["files"] = self.files.iter().map(listed).collect();
        }
        manifest.to_string().into_bytes()
    }

    /// Signed with the development key, opened and verified as a node does.
    pub(crate) fn verified(&self) -> Result<Verified, Refused> {
        let manifest = self.manifest_bytes();
        let signature = SigningKey::development().sign_manifest(&manifest);
        verified(&manifest, &signature, &self.files)
    }
}

/// The keys of a node that believes the development key alone.
pub(crate) fn pinned() -> PinnedKeys {
    PinnedKeys { current: SigningKey::development().public(), next: None }
}

pub(crate) fn verified(
    manifest: &[u8],
    signature: &[u8],
    files: &[(&'static str, Vec<u8>)],
) -> Result<Verified, Refused> {
    Signed::open(manifest, signature, &pinned())?.verify_files(|entry| {
        let name = entry.name.file_name();
        let file = files.iter().find(|(other, _)| *other == name);
        let absent = || Refused::Unreadable { part: name.to_owned(), reason: "absent".to_owned() };
        file.map(|(_, bytes)| bytes.clone()).ok_or_else(absent)
    })
}

pub(crate) fn manifest() -> Value {
    json!({
        "format": 1, "id": "trial", "version": 3, "kind": "dense", "runtime_min": "0.1.0",
        "feature_schema": {"name": "trial/1", "sha256": Sha256Hash::of(b"a, b").to_string()},
        "outputs": ["y"], "batch_plans": [1, 32],
        "tolerance": {"relative": 1e-6, "absolute": 1e-6},
        "trained": {"from": "2026-01-01", "until": "2026-06-30", "rows": 64, "seed": 1},
        "scores": [{"slice": "all", "metric": "rmse_s", "model": 1.0, "baseline": 2.0, "baseline_name": "linear"}],
        "expires_on": "2026-12-31",
    })
}

pub(crate) fn preprocessing() -> Value {
    json!({"format": 1, "schema": "trial/1",
        "steps": [
            {"name": "a", "categories": null, "unknown": null, "impute": 1.5, "clip": [-2.0, 2.0], "mean": 0.5, "scale": 2.0},
            {"name": "b", "categories": [1.0, 4.0], "unknown": 9.0, "impute": null, "clip": null, "mean": 0.0, "scale": 1.0},
        ],
        "outputs": [{"name": "y", "clip": [0.0, 100.0]}]})
}

pub(crate) fn reference() -> Value {
    let of = |name: &str| json!({"name": name, "edges": [0.0, 1.0], "counts": [100, 200, 300], "missing": 10});
    json!({"format": 1, "features": [of("a"), of("b")], "predictions": [of("y")]})
}

pub(crate) fn card() -> Value {
    json!({"format": 1, "title": "Trial", "purpose": "Tests.", "made_with": "a test", "data": "generated",
        "limits": ["it predicts nothing"], "sections": []})
}
