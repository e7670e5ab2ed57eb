//! Escrow rights: permission to sell what another site keeps. Minted by the site whose stock it
//! is, spendable only by its holder, moved on only by the holder's own fact.
//!
//! For every right, always: granted + moved in - moved out - spent - returned >= 0 at each holder.
//! No clock frees a right: an unheard holder may have spent it. It comes free by the holder's
//! return, or when the home site saw the spend. Source: Balegas et al., "Bounded Counter" (2015).

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{AbsorbReturns, GrantRight, HandOverRemoteSale, ReturnRight, TransferRight};
pub use decide::{give_back, grant, hand_over, left, pass_on, spend};
pub use error::Error;
pub use event::Event;
pub use state::{
    Grants, Holding, PassedIn, PassedOn, RemoteHandover, RemoteItem, RemoteSale, Right,
};
