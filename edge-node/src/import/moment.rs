//! The date and time of a file: `2011-12-09 12:50:00` in the time of the site, and nothing else.
//!
//! The offset from UTC is a number: none of the jurisdictions served moves its clocks.

use shared_model::time::Timestamp;

const DAY_S: i64 = 86_400;

/// `None` unless it is a real date and time of the years 2000 to 2099.
pub(super) fn parse(text: &str, utc_offset_minutes: i32) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if bytes.len() != 19 || marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes[from..to].iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let real = (2000..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !real {
        return None;
    }
    let local_s = days_since_1970(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
    Some(Timestamp::from_ms((local_s - i64::from(utc_offset_minutes) * 60) * 1_000))
}

/// In 2000 to 2099 every fourth year is a leap year, the year 2000 included.
const fn is_leap(year: i64) -> bool {
    year % 4 == 0
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Only for years from 2000 to 2099.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    const UNTIL_2000: i64 = 10_957;
    let years = year - 2000;
    let leap_days = (years + 3) / 4;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    UNTIL_2000 + years * 365 + leap_days + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_from_1970_in_utc() {
        let check = |text: &str, offset: i32, ms: i64| {
            assert_eq!(parse(text, offset), Some(Timestamp::from_ms(ms)), "{text}");
        };
        check("2000-01-01 00:00:00", 0, 946_684_800_000);
        check("2000-02-29 00:00:00", 0, 951_782_400_000);
        check("2000-03-01 00:00:00", 0, 951_868_800_000);
        check("2010-12-01 08:26:00", 0, 1_291_191_960_000);
        check("2010-12-01 08:26:00", 180, 1_291_181_160_000);
        check("2099-12-31 23:59:59", 0, 4_102_444_799_000);
    }

    #[test]
    fn only_real_dates_in_one_form_pass() {
        for text in [
            "",
            "2011-02-29 00:00:00",
            "2011-13-01 00:00:00",
            "2011-00-01 00:00:00",
            "2011-04-31 00:00:00",
            "2011-12-09 24:00:00",
            "2011-12-09 12:60:00",
            "2011-12-09 12:50:60",
            "2011-12-09",
            "2011-12-09T12:50:00",
            "09/12/2011 12:50:00",
            "1999-12-31 23:59:59",
            "2100-01-01 00:00:00",
            "２011-12-09 12:50",
            "2011-1a-09 12:50:00",
        ] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }
}
