//! Dense layers, one after the other, as one tract operator: `Gemm`, `Relu`, `Gemm` … with weights that are known.
//!
//! `chain` finds them in a graph and puts one node in their place; `layers` is what such a node holds, packed;
//! `kernel` computes; `operator` is what tract sees. What does not look exactly like that is left to tract.

pub mod chain;
pub mod kernel;
pub mod layers;
pub mod operator;

/// The operator's name in a graph; no model can bring it along.
pub const OPERATOR: &str = "org.omniroute.DenseLayers";
