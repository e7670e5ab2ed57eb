//! Whether a version does worse than the baseline, judged by pairs: the same cases answered by
//! both. Pure; it says what the figures say, and others act on it.

use model_bundle::adwin::{Adwin, Noted};
use serde::{Deserialize, Serialize};

/// Fewer pairs than this say nothing about a version.
pub(super) const PAIRS_MIN: u64 = 200;
/// One-sided 99 % of the normal distribution: how sure one must be that it does worse.
const SURE: f64 = 2.326;
/// A window of the last errors is judged from this many on.
const WINDOW_MIN: u64 = 100;

/// What a version did since it was put where it is. Errors are absolute, in the unit of the first
/// output.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) pairs: u64,
    /// Sums over pairs of (model's error − baseline's), and of its square.
    worse: f64,
    worse_squared: f64,
    model: Adwin,
    baseline: Adwin,
    /// The model's error rose since it was put in use.
    rose: bool,
}

/// What the figures say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judgement {
    TooFew {
        pairs: u64,
        needed: u64,
    },
    /// Not shown to be worse.
    Holds,
    /// It must go, for this reason.
    Worse {
        reason: String,
    },
}

impl Record {
    /// `error_max` bounds the errors; larger ones count as that.
    #[must_use]
    pub(super) fn new(error_max: f64) -> Self {
        let (model, baseline) = (Adwin::new(error_max), Adwin::new(error_max));
        Self { pairs: 0, worse: 0.0, worse_squared: 0.0, model, baseline, rose: false }
    }

    /// Takes in a pair. What is not a number is left out.
    pub(super) fn note(&mut self, model_error: f64, baseline_error: f64) {
        let worse = model_error - baseline_error;
        if !worse.is_finite() {
            return;
        }
        self.pairs += 1;
        self.worse += worse;
        self.worse_squared += worse * worse;
        self.baseline.note(baseline_error);
        match self.model.note(model_error) {
            Noted::Rose => self.rose = true,
            Noted::Fell => self.rose = false,
            Noted::Steady => {}
        }
    }

    /// Mean of (model's error − baseline's).
    #[must_use]
    pub(super) fn worse_by(&self) -> f64 {
        self.worse / (self.pairs.max(1) as f64)
    }

    #[must_use]
    pub(super) fn judge(&self) -> Judgement {
        if self.pairs < PAIRS_MIN {
            return Judgement::TooFew { pairs: self.pairs, needed: PAIRS_MIN };
        }
        let pairs = self.pairs as f64;
        let mean = self.worse_by();
        let variance = (self.worse_squared / pairs - mean * mean).max(0.0);
        let doubt = SURE * (variance / pairs).sqrt();
        if mean > doubt {
            let reason = format!(
                "over {} cases its error was {mean:.1} above the baseline's on average, and by \
                 chance it would be {doubt:.1} at most",
                self.pairs
            );
            return Judgement::Worse { reason };
        }
        let of_late = self.model.mean().zip(self.baseline.mean());
        match of_late {
            Some((model, baseline))
                if self.rose && self.model.width() >= WINDOW_MIN && model > baseline =>
            {
                let reason = format!(
                    "its error rose: over the last {} cases it is {model:.1} on average, the \
                     baseline's {baseline:.1}",
                    self.model.width()
                );
                Judgement::Worse { reason }
            }
            Some(_) | None => Judgement::Holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sequence in 0..1 (Park and Miller's generator).
    fn noise(seed: u64) -> impl Iterator<Item = f64> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state * 48_271 % 2_147_483_647;
            state as f64 / 2_147_483_647.0
        })
    }

    fn after(pairs: impl Iterator<Item = (f64, f64)>) -> Record {
        let mut record = Record::new(3_600.0);
        pairs.for_each(|(model, baseline)| record.note(model, baseline));
        record
    }

    fn errors(seed: u64, model_s: f64, baseline_s: f64) -> impl Iterator<Item = (f64, f64)> {
        noise(seed)
            .zip(noise(seed + 50))
            .map(move |(a, b)| (2.0 * model_s * a, 2.0 * baseline_s * b))
    }

    #[test]
    fn too_few_pairs_say_nothing_however_bad_they_are() {
        let record = after(errors(1, 3_000.0, 100.0).take(199));
        assert_eq!(record.judge(), Judgement::TooFew { pairs: 199, needed: 200 });
    }

    #[test]
    fn a_model_worse_than_the_baseline_must_go() {
        let worse = (1..=20).filter(|seed| {
            let record = after(errors(*seed, 600.0, 500.0).take(2_000));
            matches!(record.judge(), Judgement::Worse { .. })
        });
        assert_eq!(worse.count(), 20);
    }

    #[test]
    fn a_model_as_good_or_better_stays() {
        for model_s in [450.0, 300.0] {
            for seed in 1..=20 {
                let mut record = Record::new(3_600.0);
                for (model, baseline) in errors(seed, model_s, 500.0).take(3_000) {
                    record.note(model, baseline);
                    assert!(!matches!(record.judge(), Judgement::Worse { .. }), "{seed}");
                }
            }
        }
    }

    #[test]
    fn one_that_was_good_and_turns_bad_is_noticed_before_its_past_is_used_up() {
        let good = errors(3, 200.0, 500.0).take(5_000);
        let mut record = after(good);
        assert_eq!(record.judge(), Judgement::Holds);
        let noticed = errors(9, 900.0, 500.0).take(2_000).position(|(model, baseline)| {
            record.note(model, baseline);
            matches!(record.judge(), Judgement::Worse { .. })
        });
        assert!(noticed.is_some_and(|pairs| pairs < 500), "{noticed:?}");
        assert!(record.worse_by() < 0.0, "by its whole record it was better");
    }

    #[test]
    fn a_record_goes_on_after_it_was_written_down() {
        let record = after(errors(4, 400.0, 500.0).take(777));
        let text = serde_json::to_string(&record).unwrap();
        let mut again: Record = serde_json::from_str(&text).unwrap();
        again.note(f64::NAN, 1.0);
        assert_eq!((again.pairs, again.judge()), (777, record.judge()));
    }
}
