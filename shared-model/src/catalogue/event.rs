//! What happened in the catalogue.

use minicbor::{Decode, Encode};

use super::state::Article;
use crate::id::ArticleCode;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    ArticleListed(#[n(0)] Article),
    #[n(1)]
    ArticleBlocked {
        #[n(0)]
        article: ArticleCode,
        #[n(1)]
        blocked: bool,
        #[n(2)]
        reason: String,
    },
}
