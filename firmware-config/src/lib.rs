//! Site profiles: what the operator of a depot must choose, as a TOML file, its schema and its checker.
//!
//! Reads text and gives values: it opens no file, has no defaults, and starts nothing. A profile that is
//! accepted here needs no second look; one that is not is refused with every fault at once.

mod place;
mod problem;
mod profile;
mod section;

pub use place::{Language, TimeZone};
pub use problem::ProfileProblem;
pub use profile::{Bin, CountTerms, Lan, Profile, RiderTerms, Site};
