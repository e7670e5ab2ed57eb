//! Where the binaries under test are. They are built once, by cargo itself, unless a folder with
//! them is named.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a folder with ready binaries, such as `target/release`.
pub const FOLDER_ENV: &str = "OMNIROUTE_BIN_DIR";

/// The path of `edge-node` or `sync-hub`.
///
/// # Panics
/// When it cannot be built: nothing can be tested then.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let path = FOLDER.get_or_init(folder).join(name);
    assert!(path.exists(), "{} is missing; remedy: cargo build --workspace", path.display());
    path
}

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os(FOLDER_ENV) {
        return PathBuf::from(folder);
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "edge-node", "--package", "sync-hub"])
        .current_dir(workspace())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the binaries do not build");
    let test = std::env::current_exe().expect("a running test has a path");
    let deps = test.parent().expect("in a folder");
    let folder = if deps.ends_with("deps") { deps.parent().expect("in target") } else { deps };
    folder.to_owned()
}

/// The root of the repository.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}
