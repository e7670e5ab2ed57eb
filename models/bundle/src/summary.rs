//! What a depot tells its hub of one model and one day, in less than a kilobyte: counts, errors and state,
//! and not one value of a customer. It is CBOR; how it travels is the shell's business.

use minicbor::{Decode, Encode};

use crate::histogram::{COLUMNS_MAX, Counts};

pub const DAY_FACTS_BYTES_MAX: usize = 1_000;
const BINS_AND_MISSING_MAX: usize = crate::histogram::BINS_MAX + 1;

/// Errors of the model and of its baseline on the same outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Encode, Decode)]
pub struct Errors {
    /// Outcomes that became known this day.
    #[n(0)]
    pub outcomes: u32,
    /// Mean absolute error, in the unit of the first output.
    #[n(1)]
    pub model: f32,
    #[n(2)]
    pub baseline: f32,
    /// Mean of predicted − actual.
    #[n(3)]
    pub bias: f32,
    /// Share of outcomes not above the highest quantile that was predicted.
    #[n(4)]
    pub covered: f32,
}

/// What the model was that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    #[n(0)]
    Shadow,
    #[n(1)]
    Active,
    #[n(2)]
    RolledBack,
    #[n(3)]
    Expired,
    #[n(4)]
    Failing,
}

/// One model's day at one depot.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct DayFacts {
    #[n(0)]
    pub day: i32,
    #[n(1)]
    pub version: u32,
    #[n(2)]
    pub standing: Standing,
    #[n(3)]
    pub predictions: u32,
    /// Answers that the baseline gave in the model's stead.
    #[n(4)]
    pub baseline_answers: u32,
    #[n(5)]
    pub errors: Errors,
    /// Times that ADWIN saw the error rise.
    #[n(6)]
    pub error_rises: u32,
    #[n(7)]
    pub restarts: u32,
    /// The counts below were halved so many times to fit.
    #[n(8)]
    halvings: u8,
    /// Per column, its bins and then what was missing; LEB128, a column's length first.
    #[cbor(n(9), with = "minicbor::bytes")]
    histograms: Vec<u8>,
}

impl DayFacts {
    #[must_use]
    pub const fn new(day: i32, version: u32, standing: Standing) -> Self {
        Self {
            day,
            version,
            standing,
            predictions: 0,
            baseline_answers: 0,
            errors: Errors { outcomes: 0, model: 0.0, baseline: 0.0, bias: 0.0, covered: 0.0 },
            error_rises: 0,
            restarts: 0,
            halvings: 0,
            histograms: Vec::new(),
        }
    }

    /// Takes in the counts of all columns, features first; halves them until the whole fits.
    pub fn count(&mut self, columns: &[Counts]) {
        for halvings in 0..64 {
            self.halvings = halvings;
            self.histograms = packed(columns, halvings);
            if self.to_bytes().len() <= DAY_FACTS_BYTES_MAX {
                return;
            }
        }
    }

    /// The counts of all columns, to within what halving lost.
    #[must_use]
    pub fn columns(&self) -> Vec<Counts> {
        unpacked(&self.histograms, self.halvings).unwrap_or_default()
    }

    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec cannot fail")
    }

    /// # Errors
    /// [`NotDayFacts`] for what is too large, malformed or out of range.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotDayFacts> {
        if bytes.len() > DAY_FACTS_BYTES_MAX {
            return Err(NotDayFacts("more than 1,000 bytes"));
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        let facts: Self = decoder.decode().map_err(|_| NotDayFacts("not such a record"))?;
        if decoder.position() != bytes.len() {
            return Err(NotDayFacts("bytes follow the record"));
        }
        let Errors { model, baseline, bias, covered, .. } = facts.errors;
        if [model, baseline, bias, covered].iter().any(|value| !value.is_finite()) {
            return Err(NotDayFacts("an error is not a number"));
        }
        if facts.halvings >= 64 || unpacked(&facts.histograms, facts.halvings).is_none() {
            return Err(NotDayFacts("the histograms are out of bounds"));
        }
        Ok(facts)
    }
}

/// Why bytes are no day's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the facts of a model's day: {0}")]
pub struct NotDayFacts(&'static str);

fn packed(columns: &[Counts], halvings: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for column in columns {
        push_number(&mut bytes, column.bins.len() as u64);
        for count in column.bins.iter().chain([&column.missing]) {
            push_number(&mut bytes, count >> halvings);
        }
    }
    bytes
}

fn unpacked(mut bytes: &[u8], halvings: u8) -> Option<Vec<Counts>> {
    let mut columns = Vec::new();
    while !bytes.is_empty() {
        let bins = usize::try_from(take_number(&mut bytes)?).ok()?;
        if bins + 1 > BINS_AND_MISSING_MAX || columns.len() == COLUMNS_MAX {
            return None;
        }
        let mut next = || take_number(&mut bytes)?.checked_mul(1 << halvings);
        let counts = (0..bins).map(|_| next()).collect::<Option<Vec<u64>>>()?;
        let missing = next()?;
        columns.push(Counts { bins: counts, missing });
    }
    Some(columns)
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts() -> impl Strategy<Value = Counts> {
        let bins = prop::collection::vec(0_u64..5_000_000, 1..=10);
        (bins, 0_u64..1_000_000).prop_map(|(bins, missing)| Counts { bins, missing })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_day_fits_a_kilobyte_and_loses_less_than_it_says(
            columns in prop::collection::vec(counts(), 0..=COLUMNS_MAX),
        ) {
            let mut facts = DayFacts::new(20_000, 3, Standing::Active);
            facts.count(&columns);
            let bytes = facts.to_bytes();
            prop_assert!(bytes.len() <= DAY_FACTS_BYTES_MAX);
            let read = DayFacts::parse(&bytes).unwrap();
            prop_assert_eq!(&read, &facts);
            let grain = 1_u64 << facts.halvings;
            for (before, after) in columns.iter().zip(read.columns()) {
                let pairs = before.bins.iter().chain([&before.missing]);
                for (before, after) in pairs.zip(after.bins.iter().chain([&after.missing])) {
                    prop_assert!(*after <= *before && before - after < grain);
                }
            }
        }

        #[test]
        fn bytes_from_elsewhere_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..1_200)) {
            let _ = DayFacts::parse(&bytes);
        }
    }

    #[test]
    fn a_depots_day_of_thirty_columns_is_kept_as_counted() {
        let columns: Vec<Counts> =
            (0..30).map(|c| Counts { bins: vec![c + 90; 10], missing: c }).collect();
        let mut facts = DayFacts::new(20_000, 3, Standing::Shadow);
        facts.count(&columns);
        assert_eq!(facts.halvings, 0);
        assert_eq!(facts.columns(), columns);
    }
}
