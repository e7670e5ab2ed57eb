//! From an article's history at a depot to the row of `demand/1`, and from a model's ratios back to units.
//! Free of scale and of calendar: everything is divided by the article's own level, and a period may be a
//! day, a week or a month. Knows no model, no store and no clock.

use crate::forecast;
use crate::schema::{Schema, known, maybe};

/// Published text; its hash is in the manifests of bundles trained on it.
pub const SCHEMA: Schema = Schema { name: "demand/1", text: SCHEMA_TEXT };

/// One row is one article at one depot at the end of a period. "level" is `demand::level`.
pub const SCHEMA_TEXT: &str = "demand/1
# name unit missing
lag_1 demand/level NaN
lag_2 demand/level NaN
lag_3 demand/level NaN
lag_4 demand/level NaN
lag_5 demand/level NaN
lag_6 demand/level NaN
lag_7 demand/level NaN
lag_8 demand/level NaN
lag_9 demand/level NaN
lag_10 demand/level NaN
lag_11 demand/level NaN
lag_12 demand/level NaN
stock_1 closing-stock/level NaN
stock_2 closing-stock/level NaN
stock_3 closing-stock/level NaN
stock_4 closing-stock/level NaN
stock_5 closing-stock/level NaN
stock_6 closing-stock/level NaN
stock_last last-known-closing-stock/level NaN
ordered_last last-known-order/level NaN
received_last last-known-receipt-of-3/level NaN
out_share_1 share-of-period-without-stock NaN
out_share_6 mean-share-of-6-periods NaN
mean_3 demand/level NaN
mean_6 demand/level NaN
mean_all demand/level NaN
median_12 demand/level NaN
max_12 demand/level NaN
deviation_12 demand/level NaN
ses demand/level NaN
tsb demand/level NaN
step mean-change-between-reports/level NaN
zero_share_12 share-of-reports NaN
reported_12 count 0
age periods-since-first-report NaN
since_report periods NaN
since_demand periods NaN
log_level ln-units never
season_sin position-in-year NaN
season_cos position-in-year NaN
site_trend recent-to-year NaN
article_trend recent-to-year NaN
";

/// Features in a row.
pub const WIDTH: usize = 42;
/// Periods ahead that a model of this schema answers for.
pub const HORIZONS: usize = 3;
/// Outputs of a model of this schema, in order: ratios to the level.
pub const OUTPUTS: [&str; 9] =
    ["h1_mean", "h1_q50", "h1_q90", "h2_mean", "h2_q50", "h2_q90", "h3_mean", "h3_q50", "h3_q90"];

/// A forecast above this many times the level is cut: no history told of it.
pub const RATIO_MAX: f64 = 50.0;

/// Periods looked back for the level and the lags.
const YEAR: usize = 12;
const HALF: usize = 6;
const RECENT: usize = 3;
/// Smallest level, units: an article that hardly moves is still counted in pieces.
const LEVEL_MIN: f64 = 0.5;
/// What "long ago" is for counts of periods.
const PERIODS_MAX: usize = 99;

/// What a depot knows of one period of one article. Units are the article's own.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Period {
    /// What was asked for or, failing that, went out. `None`: not reported.
    pub demand: Option<f64>,
    pub closing_stock: Option<f64>,
    /// Share of the period with nothing on the shelf, 0 to 1.
    pub out_share: Option<f64>,
    pub ordered: Option<f64>,
    pub received: Option<f64>,
}

/// One article at one depot, oldest period first, with what its neighbours say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Series<'a> {
    pub periods: &'a [Period],
    /// Where in the year the first period ahead lies, 0 to 1.
    pub next_season: Option<f64>,
    /// `trend` over all articles of the depot.
    pub site_trend: Option<f64>,
    /// `trend` over all depots that keep the article.
    pub article_trend: Option<f64>,
}

/// Forecast of one period ahead, in units.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Forecast {
    /// Unbiased in the sum over articles.
    pub mean: f64,
    pub q50: f64,
    /// What covers the period nine times in ten.
    pub q90: f64,
}

/// What the article moves in a usual period, units: mean of the reports of the last twelve periods, or of
/// all when these are nothing.
#[must_use]
pub fn level(periods: &[Period]) -> f64 {
    let year = mean(demands(last(periods, YEAR))).filter(|mean| *mean > 0.0);
    year.or_else(|| mean(demands(periods)).filter(|mean| *mean > 0.0))
        .unwrap_or(1.0)
        .clamp(LEVEL_MIN, 1e12)
}

/// How a group of series moves lately against its year: (Σ mean of 3 + 1) / (Σ mean of 12 + 1).
/// `None` when none of them reported lately.
#[must_use]
pub fn trend<'a>(group: impl IntoIterator<Item = &'a [Period]>) -> Option<f64> {
    let (mut recent, mut year, mut any) = (1.0, 1.0, false);
    for periods in group {
        let means = mean(demands(last(periods, RECENT))).zip(mean(demands(last(periods, YEAR))));
        if let Some((of_recent, of_year)) = means {
            recent += of_recent;
            year += of_year;
            any = true;
        }
    }
    any.then_some(recent / year)
}

/// The row of `demand/1`.
#[must_use]
pub fn row(series: &Series<'_>) -> [f32; WIDTH] {
    let mut row = [f32::NAN; WIDTH];
    let parts = lags(series).chain(stock(series)).chain(shape(series)).chain(place(series));
    for (at, value) in row.iter_mut().zip(parts) {
        *at = value;
    }
    row
}

/// A model's ratios as units: never below nothing, the ninetieth percentile never below the median.
/// `None` when the model said anything that is no number.
#[must_use]
pub fn settle(outputs: &[f32; OUTPUTS.len()], level: f64) -> Option<[Forecast; HORIZONS]> {
    if !outputs.iter().all(|value| value.is_finite()) {
        return None;
    }
    let units = |at: usize| f64::from(outputs[at]).clamp(0.0, RATIO_MAX) * level;
    Some(std::array::from_fn(|h| {
        let (mean, q50, q90) = (units(3 * h), units(3 * h + 1), units(3 * h + 2));
        Forecast { mean, q50, q90: q90.max(q50) }
    }))
}

/// The forecast that answers when no model may: smoothing, with a spread from the usual change between
/// periods taken as normal. Nothing reported is a forecast of nothing.
#[must_use]
pub fn baseline(periods: &[Period]) -> [Forecast; HORIZONS] {
    /// 1.2816 deviations to the ninetieth percentile, each √(π/2) of the mean absolute change.
    const STEPS_TO_Q90: f64 = 1.606;
    let history = history(periods);
    let mean = forecast::ses(&history).unwrap_or(0.0).max(0.0);
    let spread = forecast::step(&history).unwrap_or(mean) * STEPS_TO_Q90;
    [Forecast { mean, q50: mean, q90: mean + spread }; HORIZONS]
}

/// The demand of every period, for the formulas of `forecast`.
#[must_use]
pub fn history(periods: &[Period]) -> Vec<Option<f64>> {
    periods.iter().map(|period| period.demand).collect()
}

fn last(periods: &[Period], count: usize) -> &[Period] {
    &periods[periods.len().saturating_sub(count)..]
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn demands(periods: &[Period]) -> impl Iterator<Item = f64> + Clone {
    periods.iter().filter_map(|period| finite(period.demand))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

fn newest(periods: &[Period], of: impl Fn(&Period) -> Option<f64>) -> Option<f64> {
    periods.iter().rev().find_map(|period| finite(of(period)))
}

fn back(periods: &[Period], ago: usize) -> Option<&Period> {
    periods.len().checked_sub(ago).and_then(|at| periods.get(at))
}

fn lags(series: &Series<'_>) -> impl Iterator<Item = f32> {
    let (periods, level) = (series.periods, level(series.periods));
    (1..=YEAR).map(move |ago| {
        maybe(back(periods, ago).and_then(|period| period.demand).map(|demand| demand / level))
    })
}

fn stock(series: &Series<'_>) -> impl Iterator<Item = f32> {
    let (periods, level) = (series.periods, level(series.periods));
    let year = last(periods, YEAR);
    let closing = (1..=HALF)
        .map(move |ago| maybe(back(periods, ago).and_then(|p| p.closing_stock).map(|s| s / level)));
    let lasting = [
        newest(year, |period| period.closing_stock),
        newest(year, |period| period.ordered),
        newest(last(periods, RECENT), |period| period.received),
    ]
    .map(|value| maybe(value.map(|value| value / level)));
    let half = last(periods, HALF);
    let out = [
        maybe(back(periods, 1).and_then(|period| period.out_share)),
        maybe(mean(half.iter().filter_map(|period| finite(period.out_share)))),
    ];
    closing.chain(lasting).chain(out)
}

fn shape(series: &Series<'_>) -> [f32; 9] {
    let (periods, level) = (series.periods, level(series.periods));
    let year = last(periods, YEAR);
    let history = history(periods);
    let mut sorted: Vec<f64> = demands(year).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() {
        0 => None,
        len if len % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    };
    let deviation = mean(sorted.iter().copied()).and_then(|centre| {
        mean(sorted.iter().map(|demand| (demand - centre).powi(2))).map(f64::sqrt)
    });
    [
        mean(demands(last(periods, RECENT))),
        mean(demands(last(periods, HALF))),
        mean(demands(periods)),
        median,
        sorted.last().copied(),
        deviation,
        forecast::ses(&history),
        forecast::tsb(&history),
        forecast::step(&history),
    ]
    .map(|value| maybe(value.map(|value| value / level)))
}

fn place(series: &Series<'_>) -> [f32; 10] {
    let periods = series.periods;
    let year = last(periods, YEAR);
    let reports = demands(year).count();
    let zeros = demands(year).map(|demand| f64::from(u8::from(demand <= 0.0)));
    let ago = |at: Option<usize>| {
        #[expect(clippy::cast_precision_loss, reason = "at most PERIODS_MAX")]
        at.map(|at| (periods.len() - 1 - at).min(PERIODS_MAX) as f64)
    };
    let reported = |period: &Period| finite(period.demand).is_some();
    let asked = |period: &Period| finite(period.demand).is_some_and(|demand| demand > 0.0);
    let turn = series.next_season.map(|season| season * std::f64::consts::TAU);
    #[expect(clippy::cast_precision_loss, reason = "at most twelve")]
    [
        maybe(mean(zeros)),
        known(reports as f64),
        maybe(ago(periods.iter().position(reported))),
        maybe(ago(periods.iter().rposition(reported))),
        maybe(ago(periods.iter().rposition(asked))),
        known(level(periods).ln()),
        maybe(turn.map(f64::sin)),
        maybe(turn.map(f64::cos)),
        maybe(series.site_trend),
        maybe(series.article_trend),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn periods(demands: &[f64]) -> Vec<Period> {
        let period = |demand: &f64| Period {
            demand: demand.is_finite().then_some(*demand),
            closing_stock: Some(20.0),
            out_share: Some(0.25),
            ordered: None,
            received: Some(5.0),
        };
        demands.iter().map(period).collect()
    }

    fn series(periods: &[Period]) -> Series<'_> {
        Series { periods, next_season: Some(0.25), site_trend: Some(1.1), article_trend: None }
    }

    fn value(row: &[f32; WIDTH], name: &str) -> f32 {
        row[SCHEMA.features().position(|known| known == name).unwrap()]
    }

    #[test]
    fn a_row_is_as_wide_as_its_schema() {
        assert_eq!(SCHEMA.features().count(), WIDTH);
        let all = lags(&series(&[])).count() + stock(&series(&[])).count() + 9 + 10;
        assert_eq!(all, WIDTH);
    }

    #[test]
    fn features_stand_where_the_schema_says() {
        let periods = periods(&[8.0, f64::NAN, 0.0, 16.0]);
        let row = row(&series(&periods));
        for (name, expect) in [
            ("lag_1", 2.0),
            ("lag_2", 0.0),
            ("lag_4", 1.0),
            ("stock_1", 2.5),
            ("stock_last", 2.5),
            ("received_last", 0.625),
            ("out_share_6", 0.25),
            ("mean_3", 1.0),
            ("median_12", 1.0),
            ("max_12", 2.0),
            ("step", 1.5),
            ("zero_share_12", 1.0 / 3.0),
            ("reported_12", 3.0),
            ("age", 3.0),
            ("since_report", 0.0),
            ("since_demand", 0.0),
            ("log_level", 8.0_f32.ln()),
            ("season_sin", 1.0),
            ("site_trend", 1.1),
        ] {
            assert!((value(&row, name) - expect).abs() < 1e-5, "{name}: {}", value(&row, name));
        }
        for name in ["lag_3", "lag_5", "ordered_last", "article_trend"] {
            assert!(value(&row, name).is_nan(), "{name}");
        }
    }

    #[test]
    fn the_row_is_free_of_scale_but_for_the_level() {
        let demands = [3.0, 0.0, 9.0, 6.0];
        let small = row(&series(&periods(&demands)));
        let large = row(&series(&periods(&demands.map(|demand| demand * 1_000.0))));
        for name in ["lag_1", "mean_6", "ses", "tsb", "deviation_12", "zero_share_12"] {
            assert!((value(&small, name) - value(&large, name)).abs() < 1e-5, "{name}");
        }
        assert!(value(&large, "log_level") > value(&small, "log_level") + 6.0);
    }

    #[test]
    fn a_model_that_says_no_number_says_nothing() {
        let mut outputs = [1.0_f32; OUTPUTS.len()];
        outputs[2] = 0.5;
        let settled = settle(&outputs, 10.0).unwrap();
        assert_eq!(settled[0], Forecast { mean: 10.0, q50: 10.0, q90: 10.0 });
        outputs[4] = f32::NAN;
        assert_eq!(settle(&outputs, 10.0), None);
    }

    #[test]
    fn the_formula_answers_without_history() {
        assert_eq!(baseline(&[])[0], Forecast { mean: 0.0, q50: 0.0, q90: 0.0 });
        let steady = baseline(&periods(&[5.0, 5.0, 5.0]));
        assert_eq!(steady[2], Forecast { mean: 5.0, q50: 5.0, q90: 5.0 });
        assert!(baseline(&periods(&[0.0, 10.0]))[0].q90 > 10.0);
    }

    #[test]
    fn a_trend_is_recent_over_year() {
        let rising = periods(&[1.0, 1.0, 1.0, 7.0, 7.0, 7.0]);
        assert_eq!(trend([rising.as_slice()]), Some(8.0 / 5.0));
        assert_eq!(trend([periods(&[f64::NAN]).as_slice()]), None);
    }

    proptest! {
        #[test]
        fn no_row_holds_an_infinity(
            demands in proptest::collection::vec(any::<f64>(), 0..30), season in any::<f64>(),
        ) {
            let periods: Vec<Period> = demands
                .iter()
                .map(|demand| Period { demand: Some(*demand), closing_stock: Some(*demand), ..Period::default() })
                .collect();
            let series = Series { next_season: Some(season), ..series(&periods) };
            for value in row(&series) {
                prop_assert!(!value.is_infinite());
            }
            prop_assert!(level(&periods).is_finite() && level(&periods) >= LEVEL_MIN);
        }
    }
}
