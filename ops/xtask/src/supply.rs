//! The supply chain: licences, sources and bans of everything built in, by cargo-deny and offline.
//!
//! Advisories are looked at only where a database is at hand, and then never without its date: an old
//! database that finds nothing says little.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::invoke::Invocation;

/// Must be what `ops/install` installs.
const DENY_VERSION: &str = "0.20.2";

/// # Errors
/// When cargo-deny is not there, or refuses something.
pub(crate) fn check(root: &Path) -> Result<()> {
    let version = Invocation::new(root, "cargo deny --version").output();
    if version.as_deref().map(str::trim).unwrap_or_default() != format!("cargo-deny {DENY_VERSION}")
    {
        bail!("cargo-deny {DENY_VERSION} is not installed; remedy: ./ops/install --for test");
    }
    // Crates of other platforms are named in the lock file; the graph is read without building them.
    if !Invocation::new(root, "cargo metadata --locked --offline --format-version 1").succeeds() {
        Invocation::new(root, "cargo fetch --locked --quiet").run()?;
    }
    Invocation::new(root, "cargo deny --offline check bans licenses sources").run()?;
    match advisory_database() {
        Some(database) => check_advisories(root, &database),
        None => {
            println!(
                "advisories: NOT checked, no database on this machine (set ADVISORY_DB to a clone of one)"
            );
            Ok(())
        }
    }
}

fn check_advisories(root: &Path, database: &Path) -> Result<()> {
    let date = Invocation::new(database, "git log -1 --format=%cs")
        .output()
        .map_or_else(|_| "of unknown date".to_owned(), |date| date.trim().to_owned());
    println!("advisories: database of {date}; nothing newer is known here");
    Invocation::new(root, "cargo deny --offline check advisories").run()
}

/// A clone named by `ADVISORY_DB`, or any that cargo-deny itself has fetched.
fn advisory_database() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("ADVISORY_DB") {
        return Some(PathBuf::from(named));
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))?;
    let mut clones =
        std::fs::read_dir(home.join("advisory-dbs")).ok()?.flatten().map(|entry| entry.path());
    clones.find(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installer_installs_the_version_asked_for_here() {
        let installer = include_str!("../../install");
        assert!(installer.contains(&format!("\nreadonly deny_version={DENY_VERSION}\n")));
    }
}
