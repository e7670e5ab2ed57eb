//! One line of an order file: from bytes to a sound row, or to the one thing that is wrong with it.
//!
//! A line is a record: quoted fields may hold commas and doubled quotes, but no line break, so that one
//! forgotten quote costs one line and not the rest of the file. Text that is not UTF-8 is read as
//! Latin-1, which is what old spreadsheets write.

use std::borrow::Cow;

use csv_core::ReadRecordResult;
use shared_model::decimal::Decimal;
use shared_model::id::ArticleCode;
use shared_model::money::Amount;
use shared_model::quantity::Quantity;
use shared_model::text::{Name, Reference};
use shared_model::time::Timestamp;

use super::moment;
use super::orders_csv::Conversion;
use super::problem::{LineProblem, Reason};

/// Longest line read. A line of eight bounded fields is far below it.
pub(super) const LINE_BYTES_MAX: usize = 16 * 1024;

pub(super) const INVOICE: usize = 0;
const STOCK: usize = 1;
const DESCRIPTION: usize = 2;
const QUANTITY: usize = 3;
const DATE: usize = 4;
const PRICE: usize = 5;
pub(super) const CUSTOMER: usize = 6;
const COUNTRY: usize = 7;

/// The columns, as documented.
pub const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

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

/// The fields of the line last split.
#[derive(Debug)]
pub(super) struct Fields {
    reader: csv_core::Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Fields {
    pub(super) fn new() -> Self {
        // Unquoting only takes characters away, so a line's fields fit the room of a line.
        Self {
            reader: csv_core::Reader::new(),
            bytes: vec![0; LINE_BYTES_MAX + 1],
            ends: vec![0; LINE_BYTES_MAX + 1],
            count: 0,
        }
    }

    /// Splits one line, given without its line break.
    pub(super) fn split(&mut self, line: &[u8]) {
        self.reader.reset();
        self.count = 0;
        let (mut read, mut written) = (0, 0);
        loop {
            let (result, taken, stored, fields) = self.reader.read_record(
                &line[read..],
                &mut self.bytes[written..],
                &mut self.ends[self.count..],
            );
            read += taken;
            written += stored;
            self.count += fields;
            match result {
                // Nothing is left: the next round gives empty input, which ends the record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record
                | ReadRecordResult::End
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => break,
            }
        }
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The field at `index`, trimmed; empty when there is none.
    pub(super) fn get(&self, index: usize) -> Cow<'_, str> {
        if index >= self.count {
            return Cow::Borrowed("");
        }
        let from = if index == 0 { 0 } else { self.ends[index - 1] };
        match std::str::from_utf8(&self.bytes[from..self.ends[index]]) {
            Ok(text) => Cow::Borrowed(text.trim()),
            Err(_) => Cow::Owned(latin_1(&self.bytes[from..self.ends[index]])),
        }
    }
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect::<String>().trim().to_owned()
}

/// Where in this file each documented column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns([usize; COLUMNS.len()]);

impl Columns {
    /// # Errors
    /// Every fault of the heading: columns unknown, missing or given twice, each by name.
    pub(super) fn read(heading: &Fields) -> Result<Self, Vec<String>> {
        let given: Vec<Cow<'_, str>> =
            (0..heading.count()).map(|index| heading.get(index)).collect();
        if let [only] = given.as_slice()
            && only.contains([';', '\t'])
        {
            return Err(vec!["columns are parted by something else than commas; remedy: save the file as CSV with commas".to_owned()]);
        }
        let mut faults: Vec<String> = given
            .iter()
            .filter(|name| !COLUMNS.contains(&name.as_ref()))
            .map(|name| {
                format!(
                    "unknown column \"{name}\"; remedy: take it out, or name it as one of {}",
                    COLUMNS.join(",")
                )
            })
            .collect();
        let mut places = [0; COLUMNS.len()];
        for (column, place) in COLUMNS.iter().zip(&mut places) {
            let found: Vec<usize> = given
                .iter()
                .enumerate()
                .filter(|(_, name)| name == column)
                .map(|(index, _)| index)
                .collect();
            match found.as_slice() {
                [only] => *place = *only,
                [] => faults.push(format!(
                    "missing column {column}; remedy: add it to the heading and to every line"
                )),
                _ => faults.push(format!("column {column} is given twice; remedy: take one out")),
            }
        }
        if faults.is_empty() { Ok(Self(places)) } else { Err(faults) }
    }

    fn of<'f>(&self, fields: &'f Fields, column: usize) -> Cow<'f, str> {
        fields.get(self.0[column])
    }
}

/// A sound line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) reference: Reference,
    pub(super) article: ArticleCode,
    pub(super) description: Option<Name>,
    pub(super) quantity: Quantity,
    pub(super) placed: Timestamp,
    pub(super) unit_price: Amount,
    pub(super) customer: Option<Reference>,
    pub(super) country: Option<Name>,
}

/// What is wrong: the column and the reason. The caller knows the line and the value.
type Fault = (usize, Reason);

/// # Errors
/// The first thing wrong, in the order in which it would be mended: what the line is at all, then its
/// article, its quantity, its price, and the rest.
pub(super) fn parse(
    line: u64,
    fields: &Fields,
    columns: &Columns,
    conversion: &Conversion,
) -> Result<Row, LineProblem> {
    row(line, fields, columns, conversion).map_err(|(column, reason)| {
        LineProblem::new(line, COLUMNS[column], &columns.of(fields, column), reason)
    })
}

fn row(
    line: u64,
    fields: &Fields,
    columns: &Columns,
    conversion: &Conversion,
) -> Result<Row, Fault> {
    let reference = reference(&columns.of(fields, INVOICE))?;
    let article = article(&columns.of(fields, STOCK))?;
    let quantity = quantity(&columns.of(fields, QUANTITY))?;
    let unit_price = unit_price(&columns.of(fields, PRICE), conversion)?;
    let placed = moment::parse(&columns.of(fields, DATE), conversion.utc_offset_minutes)
        .ok_or((DATE, Reason::BadDate))?;
    Ok(Row {
        line,
        reference,
        article,
        description: name(&columns.of(fields, DESCRIPTION), DESCRIPTION)?,
        quantity,
        placed,
        unit_price,
        customer: customer(&columns.of(fields, CUSTOMER))?,
        country: name(&columns.of(fields, COUNTRY), COUNTRY)?,
    })
}

fn reference(text: &str) -> Result<Reference, Fault> {
    if text.is_empty() {
        return Err((INVOICE, Reason::MissingReference));
    }
    let mut letters = text.bytes();
    if matches!(letters.next(), Some(b'C' | b'c'))
        && letters.next().is_some_and(|next| next.is_ascii_digit())
    {
        return Err((INVOICE, Reason::Cancellation));
    }
    Reference::new(text).map_err(|_| (INVOICE, Reason::BadText))
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

fn quantity(text: &str) -> Result<Quantity, Fault> {
    let units =
        Decimal::parse(text).and_then(Decimal::whole).ok_or((QUANTITY, Reason::BadQuantity))?;
    if units < 1 {
        return Err((QUANTITY, Reason::NegativeQuantity));
    }
    Quantity::new(units).map_err(|_| (QUANTITY, Reason::QuantityTooLarge))
}

fn unit_price(text: &str, conversion: &Conversion) -> Result<Amount, Fault> {
    let price = Decimal::parse(text).ok_or((PRICE, Reason::BadPrice))?;
    if price.is_negative() {
        return Err((PRICE, Reason::NegativePrice));
    }
    if price.is_zero() {
        return Err((PRICE, Reason::ZeroPrice));
    }
    match conversion.rate.convert(price, conversion.currency) {
        Some(0) => Err((PRICE, Reason::PriceTooSmall)),
        Some(minor) => Amount::new(minor).map_err(|_| (PRICE, Reason::PriceTooLarge)),
        None => Err((PRICE, Reason::PriceTooLarge)),
    }
}

/// Nobody known is nothing wrong. Numbers written as `17850.0` are what a spreadsheet makes of 17850.
fn customer(text: &str) -> Result<Option<Reference>, Fault> {
    let digits =
        text.strip_suffix(".0").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let text = digits.unwrap_or(text);
    if text.is_empty() {
        return Ok(None);
    }
    Reference::new(text).map(Some).map_err(|_| (CUSTOMER, Reason::BadText))
}

fn name(text: &str, column: usize) -> Result<Option<Name>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    Name::new(text).map(Some).map_err(|_| (column, Reason::BadText))
}
