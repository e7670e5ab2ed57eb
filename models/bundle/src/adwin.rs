//! ADWIN: a window over a stream that shrinks when its older and newer parts differ in their means by more
//! than chance allows. It holds O(log n) numbers and no history; what a change means is the caller's.
//!
//! Source: A. Bifet, R. Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing" (SDM 2007): the
//! exponential histogram of section 4 (ADWIN2), and the cut of its equation 3.1.

use serde::{Deserialize, Serialize};

/// Chance of a false alarm, the paper's default.
pub const DELTA: f64 = 0.002;
/// Buckets of one size before the two oldest are merged.
const BUCKETS_PER_ROW: usize = 5;
/// A window of more than 5 · 2³¹ values loses its oldest.
const ROWS_MAX: usize = 32;
/// Values between two looks for a cut, to spare time; an alarm comes so much later at most.
const VALUES_PER_LOOK: u32 = 32;
/// A part of the window smaller than this has no mean worth comparing.
const PART_MIN: f64 = 5.0;

/// What a value did to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    Steady,
    /// The mean rose: of an error, the model got worse.
    Rose,
    Fell,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bucket {
    sum: f64,
    /// Sum of squared distances from the bucket's mean.
    spread: f64,
}

/// The adaptive window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Adwin {
    /// Values are cut off here and divided by it: the bound of the paper holds for values in 0..=1.
    value_max: f64,
    /// Row r holds buckets of 2^r values, oldest first; later rows are older.
    rows: Vec<Vec<Bucket>>,
    since_look: u32,
}

impl Adwin {
    /// `value_max` is in the unit of the values, and above 0.
    #[must_use]
    pub fn new(value_max: f64) -> Self {
        let value_max = if value_max > 0.0 && value_max.is_finite() { value_max } else { 1.0 };
        Self { value_max, rows: vec![Vec::new()], since_look: 0 }
    }

    /// How many values the window holds.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.total().0 as u64
    }

    /// The mean of the window, in the unit of the values; none when it is empty.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let (count, bucket) = self.total();
        (count > 0.0).then(|| bucket.sum / count * self.value_max)
    }

    /// Takes in a value; one that is not a number is left out.
    pub fn note(&mut self, value: f64) -> Noted {
        if !value.is_finite() {
            return Noted::Steady;
        }
        let scaled = (value / self.value_max).clamp(0.0, 1.0);
        self.rows[0].push(Bucket { sum: scaled, spread: 0.0 });
        self.compress();
        self.since_look += 1;
        if self.since_look < VALUES_PER_LOOK {
            return Noted::Steady;
        }
        self.since_look = 0;
        self.shrink()
    }

    fn compress(&mut self) {
        let mut row = 0;
        while self.rows[row].len() > BUCKETS_PER_ROW {
            let size = size_of_row(row);
            let older = self.rows[row].remove(0);
            let newer = self.rows[row].remove(0);
            if row + 1 == ROWS_MAX {
                self.rows[row].insert(0, newer);
                return;
            }
            if row + 1 == self.rows.len() {
                self.rows.push(Vec::new());
            }
            self.rows[row + 1].push(joined((size, older), (size, newer)));
            row += 1;
        }
    }

    /// Drops the oldest bucket for as long as some cut of the window shows a change.
    fn shrink(&mut self) -> Noted {
        let mut outcome = Noted::Steady;
        while let Some(change) = self.cut() {
            outcome = change;
            let Some(oldest) = self.rows.iter_mut().rev().find(|row| !row.is_empty()) else {
                return outcome;
            };
            oldest.remove(0);
            while self.rows.len() > 1 && self.rows.last().is_some_and(Vec::is_empty) {
                self.rows.pop();
            }
        }
        outcome
    }

    fn cut(&self) -> Option<Noted> {
        let (count, all) = self.total();
        let variance = all.spread / count.max(1.0);
        let confidence = (2.0 * count.ln().max(1.0) / DELTA).ln();
        let (mut older_count, mut older_sum) = (0.0, 0.0);
        for (row, buckets) in self.rows.iter().enumerate().rev() {
            for bucket in buckets {
                older_count += size_of_row(row);
                older_sum += bucket.sum;
                let newer_count = count - older_count;
                if older_count < PART_MIN || newer_count < PART_MIN {
                    continue;
                }
                let harmonic = 1.0 / (1.0 / older_count + 1.0 / newer_count);
                let bound = (2.0 / harmonic * variance * confidence).sqrt()
                    + 2.0 / (3.0 * harmonic) * confidence;
                let risen = (all.sum - older_sum) / newer_count - older_sum / older_count;
                if risen.abs() > bound {
                    return Some(if risen > 0.0 { Noted::Rose } else { Noted::Fell });
                }
            }
        }
        None
    }

    fn total(&self) -> (f64, Bucket) {
        let mut total = (0.0, Bucket { sum: 0.0, spread: 0.0 });
        for (row, buckets) in self.rows.iter().enumerate() {
            for bucket in buckets {
                let part = (size_of_row(row), *bucket);
                total = (total.0 + part.0, joined(total, part));
            }
        }
        total
    }
}

fn size_of_row(row: usize) -> f64 {
    (1_u64 << row.min(ROWS_MAX)) as f64
}

/// Source: T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances" (1979).
fn joined(a: (f64, Bucket), b: (f64, Bucket)) -> Bucket {
    if a.0 == 0.0 {
        return b.1;
    }
    let apart = a.1.sum / a.0 - b.1.sum / b.0;
    Bucket {
        sum: a.1.sum + b.1.sum,
        spread: a.1.spread + b.1.spread + apart * apart * a.0 * b.0 / (a.0 + b.0),
    }
}

/// As it was written down; not believed until its bounds are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    value_max: f64,
    rows: Vec<Vec<Bucket>>,
    since_look: u32,
}

/// A kept window that this crate never wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a kept window is out of its bounds; remedy: start an empty one")]
pub struct NotAWindow;

impl TryFrom<Kept> for Adwin {
    type Error = NotAWindow;

    fn try_from(kept: Kept) -> Result<Self, NotAWindow> {
        let sound = kept.value_max.is_finite()
            && kept.value_max > 0.0
            && (1..=ROWS_MAX).contains(&kept.rows.len())
            && kept.rows.iter().all(|row| row.len() <= BUCKETS_PER_ROW)
            && kept.rows.iter().flatten().all(|b| b.sum.is_finite() && b.spread.is_finite());
        if !sound {
            return Err(NotAWindow);
        }
        Ok(Self { value_max: kept.value_max, rows: kept.rows, since_look: kept.since_look })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sequence in 0..1 (Park and Miller's generator): a test must fail the same way twice.
    fn noise(seed: u64) -> impl Iterator<Item = f64> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state * 48_271 % 2_147_483_647;
            state as f64 / 2_147_483_647.0
        })
    }

    #[test]
    fn a_steady_error_raises_no_alarm() {
        let alarms: usize = (1..=20)
            .map(|seed| {
                let mut window = Adwin::new(3_600.0);
                let errors = noise(seed).take(5_000).map(|u| 900.0 * u);
                errors.filter(|error| window.note(*error) != Noted::Steady).count()
            })
            .sum();
        assert!(alarms <= 1, "{alarms} alarms in 100,000 steady values");
    }

    #[test]
    fn a_doubled_error_is_noticed_within_a_few_hundred_values() {
        for seed in 1..=20 {
            let mut window = Adwin::new(3_600.0);
            noise(seed).take(3_000).for_each(|u| {
                window.note(900.0 * u);
            });
            let after =
                noise(seed + 100).take(600).position(|u| window.note(1_800.0 * u) == Noted::Rose);
            assert!(after.is_some_and(|after| after < 400), "{seed}: {after:?}");
            assert!(window.width() < 3_000, "the old values went");
        }
    }

    #[test]
    fn a_smaller_error_is_a_change_too_but_no_rise() {
        let mut window = Adwin::new(1.0);
        noise(3).take(2_000).for_each(|u| {
            window.note(u);
        });
        let outcomes: Vec<Noted> = noise(4).take(1_000).map(|u| window.note(0.2 * u)).collect();
        assert!(outcomes.contains(&Noted::Fell) && !outcomes.contains(&Noted::Rose));
    }

    #[test]
    fn the_window_is_small_and_its_mean_is_right() {
        let mut window = Adwin::new(10.0);
        let values: Vec<f64> = noise(9).take(10_000).collect();
        values.iter().for_each(|value| {
            window.note(*value);
        });
        assert_eq!(window.width(), 10_000);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((window.mean().unwrap() - mean).abs() < 1e-9);
        assert!(window.rows.iter().map(Vec::len).sum::<usize>() <= 70);
        assert_eq!(window.note(f64::NAN), Noted::Steady);
        assert_eq!(window.width(), 10_000);
    }

    #[test]
    fn a_kept_window_goes_on_where_it_was_and_a_forged_one_is_refused() {
        let mut window = Adwin::new(2.0);
        noise(5).take(777).for_each(|u| {
            window.note(u);
        });
        let kept = serde_json::to_string(&window).unwrap();
        let mut read: Adwin = serde_json::from_str(&kept).unwrap();
        assert_eq!(read.width(), window.width());
        // JSON may round the last bit of a sum away.
        assert!((read.mean().unwrap() - window.mean().unwrap()).abs() < 1e-9);
        let later = noise(6).take(900).map(|u| 2.0 * u);
        assert!(later.into_iter().all(|value| read.note(value) == window.note(value)));
        assert!(read.width() == window.width() && read.width() < 1_677);
        for forged in [
            r#"{"value_max":0.0,"rows":[[]],"since_look":0}"#,
            r#"{"value_max":1.0,"rows":[],"since_look":0}"#,
            r#"{"value_max":1.0,"rows":[[]],"since_look":0,"more":1}"#,
        ] {
            assert!(serde_json::from_str::<Adwin>(forged).is_err(), "{forged}");
        }
    }
}
