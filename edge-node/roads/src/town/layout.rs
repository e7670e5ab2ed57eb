//! Where a town's crossings lie, and what part of town each belongs to.

use crate::place::Point;

use super::{Dice, Town};

/// Metres between crossings, before they are shaken.
const SPACING_METRES: f64 = 105.0;
/// Width of the river, banks included.
const RIVER_METRES: f64 = 160.0;
/// Ten-millionths of a degree of latitude per metre.
const STEPS_PER_METRE: f64 = 89.932_2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quarter {
    Town,
    /// Lanes for feet and motorcycles.
    Informal,
    Park,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Trunk,
    Primary,
    Secondary,
    Tertiary,
    Residential,
}

pub(super) struct Layout {
    pub(super) town: Town,
    /// Latitude and longitude of each crossing, row by row from the south.
    pub(super) crossings: Vec<[i32; 2]>,
    /// The river runs between this row and the next.
    pub(super) river_row: u32,
    pub(super) bridges: Vec<u32>,
    pub(super) ferry: u32,
    shrink: f64,
}

impl Layout {
    pub(super) fn of(town: Town) -> Layout {
        let mut dice = Dice::new(town.seed);
        let shrink = town.centre.lat().to_radians().cos().max(0.2);
        let blocks = town.blocks;
        let mut layout = Layout {
            town,
            crossings: Vec::new(),
            river_row: blocks * 5 / 8,
            bridges: vec![blocks / 6, blocks / 2, blocks * 5 / 6],
            ferry: blocks / 3,
            shrink,
        };
        for row in 0..blocks {
            for column in 0..blocks {
                let (north, east) = layout.metres(row, column);
                let shake = SPACING_METRES * 0.14;
                let at = layout.at(north + dice.signed() * shake, east + dice.signed() * shake);
                layout.crossings.push(at);
            }
        }
        layout
    }

    fn metres(&self, row: u32, column: u32) -> (f64, f64) {
        let half = f64::from(self.town.blocks - 1) / 2.0;
        let river = if row > self.river_row { RIVER_METRES } else { 0.0 };
        let north = (f64::from(row) - half) * SPACING_METRES + river;
        (north, (f64::from(column) - half) * SPACING_METRES)
    }

    /// Latitude and longitude, metres north and east of the centre.
    fn at(&self, north: f64, east: f64) -> [i32; 2] {
        self.beside([self.town.centre.lat_e7(), self.town.centre.lon_e7()], north, east)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few kilometres from the centre")]
    pub(super) fn beside(&self, from: [i32; 2], north: f64, east: f64) -> [i32; 2] {
        let lat = f64::from(from[0]) + north * STEPS_PER_METRE;
        let lon = f64::from(from[1]) + east * STEPS_PER_METRE / self.shrink;
        [lat.clamp(-8.9e8, 8.9e8) as i32, lon.clamp(-1.79e9, 1.79e9) as i32]
    }

    pub(super) fn crossing(&self, row: u32, column: u32) -> [i32; 2] {
        self.crossings[(row * self.town.blocks + column) as usize]
    }

    pub(super) fn id(&self, row: u32, column: u32) -> i64 {
        1 + i64::from(row) * i64::from(self.town.blocks) + i64::from(column)
    }

    pub(super) fn rank(&self, line: u32) -> Rank {
        match line {
            _ if line == self.town.blocks / 2 => Rank::Trunk,
            _ if line % 12 == 4 => Rank::Primary,
            _ if line % 6 == 1 => Rank::Secondary,
            _ if line % 3 == 1 => Rank::Tertiary,
            _ => Rank::Residential,
        }
    }

    pub(super) fn quarter(&self, row: u32, column: u32) -> Quarter {
        let blocks = self.town.blocks;
        let within = |at: u32, from: u32, to: u32| at > blocks * from / 16 && at < blocks * to / 16;
        if within(row, 1, 5) && within(column, 10, 15) {
            return Quarter::Informal;
        }
        if within(row, 11, 14) && within(column, 2, 5) {
            return Quarter::Park;
        }
        Quarter::Town
    }

    /// The corners of the rectangle that a quarter lies in, closed.
    pub(super) fn outline(&self, quarter: Quarter) -> Vec<[i32; 2]> {
        let inside = |row: u32, column: u32| self.quarter(row, column) == quarter;
        let all = || 0..self.town.blocks;
        let rows: Vec<u32> = all().filter(|row| all().any(|column| inside(*row, column))).collect();
        let columns: Vec<u32> =
            all().filter(|column| all().any(|row| inside(row, *column))).collect();
        let (Some(south), Some(north)) = (rows.first(), rows.last()) else { return Vec::new() };
        let (Some(west), Some(east)) = (columns.first(), columns.last()) else { return Vec::new() };
        [(south, west), (south, east), (north, east), (north, west)]
            .map(|(row, column)| self.crossing(*row, *column))
            .to_vec()
    }

    /// The banks of the river, from west to east and back.
    pub(super) fn river(&self) -> Vec<[i32; 2]> {
        let bank = |row: u32, off: f64| {
            (0..self.town.blocks)
                .map(move |column| self.beside(self.crossing(row, column), off, 0.0))
        };
        let south = bank(self.river_row, 60.0);
        let north: Vec<_> = bank(self.river_row + 1, -60.0).collect();
        south.chain(north.into_iter().rev()).collect()
    }

    pub(super) fn centre(&self) -> Point {
        self.town.centre
    }
}
