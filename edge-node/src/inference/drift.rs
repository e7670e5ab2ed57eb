//! What a day's features and predictions were like, beside those the model was trained on. Counts
//! only: nothing of a customer can be read from them.

use model_bundle::histogram::{Counts, Histogram, Reference};
use model_bundle::psi::{Drift, judge};
use shared_model::inference::{Column, Verdict};

/// The histograms of a bundle in the order in which their columns are reported.
pub(super) fn columns(reference: &Reference) -> impl Iterator<Item = &Histogram> {
    reference.features.iter().chain(&reference.predictions)
}

/// Empty counts for every column.
pub(super) fn empty(reference: &Reference) -> Vec<Counts> {
    columns(reference).map(Counts::of).collect()
}

/// Counts rows × features and rows × outputs in.
pub(super) fn count(reference: &Reference, counts: &mut [Counts], rows: &[f32], values: &[f32]) {
    let (features, outputs) = (reference.features.len(), reference.predictions.len());
    let (of_features, of_predictions) = counts.split_at_mut(features.min(counts.len()));
    let note = |histograms: &[Histogram], counts: &mut [Counts], row: &[f32]| {
        for ((histogram, counts), value) in histograms.iter().zip(counts).zip(row) {
            counts.note(histogram, *value);
        }
    };
    if features > 0 {
        rows.chunks(features).for_each(|row| note(&reference.features, of_features, row));
    }
    if outputs > 0 {
        values.chunks(outputs).for_each(|row| note(&reference.predictions, of_predictions, row));
    }
}

/// What the counts say of each column.
pub(super) fn judged(reference: &Reference, counts: &[Counts]) -> Vec<Column> {
    let pairs = columns(reference).zip(counts);
    (0_u16..)
        .zip(pairs)
        .map(|(index, (histogram, counts))| column(index, histogram, counts))
        .collect()
}

fn column(index: u16, reference: &Histogram, counts: &Counts) -> Column {
    let (psi, verdict) = match judge(reference, counts) {
        Drift::TooFew { .. } => (0.0, Verdict::TooFew),
        Drift::Fine { psi, .. } => (psi, Verdict::Same),
        Drift::Drifted { psi, .. } => (psi, Verdict::Drifted),
    };
    let seen = counts.total();
    // Shares, not counts: a byte a bin, whatever the day was like.
    let share = |count: &u64| (count.saturating_mul(255) / seen.max(1)).min(255) as u8;
    let shares: Vec<u8> = counts.bins.iter().chain([&counts.missing]).map(share).collect();
    Column {
        index,
        seen: u32::try_from(seen).unwrap_or(u32::MAX),
        shares: shares.into(),
        psi_milli: (psi * 1_000.0).clamp(0.0, f64::from(u32::MAX)) as u32,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        let text = r#"{"format":1,"features":[
            {"name":"km","edges":[1.0,2.0,3.0],"counts":[250,250,250,250],"missing":0}],
            "predictions":[{"name":"mean_s","edges":[600.0],"counts":[500,500],"missing":0}]}"#;
        Reference::parse(text.as_bytes()).unwrap()
    }

    fn after(rows: &[f32], values: &[f32]) -> Vec<Column> {
        let reference = reference();
        let mut counts = empty(&reference);
        count(&reference, &mut counts, rows, values);
        judged(&reference, &counts)
    }

    #[test]
    fn drift_with_too_few_samples_says_so() {
        let columns = after(&[9.0; 199], &[900.0; 199]);
        assert_eq!(columns.iter().map(|c| c.verdict).collect::<Vec<_>>(), [Verdict::TooFew; 2]);
        assert_eq!(columns[0].psi_milli, 0);
    }

    #[test]
    fn shifted_values_have_drifted_and_even_ones_have_not() {
        let even: Vec<f32> = (0..400).map(|n| (n % 4) as f32 + 0.5).collect();
        let columns = after(&even, &[900.0; 400]);
        assert_eq!(columns[0].verdict, Verdict::Same);
        assert_eq!(columns[1].verdict, Verdict::Drifted);
        assert!(columns[1].psi_milli > 500, "{}", columns[1].psi_milli);
        let missing = after(&[f32::NAN; 400], &even);
        assert_eq!(missing[0].verdict, Verdict::Drifted);
        assert_eq!(missing[0].shares.last(), Some(&255));
    }
}
