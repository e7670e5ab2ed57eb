//! .

pub mod cluster;
