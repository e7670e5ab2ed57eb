//! Travel times and distances between places. May not know roads: the matrices are handed in.

use std::sync::Arc;

use super::bounds::{METRES_MAX, TRAVEL_S_MAX};

/// One cell of a matrix: an amount, or *unreachable*. Unreachable is a value of its own that takes part in no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell(u32);

impl Cell {
    pub const UNREACHABLE: Self = Self(u32::MAX);

    /// `None` when the amount is beyond [`TRAVEL_S_MAX`] (seconds) or [`METRES_MAX`] (metres; the same number).
    #[must_use]
    pub fn new(amount: u32) -> Option<Self> {
        (amount <= TRAVEL_S_MAX.max(METRES_MAX)).then_some(Self(amount))
    }

    #[must_use]
    pub fn amount(self) -> Option<i64> {
        if self == Self::UNREACHABLE { None } else { Some(i64::from(self.0)) }
    }

    /// The amount, or `u32::MAX` when unreachable: for inner loops that compare before they add.
    #[must_use]
    pub fn raw(self) -> u32 {
        self.0
    }
}

/// A square table over all places, row = from, column = to. Cloning shares the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    side: usize,
    cells: Arc<[Cell]>,
}

impl Matrix {
    /// `None` unless there are exactly `side × side` cells.
    #[must_use]
    pub fn new(side: usize, cells: Vec<Cell>) -> Option<Self> {
        (side.checked_mul(side) == Some(cells.len())).then(|| Self { side, cells: cells.into() })
    }

    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// # Panics
    /// When a place is not of this matrix.
    #[must_use]
    pub fn cell(&self, from: super::PlaceIx, to: super::PlaceIx) -> Cell {
        self.cells[from.at() * self.side + to.at()]
    }

    /// All cells, row after row.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Whether both are one table in memory, so that one compiled copy serves for both.
    #[must_use]
    pub fn shares_cells(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cells, &other.cells)
    }
}

/// Where travel times come from; shown to people, since an estimate is worth less than a road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the road graph of the depot.
    Graph,
    /// Great-circle distance times a calibrated factor.
    Estimate,
    /// Stated in the input.
    Given,
}

/// Durations that hold from a moment of the day on, until the next slice begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub from_s: i64,
    /// Seconds for the whole way when all of it is driven in this slice.
    pub seconds: Matrix,
}

/// How vehicles of one kind move.
///
/// With several slices the speed changes at the border, also for who is on the way (Ichoua, Gendreau & Potvin 2003),
/// so that who leaves later never arrives earlier. Exactly, in integers: a way is [`TravelProfile::WAY`] parts. At
/// time `t` in a slice that ends at `e`, with `r` parts left and a full duration of `d` seconds, the rest takes
/// `ceil(r × d / WAY)`; if that ends by `e`, it is the arrival. Otherwise `floor((e − t) × WAY / d)` parts are done
/// by `e`, and the rest goes on in the next slice. The last slice never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TravelProfile {
    pub name: String,
    pub source: Source,
    /// At least one; the first begins at 0, and they ascend. A pair is unreachable in all slices or in none.
    pub slices: Vec<Slice>,
    pub metres: Matrix,
}

impl TravelProfile {
    /// Parts of a way; see above.
    pub const WAY: i64 = 1 << 30;

    /// The same durations all day.
    #[must_use]
    pub fn constant(name: &str, source: Source, seconds: Matrix, metres: Matrix) -> Self {
        let slices = vec![Slice { from_s: 0, seconds }];
        Self { name: name.to_owned(), source, slices, metres }
    }
}
