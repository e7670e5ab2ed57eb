//! What a person must look at: facts that happened against the rules, and cannot be refused.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{Resolution, ResolveException};
pub use decide::{exception_id, raise, resolve};
pub use error::Error;
pub use event::{Event, Kind};
pub use state::{Exception, Status};
