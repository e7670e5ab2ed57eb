//! The HTTP rim that both servers share: how a request is read, refused, answered and kept safe.
//!
//! It knows no depot, no hub, no store and no rule of the business. What may not go into
//! `shared-model` (axum, argon2, clocks, dice) and would otherwise be written twice lives here.

pub mod body;
pub mod ca;
pub mod cookie;
pub mod headers;
pub mod kept_key;
pub mod live;
pub mod lockout;
pub mod origin;
pub mod pages;
pub mod patience;
pub mod problem;
pub mod secret;
pub mod token;
