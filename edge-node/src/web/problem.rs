//! Problem documents. How the store's answers read in them is `depot-store`'s own feature `problems`.

pub use web_rim::problem::*;
