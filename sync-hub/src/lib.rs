//! .

pub mod cluster;
pub mod pki;
