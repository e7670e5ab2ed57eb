//! Stock in whole base units, with whole pack factors. A fraction of a unit does not exist.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Most base units one line may move.
pub const QUANTITY_MAX: i64 = 1_000_000;
/// Most base units in one pack.
pub const PACK_FACTOR_MAX: i64 = 100_000;

/// How many base units a command moves: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Quantity(#[n(0)] i64);

impl Quantity {
    /// # Errors
    /// [`QuantityOutOfRange`] below one or above [`QUANTITY_MAX`].
    pub const fn new(units: i64) -> Result<Self, QuantityOutOfRange> {
        if units < 1 || units > QUANTITY_MAX {
            return Err(QuantityOutOfRange);
        }
        Ok(Self(units))
    }

    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(d)?).map_err(de::Error::custom)
    }
}

/// Nothing, less than nothing, or more than one line may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a possible quantity; remedy: send whole base units from 1 to {QUANTITY_MAX}")]
pub struct QuantityOutOfRange;

/// What somebody counted or found: may be nothing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Counted(#[n(0)] i64);

impl Counted {
    /// # Errors
    /// [`CountedOutOfRange`] below zero or above [`QUANTITY_MAX`].
    pub const fn new(units: i64) -> Result<Self, CountedOutOfRange> {
        if units < 0 || units > QUANTITY_MAX {
            return Err(CountedOutOfRange);
        }
        Ok(Self(units))
    }

    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(d)?).map_err(de::Error::custom)
    }
}

/// A count is a whole number that fits a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a possible count; remedy: send whole base units from 0 to {QUANTITY_MAX}")]
pub struct CountedOutOfRange;

/// A named pack: `carton` of 12 base units.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Pack {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub factor: i64,
}

impl Pack {
    /// Base units in `count` packs, or `None` when the factor or the product is out of range.
    #[must_use]
    pub fn units(&self, count: Quantity) -> Option<Quantity> {
        if !(1..=PACK_FACTOR_MAX).contains(&self.factor) {
            return None;
        }
        count.units().checked_mul(self.factor).and_then(|units| Quantity::new(units).ok())
    }
}
