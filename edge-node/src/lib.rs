//! .

pub mod sync;
