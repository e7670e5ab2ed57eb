//! The system under test as its users meet it: real processes, real files, real sockets.
//!
//! Knows every part and is used by none. Waits by looking, with a deadline; never by sleeping for
//! luck.

pub mod api;
pub mod binaries;
pub mod bundles;
pub mod cable;
pub mod day;
pub mod depot;
pub mod hub;
pub mod nats;
pub mod process;
pub mod raw;
pub mod rounds;
pub mod stocked;
pub mod wait;
