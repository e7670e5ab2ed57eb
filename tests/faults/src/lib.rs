//! The depot's database under every storage fault: its real code, on a disk in memory that records what
//! was written and may lose, tear, refuse or rot any of it.
//!
//! Knows the depot's store and no server. Everything drawn comes from a seed; nothing here reads the
//! clock, the system's dice or its disk. What the figures mean and what they were is in `ops/FAULTS.md`.

pub mod crash;
pub mod day;
pub mod dice;
pub mod disk;
pub mod image;
pub mod io;
pub mod region;
pub mod rot;
pub mod states;
pub mod vfs;
