//! Leaves a fingerprint of the search's sources in the bench, so that a row of ours is known to be of
//! exactly the search that was compiled in. May not read anything else.

use std::fs;
use std::path::PathBuf;

const SEARCH: &str = "../../shared-model/planning/src/solve";

fn main() {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(SEARCH)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let bytes = files.into_iter().flat_map(|file| fs::read(file).unwrap_or_default());
    // FNV-1a: nobody forges sources against a bench.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    say(&format!("cargo::rerun-if-changed={SEARCH}"));
    say(&format!("cargo::rustc-env=SEARCH_SOURCES=src-{hash:016x}"));
}

#[allow(clippy::print_stdout, reason = "it is how a build script speaks to cargo")]
fn say(line: &str) {
    println!("{line}");
}
