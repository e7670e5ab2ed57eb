//! A posting moves one amount from one account to another, so a sum that does not balance cannot
//! be written down. Model: TigerBeetle's transfers.

use minicbor::{Decode, Encode};

use super::account::{Account, Nature, Unit};
use crate::money::AMOUNT_MINOR_MAX;

/// `amount` of `unit` from `credit` to `debit`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Posting {
    #[n(0)]
    pub debit: Account,
    #[n(1)]
    pub credit: Account,
    #[n(2)]
    pub unit: Unit,
    /// Minor units or base units; at least 1.
    #[n(3)]
    pub amount: i64,
}

impl Posting {
    /// A posting of money, or `None` when there is nothing to move.
    #[must_use]
    pub fn money(
        debit: Account,
        credit: Account,
        currency: crate::money::Currency,
        minor: i64,
    ) -> Option<Self> {
        (minor != 0).then(|| {
            let (debit, credit) = if minor > 0 { (debit, credit) } else { (credit, debit) };
            Self { debit, credit, unit: Unit::Money(currency), amount: minor.abs() }
        })
    }

    /// Goods from `from` to `to`, or `None` when there is nothing to move.
    #[must_use]
    pub fn goods(
        to: Account,
        from: Account,
        article: &crate::id::ArticleCode,
        units: i64,
    ) -> Option<Self> {
        (units != 0).then(|| {
            let (debit, credit) = if units > 0 { (to, from) } else { (from, to) };
            Self { debit, credit, unit: Unit::Goods(article.clone()), amount: units.abs() }
        })
    }

    /// # Errors
    /// [`InvalidPosting`] when the amount is out of range or an account cannot hold the unit.
    pub fn check(&self) -> Result<(), InvalidPosting> {
        if !(1..=AMOUNT_MINOR_MAX).contains(&self.amount) {
            return Err(InvalidPosting::AmountOutOfRange { amount: self.amount });
        }
        let nature = match self.unit {
            Unit::Money(_) => Nature::Money,
            Unit::Goods(_) => Nature::Goods,
        };
        if self.debit.nature() != nature || self.credit.nature() != nature {
            return Err(InvalidPosting::WrongUnit);
        }
        if self.debit == self.credit {
            return Err(InvalidPosting::SameAccount);
        }
        Ok(())
    }
}

/// Why a posting from elsewhere is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPosting {
    #[error("the amount {amount} is out of range")]
    AmountOutOfRange { amount: i64 },
    #[error("goods on a money account or money on a goods account")]
    WrongUnit,
    #[error("both sides are the same account")]
    SameAccount,
}
