//! A point in time on two clocks: the wall's, which anybody may set and a dead battery resets, and
//! the one that counts since the machine was switched on, which nobody can.
//!
//! [`Moment::now`] is the only place in `identity` that reads a clock; everything else is handed
//! a moment.

use std::fmt;
use std::fs;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use shared_model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub wall: Timestamp,
    pub uptime_ms: u64,
    /// Which run of the machine `uptime_ms` belongs to.
    pub boot: String,
}

impl Moment {
    /// Reads the clocks.
    #[must_use]
    pub fn now() -> Self {
        static START: OnceLock<Start> = OnceLock::new();
        let start = START.get_or_init(Start::read);
        let elapsed_ms = millis(start.at.elapsed());
        Self {
            wall: Timestamp::from_ms(wall_ms()),
            uptime_ms: start.uptime_ms.saturating_add(elapsed_ms),
            boot: start.boot.clone(),
        }
    }

    /// How long ago `earlier` was. After the machine was off, the longer of what the wall clock and
    /// the time since switching on say: for things that must end in time.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> u64 {
        let by_wall = u64::try_from(self.wall.ms().saturating_sub(earlier.wall.ms())).unwrap_or(0);
        if self.boot == earlier.boot {
            self.steady_since(earlier)
        } else {
            by_wall.max(self.uptime_ms)
        }
    }

    /// How long ago `earlier` was at least, whatever was done to the wall clock: for pauses that
    /// must not end early. The time the machine was off does not count.
    #[must_use]
    pub fn steady_since(&self, earlier: &Self) -> u64 {
        if self.boot == earlier.boot {
            self.uptime_ms.saturating_sub(earlier.uptime_ms)
        } else {
            self.uptime_ms
        }
    }
}

struct Start {
    at: Instant,
    uptime_ms: u64,
    boot: String,
}

impl Start {
    fn read() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let uptime_ms = fs::read_to_string("/proc/uptime").ok().and_then(|text| uptime_ms(&text));
        match (boot, uptime_ms) {
            (Some(boot), Some(uptime_ms)) => {
                Self { at: Instant::now(), uptime_ms, boot: boot.trim().to_owned() }
            }
            // No such files: each process counts as a boot of its own.
            _ => Self {
                at: Instant::now(),
                uptime_ms: 0,
                boot: format!("process-{}-{}", std::process::id(), wall_ms()),
            },
        }
    }
}

/// The first number of `/proc/uptime`: seconds with two decimals.
fn uptime_ms(text: &str) -> Option<u64> {
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1000 + hundredths.parse::<u64>().ok()? * 10)
}

fn wall_ms() -> i64 {
    // Before 1970 the clock is broken; 0 is as good as any.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.wall.ms(), self.uptime_ms, self.boot)
    }
}

/// The text is not a moment.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("is not a moment")]
pub struct NotAMoment;

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let mut parts = text.splitn(3, ' ');
        let (Some(wall), Some(uptime), Some(boot)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAMoment);
        };
        Ok(Self {
            wall: Timestamp::from_ms(wall.parse().map_err(|_| NotAMoment)?),
            uptime_ms: uptime.parse().map_err(|_| NotAMoment)?,
            boot: boot.to_owned(),
        })
    }
}

impl ToSql for Moment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, uptime_ms: u64, boot: &str) -> Moment {
        Moment { wall: Timestamp::from_ms(wall), uptime_ms, boot: boot.to_owned() }
    }

    #[test]
    fn within_one_run_the_wall_clock_does_not_matter() {
        let earlier = at(1_000_000, 5_000, "a");
        for wall in [0, 1_000_000, i64::MAX] {
            let now = at(wall, 65_000, "a");
            assert_eq!((now.since(&earlier), now.steady_since(&earlier)), (60_000, 60_000));
        }
    }

    #[test]
    fn after_the_machine_was_off_spans_end_and_pauses_last() {
        let earlier = at(1_000_000, 5_000, "a");
        let next_day = at(90_000_000, 2_000, "b");
        assert_eq!(
            (next_day.since(&earlier), next_day.steady_since(&earlier)),
            (89_000_000, 2_000)
        );
        let battery_dead = at(0, 2_000, "b");
        assert_eq!(
            (battery_dead.since(&earlier), battery_dead.steady_since(&earlier)),
            (2_000, 2_000)
        );
        assert_eq!(
            at(i64::MAX, 1, "b").since(&at(i64::MIN, 1, "a")),
            u64::try_from(i64::MAX).unwrap()
        );
    }

    #[test]
    fn it_survives_being_stored_and_only_grows() {
        let first = Moment::now();
        assert_eq!(first.to_string().parse::<Moment>().unwrap(), first);
        assert!("1 2".parse::<Moment>().is_err() && "x 2 b".parse::<Moment>().is_err());
        assert!(Moment::now().uptime_ms >= first.uptime_ms);
        assert_eq!(uptime_ms("350735.47 234388.90\n"), Some(350_735_470));
    }
}
