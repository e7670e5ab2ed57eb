//! Value added tax of the four jurisdictions: dated rates, rounded once per rate per document.
//!
//! Sources: Nigeria Tax Act 2025 and its predecessor (7.5 % since 2020-02-01); Kenya VAT Act 2013
//! (16 %); South Africa VAT Act (15 % since 2018-04-01; the rise announced for 2025-05-01 was
//! withdrawn); Cameroon (17.5 % and a council surtax of a tenth of it, together 19.25 %).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::money::{Currency, mul_div_half_up};
use crate::time::Timestamp;

/// Whose tax law holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum Jurisdiction {
    #[n(0)]
    NG,
    #[n(1)]
    KE,
    #[n(2)]
    ZA,
    #[n(3)]
    CM,
}

/// How an article is taxed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum TaxClass {
    #[n(0)]
    Standard,
    /// Taxed at nothing: basic food, medicine, exports.
    #[n(1)]
    ZeroRated,
    /// Outside the tax.
    #[n(2)]
    Exempt,
}

/// Rates are kept per hundred thousand: 19.25 % is 19,250.
pub const RATE_SCALE: i64 = 100_000;

/// Standard rates by the day they took effect (milliseconds since 1970), newest first.
const fn standard_rates(jurisdiction: Jurisdiction) -> &'static [(i64, i64)] {
    match jurisdiction {
        Jurisdiction::NG => &[(1_580_515_200_000, 7_500), (i64::MIN, 5_000)],
        Jurisdiction::KE => &[(i64::MIN, 16_000)],
        Jurisdiction::ZA => &[(1_522_540_800_000, 15_000), (i64::MIN, 14_000)],
        Jurisdiction::CM => &[(i64::MIN, 19_250)],
    }
}

impl Jurisdiction {
    /// The rate at the time of supply, per [`RATE_SCALE`]. The time of sync plays no part. A clock
    /// that lost its hour and says 1970 would pick a repealed rate, so hours before the newest
    /// rate's own day are only believed from 2010 on.
    #[must_use]
    pub fn rate(self, class: TaxClass, supplied: Timestamp) -> i64 {
        const YEAR_2010_MS: i64 = 1_262_304_000_000;
        let rates = standard_rates(self);
        match class {
            TaxClass::ZeroRated | TaxClass::Exempt => 0,
            TaxClass::Standard if supplied.ms() < YEAR_2010_MS => rates[0].1,
            TaxClass::Standard => {
                rates.iter().find(|(from, _)| supplied.ms() >= *from).map_or(0, |(_, rate)| *rate)
            }
        }
    }

    #[must_use]
    pub const fn currency(self) -> Currency {
        match self {
            Self::NG => Currency::NGN,
            Self::KE => Currency::KES,
            Self::ZA => Currency::ZAR,
            Self::CM => Currency::XAF,
        }
    }

    /// What the receipt calls the tax.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NG => "VAT 7.5 %",
            Self::KE => "VAT 16 %",
            Self::ZA => "VAT 15 %",
            Self::CM => "TVA 19,25 %",
        }
    }
}

/// Tax of one rate on one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct TaxLine {
    #[n(0)]
    pub class: TaxClass,
    #[n(1)]
    pub rate: i64,
    #[n(2)]
    pub base_minor: i64,
    #[n(3)]
    pub tax_minor: i64,
    /// Cameroon's council surtax, part of `tax_minor`: the total less the rounded principal, since
    /// rounding both would miss the total on a fifth of all amounts.
    #[n(4)]
    pub council_minor: i64,
}

/// Taxes a document: `nets` are its lines (net amount, class).
#[must_use]
pub fn assess(
    jurisdiction: Jurisdiction,
    supplied: Timestamp,
    nets: &[(i64, TaxClass)],
) -> Vec<TaxLine> {
    [TaxClass::Standard, TaxClass::ZeroRated, TaxClass::Exempt]
        .into_iter()
        .filter(|class| nets.iter().any(|(_, c)| c == class))
        .map(|class| {
            let base_minor = nets.iter().filter(|(_, c)| *c == class).map(|(net, _)| net).sum();
            let rate = jurisdiction.rate(class, supplied);
            let tax_minor = mul_div_half_up(base_minor, rate, RATE_SCALE);
            let council_minor = match jurisdiction {
                Jurisdiction::CM if rate > 0 => {
                    tax_minor - mul_div_half_up(base_minor, 17_500, RATE_SCALE)
                }
                Jurisdiction::CM | Jurisdiction::NG | Jurisdiction::KE | Jurisdiction::ZA => 0,
            };
            TaxLine { class, rate, base_minor, tax_minor, council_minor }
        })
        .collect()
}

/// Divides a document's tax over its lines by largest remainder: the parts sum to the whole.
#[must_use]
pub fn allocate(tax_minor: i64, bases: &[i64]) -> Vec<i64> {
    let total: i128 = bases.iter().map(|base| i128::from(*base)).sum();
    if total <= 0 {
        return vec![0; bases.len()];
    }
    let share = |base: i64| i128::from(base) * i128::from(tax_minor);
    let mut parts: Vec<i64> = bases
        .iter()
        .map(|base| {
            i64::try_from(share(*base).div_euclid(total)).expect("a part is below the whole")
        })
        .collect();
    let mut order: Vec<usize> = (0..bases.len()).collect();
    order.sort_by_key(|index| (-share(bases[*index]).rem_euclid(total), *index));
    let rest = tax_minor - parts.iter().sum::<i64>();
    for index in order.into_iter().take(usize::try_from(rest).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    fn tax(jurisdiction: Jurisdiction, nets: &[i64]) -> TaxLine {
        let nets: Vec<_> = nets.iter().map(|net| (*net, TaxClass::Standard)).collect();
        assess(jurisdiction, NOW, &nets)[0]
    }

    #[test]
    fn tax_is_rounded_once_per_document() {
        assert_eq!(tax(Jurisdiction::CM, &[100, 100, 100]).tax_minor, 58);
        assert_eq!(tax(Jurisdiction::NG, &[1_000_000, 100_000]).tax_minor, 82_500);
        assert_eq!(tax(Jurisdiction::KE, &[10_050]).tax_minor, 1_608);
        assert_eq!(tax(Jurisdiction::ZA, &[333]).tax_minor, 50);
    }

    #[test]
    fn the_council_part_and_the_principal_sum_to_the_tax() {
        for base in 1..=100_000 {
            let line = tax(Jurisdiction::CM, &[base]);
            assert_eq!(
                line.tax_minor - line.council_minor,
                mul_div_half_up(base, 17_500, RATE_SCALE)
            );
        }
    }

    #[test]
    fn the_time_of_supply_chooses_the_rate() {
        let before = Timestamp::from_ms(1_577_836_800_000);
        assert_eq!(Jurisdiction::NG.rate(TaxClass::Standard, before), 5_000);
        assert_eq!(Jurisdiction::NG.rate(TaxClass::Standard, NOW), 7_500);
        assert_eq!(Jurisdiction::NG.rate(TaxClass::Standard, Timestamp::from_ms(0)), 7_500);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(bases in prop::collection::vec(0_i64..1_000_000, 1..30), rate in 0_i64..30_000) {
            let tax = mul_div_half_up(bases.iter().sum(), rate, RATE_SCALE);
            let parts = allocate(tax, &bases);
            let whole: i64 = parts.iter().sum();
            prop_assert_eq!(whole, if bases.iter().sum::<i64>() > 0 { tax } else { 0 });
        }
    }
}
