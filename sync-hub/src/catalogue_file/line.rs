//! One line of a catalogue file: from text to a sound row, or to the one thing that is wrong.

use std::borrow::Cow;

use serde::Serialize;
use shared_model::decimal::Decimal;
use shared_model::id::ArticleCode;
use shared_model::money::Amount;
use shared_model::text::Name;

use super::{Conversion, Unreadable};

const STOCK: &str = "StockCode";
const DESCRIPTION: &str = "Description";
const PRICE: &str = "UnitPrice";
const INVOICE: &str = "InvoiceNo";
const QUANTITY: &str = "Quantity";
const DATE: &str = "InvoiceDate";

/// Codes that stand for money, not goods: postage, carriage, discount, manual entry, samples, fees,
/// charity, bad debt.
const NOT_GOODS: [&str; 12] = [
    "POST",
    "DOT",
    "C2",
    "D",
    "M",
    "S",
    "B",
    "BANK CHARGES",
    "AMAZONFEE",
    "CRUK",
    "ADJUST",
    "ADJUST2",
];

/// Characters of a refused value that are shown.
const SHOWN_CHARS_MAX: usize = 60;
/// What one line can be split into: a file of orders has eight columns.
const FIELDS_MAX: usize = 64;

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    LineTooLong,
    WrongColumnCount,
    Cancellation,
    MissingArticle,
    BadArticle,
    NotGoods,
    BadDescription,
    NegativeQuantity,
    BadPrice,
    ZeroPrice,
    NegativePrice,
    PriceTooSmall,
    PriceTooLarge,
    NeverDescribed,
}

impl Reason {
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::LineTooLong => "the line is longer than 16 KiB",
            Self::WrongColumnCount => "the line does not have the columns of the heading",
            Self::Cancellation => "the line cancels an order",
            Self::MissingArticle => "there is no code",
            Self::BadArticle => "the code is not one that can be kept",
            Self::NotGoods => "the code stands for money, not goods",
            Self::BadDescription => "the description cannot be kept",
            Self::NegativeQuantity => "the line takes goods away",
            Self::BadPrice => "the price is no number",
            Self::ZeroPrice => "the price is zero",
            Self::NegativePrice => "the price is negative",
            Self::PriceTooSmall => "the price is less than the smallest coin",
            Self::PriceTooLarge => "the price is above the largest kept",
            Self::NeverDescribed => "no line of this article describes it",
        }
    }

    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::LineTooLong => "look for a missing line break or quote",
            Self::WrongColumnCount => "look for a missing comma, or an open quote",
            Self::Cancellation | Self::NotGoods | Self::NegativeQuantity => {
                "nothing is to be done: no article is described here"
            }
            Self::MissingArticle => "enter the article's code",
            Self::BadArticle => "use 1 to 32 letters, digits, space and - _ . /",
            Self::BadDescription => "use 1 to 120 printable characters",
            Self::BadPrice => "write it with digits and a point, such as 2.55",
            Self::ZeroPrice | Self::NegativePrice => "enter what one piece costs, above zero",
            Self::PriceTooSmall | Self::PriceTooLarge => "check the price and the rate",
            Self::NeverDescribed => "add a line with a description",
        }
    }
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineProblem {
    /// From 1, the heading included.
    pub line: u64,
    /// The column; empty when the whole line is meant.
    pub field: &'static str,
    pub value: String,
    pub reason: Reason,
}

impl LineProblem {
    pub(super) fn new(line: u64, field: &'static str, value: &str, reason: Reason) -> Self {
        let value = value.chars().take(SHOWN_CHARS_MAX).collect();
        Self { line, field, value, reason }
    }
}

/// A sound line.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) article: ArticleCode,
    pub(super) description: Option<Name>,
    pub(super) unit_price_minor: i64,
    /// As written: the dates of such files sort as text. Empty where there are none.
    pub(super) date: String,
}

/// Where the columns stand.
pub(super) struct Columns {
    count: usize,
    stock: usize,
    description: usize,
    price: usize,
    invoice: Option<usize>,
    quantity: Option<usize>,
    date: Option<usize>,
}

impl Columns {
    pub(super) fn read(heading: &str) -> Result<Self, Unreadable> {
        let names = split(heading).unwrap_or_default();
        let find = |column: &'static str| {
            let mut places = (0..names.len()).filter(|at| names[*at].trim() == column);
            let first = places.next();
            match places.next() {
                Some(_) => Err(Unreadable::ColumnTwice { column }),
                None => Ok(first),
            }
        };
        let need = |column| find(column)?.ok_or(Unreadable::ColumnMissing { column });
        Ok(Self {
            count: names.len(),
            stock: need(STOCK)?,
            description: need(DESCRIPTION)?,
            price: need(PRICE)?,
            invoice: find(INVOICE)?,
            quantity: find(QUANTITY)?,
            date: find(DATE)?,
        })
    }
}

type Fault = (&'static str, Reason);

/// Reads one line.
pub(super) fn read(
    line: u64,
    text: &str,
    columns: &Columns,
    conversion: Conversion,
) -> Result<Row, LineProblem> {
    let fields = split(text).filter(|fields| fields.len() == columns.count);
    let Some(fields) = fields else {
        return Err(LineProblem::new(line, "", text, Reason::WrongColumnCount));
    };
    row(line, &fields, columns, conversion).map_err(|(field, reason)| {
        let at = match field {
            INVOICE => columns.invoice.unwrap_or(columns.stock),
            QUANTITY => columns.quantity.unwrap_or(columns.stock),
            DESCRIPTION => columns.description,
            PRICE => columns.price,
            _ => columns.stock,
        };
        LineProblem::new(line, field, fields[at].trim(), reason)
    })
}

fn row(
    line: u64,
    fields: &[String],
    columns: &Columns,
    conversion: Conversion,
) -> Result<Row, Fault> {
    let at = |column: Option<usize>| column.map_or("", |at| fields[at].trim());
    if is_cancellation(at(columns.invoice)) {
        return Err((INVOICE, Reason::Cancellation));
    }
    let article = article(at(Some(columns.stock)))?;
    let unit_price_minor = unit_price(at(Some(columns.price)), conversion)?;
    if at(columns.quantity).starts_with('-') {
        return Err((QUANTITY, Reason::NegativeQuantity));
    }
    let description = match at(Some(columns.description)) {
        "" => None,
        text => Some(Name::new(text).map_err(|_| (DESCRIPTION, Reason::BadDescription))?),
    };
    let date = at(columns.date).to_owned();
    Ok(Row { line, article, description, unit_price_minor, date })
}

fn is_cancellation(invoice: &str) -> bool {
    let mut letters = invoice.bytes();
    matches!(letters.next(), Some(b'C' | b'c'))
        && letters.next().is_some_and(|next| next.is_ascii_digit())
}

fn article(text: &str) -> Result<ArticleCode, Fault> {
    if text.is_empty() {
        return Err((STOCK, Reason::MissingArticle));
    }
    if NOT_GOODS.iter().any(|code| code.eq_ignore_ascii_case(text)) {
        return Err((STOCK, Reason::NotGoods));
    }
    text.parse().map_err(|_| (STOCK, Reason::BadArticle))
}

fn unit_price(text: &str, conversion: Conversion) -> Result<i64, Fault> {
    let price = Decimal::parse(text).ok_or((PRICE, Reason::BadPrice))?;
    if price.is_negative() {
        return Err((PRICE, Reason::NegativePrice));
    }
    if price.is_zero() {
        return Err((PRICE, Reason::ZeroPrice));
    }
    match conversion.rate.convert(price, conversion.currency).map(Amount::new) {
        Some(Ok(amount)) if amount.minor() == 0 => Err((PRICE, Reason::PriceTooSmall)),
        Some(Ok(amount)) => Ok(amount.minor()),
        Some(Err(_)) | None => Err((PRICE, Reason::PriceTooLarge)),
    }
}

/// Splits a line at its commas. Quoted fields may hold commas and doubled quotes, but no line
/// break. `None` when a quote stays open or there are too many fields.
fn split(line: &str) -> Option<Vec<String>> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut letters = line.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
        if fields.len() == FIELDS_MAX {
            return None;
        }
    }
    fields.push(field);
    (!quoted).then_some(fields)
}

/// What old spreadsheets write is Latin-1.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}
