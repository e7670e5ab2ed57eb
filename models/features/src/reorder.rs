//! What a customer is likely to order again: how often, and how lately, from that customer's own orders.
//! No artefact, no other customer, no clock: "now" is an argument, in days.

/// Purchases lose half their weight in this many days.
pub const HALF_LIFE_DAYS: f64 = 120.0;

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

/// At most `count` articles, the likeliest first; equal scores by name.
#[must_use]
pub fn rank<'a>(habits: &[Habit<'a>], now_day: f64, count: usize) -> Vec<Again<'a>> {
    let mut ranked: Vec<Again<'a>> =
        habits.iter().filter_map(|habit| judge(habit, now_day)).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.article.cmp(b.article)));
    ranked.truncate(count);
    ranked
}

/// Days in the future or that are no numbers count for nothing.
fn judge<'a>(habit: &Habit<'a>, now_day: f64) -> Option<Again<'a>> {
    let mut ages: Vec<f64> = habit
        .days
        .iter()
        .map(|day| now_day - day)
        .filter(|age| age.is_finite() && *age >= 0.0)
        .collect();
    ages.sort_by(f64::total_cmp);
    let (since_days, oldest) = (*ages.first()?, *ages.last()?);
    let score = ages.iter().map(|age| (-age / HALF_LIFE_DAYS).exp2()).sum();
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
        let again = rank(&[Habit { article: "oil", days: &[70.0, 90.0, 80.0] }], 95.0, 1)[0];
        assert_eq!((again.orders, again.since_days, again.rhythm_days), (3, 5.0, Some(10.0)));
    }
}
