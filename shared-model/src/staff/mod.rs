//! The people who sign in, and what each role may ask for. Holds no PIN: credentials never enter
//! the log.

mod event;
mod role;
mod state;

pub use event::Event;
pub use role::{Role, UnknownRole};
pub use state::Staff;
