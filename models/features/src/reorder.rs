//! What a customer is likely to order again: how often and how lately, from that customer's own orders,
//! weighed by how an article fares with the depot's other customers. No artefact and no clock: "now" is an
//! argument, in days. Nothing of another customer comes out of it.

use std::collections::{BTreeMap, BTreeSet};

/// An order loses half its weight in this many days, and in this many of the customer's own order days: who
/// orders seldom forgets slowly. What counts is the mean of both.
pub const HALF_LIFE_DAYS: f64 = 150.0;
const HALF_LIFE_ORDER_DAYS: f64 = 50.0;
/// Orders of one article this close together count as one, days: a forgotten carton is no second wish.
const APART_DAYS: f64 = 7.0;

/// Who bought lately, who did so of late before that, and who came back, are counted over these days.
const LATELY_DAYS: f64 = 28.0;
const OF_LATE_DAYS: f64 = 56.0;
const RETURN_DAYS: f64 = 63.0;
/// Customers at the average that every article starts with.
const RETURN_PRIOR: f64 = 5.0;
const USUAL_PRIOR: f64 = 10.0;
/// How loudly the crowd speaks, in orders of the customer's own: if everybody bought it lately, and for each
/// order that its buyers usually have.
const LATELY_ORDERS: f64 = 1.0;
const USUAL_ORDERS: f64 = 0.4;
/// Powers that the share of those who came back, and the trend, are raised to.
const RETURN_POWER: f64 = 0.2;
const TREND_POWER: f64 = 0.1;
const TREND_MIN: f64 = 0.3;
const TREND_MAX: f64 = 3.0;

/// Of a logistic regression on whether it is ordered within nine weeks, fitted on weeks before those it is
/// measured on (`EVALUATION.md`), over the weight of the first term: what is long ago and what an active
/// customer has says less, and what is twice overdue was given up.
const WEIGHT_MIN: f64 = 0.001;
const WEIGHT_GRAIN: f64 = 0.02;
const SINCE_SHARE: f64 = 0.064;
const SINCE_GRAIN_DAYS: f64 = 5.0;
const ACTIVE_SHARE: f64 = 0.068;
const OVERDUE_SHARE: f64 = 0.059;
const OVERDUE_RHYTHMS: f64 = 2.0;
const OVERDUE_RHYTHMS_MAX: f64 = 8.0;

/// How an article fares with all customers of a depot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fare {
    /// Share of the lately active customers who bought it lately.
    pub lately: f64,
    /// Of those who bought it longer ago, the share that bought it again.
    pub returned: f64,
    /// Orders that its buyers have of it, the older ones weighing less.
    pub usual: f64,
    /// Share of the customers of four weeks who bought it, over that of eight weeks; 0.3 to 3.
    pub trend: f64,
}

/// What is taken of an article that nobody else bought.
pub const UNKNOWN_FARE: Fare = Fare { lately: 0.0, returned: 0.1, usual: 1.0, trend: 1.0 };

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
    /// Larger is likelier; says nothing across customers.
    pub score: f64,
    /// Orders it was in.
    pub orders: usize,
    /// Days since the last of them.
    pub since_days: f64,
    /// Usual days from one order of it to the next; `None` below two.
    pub rhythm_days: Option<f64>,
}

/// Sums over an article's buyers.
#[derive(Default)]
struct Buyers {
    all: f64,
    lately: f64,
    of_late: f64,
    before: f64,
    returned: f64,
    orders: f64,
}

/// How each article fares, from (customer, article, day) of all orders until `now_day`.
#[must_use]
pub fn fares<'a>(
    orders: impl IntoIterator<Item = (&'a str, &'a str, f64)>,
    now_day: f64,
) -> BTreeMap<&'a str, Fare> {
    let (mut lately, mut of_late) = (BTreeSet::new(), BTreeSet::new());
    let mut pairs: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for (customer, article, day) in orders {
        let Some(age) = age_of(day, now_day) else { continue };
        for (active, within) in [(&mut lately, LATELY_DAYS), (&mut of_late, OF_LATE_DAYS)] {
            if age <= within {
                active.insert(customer);
            }
        }
        pairs.entry((article, customer)).or_default().push(age);
    }
    let mut articles: BTreeMap<&str, Buyers> = BTreeMap::new();
    for ((article, _), mut ages) in pairs {
        ages.sort_by(f64::total_cmp);
        articles.entry(article).or_default().add(&ages);
    }
    let sum = |of: fn(&Buyers) -> f64| articles.values().map(of).sum::<f64>();
    let (all, before) = (sum(|buyers| buyers.all), sum(|buyers| buyers.before));
    let usual = if all > 0.0 { sum(|buyers| buyers.orders) / all } else { UNKNOWN_FARE.usual };
    let back = sum(|buyers| buyers.returned);
    let back = if before > 0.0 { back / before } else { UNKNOWN_FARE.returned };
    let share = |count: f64, active: &BTreeSet<&str>| {
        #[expect(clippy::cast_precision_loss, reason = "customers of a depot")]
        let active = active.len().max(1) as f64;
        count / active
    };
    let fare = |buyers: &Buyers| {
        let (now, then) = (share(buyers.lately, &lately), share(buyers.of_late, &of_late));
        Fare {
            lately: now,
            returned: RETURN_PRIOR.mul_add(back, buyers.returned) / (buyers.before + RETURN_PRIOR),
            usual: USUAL_PRIOR.mul_add(usual, buyers.orders) / (buyers.all + USUAL_PRIOR),
            trend: (now / then.max(1e-4)).clamp(TREND_MIN, TREND_MAX),
        }
    };
    articles.iter().map(|(article, buyers)| (*article, fare(buyers))).collect()
}

impl Buyers {
    /// `ages` are of one buyer, the youngest first.
    fn add(&mut self, ages: &[f64]) {
        let Some((newest, oldest)) = ages.first().zip(ages.last()) else { return };
        let before = *oldest > RETURN_DAYS;
        for (sum, holds) in [
            (&mut self.all, true),
            (&mut self.lately, *newest <= LATELY_DAYS),
            (&mut self.of_late, *newest <= OF_LATE_DAYS),
            (&mut self.before, before),
            (&mut self.returned, before && *newest <= RETURN_DAYS),
        ] {
            *sum += f64::from(u8::from(holds));
        }
        self.orders += apart(ages).map(|age| halved(age, HALF_LIFE_DAYS)).sum::<f64>();
    }
}

/// At most `count` articles, the likeliest first; equal scores by name. From the customer's own orders alone.
#[must_use]
pub fn rank<'a>(habits: &[Habit<'a>], now_day: f64, count: usize) -> Vec<Again<'a>> {
    rank_among(habits, now_day, count, |_| None)
}

/// As `rank`, with how each article fares with others, looked up in `fares`. `habits` are all that the
/// customer ever ordered: how active somebody is counts too.
#[must_use]
pub fn rank_among<'a>(
    habits: &[Habit<'a>],
    now_day: f64,
    count: usize,
    fare: impl Fn(&str) -> Option<Fare>,
) -> Vec<Again<'a>> {
    let aged: Vec<(&'a str, Vec<f64>)> = habits
        .iter()
        .map(|habit| {
            let ages = habit.days.iter().filter_map(|day| age_of(*day, now_day));
            let mut ages: Vec<f64> = ages.collect();
            ages.sort_by(f64::total_cmp);
            (habit.article, ages)
        })
        .collect();
    let customer = Customer::of(&aged);
    let mut ranked: Vec<Again<'a>> = aged
        .iter()
        .filter_map(|(article, ages)| {
            customer.judge(article, ages, fare(article).unwrap_or(UNKNOWN_FARE))
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.article.cmp(b.article)));
    ranked.truncate(count);
    ranked
}

/// What one customer's orders are measured against.
struct Customer {
    /// Ages of the days with any order, the youngest first, each once.
    days: Vec<f64>,
    /// Orders of all articles, the older ones weighing less.
    orders: f64,
}

impl Customer {
    fn of(aged: &[(&str, Vec<f64>)]) -> Self {
        let mut days: Vec<f64> = aged.iter().flat_map(|(_, ages)| ages).copied().collect();
        days.sort_by(f64::total_cmp);
        days.dedup();
        let of_article =
            |ages: &[f64]| apart(ages).map(|age| halved(age, HALF_LIFE_DAYS)).sum::<f64>();
        Self { days, orders: aged.iter().map(|(_, ages)| of_article(ages)).sum() }
    }

    /// `ages` are the article's, the youngest first; none is nothing to judge.
    fn judge<'a>(&self, article: &'a str, ages: &[f64], fare: Fare) -> Option<Again<'a>> {
        let (since_days, oldest) = (*ages.first()?, *ages.last()?);
        let (mut own, mut orders) = (0.0, 0.0);
        for age in apart(ages) {
            let since = self.days.partition_point(|day| *day < age);
            #[expect(clippy::cast_precision_loss, reason = "order days of one customer")]
            let since = since as f64;
            own += 0.5 * (halved(age, HALF_LIFE_DAYS) + halved(since, HALF_LIFE_ORDER_DAYS));
            orders += 1.0;
        }
        let rhythm = |orders: f64| (orders > 1.0).then(|| (oldest - since_days) / (orders - 1.0));
        let crowd = LATELY_ORDERS.mul_add(fare.lately, USUAL_ORDERS * (fare.usual - 1.0));
        let weight = (own + crowd).max(WEIGHT_MIN)
            * fare.returned.powf(RETURN_POWER)
            * fare.trend.powf(TREND_POWER);
        let fades = SINCE_SHARE
            .mul_add((since_days + SINCE_GRAIN_DAYS).ln(), ACTIVE_SHARE * self.orders.ln_1p());
        let overdue = rhythm(orders).map_or(0.0, |days| {
            let rhythms = (since_days / days).min(OVERDUE_RHYTHMS_MAX);
            (rhythms / OVERDUE_RHYTHMS).ln().max(0.0)
        });
        let score = (weight + WEIGHT_GRAIN).ln() * (1.0 - fades) - OVERDUE_SHARE * overdue;
        #[expect(clippy::cast_precision_loss, reason = "orders of one customer")]
        let all = ages.len() as f64;
        Some(Again { article, score, orders: ages.len(), since_days, rhythm_days: rhythm(all) })
    }
}

/// Days in the future or that are no numbers count for nothing.
fn age_of(day: f64, now_day: f64) -> Option<f64> {
    let age = now_day - day;
    (age.is_finite() && age >= 0.0).then_some(age)
}

/// Of ages, the youngest first, those that are no second order of the one before.
fn apart(ages: &[f64]) -> impl Iterator<Item = f64> {
    let mut counted = f64::NEG_INFINITY;
    ages.iter().copied().filter(move |age| {
        let counts = age - counted >= APART_DAYS;
        if counts {
            counted = *age;
        }
        counts
    })
}

fn halved(age: f64, half_life: f64) -> f64 {
    (-age / half_life).exp2()
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
    fn what_is_long_overdue_was_given_up() {
        // The last order of both is as long ago; seven rhythms of the one, two of the other.
        check(&[("oil", &[50.0, 43.0]), ("salt", &[50.0, 25.0])], &["salt", "oil"]);
        check(&[("oil", &[90.0, 83.0]), ("salt", &[90.0, 65.0])], &["oil", "salt"]);
    }

    #[test]
    fn a_shop_that_orders_seldom_forgets_slowly() {
        let busy: Vec<f64> = (0..300).map(f64::from).collect();
        let oil = Habit { article: "oil", days: &[150.0] };
        let own = |others: &[f64]| {
            let milk = Habit { article: "milk", days: others };
            let ranked = rank(&[oil.clone(), milk], 300.0, 2);
            ranked.iter().find(|again| again.article == "oil").unwrap().score
        };
        assert!(own(&[299.0]) > own(&busy));
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
