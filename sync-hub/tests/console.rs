//! The console over a real PostgreSQL, with records that depots wrote: what it shows is what they
//! have, what people decide there is kept, and nothing bad gets further than a problem.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "console/asking.rs"]
mod asking;
#[path = "console/bad_input.rs"]
mod bad_input;
#[path = "../../shared-model/tests/day/mod.rs"]
#[allow(
    clippy::inconsistent_digit_grouping,
    clippy::too_many_lines,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;
#[path = "console/decisions.rs"]
mod decisions;
#[path = "console/models.rs"]
mod models;
#[path = "console/paying.rs"]
mod paying;
mod region;
#[path = "console/verifying.rs"]
mod verifying;
#[path = "console/views.rs"]
mod views;
