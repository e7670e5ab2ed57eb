//! The search for a plan. It may not read a clock: how long to go on is a [`Budget`] handed in.

mod anneal;
pub(crate) mod compiled;
pub(crate) mod evaluator;
mod near;
mod random;
mod recreate;
mod ruin;
mod simple;
mod state;
pub(crate) mod tours;

pub use anneal::Budget;
