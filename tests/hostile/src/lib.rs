//! Bytes that somebody hostile might send, thrown at everything that reads bytes from outside: frames, entries, bodies,
//! commands, model bundles, route problems, site profiles, and automerge changes by way of their worker. It counts what
//! was refused and what broke; a panic or a dead process is a finding, never an answer. It writes nothing anywhere.
//!
//! `corpus` holds what is sound, `mutation` spoils it, `readers` are the doors, `campaign` goes round.

pub mod campaign;
mod corpus;
mod dice;
mod documents;
mod mutation;
mod readers;

#[path = "../../../shared-model/tests/day/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;

/// The subcommand that makes this program a worker for documents.
pub const WORKER_SUBCOMMAND: &str = worker::documents::WORKER_SUBCOMMAND;
