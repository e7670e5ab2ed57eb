//! Time as a value that is handed in: wall clock stamps and the hybrid logical clock.
//!
//! Source: Kulkarni, Demirbas et al., "Logical Physical Clocks" (2014). A dead battery clock may
//! say 1970: stamps still only grow, and the entry says that its clock was not trusted.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Timestamp(#[n(0)] i64);

impl Timestamp {
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }
}

/// A hybrid logical clock stamp: 48 bits of milliseconds, 16 bits of counter.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Hlc(#[n(0)] u64);

const COUNTER_BITS: u32 = 16;
const MS_MAX: u64 = (1 << 48) - 1;

impl Hlc {
    #[must_use]
    pub fn from_parts(at: Timestamp, counter: u16) -> Self {
        let ms = u64::try_from(at.ms()).unwrap_or(0).min(MS_MAX);
        Self(ms << COUNTER_BITS | u64::from(counter))
    }

    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The wall clock part.
    #[must_use]
    pub fn at(self) -> Timestamp {
        Timestamp(i64::try_from(self.0 >> COUNTER_BITS).expect("48 bits fit"))
    }

    /// The next stamp after this one at wall clock `now`: later than both, whatever the clock says.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Self {
        Self::from_parts(now, 0).max(Self(self.0.saturating_add(1)))
    }
}

impl fmt::Debug for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hlc({}.{})", self.0 >> COUNTER_BITS, self.0 & 0xffff)
    }
}

/// Whether the box believed its own clock when it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    #[n(0)]
    Trusted,
    /// Earlier than the software itself: the order of entries holds, the hour does not.
    #[n(1)]
    Untrusted,
}

/// How far ahead of now a peer's stamp may be before it is refused a say in our clock.
pub const SKEW_AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// The clock of one log: the last stamp given, and the earliest hour that can be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HlcClock {
    last: Hlc,
    floor: Timestamp,
}

impl HlcClock {
    /// `last` is the newest stamp in the log, `floor` an hour known to have passed: the build of
    /// the software, or what an authenticated hub last said.
    #[must_use]
    pub const fn new(last: Hlc, floor: Timestamp) -> Self {
        Self { last, floor }
    }

    /// Stamps one entry.
    pub fn tick(&mut self, now: Timestamp) -> (Hlc, ClockTrust) {
        self.last = self.last.next(now);
        (self.last, if now < self.floor { ClockTrust::Untrusted } else { ClockTrust::Trusted })
    }

    /// Takes note of an authenticated hub's time. Never moves backwards.
    pub fn raise_floor(&mut self, hub_now: Timestamp) {
        self.floor = self.floor.max(hub_now);
    }

    /// Takes note of another log's stamp, so that what is written after reading it is stamped
    /// after it. A stamp too far ahead of now is not believed.
    pub fn observe(&mut self, seen: Hlc, now: Timestamp) {
        if seen.at().ms() <= now.max(self.floor).ms() + SKEW_AHEAD_MS_MAX {
            self.last = self.last.max(seen);
        }
    }

    #[must_use]
    pub const fn floor(&self) -> Timestamp {
        self.floor
    }

    #[must_use]
    pub const fn last(&self) -> Hlc {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stamps_only_grow(walls in prop::collection::vec(any::<i32>(), 1..200)) {
            let mut clock = HlcClock::new(Hlc::default(), Timestamp::from_ms(0));
            let mut before = Hlc::default();
            for wall in walls {
                let (stamp, _) = clock.tick(Timestamp::from_ms(i64::from(wall) * 1000));
                prop_assert!(stamp > before);
                before = stamp;
            }
        }
    }

    #[test]
    fn a_clock_before_the_floor_is_not_trusted_but_goes_on() {
        let mut clock =
            HlcClock::new(Hlc::from_parts(Timestamp::from_ms(5_000), 9), Timestamp::from_ms(4_000));
        let (stamp, trust) = clock.tick(Timestamp::from_ms(0));
        assert_eq!(trust, ClockTrust::Untrusted);
        assert_eq!(stamp, Hlc::from_parts(Timestamp::from_ms(5_000), 10));
    }
}
