//! What a customer is likely to order again: how often and how lately, from that customer's own orders,
//! weighed by how an article fares with the depot's other customers. No artefact and no clock: "now" is an
//! argument, in days. Nothing of another customer comes out of it.

use std::collections::{BTreeMap, BTreeSet};

/// Orders lose half their weight in this many days.
pub const HALF_LIFE_DAYS: f64 = 150.0;
/// Orders of one article this close together count as one, days: a forgotten carton is no second wish.
const APART_DAYS: f64 = 7.0;

/// Who bought lately, and who came back, are counted over these days.
const LATELY_DAYS: f64 = 28.0;
const RETURN_DAYS: f64 = 63.0;
/// Customers at the average that every article starts with.
const RETURN_PRIOR: f64 = 5.0;
/// How loudly the crowd speaks: as so many orders of the customer's own if everybody bought it lately, and
/// the power that the share of those who came back is raised to.
const CROWD_ORDERS: f64 = 2.5;
const RETURN_POWER: f64 = 0.3;

/// How an article fares with all customers of a depot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fare {
    /// Share of the lately active customers who bought it lately.
    pub lately: f64,
    /// Of those who bought it longer ago, the share that bought it again.
    pub returned: f64,
}

/// What is taken of an article that nobody else bought.
pub const UNKNOWN_FARE: Fare = Fare { lately: 0.0, returned: 0.1 };

/// One article that a customer bought before, and on which days (any fixed origin).
#[derive(Clone, PartialEq, Debug)]
pub struct Habit<'a> {
    pub article: &'a str,
    /// Days of its orders, in any order.
    pub days: &'a [f64],
}

/// An article to put forward again.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Again<'a> {
    pub article: &'a str,
    pub score: f64,
    /// Orders it was in.
    pub orders: usize,
    /// Days since the last of them.
    pub since_days: f64,
    /// Usual days from one order of it to the next; `None` below two.
    pub rhythm_days: Option<f64>,
}

/// How each article fares, from (customer, article, day) of all orders until `now_day`.
#[must_use]
pub fn fares<'a>(
    orders: impl IntoIterator<Item = (&'a str, &'a str, f64)>,
    now_day: f64,
) -> BTreeMap<&'a str, Fare> {
    let mut active = BTreeSet::new();
    let mut pairs: BTreeMap<(&str, &str), (f64, f64)> = BTreeMap::new();
    for (customer, article, day) in orders {
        let age = now_day - day;
        if !age.is_finite() || age < 0.0 {
            continue;
        }
        if age <= LATELY_DAYS {
            active.insert(customer);
        }
        let (newest, oldest) = pairs.entry((article, customer)).or_insert((age, age));
        (*newest, *oldest) = (newest.min(age), oldest.max(age));
    }
    let mut counts: BTreeMap<&str, [f64; 3]> = BTreeMap::new();
    for ((article, _), (newest, oldest)) in pairs {
        let count = counts.entry(article).or_default();
        let before = oldest > RETURN_DAYS;
        for (sum, holds) in
            count.iter_mut().zip([newest <= LATELY_DAYS, before, before && newest <= RETURN_DAYS])
        {
            *sum += f64::from(u8::from(holds));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "customers of a depot")]
    let active = active.len().max(1) as f64;
    let sum = |at: usize| counts.values().map(|count| count[at]).sum::<f64>();
    let usual = if sum(1) > 0.0 { sum(2) / sum(1) } else { UNKNOWN_FARE.returned };
    let fare = |count: [f64; 3]| Fare {
        lately: count[0] / active,
        returned: RETURN_PRIOR.mul_add(usual, count[2]) / (count[1] + RETURN_PRIOR),
    };
    counts.iter().map(|(article, count)| (*article, fare(*count))).collect()
}

/// At most `count` articles, the likeliest first; equal scores by name. From the customer's own orders alone.
#[must_use]
pub fn rank<'a>(habits: &[Habit<'a>], now_day: f64, count: usize) -> Vec<Again<'a>> {
    rank_among(habits, now_day, count, |_| None)
}

/// As `rank`, with how each article fares with others, looked up in `fares`.
#[must_use]
pub fn rank_among<'a>(
    habits: &[Habit<'a>],
    now_day: f64,
    count: usize,
    fare: impl Fn(&str) -> Option<Fare>,
) -> Vec<Again<'a>> {
    let mut ranked: Vec<Again<'a>> = habits
        .iter()
        .filter_map(|habit| judge(habit, now_day, fare(habit.article).unwrap_or(UNKNOWN_FARE)))
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.article.cmp(b.article)));
    ranked.truncate(count);
    ranked
}

/// Days in the future or that are no numbers count for nothing.
fn judge<'a>(habit: &Habit<'a>, now_day: f64, fare: Fare) -> Option<Again<'a>> {
    let ages = habit.days.iter().map(|day| now_day - day);
    let mut ages: Vec<f64> = ages.filter(|age| age.is_finite() && *age >= 0.0).collect();
    ages.sort_by(f64::total_cmp);
    let (since_days, oldest) = (*ages.first()?, *ages.last()?);
    let mut counted = f64::NEG_INFINITY;
    let mut own = 0.0;
    for age in &ages {
        if age - counted >= APART_DAYS {
            counted = *age;
            own += (-age / HALF_LIFE_DAYS).exp2();
        }
    }
    let score = CROWD_ORDERS.mul_add(fare.lately, own) * fare.returned.powf(RETURN_POWER);
    #[expect(clippy::cast_precision_loss, reason = "orders of one customer")]
    let rhythm_days = (ages.len() > 1).then(|| (oldest - since_days) / (ages.len() - 1) as f64);
    Some(Again { article: habit.article, score, orders: ages.len(), since_days, rhythm_days })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(habits: &[(&str, &[f64])], expect: &[&str]) {
        let habits: Vec<_> =
            habits.iter().map(|&(article, days)| Habit { article, days }).collect();
        let got: Vec<_> = rank(&habits, 100.0, 2).into_iter().map(|again| again.article).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn often_and_lately_comes_first() {
        check(&[("oil", &[99.0]), ("flour", &[99.0, 90.0]), ("salt", &[1.0])], &["flour", "oil"]);
        check(&[("b", &[50.0]), ("a", &[50.0])], &["a", "b"]);
    }

    #[test]
    fn the_future_and_no_numbers_count_for_nothing() {
        check(&[("oil", &[101.0, f64::NAN]), ("salt", &[])], &[]);
    }

    #[test]
    fn rhythm_is_days_between_orders() {
        let habits = [Habit { article: "oil", days: &[70.0, 90.0, 80.0] }];
        let again = rank(&habits, 95.0, 1)[0];
        assert_eq!((again.orders, again.since_days, again.rhythm_days), (3, 5.0, Some(10.0)));
    }

    #[test]
    fn what_others_come_back_for_goes_before() {
        let orders = [
            ("ann", "oil", 10.0),
            ("ann", "oil", 90.0),
            ("ben", "oil", 95.0),
            ("ann", "salt", 10.0),
            ("ben", "salt", 101.0),
            ("ben", "salt", f64::NAN),
        ];
        let fares = fares(orders, 100.0);
        assert_eq!(fares["oil"].lately, 1.0);
        assert_eq!(fares["salt"].lately, 0.0);
        assert!(fares["oil"].returned > fares["salt"].returned);
        let habits =
            [Habit { article: "salt", days: &[99.0] }, Habit { article: "oil", days: &[99.0] }];
        let first = rank_among(&habits, 100.0, 1, |article| fares.get(article).copied())[0];
        assert_eq!(first.article, "oil");
    }

    #[test]
    fn two_orders_in_a_week_are_one_wish() {
        let twice = Habit { article: "oil", days: &[99.0, 95.0] };
        let once = Habit { article: "salt", days: &[99.0] };
        let ranked = rank(&[twice, once], 100.0, 2);
        assert_eq!(ranked[0].score, ranked[1].score);
        assert_eq!(ranked[0].orders, 2);
    }
}
