//! Demand of every article for the coming periods: rows from the history, numbers from whoever
//! answers for `demand`. Runs no model itself.

use std::collections::BTreeMap;

use features::demand::{self, Forecast, HORIZONS, OUTPUTS, Period, Series, WIDTH};
use serde::Serialize;
use shared_model::id::ArticleCode;
use shared_model::time::Timestamp;

use super::history::{Day, History, PERIOD_DAYS};

/// Who made a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum By {
    Model {
        id: String,
        version: u64,
    },
    /// The formula, and why no model answered.
    Baseline {
        name: String,
        reason: String,
    },
}

/// One day's forecasts.
#[derive(Debug, Clone)]
pub struct Forecasts {
    pub day: Day,
    pub by: By,
    pub of: BTreeMap<ArticleCode, [Forecast; HORIZONS]>,
}

/// What is asked of a model: a row for each article, in order.
#[derive(Debug)]
pub struct Question {
    day: Day,
    articles: Vec<(ArticleCode, Vec<Period>)>,
    pub rows: Vec<[f32; WIDTH]>,
}

/// What a finished period really asked for, to be told to whoever forecast it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub subject: String,
    /// Demand over the level of that day: what the model's first output says.
    pub ratio: f32,
}

impl Question {
    /// Rows of all articles that have whole periods behind them.
    #[must_use]
    pub fn of(history: &History, day: Day, now: Timestamp) -> Self {
        let articles: Vec<(ArticleCode, Vec<Period>)> = history
            .articles()
            .into_iter()
            .map(|code| (code.clone(), history.periods(code, day, now)))
            .filter(|(_, periods)| !periods.is_empty())
            .collect();
        let site_trend = demand::trend(articles.iter().map(|(_, periods)| periods.as_slice()));
        let rows = articles
            .iter()
            .map(|(_, periods)| {
                demand::row(&Series {
                    periods,
                    next_season: Some(season(day)),
                    site_trend,
                    article_trend: None,
                })
            })
            .collect();
        Self { day, articles, rows }
    }

    /// One a row: article and day, so that the outcome finds its forecast.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        self.articles.iter().map(|(code, _)| subject(code, self.day)).collect()
    }

    /// The formula in the model's own terms: ratios to the level.
    #[must_use]
    pub fn baseline_ratios(&self) -> Vec<f32> {
        let of = |periods: &[Period]| {
            let level = demand::level(periods);
            demand::baseline(periods)
                .map(|f| [f.mean, f.q50, f.q90].map(|units| narrow(units / level)))
        };
        self.articles.iter().flat_map(|(_, periods)| of(periods).into_iter().flatten()).collect()
    }

    /// How the forecasts made one period ago came out.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let told = |(code, periods): &(ArticleCode, Vec<Period>)| {
            let (last, before) = periods.split_last()?;
            let demand = last.demand.filter(|_| !before.is_empty())?;
            let subject = subject(code, self.day - PERIOD_DAYS);
            Some(Outcome { subject, ratio: narrow(demand / demand::level(before)) })
        };
        self.articles.iter().filter_map(told).collect()
    }

    /// A model's answer. An article for which it said no number gets the formula's.
    #[must_use]
    pub fn answered(&self, outputs: &[[f32; OUTPUTS.len()]], by: By) -> Forecasts {
        let of = self.articles.iter().enumerate().map(|(index, (code, periods))| {
            let told = outputs
                .get(index)
                .and_then(|outputs| demand::settle(outputs, demand::level(periods)));
            (code.clone(), told.unwrap_or_else(|| demand::baseline(periods)))
        });
        Forecasts { day: self.day, by, of: of.collect() }
    }

    /// The formula's answer.
    #[must_use]
    pub fn unanswered(&self, reason: String) -> Forecasts {
        self.answered(&[], By::Baseline { name: "ses".into(), reason })
    }
}

fn subject(code: &ArticleCode, day: Day) -> String {
    format!("{code}@{day}")
}

#[expect(clippy::cast_possible_truncation, reason = "a ratio; a cast of f64 saturates")]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Where in the year a day lies, 0 to 1.
fn season(day: Day) -> f64 {
    /// Days in the mean Gregorian year.
    const YEAR_DAYS: f64 = 365.2425;
    #[expect(clippy::cast_precision_loss, reason = "days since 1970")]
    let years = day as f64 / YEAR_DAYS;
    years.rem_euclid(1.0)
}

#[cfg(test)]
mod tests {
    use shared_model::id::OrderId;
    use shared_model::orders;
    use shared_model::workflows::Body;

    use super::*;
    use crate::advice::sample;

    const DAY_MS: i64 = 86_400_000;

    fn told(weeks: &[i64]) -> Question {
        let mut history = History::new(0);
        let tea: ArticleCode = "TEA-1".parse().unwrap();
        for (week, units) in (0..).zip(weeks) {
            let id = OrderId::new(uuid::Uuid::from_u128(u128::try_from(week).unwrap()));
            let at = Timestamp::from_ms((700 + week * 7) * DAY_MS);
            let placed = orders::Event::Placed(Box::new(sample::order(id, at, &tea, *units, None)));
            history.fold(at, &Body { events: vec![placed.into()], postings: Vec::new() });
        }
        let day = 700 + 7 * i64::try_from(weeks.len()).unwrap();
        Question::of(&history, day, Timestamp::from_ms(day * DAY_MS))
    }

    #[test]
    fn a_model_s_ratios_become_units_of_the_article() {
        let question = told(&[10, 10, 10, 10]);
        assert_eq!(question.rows.len(), 1);
        let by = By::Model { id: "demand".into(), version: 3 };
        let forecasts = question.answered(&[[1.0, 0.9, 1.5, 1.0, 0.9, 1.5, 1.0, 0.9, 1.5]], by);
        let of = forecasts.of[&"TEA-1".parse().unwrap()][0];
        assert!((of.mean - 10.0).abs() < 1e-4 && (of.q90 - 15.0).abs() < 1e-4, "{of:?}");
    }

    #[test]
    fn no_number_and_no_model_both_mean_the_formula() {
        let question = told(&[10, 10, 10, 10]);
        let silent = question.unanswered("no active version".into());
        let of = silent.of[&"TEA-1".parse().unwrap()][0];
        assert!((of.mean - 10.0).abs() < 1e-9, "{of:?}");
        let by = By::Model { id: "demand".into(), version: 3 };
        let absurd = question.answered(&[[f32::NAN; 9]], by);
        assert_eq!(absurd.of, silent.of);
    }
}
