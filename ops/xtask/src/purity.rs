//! Keeps the pure crates pure: what they may depend on, and what their sources may name.
//!
//! Cargo forbids the rim better than any review: a crate that is not in the tree cannot be called.

use std::path::Path;

use anyhow::{Result, bail};

use crate::invoke::Invocation;
use crate::sources::{self, Source, code_of};

/// A crate that does no I/O.
struct Pure {
    package: &'static str,
    /// Where its sources are.
    sources: &'static str,
    /// What it may name in its `Cargo.toml`. A new one needs a reason in `ops/decisions/`.
    direct: &'static [&'static str],
}

const PURE: [Pure; 2] = [
    Pure {
        package: "shared-model",
        sources: "shared-model/src/",
        direct: &[
            "automerge",
            "blake3",
            "data-encoding",
            "ed25519-dalek",
            "minicbor",
            "serde",
            "thiserror",
            "uuid",
        ],
    },
    Pure {
        package: "planning",
        sources: "shared-model/planning/src/",
        direct: &["libm", "serde", "serde_json", "serde_path_to_error", "thiserror"],
    },
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
    let mut below = 0;
    for pure in &PURE {
        let direct = tree(root, pure, "--depth 1")?;
        breaches.extend(foreign_direct(pure, &direct));
        let all = tree(root, pure, "")?;
        breaches.extend(forbidden_below(pure, &all));
        if all.iter().any(|name| name == "getrandom") {
            let above = tree(root, pure, "--prune automerge")?;
            if above.iter().any(|name| name == "getrandom") {
                breaches.push(format!(
                    "{} reaches getrandom by another road than automerge: dice are an argument",
                    pure.package
                ));
            }
        }
        below += all.len().saturating_sub(1);
    }
    let sources = sources::all(root)?;
    breaches.extend(sources.iter().filter(|source| is_pure(source)).flat_map(unspeakable));
    if breaches.is_empty() {
        println!("purity: {below} crates below {} pure ones, none does I/O", PURE.len());
        return Ok(());
    }
    bail!("the core is not pure:\n  {}", breaches.join("\n  "))
}

fn is_pure(source: &Source) -> bool {
    source.path.ends_with(".rs") && PURE.iter().any(|pure| source.path.starts_with(pure.sources))
}

/// The names in the output of `cargo tree`, sorted, each once.
fn tree(root: &Path, pure: &Pure, options: &str) -> Result<Vec<String>> {
    let line = format!(
        "cargo tree --locked -p {} -e normal --prefix none -f {{p}} {options}",
        pure.package
    );
    let printed = Invocation::new(root, &line).output()?;
    let mut names: Vec<String> = printed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn foreign_direct(pure: &Pure, names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| *name != pure.package && !pure.direct.contains(&name.as_str()))
        .map(|name| {
            format!("{} depends on {name}; remedy: do it in a shell, or decide it in ops/decisions and list it in ops/xtask/src/purity.rs", pure.package)
        })
        .collect()
}

fn forbidden_below(pure: &Pure, names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| FORBIDDEN.contains(&name.as_str()))
        .map(|name| format!("{name} is below {0}; remedy: find it with `cargo tree -p {0} -i {name}` and switch the feature off", pure.package))
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
        assert_eq!(forbidden_below(&PURE[0], &names).len(), 1);
        assert_eq!(foreign_direct(&PURE[0], &names).len(), 1);
    }
}
