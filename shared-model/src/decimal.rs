//! Exact decimals as files write them: prices, quantities, rates. Digits only, never a float, since
//! 2.55 has none. Knows no file: a reader names the column and the remedy.

use std::fmt;
use std::str::FromStr;

use crate::money::Currency;

/// Digits before and after the point. Two of these multiplied, in minor units, stay far below `i128`.
const WHOLE_DIGITS_MAX: usize = 9;
const DECIMALS_MAX: usize = 6;

/// `units / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    decimals: u32,
}

impl Decimal {
    /// An optional minus, digits, and optionally a point and digits. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let sound = |part: &str, digits_max: usize| {
            (1..=digits_max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !sound(whole, WHOLE_DIGITS_MAX) || !sound(decimals, DECIMALS_MAX) {
            return None;
        }
        let units = whole
            .bytes()
            .chain(decimals.bytes())
            .fold(0_i128, |units, digit| units * 10 + i128::from(digit - b'0'));
        let units = if negative { -units } else { units };
        Some(Self { units, decimals: u32::try_from(decimals.len()).ok()? })
    }

    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// The whole number that it is: `None` for a fraction.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        let scale = 10_i128.pow(self.decimals);
        if self.units % scale != 0 {
            return None;
        }
        i64::try_from(self.units / scale).ok()
    }
}

/// What one unit of the file's currency is worth in the books'. Greater than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Decimal);

impl Rate {
    /// The file is in the currency of the books.
    pub const ONE: Self = Self(Decimal { units: 1, decimals: 0 });

    /// A price of the file in minor units of the books' currency, rounded once, half up. `None` above
    /// what fits. The price is not negative.
    #[must_use]
    pub fn convert(self, price: Decimal, currency: Currency) -> Option<i64> {
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

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_i128.pow(self.0.decimals);
        let width = usize::try_from(self.0.decimals).unwrap_or(DECIMALS_MAX);
        write!(f, "{}.{:0width$}", self.0.units / scale, self.0.units % scale)
    }
}

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a rate of conversion; remedy: give a number above zero with at most 6 decimals, such as 165.25"
)]
pub struct InvalidRate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1,5",
            "1e3",
            " 1",
            "+1",
            "0x1",
            "1.0000000",
            "NaN",
            "1.2.3",
            "--1",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("2.55"), Some(Decimal { units: 255, decimals: 2 }));
        assert_eq!(Decimal::parse("-11062.06"), Some(Decimal { units: -1_106_206, decimals: 2 }));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let whole = |text: &str| Decimal::parse(text).and_then(Decimal::whole);
        assert_eq!(whole("6.0"), Some(6));
        assert_eq!(whole("-80995.00"), Some(-80_995));
        assert_eq!(whole("6.5"), None);
    }

    #[test]
    fn prices_are_converted_and_rounded_once_half_up() {
        let check = |price: &str, rate: &str, currency, minor| {
            let rate: Rate = rate.parse().unwrap();
            assert_eq!(
                rate.convert(Decimal::parse(price).unwrap(), currency),
                Some(minor),
                "{price}"
            );
        };
        check("2.55", "1", Currency::KES, 255);
        check("2.55", "165.25", Currency::KES, 42_139);
        check("0.001", "1", Currency::KES, 0);
        check("0.005", "1.0", Currency::KES, 1);
        check("0.004999", "1", Currency::KES, 0);
        check("2.55", "770", Currency::XAF, 1_964);
        check("1.00", "655.957", Currency::XAF, 656);
        check("999999999.999999", "0.000001", Currency::NGN, 100_000);
    }

    #[test]
    fn the_largest_product_does_not_overflow() {
        let rate: Rate = "999999999.999999".parse().unwrap();
        assert_eq!(rate.convert(Decimal::parse("999999999.999999").unwrap(), Currency::KES), None);
    }

    #[test]
    fn a_rate_is_above_zero() {
        assert!("0.0".parse::<Rate>().is_err());
        assert!("-1".parse::<Rate>().is_err());
        assert_eq!("165.25".parse::<Rate>().unwrap().to_string(), "165.25");
    }
}
