//! The hub's HTTPS console: what administrators and their browsers see.
//!
//! A process holds no state of its own here: sessions and users are in the database, so that
//! several hubs may run behind it.

pub mod commands;
pub mod credentials;
pub mod live;
pub mod pages;
pub mod problem;
mod registry;
pub mod router;
pub mod session;
pub mod views;

pub use web_rim::{body, ca, headers, origin};

#[cfg(test)]
mod session_tests;
