//! The depot's HTTPS server on the LAN: what people and their browsers see.
//!
//! Handlers read a request, ask the node, answer. They hold no rule of the business and never wait
//! for the hub.

pub mod app;
pub mod auth;
pub mod commands;
mod denylist;
pub mod device;
pub mod live;
pub mod lockout;
pub mod map;
pub mod pages;
pub mod plan;
pub mod problem;
pub mod router;
pub mod session;
pub mod staff;
pub mod tls;
pub mod views;

pub use web_rim::{body, ca, headers, origin};

#[cfg(test)]
mod identity_tests;
