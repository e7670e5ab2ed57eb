//! The bundles in `models/artefacts`: each runs, and answers its golden vectors as its training framework did.

use std::path::{Path, PathBuf};

use inference::Engine;
use model_bundle::manifest::{Kind, Tolerance};
use model_bundle::{PinnedKeys, PublicKey, folder};

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn every_shipped_network_answers_as_in_training() {
    let pinned = PinnedKeys { current: PublicKey::development(), next: None };
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artefacts");
    let mut tried = 0;
    for path in listed(&below).iter().flat_map(|id| listed(id)) {
        let bundle = folder::read(&path, &pinned).unwrap();
        let mut manifest = bundle.manifest().clone();
        match manifest.kind {
            Kind::Tables => continue,
            // Trees are exact: nothing but the last rounding to float32 may differ.
            Kind::Trees => manifest.tolerance = Tolerance { relative: 1e-6, absolute: 0.0 },
            Kind::Dense | Kind::Recurrent => {}
        }
        let engine = Engine::load(&bundle).unwrap();
        let replay = engine.replay(&bundle.golden().unwrap(), &manifest).unwrap();
        assert!(replay.holds(), "{}: {replay:?}", path.display());
        tried += 1;
    }
    assert!(tried > 0, "models/artefacts holds networks");
}
