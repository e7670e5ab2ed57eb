//! Medians, percentiles, ratios, and the tables people read. Knows no bench.

use std::fmt::Write as _;
use std::time::Duration;

/// The middle of some measurements; the lower one of two.
#[must_use]
pub(crate) fn median(measured: &[f64]) -> f64 {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// How long things took.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn note(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds, the time within which so many of a hundred were done.
    pub(crate) fn percentile_ms(&mut self, percent: usize) -> f64 {
        if self.0.is_empty() {
            return f64::NAN;
        }
        let place = (self.0.len() * percent / 100).min(self.0.len() - 1);
        let (_, at, _) = self.0.select_nth_unstable(place);
        ms(*at)
    }
}

#[must_use]
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Three significant places are more than a shared machine can hold.
#[must_use]
pub(crate) fn rounded(figure: f64) -> f64 {
    if figure == 0.0 || !figure.is_finite() {
        return figure;
    }
    let places = 2 - figure.abs().log10().floor() as i32;
    // Dividing by a power of ten keeps the shortest decimal; multiplying by a negative one does not.
    let scale = 10_f64.powi(places.abs());
    if places >= 0 { (figure * scale).round() / scale } else { (figure / scale).round() * scale }
}

/// A Markdown table.
#[must_use]
pub(crate) fn table(title: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text =
        format!("\n### {title}\n\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_slowest_hundredth() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[2.0, 1.0]), 1.0);
        assert!(median(&[]).is_nan());
        let mut latencies = Latencies::default();
        (1..=100).rev().for_each(|ms| latencies.note(Duration::from_millis(ms)));
        assert_eq!((latencies.percentile_ms(50), latencies.percentile_ms(99)), (51.0, 100.0));
    }

    #[test]
    fn three_places_are_kept() {
        for (figure, kept) in [(12_345.0, 12_300.0), (0.012_345, 0.0123), (7.0, 7.0), (0.0, 0.0)] {
            assert_eq!(rounded(figure), kept);
        }
    }
}
