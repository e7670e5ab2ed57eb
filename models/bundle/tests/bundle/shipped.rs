//! The bundles in `models/artefacts`: each is whole, and signed with the development key.

use std::path::{Path, PathBuf};

use model_bundle::{PinnedKeys, PublicKey, folder};

fn folders() -> Vec<PathBuf> {
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artefacts");
    let listed = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    };
    let mut folders: Vec<PathBuf> = listed(below).flat_map(listed).collect();
    folders.sort();
    folders
}

#[test]
fn every_shipped_bundle_is_whole_and_lies_where_its_manifest_says() {
    let pinned = PinnedKeys { current: PublicKey::development(), next: None };
    let folders = folders();
    assert!(!folders.is_empty(), "models/artefacts holds bundles");
    for path in folders {
        let bundle = folder::read(&path, &pinned)
            .unwrap_or_else(|refused| panic!("{}: {refused}", path.display()));
        let manifest = bundle.manifest();
        assert!(
            path.ends_with(format!("{}/{}", manifest.id, manifest.version)),
            "{}",
            path.display()
        );
    }
}
