//! What a depot reports of one model for one day: below a kilobyte, whatever happened. Shares and
//! errors are integers, so that every reader has the same figures.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::blob::BlobId;
use crate::id::ModelCode;

/// Largest report of one model, encoded.
pub const FACTS_BYTES_MAX: usize = 1_024;
/// Models in one report.
pub const FACTS_MODELS_MAX: usize = 16;
/// Columns reported: those that drifted most, when there are more.
pub const COLUMNS_MAX: usize = 40;
/// Bins of one column, the one for missing values included.
pub const BINS_MAX: usize = 11;
/// Longest remark.
pub const NOTE_CHARS_MAX: usize = 120;

/// Where a model stands at a depot.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Announced, and not all of it is here.
    #[n(0)]
    Downloading,
    #[n(1)]
    Downloaded,
    #[n(2)]
    Verified,
    #[n(3)]
    Shadow,
    #[n(4)]
    Active,
    #[n(5)]
    Paused,
    #[n(6)]
    Expired,
    /// The bundle failed its checks: the baseline or the earlier version answers.
    #[n(7)]
    Refused,
    /// The depot went back by itself, for the model did worse than the baseline.
    #[n(8)]
    RolledBack,
}

impl State {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Downloading => "downloading",
            Self::Downloaded => "downloaded",
            Self::Verified => "verified",
            Self::Shadow => "shadow",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// Whether a column's values are still those the model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Too few samples to say.
    #[n(0)]
    TooFew,
    #[n(1)]
    Same,
    #[n(2)]
    Drifted,
}

/// How far predictions were off, over pairs: the same cases answered by model and baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub struct Errors {
    #[n(0)]
    pub pairs: u32,
    /// Mean absolute error, in thousandths of the prediction's unit.
    #[n(1)]
    pub model_milli: i64,
    #[n(2)]
    pub baseline_milli: i64,
    /// Pairs whose outcome was at most the 90 % quantile; none when the model has no such output.
    #[n(3)]
    pub covered: Option<u32>,
}

/// One feature's or prediction's values of the day.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Column {
    /// Place in the bundle's reference histograms.
    #[n(0)]
    pub index: u16,
    /// Values seen.
    #[n(1)]
    pub seen: u32,
    /// Each bin's share in 1/255, the missing values last.
    #[n(2)]
    #[serde(skip)]
    pub shares: ByteVec,
    /// Population stability index, in thousandths; 0 while too few were seen.
    #[n(3)]
    pub psi_milli: u32,
    #[n(4)]
    pub verdict: Verdict,
}

/// One model's day at one depot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Facts {
    #[n(0)]
    pub model: ModelCode,
    /// Days since 1970-01-01 UTC.
    #[n(1)]
    pub day: u32,
    #[n(2)]
    pub state: State,
    /// The last order of the hub that was obeyed or refused.
    #[n(3)]
    pub order: u64,
    /// The version in use.
    #[n(4)]
    pub active: Option<u32>,
    #[n(5)]
    pub manifest: Option<BlobId>,
    #[n(6)]
    pub shadow: Option<u32>,
    /// Rows answered by the model and by the baseline.
    #[n(7)]
    pub by_model: u32,
    #[n(8)]
    pub by_baseline: u32,
    #[n(9)]
    pub active_errors: Errors,
    #[n(10)]
    pub shadow_errors: Errors,
    /// Times that the depot went back by itself.
    #[n(11)]
    pub rollbacks: u32,
    /// Why it is so, in words; empty when nothing is wrong.
    #[n(12)]
    pub note: String,
    #[n(13)]
    pub columns: Vec<Column>,
    /// Predictions that were not written down, for the log was full.
    #[n(14)]
    pub unlogged: u32,
}

impl Facts {
    /// Size of the report, encoded, in bytes.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        minicbor::to_vec(self).map_or(usize::MAX, |bytes| bytes.len())
    }

    /// Whether all lists and texts keep their limits.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.columns.len() <= COLUMNS_MAX
            && self.columns.iter().all(|column| column.shares.len() <= BINS_MAX)
            && self.note.chars().count() <= NOTE_CHARS_MAX
            && self.encoded_bytes() < FACTS_BYTES_MAX
    }

    /// Leaves out the columns that drifted least until the report is small enough.
    pub fn shorten(&mut self) {
        self.note = self.note.chars().take(NOTE_CHARS_MAX).collect();
        self.columns.sort_by_key(|column| (std::cmp::Reverse(column.psi_milli), column.index));
        self.columns.truncate(COLUMNS_MAX);
        while !self.columns.is_empty() && self.encoded_bytes() >= FACTS_BYTES_MAX {
            self.columns.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_s_facts_stay_below_a_kilobyte_whatever_happened() {
        let errors = Errors {
            pairs: u32::MAX,
            model_milli: i64::MAX,
            baseline_milli: i64::MIN,
            covered: Some(u32::MAX),
        };
        let column = |index| Column {
            index,
            seen: u32::MAX,
            shares: vec![255; BINS_MAX].into(),
            psi_milli: 70_000 + u32::from(index),
            verdict: Verdict::Drifted,
        };
        let mut facts = Facts {
            model: "m".repeat(ModelCode::CHARS_MAX).parse().unwrap(),
            day: u32::MAX,
            state: State::RolledBack,
            order: u64::MAX,
            active: Some(u32::MAX),
            manifest: Some(BlobId::from_bytes([0xff; 32])),
            shadow: Some(u32::MAX),
            by_model: u32::MAX,
            by_baseline: u32::MAX,
            active_errors: errors,
            shadow_errors: errors,
            rollbacks: u32::MAX,
            note: "é".repeat(500),
            columns: (0..200).map(column).collect(),
            unlogged: u32::MAX,
        };
        assert!(!facts.is_bounded());
        facts.shorten();
        assert!(facts.is_bounded(), "{} bytes", facts.encoded_bytes());
        assert!(facts.columns.len() >= 20, "{} columns fit", facts.columns.len());
        assert_eq!(facts.columns[0].index, 199, "those that drifted most stay");
    }
}
