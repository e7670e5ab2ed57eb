//! The catalogue's rules.

use super::command::{BlockArticle, ListArticle};
use super::error::Error;
use super::event::Event;
use super::state::Article;

/// # Errors
/// [`Error::NothingNew`] when the article is already listed like this.
pub fn list(known: Option<&Article>, command: &ListArticle) -> Result<Event, Error> {
    let article = Article {
        code: command.article.clone(),
        name: command.name.as_str().to_owned(),
        barcode: command.barcode.as_ref().map(|barcode| barcode.as_str().to_owned()),
        tax_class: command.tax_class,
        packs: known.map_or_else(Vec::new, |article| article.packs.clone()),
    };
    if known == Some(&article) {
        return Err(Error::NothingNew { article: article.code });
    }
    Ok(Event::ArticleListed(article))
}

/// # Errors
/// [`Error::ArticleUnknown`], or [`Error::NothingNew`] when it is so already.
pub fn block(known: bool, blocked_now: bool, command: &BlockArticle) -> Result<Event, Error> {
    let article = command.article.clone();
    if !known {
        return Err(Error::ArticleUnknown { article });
    }
    if blocked_now == command.blocked {
        return Err(Error::NothingNew { article });
    }
    let reason = command.reason.as_str().to_owned();
    Ok(Event::ArticleBlocked { article, blocked: command.blocked, reason })
}
