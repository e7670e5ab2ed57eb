//! `sync-hub import-catalogue`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use serde_json::json;
use shared_model::money::Currency;
use shared_model::tax::TaxClass;
use shared_model::time::Timestamp;

use super::opening::StateArgs;
use crate::catalogue_file::{self, CatalogueFile, Conversion, Rate};
use crate::clock;
use crate::store::{AppendError, Published};

/// Problems shown on the terminal; a file takes them all.
const PROBLEMS_SHOWN_MAX: usize = 10;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Args)]
pub(super) struct ImportCatalogue {
    #[command(flatten)]
    state: StateArgs,
    /// CSV with the columns StockCode, Description, UnitPrice; a file of orders (with InvoiceNo,
    /// Quantity, InvoiceDate and others) will do: the latest description and the median price count.
    file: PathBuf,
    /// Of the prices to be published.
    #[arg(long)]
    currency: Currency,
    /// That currency for one unit of the file's, such as 165 or 165.25.
    #[arg(long, default_value = "1")]
    rate: Rate,
    /// From when on the prices hold: a day such as 2026-01-31 (UTC), or milliseconds since 1970;
    /// now, unless given.
    #[arg(long, value_parser = moment, value_name = "DAY")]
    valid_from: Option<Timestamp>,
    /// How the articles are taxed.
    #[arg(long, value_enum, default_value_t = Tax::Standard)]
    tax_class: Tax,
    /// Where to write the lines that were left out, with field and remedy.
    #[arg(long, value_name = "FILE")]
    problems: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tax {
    Standard,
    ZeroRated,
    Exempt,
}

impl From<Tax> for TaxClass {
    fn from(tax: Tax) -> Self {
        match tax {
            Tax::Standard => Self::Standard,
            Tax::ZeroRated => Self::ZeroRated,
            Tax::Exempt => Self::Exempt,
        }
    }
}

impl ImportCatalogue {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let file = self.read()?;
        if let Some(path) = &self.problems {
            write_problems(&file, path)
                .with_context(|| format!("writing the problems to {}", path.display()))?;
        }
        ensure!(
            !file.articles.is_empty(),
            "{} has no sound line; remedy: see its problems with --problems FILE",
            self.file.display()
        );
        let published = self.publish(&file).await?;
        if self.json {
            println!("{}", report(&file, published));
        } else {
            self.print(&file, published);
        }
        Ok(())
    }

    fn read(&self) -> anyhow::Result<CatalogueFile> {
        let path = self.file.display();
        let source = File::open(&self.file).with_context(|| format!("opening {path}"))?;
        let conversion = Conversion {
            currency: self.currency,
            rate: self.rate,
            tax_class: self.tax_class.into(),
        };
        let source = BufReader::with_capacity(1 << 20, source);
        catalogue_file::read(source, conversion).with_context(|| format!("reading {path}"))
    }

    async fn publish(&self, file: &CatalogueFile) -> anyhow::Result<Published> {
        let hub = self.state.open().await?;
        let now = clock::now();
        let valid_from = self.valid_from.unwrap_or(now);
        let published = hub
            .store
            .publish_catalogue(&file.articles, &file.prices, self.currency, valid_from, now)
            .await;
        hub.close().await?;
        match published {
            Ok(published) => Ok(published),
            Err(AppendError::Refused(refusal)) => {
                bail!("{}; remedy: {}", refusal.detail, refusal.remedy)
            }
            Err(error) => Err(error).context("publishing the catalogue"),
        }
    }

    fn print(&self, file: &CatalogueFile, published: Published) {
        let (articles, prices) = (file.articles.len(), file.prices.len());
        println!(
            "{}: {} lines, {articles} articles, {prices} prices.",
            self.file.display(),
            file.lines
        );
        let (new, new_prices) = (published.articles, published.prices);
        println!("Published: {new} new or changed articles, {new_prices} prices.");
        let left_out: u64 = file.problems_by_reason.values().sum();
        if left_out == 0 {
            return;
        }
        println!("Left out: {left_out} lines.");
        for (reason, count) in &file.problems_by_reason {
            println!("  {count:>7} {}; remedy: {}", reason.detail(), reason.remedy());
        }
        for problem in file.problems.iter().take(PROBLEMS_SHOWN_MAX) {
            let (line, field, value) = (problem.line, problem.field, &problem.value);
            println!("  line {line}, {field} \"{value}\": {}", problem.reason.detail());
        }
    }
}

fn report(file: &CatalogueFile, published: Published) -> serde_json::Value {
    let book = published.book.map(|book| book.to_string());
    json!({
        "lines": file.lines,
        "articles": file.articles.len(),
        "prices": file.prices.len(),
        "published_articles": published.articles,
        "published_prices": published.prices,
        "book": book,
        "problems": file.problems_by_reason,
    })
}

fn write_problems(file: &CatalogueFile, path: &Path) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_path(path)?;
    csv.write_record(["line", "field", "value", "problem", "remedy"])?;
    for problem in &file.problems {
        let line = problem.line.to_string();
        let (detail, remedy) = (problem.reason.detail(), problem.reason.remedy());
        csv.write_record([&line, problem.field, &problem.value, detail, remedy])?;
    }
    Ok(csv.flush()?)
}

/// A day at midnight UTC, or milliseconds.
fn moment(text: &str) -> Result<Timestamp, String> {
    let ms = match text.parse::<i64>() {
        Ok(ms) if ms >= 0 => Some(ms),
        Ok(_) => None,
        Err(_) => day(text).map(|day| day * DAY_MS),
    };
    ms.map(Timestamp::from_ms).ok_or_else(|| "is no day; remedy: write it as 2026-01-31".to_owned())
}

/// Days since 1970 of a day such as `2026-01-31` (Gregorian).
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|_| digits)
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1970..=9999).contains(&year) || !(1..=days).contains(&day) {
        return None;
    }
    // Counted from March: the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    const DAYS_TO_1970: i64 = 719_468;
    Some(before + (month * 153 + 2) / 5 + day - 1 - DAYS_TO_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400_000),
            ("2026-11-21", 1_795_219_200_000),
            ("1700000000000", 1_700_000_000_000),
        ] {
            assert_eq!(moment(text).unwrap().ms(), ms, "{text}");
        }
        for bad in ["2026-02-29", "2026-13-01", "2026-1", "today", "-5", "2026-00-10", "+26-1-1"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
