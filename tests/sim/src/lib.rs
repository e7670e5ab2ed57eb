//! The region in one thread: the real core, the real depot store on disks in memory, the real sessions and
//! bytes of the link, under virtual time and every fault that a seed draws.
//!
//! A seed is the whole story: the same seed is the same run, to the byte. It may not read the clock, the
//! system's dice or its disk, nor start a thread. What it covers and what it cannot is in `README.md`.

pub mod bug;
pub mod edge_link;
pub mod figures;
pub mod hub;
pub mod hub_link;
pub mod hub_log;
pub mod machine;
pub mod net;
pub mod people;
pub mod plan;
pub mod region;
pub mod settle;
pub mod trace;
pub mod truth;
pub mod wants;
pub mod weather;
pub mod world;

pub use truth::Violation;
