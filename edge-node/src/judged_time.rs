//! The hour by which certificates are judged and issued.
//!
//! A box whose clock battery died wakes in 1970, when no certificate was valid, or in a year that
//! has not come. It then goes by an hour that is known to have passed. What is sold and stamped
//! goes by the log's own clock, not by this.
//!
//! The floor is the latest hour that the hub signed, told over an authenticated link or stamped on an
//! entry of its own, and the build of this software before that. It is kept on the disk and only
//! rises. No clock moves it, this box's as little as another depot's: who set a clock years ahead for
//! an hour would otherwise have every certificate run out for good. So own entries do not count: they
//! carry what this box's clock said.

use shared_model::time::{SKEW_AHEAD_MS_MAX, Timestamp};

/// A box that met its hub this long ago may be right about the hour; one further ahead is not.
const AHEAD_MS_MAX: i64 = 5 * 366 * 24 * 60 * 60 * 1000;

/// `now` as the box's clock has it, unless that cannot be. `floor` is an hour known to have
/// passed: the build of the software, or what an authenticated hub last said.
#[must_use]
pub(crate) fn judged(now: Timestamp, floor: Timestamp) -> Timestamp {
    let cannot_be = now < floor || now.ms().saturating_sub(floor.ms()) > AHEAD_MS_MAX;
    if cannot_be { floor } else { now }
}

/// What is wrong with the box's clock, for people. `newest` is when this box last wrote an entry: a
/// clock behind it went back, even if no hub was met since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Right,
    Behind,
    Ahead,
}

impl Clock {
    pub(crate) fn of(now: Timestamp, floor: Timestamp, newest: Timestamp) -> Self {
        // A stamp that the clock of a bad hour left behind proves nothing.
        let plausible = newest.ms().saturating_sub(floor.ms()) <= AHEAD_MS_MAX;
        let passed = if plausible { floor.max(newest) } else { floor };
        if now.ms().saturating_add(SKEW_AHEAD_MS_MAX) < passed.ms() {
            Self::Behind
        } else if judged(now, floor) < now {
            Self::Ahead
        } else {
            Self::Right
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Behind => "behind",
            Self::Ahead => "ahead",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the clock says, what had run out by the floor has run out.
        #[test]
        fn no_clock_gives_an_hour_before_the_floor(now in any::<i64>(), floor in 0i64..4_000_000_000_000) {
            let floor = Timestamp::from_ms(floor);
            let judged = judged(Timestamp::from_ms(now), floor);
            prop_assert!(judged >= floor);
            prop_assert!(judged.ms() - floor.ms() <= AHEAD_MS_MAX);
        }
    }

    #[test]
    fn people_are_told_of_a_clock_that_went_back_or_ran_away() {
        let at = Timestamp::from_ms;
        let (floor, hour) = (1_795_000_000_000, 3_600_000);
        let of = |now, newest| Clock::of(at(now), at(floor), at(newest)).word();
        assert_eq!(of(floor + hour, floor), "right");
        assert_eq!(of(floor - 60_000, floor), "right", "a minute is nothing");
        assert_eq!(of(floor - hour, floor), "behind");
        assert_eq!(of(0, floor), "behind");
        assert_eq!(of(floor + hour, floor + 3 * hour), "behind", "its own entries are younger");
        assert_eq!(of(4_070_908_800_000, floor), "ahead", "2099");
        assert_eq!(of(floor + hour, 4_070_908_800_000), "right", "and back from there");
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_replaced_by_the_floor() {
        let floor = Timestamp::from_ms(1_790_000_000_000);
        let at = |ms| judged(Timestamp::from_ms(ms), floor);
        assert_eq!(at(0), floor, "1970");
        assert_eq!(at(4_070_908_800_000), floor, "2099");
        assert_eq!(at(1_795_000_000_000).ms(), 1_795_000_000_000);
    }
}
