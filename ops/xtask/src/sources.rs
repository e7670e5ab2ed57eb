//! The files of the repository, as git knows them: tracked, or new and not ignored.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::invoke::Invocation;

/// One file that somebody wrote.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file of the repository. Files that are not UTF-8 are left out: no rule here is about them.
///
/// # Errors
/// When git fails.
pub(crate) fn all(root: &Path) -> Result<Vec<Source>> {
    let listed =
        Invocation::new(root, "git ls-files --cached --others --exclude-standard -z").output()?;
    let mut sources = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let bytes = match std::fs::read(root.join(path)) {
            Ok(bytes) => bytes,
            // Deleted in the work tree but still in the index, or a link to a folder.
            Err(_) => continue,
        };
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(sources)
}

/// The folders of the workspace's members, from the root's `Cargo.toml`.
///
/// # Errors
/// When it cannot be read or lists no members.
pub(crate) fn members(root: &Path) -> Result<Vec<PathBuf>> {
    let manifest =
        std::fs::read_to_string(root.join("Cargo.toml")).context("reading Cargo.toml")?;
    let manifest: toml::Table = manifest.parse().context("parsing Cargo.toml")?;
    let members = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members"))
        .and_then(toml::Value::as_array)
        .context("Cargo.toml lists no workspace members")?;
    Ok(members.iter().filter_map(toml::Value::as_str).map(PathBuf::from).collect())
}

/// A line without its `//` comment, so that prose may name what code may not use. A `//` inside a
/// string cuts too much, which only makes the rule milder on that line.
pub(crate) fn code_of(line: &str) -> &str {
    line.find("//").map_or(line, |at| &line[..at])
}
