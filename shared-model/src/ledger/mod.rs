//! The accounts of goods and money, by double entry. Append only: a mistake is reversed by a new
//! posting, never edited. Knows accounts and sums, not orders or riders' doings.

mod account;
mod posting;
mod trial;

pub use account::{Account, Nature, Unit};
pub use posting::{InvalidPosting, Posting};
pub use trial::{TrialBalance, TrialLine};
