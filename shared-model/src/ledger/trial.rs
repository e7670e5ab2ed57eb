//! The trial balance: per currency and account, what stands on which side. It must close at zero.

use std::collections::BTreeMap;

use super::account::{Account, Unit};
use crate::money::Currency;

/// One account of the trial balance, grouped by [`Account::code`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialLine {
    pub currency: Currency,
    pub account: &'static str,
    pub debit_minor: i128,
    pub credit_minor: i128,
}

/// Sums balances into a trial balance.
#[derive(Debug, Default)]
pub struct TrialBalance {
    balances: BTreeMap<(Currency, &'static str), i128>,
}

impl TrialBalance {
    /// Adds one account's balance (debit positive). Goods are passed over.
    pub fn add(&mut self, account: &Account, unit: &Unit, balance: i64) {
        if let Unit::Money(currency) = unit {
            *self.balances.entry((*currency, account.code())).or_default() += i128::from(balance);
        }
    }

    #[must_use]
    pub fn lines(&self) -> Vec<TrialLine> {
        self.balances
            .iter()
            .filter(|(_, balance)| **balance != 0)
            .map(|((currency, account), balance)| TrialLine {
                currency: *currency,
                account,
                debit_minor: (*balance).max(0),
                credit_minor: (-*balance).max(0),
            })
            .collect()
    }

    /// Debits less credits: zero, or somebody must look.
    #[must_use]
    pub fn difference(&self, currency: Currency) -> i128 {
        self.balances.iter().filter(|((c, _), _)| *c == currency).map(|(_, b)| b).sum()
    }
}
