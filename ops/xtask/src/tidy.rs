//! The rules of the house that no lint knows. Each rule is one function from a file to what is wrong
//! with it, so that adding one is adding a name to `RULES`.

use std::path::Path;

use anyhow::{Result, bail};

use crate::sources::{self, Source};

/// Where a file stops being read by a newcomer; half of it is the aim.
const LINES_MAX: usize = 1_000;

/// Names that say nothing: what is in the file has a better one.
const EMPTY_NAMES: [&str; 12] = [
    "common",
    "commons",
    "data",
    "helper",
    "helpers",
    "manager",
    "misc",
    "model",
    "models",
    "util",
    "utils",
    "utilities",
];

/// Folders of one machine. Written in two pieces so that this file passes its own rule.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/")];

type Rule = fn(&Source) -> Vec<String>;

const RULES: [Rule; 9] = [
    says_what_it_is,
    is_short_enough,
    has_a_telling_name,
    names_no_machine,
    migration_has_a_purpose,
    script_stops_at_errors,
    skips_no_test,
    lock_names_no_host,
    decision_has_its_parts,
];

/// # Errors
/// Every breach found, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let sources = sources::all(root)?;
    let mut breaches: Vec<String> =
        sources.iter().flat_map(|source| RULES.iter().flat_map(move |rule| rule(source))).collect();
    breaches.extend(members_follow(root, &sources)?);
    breaches.extend(core_bans_all_the_root_bans(root)?);
    if breaches.is_empty() {
        println!("tidy: {} files, {} rules kept", sources.len(), RULES.len() + 2);
        return Ok(());
    }
    breaches.sort();
    bail!("{} breaches of the house rules:\n  {}", breaches.len(), breaches.join("\n  "))
}

fn breach(source: &Source, what: &str) -> Vec<String> {
    vec![format!("{}: {what}", source.path)]
}

fn is_rust(source: &Source) -> bool {
    source.path.ends_with(".rs")
}

fn says_what_it_is(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or_default();
    let said = first.strip_prefix("//!").is_some_and(|rest| rest.trim().len() > 1);
    if !is_rust(source) || said {
        return Vec::new();
    }
    breach(
        source,
        "does not start with `//!`; remedy: say what the module is and what it may not do",
    )
}

fn is_short_enough(source: &Source) -> Vec<String> {
    let written = [".rs", ".svelte", ".ts", ".sql"].iter().any(|end| source.path.ends_with(end));
    let lines = source.text.lines().count();
    if !written || lines < LINES_MAX {
        return Vec::new();
    }
    breach(
        source,
        &format!(
            "has {lines} lines; remedy: split it below {LINES_MAX}, better below half of that"
        ),
    )
}

fn has_a_telling_name(source: &Source) -> Vec<String> {
    let Some((_, inside)) = source.path.split_once("src/").filter(|_| is_rust(source)) else {
        return Vec::new();
    };
    inside
        .trim_end_matches(".rs")
        .split('/')
        .filter(|name| EMPTY_NAMES.contains(name))
        .flat_map(|name| {
            breach(source, &format!("`{name}` says nothing; remedy: name it by what it holds"))
        })
        .collect()
}

fn names_no_machine(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS.iter().filter(|folder| names_folder(line, folder)) {
            found.push(format!(
                "{}:{} names {folder}, a folder of one machine; remedy: a path from the repository, or an argument",
                source.path,
                index + 1
            ));
        }
    }
    found
}

/// A folder at the root, not one further down a longer path or address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| {
            c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/' | '~' | '*')
        })
    })
}

fn migration_has_a_purpose(source: &Source) -> Vec<String> {
    let migration = source.path.contains("/migrations/") && source.path.ends_with(".sql");
    let first = source.text.lines().next().unwrap_or_default();
    if !migration || first.strip_prefix("-- ").is_some_and(|purpose| purpose.trim().len() > 9) {
        return Vec::new();
    }
    breach(source, "does not start with its purpose; remedy: a first line `-- <one purpose>`")
}

fn script_stops_at_errors(source: &Source) -> Vec<String> {
    let shell = source
        .text
        .lines()
        .next()
        .is_some_and(|first| first.starts_with("#!") && first.ends_with("sh"));
    if !shell || source.text.contains("\nset -eu") {
        return Vec::new();
    }
    breach(source, "goes on after an error; remedy: `set -euo pipefail` (`set -eu` in sh)")
}

fn skips_no_test(source: &Source) -> Vec<String> {
    let skipped =
        source.text.lines().any(|line| line.trim_start().starts_with(concat!("#[", "ignore")));
    if !is_rust(source) || !skipped {
        return Vec::new();
    }
    breach(source, "ignores a test; remedy: mend it, or assert today's wrong result and say so")
}

fn lock_names_no_host(source: &Source) -> Vec<String> {
    let lock = source.path.ends_with("package-lock.json");
    if !lock || !source.text.contains(concat!("\"resolved\": \"", "http")) {
        return Vec::new();
    }
    breach(
        source,
        "records download addresses; remedy: npm config set omit-lockfile-registry-resolved true, and lock again",
    )
}

fn decision_has_its_parts(source: &Source) -> Vec<String> {
    let decision = source.path.starts_with("ops/decisions/") && source.path.ends_with(".md");
    if !decision || source.path.ends_with("README.md") {
        return Vec::new();
    }
    ["# ", "## Decision", "## Why"]
        .iter()
        .filter(|part| !source.text.lines().any(|line| line.starts_with(**part)))
        .flat_map(|part| {
            breach(
                source,
                &format!("has no `{}` line; remedy: see ops/decisions/README.md", part.trim()),
            )
        })
        .collect()
}

/// Each crate takes the workspace's lints, and the code map says where it is.
fn members_follow(root: &Path, sources: &[Source]) -> Result<Vec<String>> {
    let map = sources.iter().find(|source| source.path == "ARCHITECTURE.md");
    let mut found = Vec::new();
    for member in sources::members(root)? {
        let member = member.display().to_string();
        let manifest = format!("{member}/Cargo.toml");
        let takes = sources.iter().find(|source| source.path == manifest).is_some_and(takes_lints);
        if !takes {
            found.push(format!(
                "{manifest}: does not take the workspace's lints; remedy: [lints] workspace = true"
            ));
        }
        if map.is_some_and(|map| !map.text.contains(&member)) {
            found.push(format!("ARCHITECTURE.md: the code map leaves out {member}"));
        }
    }
    if map.is_none() {
        found.push(
            "ARCHITECTURE.md: is missing; remedy: write the code map and the invariants".to_owned(),
        );
    }
    Ok(found)
}

fn takes_lints(manifest: &Source) -> bool {
    manifest
        .text
        .parse::<toml::Table>()
        .ok()
        .and_then(|table| table.get("lints")?.get("workspace")?.as_bool())
        .unwrap_or_default()
}

/// Clippy reads one `clippy.toml` for each crate and merges none: the core's must repeat the root's.
fn core_bans_all_the_root_bans(root: &Path) -> Result<Vec<String>> {
    let read = |path: &str| -> Result<toml::Table> {
        Ok(std::fs::read_to_string(root.join(path))?.parse::<toml::Table>()?)
    };
    Ok(missing_bans(&read("clippy.toml")?, &read("shared-model/clippy.toml")?))
}

fn missing_bans(root: &toml::Table, core: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in root {
        let repeated = match (value.as_array(), core.get(key).and_then(toml::Value::as_array)) {
            (Some(wanted), Some(present)) => wanted.iter().all(|ban| present.contains(ban)),
            _ => core.get(key) == Some(value),
        };
        if !repeated {
            found.push(format!(
                "shared-model/clippy.toml: `{key}` lacks what the root's says; remedy: repeat it"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, breaches: usize) {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        let found: Vec<String> = RULES.iter().flat_map(|rule| rule(&source)).collect();
        assert_eq!(found.len(), breaches, "{found:?}");
    }

    #[test]
    fn a_module_says_what_it_is() {
        check("a/src/b.rs", "use x;\n", 1);
        check("a/src/b.rs", "//!\n", 1);
        check("a/src/b.rs", "//! What it is.\n", 0);
    }

    #[test]
    fn a_long_file_is_refused() {
        check("a/src/b.rs", &"//! Long.\n".repeat(1_000), 1);
        check("a/src/b.rs", &"//! Long.\n".repeat(999), 0);
    }

    #[test]
    fn an_empty_name_is_refused_as_file_and_as_folder() {
        check("a/src/util.rs", "//! Odds.\n", 1);
        check("a/src/common/clock.rs", "//! Clock.\n", 1);
        check("a/src/utility_bills.rs", "//! Bills.\n", 0);
    }

    #[test]
    fn a_folder_of_one_machine_is_refused() {
        check("README.md", concat!("see /", "root/x and `/", "home/ann`\n"), 2);
        check("README.md", "see edge-node/root/x and $TMP/home/x\n", 0);
        check("README.md", "see ./home/x and x.org/home/y\n", 0);
    }

    #[test]
    fn a_migration_has_one_purpose() {
        check("edge-node/src/store/migrations/V1__log.sql", "CREATE TABLE x;\n", 1);
        check("edge-node/src/store/migrations/V1__log.sql", "-- The log and its seals.\n", 0);
    }

    #[test]
    fn a_script_stops_at_errors() {
        check("ops/x", "#!/usr/bin/env bash\necho\n", 1);
        check("ops/x", "#!/bin/sh\n# what\nset -eu\n", 0);
    }

    #[test]
    fn a_skipped_test_is_refused() {
        check("a/src/b.rs", concat!("//! A b.\n    #[", "ignore = \"later\"]\n"), 1);
    }

    #[test]
    fn a_lock_names_no_host() {
        check("package-lock.json", concat!("\"resolved\": \"", "https://x/y.tgz\"\n"), 1);
    }

    #[test]
    fn a_decision_says_what_and_why() {
        check("ops/decisions/one.md", "# One\n\n## Decision\n\n## Why\n", 0);
        check("ops/decisions/one.md", "# One\n", 2);
    }

    #[test]
    fn the_core_repeats_the_bans() {
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        let root = table("a = 70\nb = [{ path = \"x\" }]");
        assert!(
            missing_bans(&root, &table("a = 70\nb = [{ path = \"y\" }, { path = \"x\" }]"))
                .is_empty()
        );
        assert_eq!(missing_bans(&root, &table("a = 71\nb = []")).len(), 2);
    }
}
