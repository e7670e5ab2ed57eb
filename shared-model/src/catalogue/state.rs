//! An article, as listed by one author: the hub for all, or a depot for what only it knows.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::id::ArticleCode;
use crate::quantity::Pack;
use crate::tax::TaxClass;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Article {
    #[n(0)]
    pub code: ArticleCode,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub barcode: Option<String>,
    #[n(3)]
    pub tax_class: TaxClass,
    #[n(4)]
    pub packs: Vec<Pack>,
}
