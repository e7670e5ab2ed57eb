//! The search for a plan. It may not read a clock: how long to go on is a [`Budget`] handed in.
//!
//! [`Prepared`] compiles a problem once, for any number of [`Search`]es with seeds of their own. A search is one
//! trajectory of ruin and recreate under annealing (`anneal`), generic over an evaluator (`evaluator`): a simple one with
//! insertion tests in constant time where the problem allows it.

mod anneal;
mod compile;
pub(crate) mod compiled;
pub(crate) mod evaluator;
pub mod explain;
mod near;
mod positions;
mod random;
mod recreate;
mod rich;
mod ruin;
mod search;
mod simple;
mod standing;
mod state;
mod swap_vehicle;
mod tails;
#[cfg(test)]
mod tests;
pub(crate) mod tours;

pub use search::{Budget, Prepared, Progress, Search, Steps};
