//! Bundles that are whole, damaged, forged, old or foreign, and the statistics of drift.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod draft;
mod drift;
mod parts;
mod shipped;
mod trust;
