//! Models on the depot's box: their files, which version is tried and which is used, what they said
//! and how far off they were. A model only advises: nothing here writes a fact of the business, and
//! whoever asks has a baseline at hand, which answers whenever no model can.
//!
//! The hub's orders come in the log, the bytes over a stream beside the session. A version is
//! downloaded, verified, run in the shadow, used, and kept as the one to go back to.

pub mod blobs;
pub mod bundles;
pub mod disk;
mod drift;
mod journal;
mod judge;
pub mod local;
mod obey;
pub mod pointers;
mod records;
mod report;
mod runner;
mod service;
mod sums;

#[cfg(test)]
mod tests;

pub use inference::{Answer, Author};
pub use runner::{Role, Runner, WORKER_SUBCOMMAND, worker, worker_of};
pub use service::{Baseline, Models, Notes, Parts, Question, Standing};
