//! A catalogue out of a CSV file: articles, or order lines that name articles. What is wrong with a
//! line is said of that line; the rest goes on. It opens no file and publishes nothing.

mod line;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};

use shared_model::catalogue::ListArticle;
use shared_model::id::ArticleCode;
use shared_model::money::Currency;
use shared_model::pricing::PriceLine;
use shared_model::tax::TaxClass;
use shared_model::text::Name;

use line::{Columns, Row};
pub use line::{LineProblem, Reason};
pub use shared_model::decimal::{InvalidRate, Rate};

/// Longest line read. One of eight bounded fields is far below it.
const LINE_BYTES_MAX: usize = 16 * 1024;
/// Problems kept with their line; the others are only counted.
const PROBLEMS_MAX: usize = 100_000;

/// What the file does not say about itself.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// Of the prices to be published.
    pub currency: Currency,
    /// From the file's currency to that one.
    pub rate: Rate,
    pub tax_class: TaxClass,
}

/// What a file comes to.
#[derive(Debug, Default)]
pub struct CatalogueFile {
    pub articles: Vec<ListArticle>,
    pub prices: Vec<PriceLine>,
    pub lines: u64,
    pub problems: Vec<LineProblem>,
    pub problems_by_reason: BTreeMap<Reason, u64>,
}

/// The file as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    #[error(
        "the heading has no column {column}; remedy: begin the file with \
         StockCode,Description,UnitPrice"
    )]
    ColumnMissing { column: &'static str },
    #[error("the heading has column {column} twice; remedy: take one out")]
    ColumnTwice { column: &'static str },
}

/// Reads a whole file. Of each sound article: the latest description, and the median of its prices.
///
/// # Errors
/// [`Unreadable`] when there is no heading that can be used.
pub fn read(mut source: impl BufRead, conversion: Conversion) -> Result<CatalogueFile, Unreadable> {
    let mut file = CatalogueFile::default();
    let mut line = Vec::new();
    read_line(&mut source, &mut line)?;
    let columns = Columns::read(line::text(&line).trim_start_matches('\u{feff}'))?;
    let mut found: BTreeMap<ArticleCode, Found> = BTreeMap::new();
    let mut number = 1;
    while read_line(&mut source, &mut line)? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        file.lines += 1;
        let row = if line.len() > LINE_BYTES_MAX {
            Err(LineProblem::new(number, "", "", Reason::LineTooLong))
        } else {
            line::read(number, &line::text(&line), &columns, conversion)
        };
        match row {
            Ok(row) => found.entry(row.article.clone()).or_default().take(row),
            Err(problem) => file.note(problem),
        }
    }
    file.list(found, conversion.tax_class);
    Ok(file)
}

/// Reads one line, its end left out; `false` at the end of the file. Of a line that is too long,
/// one byte too many is kept.
fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let bound = LINE_BYTES_MAX as u64 + 2;
    if source.by_ref().take(bound).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    } else if line.len() > LINE_BYTES_MAX {
        source.skip_until(b'\n')?;
    }
    Ok(true)
}

/// What the lines say of one article.
#[derive(Default)]
struct Found {
    /// With the hour of its line, and the line where hours are equal or missing.
    name: Option<(String, u64, Name)>,
    prices: Vec<i64>,
    first_line: u64,
}

impl Found {
    fn take(&mut self, row: Row) {
        if self.first_line == 0 {
            self.first_line = row.line;
        }
        self.prices.push(row.unit_price_minor);
        if let Some(name) = row.description {
            let named = (row.date, row.line, name);
            let is_later = |known: &(String, u64, Name)| (&known.0, known.1) < (&named.0, named.1);
            if self.name.as_ref().is_none_or(is_later) {
                self.name = Some(named);
            }
        }
    }

    /// A price that was really asked: of an even number the lower one in the middle.
    fn median(&mut self) -> i64 {
        self.prices.sort_unstable();
        self.prices[(self.prices.len() - 1) / 2]
    }
}

impl CatalogueFile {
    fn note(&mut self, problem: LineProblem) {
        *self.problems_by_reason.entry(problem.reason).or_default() += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    fn list(&mut self, found: BTreeMap<ArticleCode, Found>, tax_class: TaxClass) {
        for (article, mut found) in found {
            let unit_price_minor = found.median();
            let Some((_, _, name)) = found.name else {
                let (line, code) = (found.first_line, article.as_str());
                self.note(LineProblem::new(line, "Description", code, Reason::NeverDescribed));
                continue;
            };
            self.prices.push(PriceLine { article: article.clone(), unit_price_minor });
            self.articles.push(ListArticle { article, name, barcode: None, tax_class });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> CatalogueFile {
        let conversion = Conversion {
            currency: Currency::KES,
            rate: "165".parse().unwrap(),
            tax_class: TaxClass::Standard,
        };
        read(text.as_bytes(), conversion).unwrap()
    }

    fn reasons(file: &CatalogueFile) -> Vec<(u64, &'static str, Reason)> {
        file.problems.iter().map(|p| (p.line, p.field, p.reason)).collect()
    }

    #[test]
    fn a_plain_catalogue_is_taken_as_it_is() {
        let file = check(
            "\u{feff}StockCode,Description,UnitPrice\r\n85123A,\"HEART, WHITE\",2.55\r\n\r\n21730,STAR,4.25\r\n",
        );
        assert_eq!(reasons(&file), []);
        assert_eq!(file.lines, 2);
        let names: Vec<&str> = file.articles.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["STAR", "HEART, WHITE"]);
        let prices: Vec<i64> = file.prices.iter().map(|p| p.unit_price_minor).collect();
        assert_eq!(prices, [70_125, 42_075]);
    }

    #[test]
    fn order_lines_give_the_latest_name_and_the_median_price() {
        let file = check(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
             1,A,NEWER,1.0,2011-02-01 00:00:00,3,7,UK\n\
             2,A,OLD,1.0,2010-12-01 00:00:00,1,7,UK\n\
             3,A,,1.0,2011-03-01 00:00:00,100,7,UK\n\
             C4,A,TAKEN BACK,-1.0,2011-04-01 00:00:00,2,7,UK\n\
             5,A,thrown away,-5.0,2011-04-01 00:00:00,0.0,,UK\n\
             6,POST,POSTAGE,1,2011-04-01 00:00:00,15,7,UK\n",
        );
        assert_eq!(file.articles.len(), 1);
        assert_eq!(file.articles[0].name.as_str(), "NEWER");
        assert_eq!(file.prices[0].unit_price_minor, 3 * 16_500);
        assert_eq!(
            reasons(&file),
            [
                (5, "InvoiceNo", Reason::Cancellation),
                (6, "UnitPrice", Reason::ZeroPrice),
                (7, "StockCode", Reason::NotGoods),
            ]
        );
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_goes_in() {
        let long = format!("B,{},1\n", "x".repeat(LINE_BYTES_MAX));
        let file = check(&format!(
            "StockCode,Description,UnitPrice\n\
             ,NO CODE,1\n\
             A|B,PIPE,1\n\
             C,TEN,ten\n\
             D1,LESS,-1\n\
             E,TINY,0.00001\n\
             F,HUGE,999999999\n\
             G,ONE\n\
             \"H,OPEN,1\n\
             I,,1\n\
             {long}J,GOOD,1\n"
        ));
        assert_eq!(file.articles.len(), 1);
        let expected = [
            (2, "StockCode", Reason::MissingArticle),
            (3, "StockCode", Reason::BadArticle),
            (4, "UnitPrice", Reason::BadPrice),
            (5, "UnitPrice", Reason::NegativePrice),
            (6, "UnitPrice", Reason::PriceTooSmall),
            (7, "UnitPrice", Reason::PriceTooLarge),
            (8, "", Reason::WrongColumnCount),
            (9, "", Reason::WrongColumnCount),
            (11, "", Reason::LineTooLong),
            (10, "Description", Reason::NeverDescribed),
        ];
        assert_eq!(reasons(&file), expected);
        assert!(file.problems.iter().all(|problem| !problem.reason.remedy().is_empty()));
    }

    #[test]
    fn text_that_is_not_utf8_is_read_as_latin_1() {
        let text = b"StockCode,Description,UnitPrice\nA,CAF\xc9,1\n";
        let conversion = Conversion {
            currency: Currency::XAF,
            rate: "655.957".parse().unwrap(),
            tax_class: TaxClass::Exempt,
        };
        let file = read(text.as_slice(), conversion).unwrap();
        assert_eq!(file.articles[0].name.as_str(), "CAFÉ");
        assert_eq!(file.prices[0].unit_price_minor, 656, "no decimals in this currency");
    }

    #[test]
    fn a_heading_that_lacks_a_column_is_refused() {
        for (heading, said) in [
            ("", "StockCode"),
            ("StockCode;Description;UnitPrice", "StockCode"),
            ("StockCode,Description", "UnitPrice"),
            ("StockCode,StockCode,Description,UnitPrice", "twice"),
        ] {
            let conversion = Conversion {
                currency: Currency::KES,
                rate: Rate::ONE,
                tax_class: TaxClass::Standard,
            };
            let error = read(heading.as_bytes(), conversion).unwrap_err().to_string();
            assert!(error.contains(said), "{heading}: {error}");
        }
    }
}
