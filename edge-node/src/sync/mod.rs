//! The box's end of the link to its hub.

mod blobs;
mod dial;
pub mod driver;
pub mod enrolment;
pub mod lease;
pub mod membership;
pub mod meter;
pub mod transport;
mod trust;
