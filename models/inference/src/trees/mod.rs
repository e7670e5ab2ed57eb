//! Tree ensembles of `ai.onnx.ml` (`TreeEnsembleRegressor`, `TreeEnsembleClassifier`) as one tract operator.
//!
//! tract has no regressor, and reads `BRANCH_GTE` as a leaf in its classifier. `attributes` reads a node of a
//! graph and believes nothing in it; `forest` is the flat form that is walked; `walk` walks it, and
//! asks `masks` where many rows meet a small tree; `operator` is
//! what tract sees. Nothing here allocates by what a model says before that was checked.

pub mod attributes;
pub mod forest;
mod masks;
pub mod operator;
pub mod walk;

/// Trees of one ensemble.
pub const TREES_MAX: usize = 4_096;
/// Nodes of one tree, leaves among them.
pub const TREE_NODES_MAX: usize = 65_536;
/// Nodes of one ensemble.
pub const NODES_MAX: usize = 524_288;
/// Splits on the way to a leaf: as many steps as a walk takes at most.
pub const DEPTH_MAX: usize = 128;
/// Columns that splits may name.
pub const COLUMNS_MAX: usize = 2_048;
/// Columns of the answer.
pub const TARGETS_MAX: usize = 64;

/// Why a tree ensemble is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("attribute {attribute}: {reason}")]
pub struct BadEnsemble {
    pub attribute: &'static str,
    pub reason: String,
}

impl BadEnsemble {
    pub(crate) fn new(attribute: &'static str, reason: impl Into<String>) -> Self {
        Self { attribute, reason: reason.into() }
    }
}
