//! What may be asked of pricing. Only the hub publishes.

use crate::id::BookId;
use crate::log::Hash;
use crate::money::Currency;
use crate::time::Timestamp;

/// Makes the lines sent so far under `book` a price book in force from `valid_from` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishBook {
    pub book: BookId,
    pub currency: Currency,
    pub valid_from: Timestamp,
    pub lines: u32,
    pub hash: Hash,
    pub signature: [u8; 64],
}
