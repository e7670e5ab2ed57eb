//! How much a job weighs and a vehicle takes, in four dimensions. May not know what is loaded.

use std::ops::{Add, AddAssign, Sub, SubAssign};

pub const DIMENSIONS: usize = 4;

/// What the four numbers of a [`Load`] count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    WeightG,
    VolumeMl,
    Parcels,
    /// Cash a rider carries, in minor units: the ceiling is what an insurer or a manager allows.
    CashMinor,
}

impl Dimension {
    pub const ALL: [Self; DIMENSIONS] =
        [Self::WeightG, Self::VolumeMl, Self::Parcels, Self::CashMinor];

    /// The name in files and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WeightG => "weight_g",
            Self::VolumeMl => "volume_ml",
            Self::Parcels => "parcels",
            Self::CashMinor => "cash_minor",
        }
    }
}

/// Amounts in the order of [`Dimension::ALL`]. Never negative in a checked problem.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load(pub [i64; DIMENSIONS]);

impl Load {
    pub const ZERO: Self = Self([0; DIMENSIONS]);

    /// As a capacity: no limit in any dimension.
    pub const UNLIMITED: Self = Self([super::bounds::LOAD_MAX; DIMENSIONS]);

    /// A capacity in the first dimension alone.
    #[must_use]
    pub fn capacity(amount: i64) -> Self {
        let mut capacity = Self::UNLIMITED;
        capacity.0[0] = amount;
        capacity
    }

    /// A load in the first dimension alone, as benchmark files have it.
    #[must_use]
    pub fn single(amount: i64) -> Self {
        Self([amount, 0, 0, 0])
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Whether this load fits into `capacity` in every dimension.
    #[must_use]
    pub fn fits(self, capacity: Self) -> bool {
        self.over(capacity).is_none()
    }

    /// The first dimension in which this load is over `capacity`.
    #[must_use]
    pub fn over(self, capacity: Self) -> Option<Dimension> {
        Dimension::ALL.into_iter().find(|&dim| self.of(dim) > capacity.of(dim))
    }

    #[must_use]
    pub fn of(self, dimension: Dimension) -> i64 {
        self.0[dimension as usize]
    }

    /// The larger amount in each dimension.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        let mut larger = self;
        for (mine, theirs) in larger.0.iter_mut().zip(other.0) {
            *mine = (*mine).max(theirs);
        }
        larger
    }
}

impl Add for Load {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl Sub for Load {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

impl SubAssign for Load {
    fn sub_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine -= theirs;
        }
    }
}
