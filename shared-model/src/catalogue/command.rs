//! What may be asked of the catalogue.

use serde::Deserialize;

use crate::id::{ArticleCode, EntryId};
use crate::tax::TaxClass;
use crate::text::{Name, Reference, Remark};

/// Lists an article, or describes it anew.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListArticle {
    pub article: ArticleCode,
    pub name: Name,
    pub barcode: Option<Reference>,
    pub tax_class: TaxClass,
}

/// Stops or resumes the sale of an article at this site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockArticle {
    pub id: EntryId,
    pub article: ArticleCode,
    pub blocked: bool,
    pub reason: Remark,
}
