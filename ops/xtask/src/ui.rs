//! The pages: npm's own scripts, run where a `package.json` asks for them. Must come before any
//! cargo step of the gate, since the programs embed what is built here.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::invoke::Invocation;

/// Where pages may live: one npm workspace at the root, or one package each.
const FOLDERS: [&str; 3] = [".", "edge-node/ui", "sync-hub/ui"];

/// Installs, checks, builds and tests.
///
/// # Errors
/// When there are no pages at all, or one of npm's scripts fails.
pub(crate) fn check(root: &Path) -> Result<()> {
    run(root, &["check", "build", "test"])
}

/// Installs and builds: all that the programs need.
///
/// # Errors
/// As for [`check`].
pub(crate) fn build(root: &Path) -> Result<()> {
    run(root, &["build"])
}

fn run(root: &Path, scripts: &[&str]) -> Result<()> {
    let packages: Vec<PathBuf> = FOLDERS
        .iter()
        .map(|folder| root.join(folder))
        .filter(|folder| folder.join("package.json").exists())
        .collect();
    if packages.is_empty() {
        bail!("no package.json in any of {FOLDERS:?}: the pages are missing");
    }
    for folder in packages {
        install(&folder)?;
        let everywhere = if is_npm_workspace(&folder)? {
            " --workspaces"
        } else {
            ""
        };
        for script in scripts {
            Invocation::new(
                &folder,
                &format!("npm run {script} --if-present{everywhere}"),
            )
            .env("npm_config_update_notifier", "false")
            .run()?;
        }
    }
    Ok(())
}

/// `npm ci`, unless what it installed last is newer than the lock file.
fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let asked = lock
        .metadata()
        .and_then(|lock| lock.modified())
        .with_context(|| {
            format!(
                "{} is missing; remedy: npm install, and commit it",
                lock.display()
            )
        })?;
    let installed = folder
        .join("node_modules/.package-lock.json")
        .metadata()
        .and_then(|done| done.modified());
    if installed.is_ok_and(|installed| installed >= asked) {
        return Ok(());
    }
    Invocation::new(folder, "npm ci --no-audit --no-fund --loglevel=error").run()
}

fn is_npm_workspace(folder: &Path) -> Result<bool> {
    let text = std::fs::read_to_string(folder.join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)
        .with_context(|| format!("parsing {}/package.json", folder.display()))?;
    Ok(package.get("workspaces").is_some())
}
