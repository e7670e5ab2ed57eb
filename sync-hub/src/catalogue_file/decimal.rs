//! Exact decimals as files write them, and the rate that turns a price into minor units. Digits
//! only, never a float, since 2.55 has none.

use std::str::FromStr;

use shared_model::money::Currency;

/// Digits before and after the point: two of these multiplied stay far below `i128`.
const WHOLE_DIGITS_MAX: usize = 9;
const DECIMALS_MAX: usize = 6;

/// `units / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    units: i128,
    decimals: u32,
}

impl Decimal {
    /// An optional minus, digits, and optionally a point and digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let sound = |part: &str, digits_max: usize| {
            (1..=digits_max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !sound(whole, WHOLE_DIGITS_MAX) || !sound(decimals, DECIMALS_MAX) {
            return None;
        }
        let units: i128 = format!("{whole}{decimals}").parse().ok()?;
        let decimals = u32::try_from(decimals.len()).ok()?;
        Some(Self { units: sign * units, decimals })
    }

    pub(super) const fn is_negative(self) -> bool {
        self.units < 0
    }

    pub(super) const fn is_zero(self) -> bool {
        self.units == 0
    }
}

/// What one unit of the file's currency is worth in the published one. Greater than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Decimal);

impl Rate {
    /// The file is in the published currency.
    pub const ONE: Self = Self(Decimal { units: 1, decimals: 0 });

    /// A price that is not negative, in minor units, rounded once, half up.
    pub(super) fn convert(self, price: Decimal, currency: Currency) -> Option<i64> {
        let product = price.units * self.0.units * 10_i128.pow(currency.digits());
        let scale = 10_i128.pow(price.decimals + self.0.decimals);
        i64::try_from((product * 2 + scale) / (scale * 2)).ok()
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;
    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let rate = Decimal::parse(text).ok_or(InvalidRate)?;
        if rate.is_negative() || rate.is_zero() { Err(InvalidRate) } else { Ok(Self(rate)) }
    }
}

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no rate; remedy: give a number above zero with at most 6 decimals, such as 165.25")]
pub struct InvalidRate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_converted_exactly_and_rounded_once() {
        let minor = |price: &str, rate: &str, currency| {
            rate.parse::<Rate>().unwrap().convert(Decimal::parse(price).unwrap(), currency)
        };
        assert_eq!(minor("2.55", "1", Currency::KES), Some(255));
        assert_eq!(minor("0.005", "1", Currency::KES), Some(1));
        assert_eq!(minor("0.0049", "1", Currency::KES), Some(0));
        assert_eq!(minor("1.00", "655.957", Currency::XAF), Some(656));
    }

    #[test]
    fn only_plain_numbers_are_taken() {
        for bad in ["", "-", ".5", "5.", "1e3", "1,5", "+1", " 1", "0", "-1", "1.2345678", "NaN"] {
            assert_eq!(bad.parse::<Rate>(), Err(InvalidRate), "{bad}");
        }
    }
}
