//! Bundles that are whole, damaged, forged, old or foreign, and the statistics of drift.

mod damage;
mod draft;
mod drift;
mod parts;
mod shipped;
mod trust;
