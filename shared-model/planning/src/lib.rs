//! Route planning: the problem, its check, the files it is read from, the search, and an independent checker.
//!
//! Pure like the core: no clock, no dice, no disk, no socket, no thread. Time and randomness are arguments, and the
//! same problem, seed and number of iterations give the same plan on every machine. Travel times are handed in as
//! matrices; this crate knows no roads.
//!
//! The way of a plan: [`problem::Draft`] (built by a shell or read by [`formats`]) → [`problem::Draft::check`] →
//! [`problem::Problem`] → `solve` → [`plan::Plan`] → `check`, which shares no code with `solve`.

pub mod check;
pub mod formats;
pub mod json;
pub mod plan;
pub mod problem;
pub mod solve;
