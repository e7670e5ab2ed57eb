//! What happened to prices.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::state::PriceLine;
use crate::id::BookId;
use crate::log::Hash;
use crate::money::Currency;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// Some lines of a book to come.
    #[n(0)]
    PricesListed {
        #[n(0)]
        book: BookId,
        #[n(1)]
        lines: Vec<PriceLine>,
    },
    /// The book is whole and signed.
    #[n(1)]
    BookPublished {
        #[n(0)]
        book: BookId,
        #[n(1)]
        currency: Currency,
        #[n(2)]
        valid_from: Timestamp,
        #[n(3)]
        lines: u32,
        #[n(4)]
        hash: Hash,
        #[n(5)]
        signature: ByteArray<64>,
    },
    #[n(2)]
    BookRetracted {
        #[n(0)]
        book: BookId,
    },
}
