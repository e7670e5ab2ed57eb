//! `cargo xtask`: the chores of this workspace, and `ci`, the one gate for a change.
//!
//! It only calls tools and reads sources: it never changes a file outside `target/` and the folders
//! that npm writes, and knows nothing of the business.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to people")]

mod ci;
mod invoke;
mod purity;
mod sources;
mod supply;
mod tidy;
mod ui;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "\
cargo xtask <command>

  ci [--only STEP]... [--skip STEP]...   the gate: every step below, timed
  purity                                 the core depends on nothing that does I/O
  tidy                                   the rules of the house that no lint knows
  licenses                               cargo deny: bans, licences, sources (and advisories, if at hand)
  ui [--build-only]                      install, check, build and test the pages

Steps of ci: ";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = workspace_root()?;
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    match (command.as_str(), rest.as_slice()) {
        ("ci", choice) => ci::run(&root, &ci::Selection::parse(choice)?),
        ("purity", []) => purity::check(&root),
        ("tidy", []) => tidy::check(&root),
        ("licenses", []) => supply::check(&root),
        ("ui", []) => ui::check(&root),
        ("ui", [only]) if only == "--build-only" => ui::build(&root),
        ("help" | "--help" | "", []) => {
            println!("{USAGE}{}", ci::step_names().join(", "));
            Ok(())
        }
        _ => bail!("unknown command or argument; remedy: see `cargo xtask help`"),
    }
}

/// The folder of the workspace's `Cargo.toml`, wherever the command was given.
fn workspace_root() -> Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .context("cargo did not say where it is; remedy: run this as `cargo xtask`")?;
    let root = PathBuf::from(here).join("../..");
    root.canonicalize().with_context(|| format!("no workspace at {}", root.display()))
}
