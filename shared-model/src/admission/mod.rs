//! What a region takes in of a node's log, and what of it travels on. Pure: where the chains stand, what
//! is held and which records there are is handed in, and what is to be written comes out. The hub's
//! store writes it down in Postgres, the simulator in memory.

mod feed;
mod life;
mod shelf;
mod sorting;
mod steps;

pub use feed::{Page, Travels, page, travels};
pub use life::epoch_after_rewind;
pub use shelf::{Asked, Shelf};
pub use sorting::{Aside, Kept, Moved, Sorted, Tip, Tips, entry_of, held_of, reason, sort};
pub use steps::{DocumentChange, Gathered, ROUNDS_MAX, Step, Work, contained};
