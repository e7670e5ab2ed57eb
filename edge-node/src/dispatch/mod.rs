//! Planning at the depot: records become a problem, threads of low priority search, a person looks, changes and locks.
//! A plan is advice: it is no record until it is locked, and locking is a command like any other.

pub mod day;
mod explain;
pub mod held;
pub mod lock;
pub mod orders_file;
pub mod planner;
pub mod problem;
pub mod roads_at_hand;
pub mod search;
pub mod show;
pub mod tours;
pub mod travel;
mod unassigned;
pub mod ways;
