//! Periods of articles at depots to rows of `demand/1`: one row for each series and each period from the
//! `ORIGIN_MIN`th of the file on, seen from the end of that period.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use features::demand::{self, HORIZONS, Period, Series, WIDTH};
use features::forecast;

use super::cells::Cells;
use super::{describe, npy};

/// Columns beside the features: level, step, naive, SES, TSB, seasonal naive.
const BESIDE: usize = 6;
/// Periods of history before the first row, and the most periods a file may span.
const ORIGIN_MIN: usize = 11;
const PERIODS_MAX: usize = 5_000;

const NEEDED: [&str; 4] = ["site", "article", "period", "demand"];

type Histories = BTreeMap<(String, String), Vec<Period>>;

#[derive(Default)]
struct Written {
    index: String,
    features: Vec<f32>,
    beside: Vec<f32>,
    ahead: Vec<f32>,
    rows: usize,
}

pub(crate) fn extract(csv: &Path, out: &Path) -> Result<String> {
    let cells = Cells::read(csv, &NEEDED)?;
    let (histories, seasons) = histories(&cells)?;
    let mut written = Written { index: "site,article,origin\n".to_owned(), ..Written::default() };
    for origin in ORIGIN_MIN..seasons.len() {
        let trends = Trends::at(&histories, origin);
        for ((site, article), periods) in &histories {
            let seen = &periods[..=origin];
            if seen.iter().all(|period| period.demand.is_none()) {
                continue;
            }
            let series = Series {
                periods: seen,
                next_season: next_season(&seasons, origin),
                site_trend: trends.sites.get(site.as_str()).copied().flatten(),
                article_trend: trends.articles.get(article.as_str()).copied().flatten(),
            };
            writeln!(written.index, "{site},{article},{origin}")?;
            written.features.extend(demand::row(&series));
            written.beside.extend(beside(seen));
            written.ahead.extend(
                (1..=HORIZONS).map(|ahead| {
                    narrow(periods.get(origin + ahead).and_then(|period| period.demand))
                }),
            );
            written.rows += 1;
        }
    }
    std::fs::write(out.join("index.csv"), &written.index)?;
    npy::write(&out.join("features.npy"), WIDTH, &written.features)?;
    npy::write(&out.join("beside.npy"), BESIDE, &written.beside)?;
    npy::write(&out.join("ahead.npy"), HORIZONS, &written.ahead)?;
    Ok(describe(demand::SCHEMA, written.rows))
}

fn histories(cells: &Cells) -> Result<(Histories, Vec<Option<f64>>)> {
    let mut histories = Histories::new();
    let mut seasons: Vec<Option<f64>> = Vec::new();
    for line in cells.lines() {
        let at = line.needed("period")?;
        #[expect(clippy::cast_precision_loss, reason = "5,000")]
        if !(0.0..PERIODS_MAX as f64).contains(&at) || at.fract() != 0.0 {
            bail!("`period` counts from 0 to {PERIODS_MAX} without gaps; {at} does not");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked above"
        )]
        let at = at as usize;
        let (site, article) = (line.needed_text("site")?, line.needed_text("article")?);
        if site.contains([',', '"']) || article.contains([',', '"']) {
            bail!("site and article are written without commas and quotes: {site}, {article}");
        }
        if seasons.len() <= at {
            seasons.resize(at + 1, None);
        }
        seasons[at] = seasons[at].or(line.number("season")?);
        let periods = histories.entry((site.to_owned(), article.to_owned())).or_default();
        if periods.len() <= at {
            periods.resize(at + 1, Period::default());
        }
        periods[at] = Period {
            demand: line.number("demand")?,
            closing_stock: line.number("closing_stock")?,
            out_share: line.number("out_share")?,
            ordered: line.number("ordered")?,
            received: line.number("received")?,
        };
    }
    for periods in histories.values_mut() {
        periods.resize(seasons.len(), Period::default());
    }
    Ok((histories, seasons))
}

/// The season of the period after `origin`; after the last one, a step further of the same size.
fn next_season(seasons: &[Option<f64>], origin: usize) -> Option<f64> {
    seasons.get(origin + 1).copied().flatten().or_else(|| {
        let (now, before) = (seasons[origin]?, seasons[origin.checked_sub(1)?]?);
        Some((now + (now - before).rem_euclid(1.0)).rem_euclid(1.0))
    })
}

struct Trends<'a> {
    sites: BTreeMap<&'a str, Option<f64>>,
    articles: BTreeMap<&'a str, Option<f64>>,
}

impl<'a> Trends<'a> {
    fn at(histories: &'a Histories, origin: usize) -> Self {
        let mut sites: BTreeMap<&str, Vec<&[Period]>> = BTreeMap::new();
        let mut articles: BTreeMap<&str, Vec<&[Period]>> = BTreeMap::new();
        for ((site, article), periods) in histories {
            sites.entry(site).or_default().push(&periods[..=origin]);
            articles.entry(article).or_default().push(&periods[..=origin]);
        }
        let trend = |(name, group): (&'a str, Vec<&[Period]>)| (name, demand::trend(group));
        Self {
            sites: sites.into_iter().map(trend).collect(),
            articles: articles.into_iter().map(trend).collect(),
        }
    }
}

fn beside(seen: &[Period]) -> [f32; BESIDE] {
    let history = demand::history(seen);
    [
        narrow(Some(demand::level(seen))),
        narrow(forecast::step(&history)),
        narrow(forecast::naive(&history)),
        narrow(forecast::ses(&history)),
        narrow(forecast::tsb(&history)),
        narrow(forecast::seasonal_naive(&history, 12, 1)),
    ]
}

fn narrow(value: Option<f64>) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "an array of single precision")]
    value.map_or(f32::NAN, |value| value as f32)
}
