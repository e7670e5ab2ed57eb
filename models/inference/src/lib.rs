//! Runs models on a depot's box.
//!
//! `engine` is a loaded model; `trees` is the operator that tract lacks, `dense` one that it has, and slowly; `worker` is a process that may panic,
//! loop or run out of memory without the depot noticing more than a baseline's answer. Only this crate links
//! tract. It verifies no signature (`model-bundle` does) and decides nothing: who asks has a baseline at hand.

pub mod answer;
pub mod dense;
pub mod engine;
pub mod lanes;
pub mod trees;
pub mod worker;

pub use answer::{Answer, Author};
pub use engine::Engine;
pub use worker::supervisor::{Failure, Limits, Loaded, Supervisor, WorkerCommand};

use model_bundle::manifest::RuntimeVersion;

/// What a bundle's `runtime_min` is compared with.
pub const RUNTIME_VERSION: RuntimeVersion = RuntimeVersion { major: 0, minor: 1, patch: 0 };

/// Why a model cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LoadError {
    pub reason: String,
}

impl LoadError {
    fn new(what: &str, error: &tract_onnx::prelude::TractError) -> Self {
        Self { reason: format!("{what}: {error:#}") }
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    /// The caller's fault.
    #[error("{values} values are not 1 to 8,192 rows of {features} features")]
    BadRows { values: usize, features: usize },
    #[error("the answer for row {row} is not a number")]
    NotANumber { row: usize },
    #[error("the network failed: {reason}")]
    Failed { reason: String },
}

impl PredictError {
    fn failed(error: &tract_onnx::prelude::TractError) -> Self {
        Self::Failed { reason: format!("{error:#}") }
    }
}
