//! The depot's node: everything around the pure core that touches disk, network and people.
//!
//! A depot is one process and one SQLite file. It serves the LAN and never waits for the hub.

mod judged_time;

pub mod advice;
pub mod cli;
pub mod dispatch;
pub mod documents;
pub mod identity;
pub mod import;
pub mod inference;
pub mod metrics;
pub mod node;
pub mod state;
pub use depot_store as store;
pub mod sync;
pub mod web;
