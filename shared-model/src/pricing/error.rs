//! Why pricing refuses.

use crate::id::{ArticleCode, BookId};
use crate::refusal::refusals;

refusals! {
    /// A refusal by pricing.
    Error {
        /// No price book is in force here.
        NoBookInForce
            => "no-price-book", "",
               "no price book is in force at this site",
               "ask the hub to publish a price book; sell again once it has arrived";
        /// The book in force does not name the article.
        NoPrice { article: ArticleCode }
            => "no-price", "article",
               "the price book in force has no price for {article}",
               "ask the hub to publish a price for the article";
        /// The basket is worth more than this system books at once.
        TotalTooLarge
            => "total-too-large", "lines",
               "the total is above the largest amount that can be booked",
               "split the order";
        /// The lines sent are not those the signature covers.
        BookIncomplete { book: BookId }
            => "book-incomplete", "book",
               "the lines of price book {book} are not those that were announced",
               "send all lines, then publish";
        BookUnknown { book: BookId }
            => "book-unknown", "book",
               "no price book {book} is published",
               "check the book's id in the list of price books";
    }
}
