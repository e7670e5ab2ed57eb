//! A place on the map and a span of time: both checked while they are parsed.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize, de};

use crate::text::Several;
use crate::time::Timestamp;

/// Ten millionths of a degree in one degree.
pub const E7: i32 = 10_000_000;

/// Closer to 0,0 than this (about 1 km), a place was never measured: there is only sea.
const UNSET_E7: i32 = E7 / 100;

/// A place by WGS 84 latitude and longitude, in ten millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct Place {
    #[n(0)]
    lat_e7: i32,
    #[n(1)]
    lon_e7: i32,
}

/// The numbers are no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlace {
    #[error(
        "is not on the map; remedy: send degrees times ten million, \
         `lat_e7` to ±900000000, `lon_e7` to ±1800000000"
    )]
    OffTheMap,
    #[error("is at 0,0, where a device puts what it could not measure; remedy: point at the map")]
    Unset,
}

impl Place {
    /// # Errors
    /// [`InvalidPlace`] when off the map or at 0,0.
    pub const fn new(lat_e7: i32, lon_e7: i32) -> Result<Self, InvalidPlace> {
        let (lat, lon) = (lat_e7.unsigned_abs(), lon_e7.unsigned_abs());
        if lat > 90 * E7.unsigned_abs() || lon > 180 * E7.unsigned_abs() {
            return Err(InvalidPlace::OffTheMap);
        }
        if lat < UNSET_E7.unsigned_abs() && lon < UNSET_E7.unsigned_abs() {
            return Err(InvalidPlace::Unset);
        }
        Ok(Self { lat_e7, lon_e7 })
    }

    #[must_use]
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    #[must_use]
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            lat_e7: i32,
            lon_e7: i32,
        }
        let Fields { lat_e7, lon_e7 } = Fields::deserialize(d)?;
        Self::new(lat_e7, lon_e7).map_err(de::Error::custom)
    }
}

/// From an hour until a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct Window {
    #[n(0)]
    #[serde(rename = "from_ms")]
    from: Timestamp,
    #[n(1)]
    #[serde(rename = "until_ms")]
    until: Timestamp,
}

/// It ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ends before it begins; remedy: send an `until_ms` after `from_ms`")]
pub struct InvertedWindow;

impl Window {
    /// # Errors
    /// [`InvertedWindow`].
    pub fn new(from: Timestamp, until: Timestamp) -> Result<Self, InvertedWindow> {
        if until <= from { Err(InvertedWindow) } else { Ok(Self { from, until }) }
    }

    #[must_use]
    pub const fn from(self) -> Timestamp {
        self.from
    }

    #[must_use]
    pub const fn until(self) -> Timestamp {
        self.until
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            from_ms: Timestamp,
            until_ms: Timestamp,
        }
        let Fields { from_ms, until_ms } = Fields::deserialize(d)?;
        Self::new(from_ms, until_ms).map_err(de::Error::custom)
    }
}

/// Most spans of time in which one order may be brought.
pub const WINDOWS_MAX: usize = 4;
/// Spans of time in order, of which none touches the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Windows(Several<Window, WINDOWS_MAX>);

impl Windows {
    #[must_use]
    pub fn as_slice(&self) -> &[Window] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Windows {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let windows = Several::<Window, WINDOWS_MAX>::deserialize(d)?;
        if windows.windows(2).all(|pair| pair[0].until() < pair[1].from()) {
            return Ok(Self(windows));
        }
        Err(de::Error::custom(
            "overlap or are out of order; remedy: send each `from_ms` after the `until_ms` before it",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_on_the_map_and_was_measured() {
        assert!(Place::new(-12_921_000, 368_219_000).is_ok());
        assert!(Place::new(0, 368_219_000).is_ok(), "the equator is inhabited");
        assert_eq!(Place::new(0, 0), Err(InvalidPlace::Unset));
        assert_eq!(Place::new(900_000_001, 0), Err(InvalidPlace::OffTheMap));
        assert_eq!(Place::new(0, i32::MIN), Err(InvalidPlace::OffTheMap));
    }
}
