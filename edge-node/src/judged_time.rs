//! The hour by which certificates are judged and issued.
//!
//! A box whose clock battery died wakes in 1970, when no certificate was valid, or in a year that
//! has not come. It then goes by an hour that is known to have passed. What is sold and stamped
//! goes by the log's own clock, not by this.

use shared_model::time::Timestamp;

/// A box that met its hub this long ago may be right about the hour; one further ahead is not.
const AHEAD_MS_MAX: i64 = 5 * 366 * 24 * 60 * 60 * 1000;

/// `now` as the box's clock has it, unless that cannot be. `floor` is an hour known to have
/// passed: the build of the software, or what an authenticated hub last said.
#[must_use]
pub(crate) fn judged(now: Timestamp, floor: Timestamp) -> Timestamp {
    let cannot_be = now < floor || now.ms().saturating_sub(floor.ms()) > AHEAD_MS_MAX;
    if cannot_be { floor } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_replaced_by_the_floor() {
        let floor = Timestamp::from_ms(1_790_000_000_000);
        let at = |ms| judged(Timestamp::from_ms(ms), floor);
        assert_eq!(at(0), floor, "1970");
        assert_eq!(at(4_070_908_800_000), floor, "2099");
        assert_eq!(at(1_795_000_000_000).ms(), 1_795_000_000_000);
    }
}
