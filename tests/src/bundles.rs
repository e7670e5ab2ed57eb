//! Bundles of models to publish: the shipped ones under other versions.

use std::path::{Path, PathBuf};

use model_bundle::SigningKey;
use serde_json::Value;

use crate::binaries::workspace;

/// The shipped version of a model under another number, changed by `change` once it is signed, by the
/// key that everybody has.
///
/// # Panics
/// When the model is not among the shipped ones, or the folder cannot be written.
#[must_use]
pub fn shipped_as(model: &str, folder: &Path, version: u32, change: impl FnOnce(&Path)) -> PathBuf {
    let shipped = workspace().join("models/artefacts").join(model).join("1");
    let made = folder.join(format!("{model}-{version}"));
    std::fs::create_dir_all(&made).expect("a folder");
    for entry in std::fs::read_dir(shipped).expect("the shipped model") {
        let path = entry.expect("a file").path();
        std::fs::copy(&path, made.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let path = made.join("manifest.json");
    let text = std::fs::read(&path).expect("a manifest");
    let mut manifest: Value = serde_json::from_slice(&text).expect("JSON");
    manifest["version"] = version.into();
    let manifest = manifest.to_string().into_bytes();
    let signature = SigningKey::development().sign_manifest(&manifest);
    std::fs::write(&path, manifest).expect("a file");
    std::fs::write(made.join("manifest.sig"), signature).expect("a file");
    change(&made);
    made
}
