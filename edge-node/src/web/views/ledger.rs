//! `GET /api/v1/trial-balance`: the depot's own books, account by account. They close at zero, or
//! somebody must look.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::money::Currency;
use shared_model::records::Balance;

use super::reading::{Reading, read};
use crate::identity::SignedIn;
use crate::store::{StoreError, records_beginning};
use crate::web::app::App;
use crate::web::body::Json;
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/trial-balance", get(show))
}

#[derive(Debug, Serialize)]
struct TrialBalance {
    currency: Currency,
    accounts: Vec<AccountShown>,
    debit_minor: i64,
    credit_minor: i64,
    difference_minor: i64,
}

#[derive(Debug, Serialize)]
struct AccountShown {
    account: String,
    debit_minor: i64,
    credit_minor: i64,
}

async fn show(State(app): State<App>, _: SignedIn) -> Result<Json<TrialBalance>, Problem> {
    read(&app, |reading| trial_balance(reading)).await
}

fn trial_balance(reading: &Reading<'_>) -> Result<TrialBalance, StoreError> {
    let currency = reading.site.currency;
    let mut groups: BTreeMap<String, i128> = BTreeMap::new();
    for (key, balance) in records_beginning::<Balance>(reading.db, reading.me(), "")? {
        if let Some(account) = account_in(&key, currency) {
            *groups.entry(account.to_owned()).or_default() += i128::from(balance.0);
        }
    }
    let sum = |side: fn(i128) -> i128| groups.values().map(|balance| side(*balance)).sum::<i128>();
    let (debit, credit) = (sum(debit_side), sum(credit_side));
    Ok(TrialBalance {
        currency,
        debit_minor: narrow(debit),
        credit_minor: narrow(credit),
        difference_minor: narrow(debit - credit),
        accounts: groups
            .into_iter()
            .filter(|(_, balance)| *balance != 0)
            .map(|(account, balance)| AccountShown {
                account,
                debit_minor: narrow(debit_side(balance)),
                credit_minor: narrow(credit_side(balance)),
            })
            .collect(),
    })
}

/// The account of a balance's key (`rider-custody/<rider>|KES`) without whose it is; none when it
/// counts goods or another money.
fn account_in(key: &str, currency: Currency) -> Option<&str> {
    let (account, unit) = key.rsplit_once('|')?;
    (unit == currency.code()).then(|| account.split_once('/').map_or(account, |(code, _)| code))
}

fn debit_side(balance: i128) -> i128 {
    balance.max(0)
}

fn credit_side(balance: i128) -> i128 {
    (-balance).max(0)
}

/// What a page can show. A sum beyond it is far beyond any depot's books.
fn narrow(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_and_other_money_are_no_accounts_of_the_trial_balance() {
        for (key, account) in [
            ("till|KES", Some("till")),
            ("stock/A/1|KES", Some("stock")),
            ("rider-custody/0190b8a0-7c3e-7000-8000-000000000001|KES", Some("rider-custody")),
            ("till|XAF", None),
            ("bin/A-01|85123A", None),
            ("nonsense", None),
        ] {
            assert_eq!(account_in(key, Currency::KES), account, "{key}");
        }
    }
}
