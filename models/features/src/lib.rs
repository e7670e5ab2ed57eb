//! What a model sees, computed by one piece of code for training and for serving.
//!
//! A schema is a text that names every feature, its unit and what a missing value looks like; its hash
//! stands in the manifest of every bundle trained on it. The functions go from values of the trade
//! (points, times, orders) to a row of numbers, and from a model's numbers back. The baselines that
//! answer when no model does are here too, because a model is judged against them.
//!
//! Nothing here reads a clock, a file or a socket, draws a number, or runs a model. Rows are `f32`, and
//! NaN is "not known"; nothing else is: infinities never leave this crate.

pub mod arrival_time;
pub mod demand;
pub mod discover;
pub mod forecast;
pub mod geodesy;
pub mod pace;
pub mod reorder;
pub mod schema;
