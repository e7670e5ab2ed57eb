//! What a depot means to buy: the answer that a person gave to a proposal, and what is on its way.
//!
//! A proposal is advice and no fact: it is computed on the box and thrown away. Only the answer is
//! written, with what was proposed beside it, so that the next model learns from both. Orders
//! nothing from a supplier: the paper that does is the supplier's.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{Answer, AnswerProposal};
pub use decide::answer;
pub use error::Error;
pub use event::Event;
pub use state::{ON_ORDER_MAX, Replenishment};
