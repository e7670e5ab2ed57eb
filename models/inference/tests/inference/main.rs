//! Models as a depot runs them: trees against a walk that anybody can follow, networks against arithmetic in
//! float64, a worker against models that misbehave.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod contained;
mod dense;
mod networks;
mod onnx;
mod shipped;
mod trees;
