//! What happened to proposals.

use minicbor::{Decode, Encode};

use super::command::Answer;
use crate::id::ArticleCode;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    Answered {
        #[n(0)]
        article: ArticleCode,
        #[n(1)]
        answer: Answer,
        /// What was shown, base units.
        #[n(2)]
        proposed: i64,
        /// What comes on top of what is on order, base units; nothing for `ignore` and `withdraw`.
        #[n(3)]
        bought: i64,
        #[n(4)]
        note: Option<String>,
    },
}
