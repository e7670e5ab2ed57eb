//! Forecasts without a model: naive, seasonal naive, simple exponential smoothing, TSB. They answer when
//! no model does, and every model of demand is judged against them. Plain folds over a history, oldest
//! period first; a period without a report (`None` or not finite) teaches nothing.

/// Weight of the newest period in exponential smoothing.
pub const SES_ALPHA: f64 = 0.3;
/// Weights of size and of occurrence in TSB.
pub const TSB_ALPHA: f64 = 0.3;
pub const TSB_BETA: f64 = 0.1;

fn reported(history: &[Option<f64>]) -> impl DoubleEndedIterator<Item = f64> {
    history.iter().flatten().copied().filter(|demand| demand.is_finite())
}

/// The last reported period; `None` without any.
#[must_use]
pub fn naive(history: &[Option<f64>]) -> Option<f64> {
    reported(history).next_back()
}

/// The same season a year ago, else the last reported period.
#[must_use]
pub fn seasonal_naive(
    history: &[Option<f64>],
    periods_per_year: usize,
    ahead: usize,
) -> Option<f64> {
    let back = periods_per_year.checked_sub(ahead.saturating_sub(1)).filter(|back| *back > 0);
    let place = back.and_then(|back| history.len().checked_sub(back));
    let same = place.and_then(|place| history.get(place).copied().flatten());
    same.filter(|demand| demand.is_finite()).or_else(|| naive(history))
}

/// Simple exponential smoothing, the same for every period ahead; `None` without a report.
#[must_use]
pub fn ses(history: &[Option<f64>]) -> Option<f64> {
    reported(history).reduce(|level, demand| SES_ALPHA.mul_add(demand - level, level))
}

/// Teunter, Syntetos and Babai (2011): size and probability of demand smoothed apart, so that what is
/// asked for no more fades away. `None` without a report.
#[must_use]
pub fn tsb(history: &[Option<f64>]) -> Option<f64> {
    let mut state: Option<(f64, f64)> = None;
    for demand in reported(history) {
        let occurred = f64::from(u8::from(demand > 0.0));
        state = Some(match state {
            None => (demand, occurred),
            Some((size, share)) => {
                let size = if demand > 0.0 { TSB_ALPHA.mul_add(demand - size, size) } else { size };
                (size, TSB_BETA.mul_add(occurred - share, share))
            }
        });
    }
    state.map(|(size, share)| size * share)
}

/// Mean absolute change from one reported period to the next: the yardstick of MASE, and what a spread is
/// guessed from. `None` below two reports.
#[must_use]
pub fn step(history: &[Option<f64>]) -> Option<f64> {
    let mut last = None;
    let (mut sum, mut count) = (0.0, 0.0);
    for demand in reported(history) {
        if let Some(last) = last.replace(demand) {
            sum += f64::abs(demand - last);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(history: &[f64], expect: [f64; 4]) {
        let history: Vec<_> =
            history.iter().map(|demand| demand.is_finite().then_some(*demand)).collect();
        let got = [naive(&history), ses(&history), tsb(&history), step(&history)];
        for (got, expect) in got.into_iter().zip(expect) {
            assert!((got.unwrap() - expect).abs() < 1e-9, "{got:?} {expect}");
        }
    }

    #[test]
    fn they_answer_as_on_paper() {
        check(&[10.0, 10.0, 10.0], [10.0, 10.0, 10.0, 0.0]);
        check(&[10.0, 20.0], [20.0, 13.0, 13.0, 10.0]);
        check(&[10.0, f64::NAN, 0.0], [0.0, 7.0, 9.0, 10.0]);
    }

    #[test]
    fn nothing_reported_is_nothing_said() {
        for history in [&[][..], &[None, None][..], &[Some(f64::NAN)][..]] {
            assert_eq!((naive(history), ses(history), tsb(history)), (None, None, None));
            assert_eq!(step(history), None);
        }
        assert_eq!(step(&[Some(1.0)]), None);
    }

    #[test]
    fn the_season_is_a_year_ago() {
        let history: Vec<_> = (0..14).map(|month| Some(f64::from(month))).collect();
        assert_eq!(seasonal_naive(&history, 12, 1), Some(2.0));
        assert_eq!(seasonal_naive(&history, 12, 3), Some(4.0));
        assert_eq!(seasonal_naive(&history[..5], 12, 1), Some(4.0));
        assert_eq!(seasonal_naive(&history, 12, 14), Some(13.0), "too far ahead for a year");
    }
}
