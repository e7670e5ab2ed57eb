//! What a person may answer to a proposal.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{ArticleCode, EntryId};
use crate::quantity::{Counted, Quantity};
use crate::text::Remark;

/// What becomes of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Bought as proposed.
    #[n(0)]
    Accept,
    /// Bought in another quantity.
    #[n(1)]
    Change,
    /// Not bought; not to be proposed again for the same day.
    #[n(2)]
    Ignore,
    /// What was on order will not come.
    #[n(3)]
    Withdraw,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerProposal {
    pub id: EntryId,
    pub article: ArticleCode,
    pub answer: Answer,
    /// What the page showed, in base units.
    pub proposed: Counted,
    /// With `change` alone: what is bought instead.
    pub quantity: Option<Quantity>,
    pub note: Option<Remark>,
}
