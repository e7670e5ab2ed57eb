//! The total of a basket.

use super::error::Error;
use crate::money::AMOUNT_MINOR_MAX;
use crate::tax::{Jurisdiction, TaxClass, TaxLine, assess};
use crate::time::Timestamp;

/// One priced line of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    pub quantity: i64,
    pub unit_price_minor: i64,
    pub tax_class: TaxClass,
}

/// What a basket costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Net of all lines, without the delivery fee.
    pub net_minor: i64,
    pub fee_minor: i64,
    pub tax: Vec<TaxLine>,
    pub tax_minor: i64,
    pub total_minor: i64,
}

/// Prices a basket. The delivery fee is taxed at the standard rate.
///
/// # Errors
/// [`Error::TotalTooLarge`] when the total leaves the bookable range.
pub fn quote(
    jurisdiction: Jurisdiction,
    supplied: Timestamp,
    lines: &[PricedLine],
    fee_minor: i64,
) -> Result<Quote, Error> {
    let mut nets = Vec::with_capacity(lines.len() + 1);
    let mut net_minor: i64 = 0;
    for line in lines {
        let net = line.unit_price_minor.checked_mul(line.quantity).ok_or(Error::TotalTooLarge)?;
        net_minor = net_minor.checked_add(net).ok_or(Error::TotalTooLarge)?;
        nets.push((net, line.tax_class));
    }
    if net_minor.saturating_add(fee_minor) > AMOUNT_MINOR_MAX / 2 {
        return Err(Error::TotalTooLarge);
    }
    if fee_minor > 0 {
        nets.push((fee_minor, TaxClass::Standard));
    }
    let tax = assess(jurisdiction, supplied, &nets);
    let tax_minor = tax.iter().map(|line| line.tax_minor).sum();
    Ok(Quote {
        net_minor,
        fee_minor,
        tax,
        tax_minor,
        total_minor: net_minor + fee_minor + tax_minor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_order_totals_to_the_kobo() {
        let line =
            PricedLine { quantity: 4, unit_price_minor: 250_000, tax_class: TaxClass::Standard };
        let now = Timestamp::from_ms(1_790_000_000_000);
        let quote = quote(Jurisdiction::NG, now, &[line], 100_000).unwrap();
        assert_eq!(
            (quote.net_minor, quote.tax_minor, quote.total_minor),
            (1_000_000, 82_500, 1_182_500)
        );
    }
}
