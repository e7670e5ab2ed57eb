//! The slices of a working day in which streets are equally slow. How slow, per class of road, is in `build/speed.rs`.

use std::fmt;
use std::str::FromStr;

/// Minutes of a day.
const DAY_MINUTES: u32 = 1_440;

/// A part of the day with travel times of its own. Local time of the depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Slice {
    /// 20:00 to 06:00, free flow.
    Night = 0,
    /// 06:00 to 09:30, into town.
    Morning = 1,
    /// 09:30 to 16:00.
    Day = 2,
    /// 16:00 to 20:00, out of town and rain.
    Evening = 3,
}

impl Slice {
    pub const ALL: [Slice; 4] = [Slice::Night, Slice::Morning, Slice::Day, Slice::Evening];

    /// The slice of a minute of the day; minutes beyond midnight go on into the next day.
    #[must_use]
    pub fn at_minute(minute: u32) -> Slice {
        match minute % DAY_MINUTES {
            360..570 => Slice::Morning,
            570..960 => Slice::Day,
            960..1_200 => Slice::Evening,
            _ => Slice::Night,
        }
    }

    /// Where one slice gives way to the next, in minutes of the day, beginning at midnight.
    #[must_use]
    pub fn day() -> [(u16, Slice); 5] {
        [
            (0, Slice::Night),
            (360, Slice::Morning),
            (570, Slice::Day),
            (960, Slice::Evening),
            (1_200, Slice::Night),
        ]
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Slice::Night => "night",
            Slice::Morning => "morning",
            Slice::Day => "day",
            Slice::Evening => "evening",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Slice, String> {
        Slice::ALL.into_iter().find(|slice| slice.name() == text).ok_or_else(|| {
            format!("`{text}` is no slice of the day; remedy: night, morning, day or evening")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_and_the_clock_agree() {
        for (from, slice) in Slice::day() {
            assert_eq!(Slice::at_minute(u32::from(from)), slice);
            assert_eq!(Slice::at_minute(u32::from(from) + 1_440), slice);
        }
        for pair in Slice::day().windows(2) {
            assert_eq!(Slice::at_minute(u32::from(pair[1].0) - 1), pair[0].1);
        }
        assert_eq!("evening".parse(), Ok(Slice::Evening));
        assert!("noon".parse::<Slice>().is_err());
    }
}
