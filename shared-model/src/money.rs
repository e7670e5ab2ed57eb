//! Money as integers in minor units of an ISO 4217 currency. No floating point, ever; overflow is
//! an error, and two currencies never meet in one sum.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

/// ISO 4217 currencies of the entities served.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
pub enum Currency {
    #[n(0)]
    NGN,
    #[n(1)]
    KES,
    #[n(2)]
    ZAR,
    #[n(3)]
    XAF,
}

impl Currency {
    pub const ALL: [Self; 4] = [Self::NGN, Self::KES, Self::ZAR, Self::XAF];

    /// Decimals of the minor unit (ISO 4217: the CFA franc has none).
    #[must_use]
    pub const fn digits(self) -> u32 {
        match self {
            Self::NGN | Self::KES | Self::ZAR => 2,
            Self::XAF => 0,
        }
    }

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NGN => "NGN",
            Self::KES => "KES",
            Self::ZAR => "ZAR",
            Self::XAF => "XAF",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The currency is not one of the four in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a currency in use; remedy: use NGN, KES, ZAR or XAF")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        Self::ALL.into_iter().find(|c| c.code() == text).ok_or(UnknownCurrency)
    }
}

/// Largest amount one command or posting may carry, in minor units: ten thousand million of the
/// major unit. Nine million of them fit into an `i64` balance.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000;

/// An amount that a person or a file states: never negative, never above [`AMOUNT_MINOR_MAX`].
/// The currency is the site's own, which is why none is carried.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Amount(#[n(0)] i64);

impl Amount {
    pub const ZERO: Self = Self(0);

    /// # Errors
    /// [`AmountOutOfRange`] below zero or above [`AMOUNT_MINOR_MAX`].
    pub const fn new(minor: i64) -> Result<Self, AmountOutOfRange> {
        if minor < 0 || minor > AMOUNT_MINOR_MAX {
            return Err(AmountOutOfRange);
        }
        Ok(Self(minor))
    }

    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// # Errors
    /// [`AmountOutOfRange`] when the product leaves the range.
    pub fn times(self, quantity: i64) -> Result<Self, AmountOutOfRange> {
        self.0.checked_mul(quantity).ok_or(AmountOutOfRange).and_then(Self::new)
    }

    /// # Errors
    /// [`AmountOutOfRange`] when the sum leaves the range.
    pub fn plus(self, other: Self) -> Result<Self, AmountOutOfRange> {
        self.0.checked_add(other.0).ok_or(AmountOutOfRange).and_then(Self::new)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(d)?).map_err(de::Error::custom)
    }
}

/// The amount is negative or larger than any this system books at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is out of range; remedy: send whole minor units from 0 to {AMOUNT_MINOR_MAX}")]
pub struct AmountOutOfRange;

/// An amount written for people: `1 234.50 KES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let scale = 10_u64.pow(digits);
        let (major, rest) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        let sign = if self.minor < 0 { "-" } else { "" };
        if digits == 0 {
            write!(f, "{sign}{} {}", grouped(major), self.currency)
        } else {
            let width = digits as usize;
            write!(f, "{sign}{}.{rest:0width$} {}", grouped(major), self.currency)
        }
    }
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// `numerator * factor / divisor`, rounded half away from zero, through `i128`.
///
/// A result beyond `i64` stops at its end: above [`AMOUNT_MINOR_MAX`], and so never booked.
///
/// # Panics
/// When `divisor` is not positive.
#[must_use]
pub fn mul_div_half_up(numerator: i64, factor: i64, divisor: i64) -> i64 {
    assert!(divisor > 0, "a rate has a positive divisor");
    let product = i128::from(numerator) * i128::from(factor);
    let divisor = i128::from(divisor);
    let half = if product < 0 { -divisor } else { divisor };
    let end = if product < 0 { -i64::MAX } else { i64::MAX };
    i64::try_from((product * 2 + half) / (divisor * 2)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_own_decimals() {
        let check = |minor, currency, expect: &str| {
            assert_eq!(Money { minor, currency }.to_string().replace('\u{a0}', " "), expect);
        };
        check(1_182_500, Currency::NGN, "11 825.00 NGN");
        check(-5, Currency::KES, "-0.05 KES");
        check(1_000_000, Currency::XAF, "1 000 000 XAF");
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(mul_div_half_up(5, 1, 10), 1);
        assert_eq!(mul_div_half_up(-5, 1, 10), -1);
        assert_eq!(mul_div_half_up(4, 1, 10), 0);
        assert_eq!(mul_div_half_up(300, 19_250, 100_000), 58);
    }

    #[test]
    fn amounts_stay_in_range() {
        assert!(Amount::new(-1).is_err());
        assert!(Amount::new(AMOUNT_MINOR_MAX + 1).is_err());
        assert!(Amount::new(AMOUNT_MINOR_MAX).unwrap().times(2).is_err());
    }
}
