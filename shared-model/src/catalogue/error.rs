//! Why the catalogue refuses.

use crate::id::ArticleCode;
use crate::refusal::refusals;

refusals! {
    /// A refusal by the catalogue.
    Error {
        /// Nobody listed it.
        ArticleUnknown { article: ArticleCode }
            => "article-unknown", "article",
               "no article {article} is listed",
               "check the code on the label, or ask the hub to list the article";
        /// Its sale was stopped here.
        ArticleBlocked { article: ArticleCode }
            => "article-blocked", "article",
               "the sale of {article} is stopped at this site",
               "ask the manager to release the article";
        /// The listing says nothing new.
        NothingNew { article: ArticleCode }
            => "nothing-new", "article",
               "{article} is already as described",
               "nothing is to be done";
    }
}
