//! Who is in the region: nodes, their sites and author keys, as the hub enrolled them.

pub mod denylist;
mod event;
mod state;

pub use event::Event;
pub use state::Peer;
