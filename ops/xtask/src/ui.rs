//! The pages: the scripts of the npm workspace at the root. Must come before any cargo step of the
//! gate, since the programs embed what is built here.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::invoke::Invocation;

/// Installs, builds, checks and tests: built first, so that the programs have their pages even where a
/// check fails.
///
/// # Errors
/// When one of npm's scripts fails.
pub(crate) fn check(root: &Path) -> Result<()> {
    install(root)?;
    ["build", "check", "test"].iter().try_for_each(|script| script_of(root, script))
}

/// Installs and builds: all that the programs need.
///
/// # Errors
/// As for [`check`].
pub(crate) fn build(root: &Path) -> Result<()> {
    install(root)?;
    script_of(root, "build")
}

fn script_of(root: &Path, name: &str) -> Result<()> {
    Invocation::new(root, &format!("npm run {name}"))
        .env("npm_config_update_notifier", "false")
        .run()
}

/// `npm ci`, unless what it installed last is newer than the lock file.
fn install(root: &Path) -> Result<()> {
    let modified = |path: &str| root.join(path).metadata().and_then(|file| file.modified());
    let asked = modified("package-lock.json")
        .context("package-lock.json is missing; remedy: npm install, and commit it")?;
    if modified("node_modules/.package-lock.json").is_ok_and(|installed| installed >= asked) {
        return Ok(());
    }
    Invocation::new(root, "npm ci --no-audit --no-fund --loglevel=error").run()
}
