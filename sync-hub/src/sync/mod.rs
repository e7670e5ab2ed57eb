//! The hub's end of the links to its nodes.

pub mod blobs;
mod denylist;
pub mod driver;
pub mod endpoint;
pub mod enrolment;
mod reset_key;
