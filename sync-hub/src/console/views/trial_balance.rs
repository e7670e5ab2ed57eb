//! `/api/v1/trial-balance`: the region's books, currency by currency. Each must close at zero.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::ledger::Account;
use shared_model::money::Currency;
use shared_model::records::Balance;

use super::{SITE_OF_AUTHOR, reading};
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::{HubStore, StoreError};

/// The books are shown whole: nothing can be asked of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {}

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    currencies: Vec<CurrencyTrial>,
}

/// The books in one currency.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct CurrencyTrial {
    pub currency: Currency,
    pub accounts: Vec<TrialAccount>,
    pub debit_minor: i64,
    pub credit_minor: i64,
    /// Zero, or somebody must look.
    pub difference_minor: i64,
}

/// One account of one site.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct TrialAccount {
    pub account: String,
    pub site: String,
    pub debit_minor: i64,
    pub credit_minor: i64,
}

pub(super) async fn show(
    _: SignedIn,
    State(console): State<Console>,
    Query(Asked {}): Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let currencies = trial_balance(&console.store).await?;
    Ok(Json(Answer { currencies }))
}

/// The books of all sites and of the hub, by one look at the database.
///
/// # Errors
/// When the database fails.
pub async fn trial_balance(store: &HubStore) -> Result<Vec<CurrencyTrial>, StoreError> {
    let client = store.client().await?;
    let sql = format!(
        "SELECT b.key, {SITE_OF_AUTHOR}, b.body
         FROM balances b LEFT JOIN node n ON n.node = b.author
         WHERE split_part(b.key, '|', 2) = ANY($1)"
    );
    let statement = client.prepare_cached(&sql).await?;
    let units: Vec<&str> = Currency::ALL.iter().map(|currency| currency.code()).collect();
    let rows = client.query(&statement, &[&units]).await?;
    let mut books = Books::default();
    for row in &rows {
        let balance: Balance = reading::body(row, 2)?;
        books.add(row.get(0), row.get(1), balance.0);
    }
    Ok(books.close())
}

/// Sums by currency, account and site.
#[derive(Default)]
struct Books(BTreeMap<Currency, BTreeMap<(String, String), i128>>);

impl Books {
    fn add(&mut self, key: &str, site: &str, balance: i64) {
        let Some((account, currency)) = money_account(key) else {
            return;
        };
        let accounts = self.0.entry(currency).or_default();
        let sum = accounts.entry((account.to_owned(), site.to_owned()));
        *sum.or_default() += i128::from(balance);
    }

    fn close(self) -> Vec<CurrencyTrial> {
        let of_currency = |(currency, accounts): (Currency, BTreeMap<_, i128>)| {
            let debit: i128 = accounts.values().map(|sum| (*sum).max(0)).sum();
            let credit: i128 = accounts.values().map(|sum| (-*sum).max(0)).sum();
            let account = |((account, site), sum): ((String, String), i128)| TrialAccount {
                account,
                site,
                debit_minor: shown(sum.max(0)),
                credit_minor: shown((-sum).max(0)),
            };
            let moved = accounts.into_iter().filter(|(_, sum)| *sum != 0);
            CurrencyTrial {
                currency,
                accounts: moved.map(account).collect(),
                debit_minor: shown(debit),
                credit_minor: shown(credit),
                difference_minor: shown(debit - credit),
            }
        };
        self.0.into_iter().map(of_currency).collect()
    }
}

/// Far below the bound in any honest books; a hostile sum must not fail.
fn shown(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// Accounts of goods. An article may be called like a currency.
const GOODS: [&str; 7] = [
    Account::Supplier.code(),
    "bin",
    Account::Staging.code(),
    "with-rider",
    Account::Customer.code(),
    Account::Quarantine.code(),
    Account::CountVariance.code(),
];

/// The account's code and the currency, out of a balance's key; none when it counts goods.
fn money_account(key: &str) -> Option<(&str, Currency)> {
    let (account, unit) = key.split_once('|')?;
    let code = account.split_once('/').map_or(account, |(code, _)| code);
    let currency = unit.parse().ok()?;
    (!GOODS.contains(&code)).then_some((code, currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_model::id::RiderId;
    use shared_model::ledger::Unit;
    use shared_model::records::keys;

    fn key(account: &Account, unit: &Unit) -> String {
        keys::balance(account, unit)
    }

    #[test]
    fn goods_stay_out_even_of_an_article_called_like_a_currency() {
        let goods = Unit::Goods("KES".parse().unwrap());
        let money = Unit::Money(Currency::KES);
        let rider = RiderId::new(uuid::Uuid::nil());
        for account in [
            Account::Supplier,
            Account::Bin("A/1".parse().unwrap()),
            Account::Staging,
            Account::WithRider(rider),
            Account::Customer,
            Account::Quarantine,
            Account::CountVariance,
        ] {
            assert_eq!(money_account(&key(&account, &goods)), None, "{account}");
        }
        let custody = key(&Account::RiderCustody(rider), &money);
        assert_eq!(money_account(&custody), Some(("rider-custody", Currency::KES)));
        let stock = key(&Account::StockValue("A 1/2".parse().unwrap()), &money);
        assert_eq!(money_account(&stock), Some(("stock", Currency::KES)));
        assert_eq!(money_account("till"), None);
        assert_eq!(money_account("till|EUR"), None);
    }

    #[test]
    fn books_close_by_currency_and_keep_sites_apart() {
        let mut books = Books::default();
        books.add("till|KES", "NBO-1", 500);
        books.add("stock/A|KES", "NBO-1", 70);
        books.add("stock/B|KES", "NBO-1", -70);
        books.add("sales|KES", "NBO-1", -500);
        books.add("till|XAF", "DLA-1", 3);
        let closed = books.close();
        assert_eq!(closed.len(), 2);
        assert_eq!((closed[0].debit_minor, closed[0].difference_minor), (500, 0));
        assert_eq!(closed[0].accounts.len(), 2, "what sums to zero is left out");
        assert_eq!(closed[1].difference_minor, 3);
        assert_eq!(shown(i128::MAX), i64::MAX);
    }
}
