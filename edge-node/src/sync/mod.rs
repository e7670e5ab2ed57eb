//! The box's end of the link to its hub.

mod dial;
pub mod enrolment;
pub mod frames;
pub mod transport;
mod trust;
