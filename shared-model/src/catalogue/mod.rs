//! The catalogue: which articles exist, what they are called and how they are taxed.
//! Holds no price and no stock.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{BlockArticle, ListArticle};
pub use decide::{block, list};
pub use error::Error;
pub use event::Event;
pub use state::Article;
