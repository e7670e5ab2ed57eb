//! .

pub mod cluster;
pub mod pki;
pub mod sync;
