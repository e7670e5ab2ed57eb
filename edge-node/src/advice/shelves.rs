//! Two shelves for a customer at the counter: what was bought before and is due again, and what
//! others buy with it. Reads habits and a table it is handed; knows no name and no price.

use std::collections::BTreeMap;

use features::discover::{ARTICLES_MAX, Article, Bought, Table};
use features::reorder::{self, Fare, Habit};
use serde::Serialize;
use shared_model::id::ArticleCode;

use super::history::{Day, History};

/// Articles on one shelf: two rows on a tablet.
pub const SHELF_MAX: usize = 10;

/// How articles fare with all customers of the depot, by code.
pub type Fares = BTreeMap<String, Fare>;

/// An article that is due again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Again {
    pub article: ArticleCode,
    /// Days on which it was ordered.
    pub times: usize,
    pub since_days: i64,
    /// Usual days between two orders of it; none below two.
    pub rhythm_days: Option<i64>,
}

/// An article never bought by this customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discovered {
    pub article: ArticleCode,
    /// What the customer buys that spoke loudest for it; none when popularity did.
    pub because_of: Option<ArticleCode>,
}

/// The likeliest to be ordered again; `open` says whether it can be sold now.
#[must_use]
pub fn again(
    habits: &BTreeMap<ArticleCode, Vec<Day>>,
    fares: &Fares,
    today: Day,
    open: impl Fn(&ArticleCode) -> bool,
) -> Vec<Again> {
    let days: Vec<(&ArticleCode, Vec<f64>)> = habits
        .iter()
        .map(|(article, days)| (article, days.iter().map(|day| exact(*day)).collect()))
        .collect();
    let habits: Vec<Habit<'_>> =
        days.iter().map(|(article, days)| Habit { article: article.as_str(), days }).collect();
    reorder::rank_among(&habits, exact(today), habits.len(), |article| fares.get(article).copied())
        .into_iter()
        .filter_map(|found| {
            Some(Again {
                article: found.article.parse().ok()?,
                times: found.orders,
                since_days: whole(found.since_days),
                rhythm_days: found.rhythm_days.map(whole),
            })
        })
        .filter(|again| open(&again.article))
        .take(SHELF_MAX)
        .collect()
}

/// What others buy with what this customer buys.
#[must_use]
pub fn discovered(
    table: &Table,
    habits: &BTreeMap<ArticleCode, Vec<Day>>,
    open: impl Fn(&ArticleCode) -> bool,
) -> Vec<Discovered> {
    let history: Vec<Bought<'_>> = habits
        .iter()
        .map(|(article, days)| Bought { article: article.as_str(), times: days.len() as f64 })
        .collect();
    let parse = |code: &str| code.parse::<ArticleCode>().ok();
    table
        .suggest(&history, SHELF_MAX, |code| parse(code).is_some_and(|code| open(&code)))
        .into_iter()
        .filter_map(|found| {
            Some(Discovered {
                article: parse(found.article)?,
                because_of: found.because_of.and_then(parse),
            })
        })
        .collect()
}

/// How every article fares with the customers of this depot, as of a day.
#[must_use]
pub fn fares(history: &History, today: Day) -> Fares {
    let customers: Vec<(String, _)> =
        history.customers().map(|(customer, habits)| (customer.to_string(), habits)).collect();
    let orders = customers.iter().flat_map(|(customer, habits)| {
        habits.iter().flat_map(move |(article, days)| {
            days.iter().map(move |day| (customer.as_str(), article.as_str(), exact(*day)))
        })
    });
    let found = reorder::fares(orders, exact(today));
    found.into_iter().map(|(article, fare)| (article.to_owned(), fare)).collect()
}

/// Days looked back for what is popular.
const POPULAR_DAYS: i64 = 90;

/// The depot's own table, without neighbours: what was asked for on most days lately.
#[must_use]
pub fn popular(history: &History, today: Day) -> Table {
    let count = |days: usize| u32::try_from(days).unwrap_or(u32::MAX);
    let articles: Vec<Article> = history
        .articles()
        .into_iter()
        .take(ARTICLES_MAX)
        .map(|code| Article {
            name: code.to_string(),
            support: count(history.days_asked(code, today - POPULAR_DAYS..today + 1)),
            neighbours: Vec::new(),
        })
        .filter(|article| article.support > 0)
        .collect();
    let days = u32::try_from(POPULAR_DAYS).unwrap_or(u32::MAX);
    Table::new(days, articles).expect("codes are unique, in order, and shorter than the limit")
}

#[expect(clippy::cast_precision_loss, reason = "days since 1970")]
const fn exact(day: Day) -> f64 {
    day as f64
}

#[expect(clippy::cast_possible_truncation, reason = "days of a life; a cast of f64 saturates")]
fn whole(days: f64) -> i64 {
    days.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> ArticleCode {
        text.parse().unwrap()
    }

    fn habits() -> BTreeMap<ArticleCode, Vec<Day>> {
        BTreeMap::from([(code("TEA"), vec![86, 93, 100]), (code("SALT"), vec![10])])
    }

    fn table() -> Table {
        let of = |name: &str, neighbours: Vec<(u32, f32)>| Article {
            name: name.into(),
            support: 5,
            neighbours,
        };
        let articles =
            vec![of("MILK", vec![(2, 0.5)]), of("SALT", vec![]), of("TEA", vec![(0, 0.9)])];
        Table::new(10, articles).unwrap()
    }

    #[test]
    fn what_is_bought_often_and_lately_comes_first_and_what_cannot_be_sold_not_at_all() {
        let shelf = again(&habits(), &Fares::new(), 101, |_| true);
        assert_eq!(
            shelf[0],
            Again { article: code("TEA"), times: 3, since_days: 1, rhythm_days: Some(7) }
        );
        assert_eq!(shelf[1].rhythm_days, None);
        assert_eq!(
            again(&habits(), &Fares::new(), 101, |article| article.as_str() != "TEA").len(),
            1
        );
    }

    #[test]
    fn the_other_shelf_holds_only_what_was_never_bought_and_says_why() {
        let shelf = discovered(&table(), &habits(), |_| true);
        assert_eq!(shelf, [Discovered { article: code("MILK"), because_of: Some(code("TEA")) }]);
        assert!(discovered(&table(), &habits(), |_| false).is_empty());
        assert_eq!(discovered(&table(), &BTreeMap::new(), |_| true).len(), 3);
    }
}
