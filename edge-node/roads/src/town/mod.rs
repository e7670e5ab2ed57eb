//! A made-up town as an `.osm.pbf`: for demonstrations, for tests of pages and plans, and for measuring growth. The same
//! numbers give the same bytes. No street of it exists anywhere.
//!
//! It has what makes real towns hard: a river with few bridges and a ferry for motorcycles, a quarter whose lanes only an
//! okada passes, a park without through streets, oneway pairs, signals, gates, bollards and forbidden turns. Roundabouts
//! it has none.

mod layout;
pub(crate) mod pbf;
mod streets;

use crate::place::Point;

pub use pbf::{Element, Extract};

/// Blocks along each side; 320 make 100,000 crossings.
pub const BLOCKS_MAX: u32 = 400;

/// What town to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Town {
    pub centre: Point,
    /// Crossings along each side, between 8 and [`BLOCKS_MAX`].
    pub blocks: u32,
    pub seed: u64,
}

impl Town {
    /// About 4 km across, with 1,600 crossings.
    #[must_use]
    pub fn around(centre: Point) -> Town {
        Town { centre, blocks: 40, seed: 1 }
    }

    /// The bytes of its `.osm.pbf`.
    #[must_use]
    pub fn pbf(&self) -> Vec<u8> {
        let town = Town { blocks: self.blocks.clamp(8, BLOCKS_MAX), ..*self };
        let layout = layout::Layout::of(town);
        streets::draw(&layout).to_pbf()
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014), so that a town depends on no library's version.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// True in `percent` of cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// Between -1 and 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub(crate) fn signed(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let size = from.len() as u64;
        &from[usize::try_from(self.next() % size).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_make_the_same_town() {
        let centre = Point::from_degrees(-1.2864, 36.8172).unwrap();
        let town = Town { blocks: 10, ..Town::around(centre) };
        assert_eq!(town.pbf(), town.pbf());
        assert_ne!(town.pbf(), Town { seed: 2, ..town }.pbf());
    }
}
