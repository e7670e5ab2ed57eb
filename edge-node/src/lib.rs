//! .

mod judged_time;
pub mod sync;
