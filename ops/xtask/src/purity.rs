//! Keeps the core pure: what `shared-model` may depend on, and what its sources may name.
//!
//! Cargo forbids the rim better than any review: a crate that is not in the tree cannot be called.

use std::path::Path;

use anyhow::{Result, bail};

use crate::invoke::Invocation;
use crate::sources::{self, Source, code_of};

/// What the core may name in its `Cargo.toml`. A new one needs a reason in `ops/decisions/`.
const DIRECT: [&str; 8] = [
    "automerge",
    "blake3",
    "data-encoding",
    "ed25519-dalek",
    "minicbor",
    "serde",
    "thiserror",
    "uuid",
];

/// What may not be anywhere below the core: runtimes, stores, sockets, TLS, logging to somewhere.
///
/// `getrandom` is below it, through automerge, which draws an actor id that the core then replaces
/// (`ActorId::random` is banned in its clippy.toml). So it is checked apart: only by that road.
const FORBIDDEN: [&str; 22] = [
    "axum",
    "chrono",
    "deadpool-postgres",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "nix",
    "openssl",
    "quinn",
    "rayon",
    "reqwest",
    "ring",
    "rusqlite",
    "rustix",
    "rustls",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tokio-postgres",
    "tracing-subscriber",
    "ureq",
];

/// What no source of the core may name, tests included.
const UNSPEAKABLE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::io::stdin",
    "SystemTime",
    "Instant::now",
    "HashMap",
    "HashSet",
    "new_v4",
    "now_v7",
    "getrandom",
    "thread_rng",
];

/// # Errors
/// Every breach found, one a line.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut breaches = Vec::new();
    let direct =
        tree(root, "cargo tree --locked -p shared-model -e normal --prefix none --depth 1 -f {p}")?;
    breaches.extend(foreign_direct(&direct));
    let all = tree(root, "cargo tree --locked -p shared-model -e normal --prefix none -f {p}")?;
    breaches.extend(forbidden_below(&all));
    if all.iter().any(|name| name == "getrandom") {
        let above = tree(
            root,
            "cargo tree --locked -p shared-model -e normal --prefix none -f {p} --prune automerge",
        )?;
        if above.iter().any(|name| name == "getrandom") {
            breaches.push(
                "getrandom is reached by another road than automerge: dice are an argument"
                    .to_owned(),
            );
        }
    }
    let sources = sources::all(root)?;
    breaches.extend(sources.iter().filter(|source| is_core(source)).flat_map(unspeakable));
    if breaches.is_empty() {
        println!("purity: {} crates below the core, none does I/O", all.len().saturating_sub(1));
        return Ok(());
    }
    bail!("the core is not pure:\n  {}", breaches.join("\n  "))
}

fn is_core(source: &Source) -> bool {
    source.path.starts_with("shared-model/src/") && source.path.ends_with(".rs")
}

/// The names in the output of `cargo tree`, sorted, each once.
fn tree(root: &Path, line: &str) -> Result<Vec<String>> {
    let printed = Invocation::new(root, line).output()?;
    let mut names: Vec<String> = printed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn foreign_direct(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| *name != "shared-model" && !DIRECT.contains(&name.as_str()))
        .map(|name| {
            format!("shared-model depends on {name}; remedy: do it in a shell, or decide it in ops/decisions and list it in ops/xtask/src/purity.rs")
        })
        .collect()
}

fn forbidden_below(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| FORBIDDEN.contains(&name.as_str()))
        .map(|name| format!("{name} is below shared-model; remedy: find it with `cargo tree -p shared-model -i {name}` and switch the feature off"))
        .collect()
}

fn unspeakable(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for word in UNSPEAKABLE.iter().filter(|word| code_of(line).contains(**word)) {
            found.push(format!(
                "{}:{} names {word}; remedy: take it as an argument",
                source.path,
                index + 1
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(text: &str) -> Source {
        Source { path: "shared-model/src/x.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_clock_in_the_core_is_found_by_line() {
        let found = unspeakable(&core("//! x\nlet now = std::time::SystemTime::now();\n"));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("shared-model/src/x.rs:2 names SystemTime"));
    }

    #[test]
    fn prose_may_name_what_code_may_not() {
        assert!(
            unspeakable(&core("//! Never SystemTime.\nfn f() {} // no HashMap here\n")).is_empty()
        );
    }

    #[test]
    fn a_runtime_below_the_core_is_refused() {
        let names = ["serde", "tokio"].map(str::to_owned);
        assert_eq!(forbidden_below(&names).len(), 1);
        assert_eq!(foreign_direct(&names).len(), 1);
    }
}
