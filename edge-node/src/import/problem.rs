//! What can be wrong with one line of a file, and what a person can do about it.

use serde::Serialize;

/// Characters of a refused value that are shown: enough to find it, too few to flood a screen.
const SHOWN_CHARS_MAX: usize = 60;

/// Why a line was left out. Reports count by it, so the names are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    LineTooLong,
    OpenQuote,
    WrongColumnCount,
    BadText,
    MissingReference,
    Cancellation,
    MissingArticle,
    BadArticle,
    NotGoods,
    BadQuantity,
    NegativeQuantity,
    QuantityTooLarge,
    BadPrice,
    ZeroPrice,
    NegativePrice,
    PriceTooSmall,
    PriceTooLarge,
    BadDate,
    OtherCustomer,
    TooManyLines,
    ScatteredOrder,
    TooManyOrders,
    OrderRefused,
}

impl Reason {
    /// The name in reports, as in their JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::OpenQuote => "open_quote",
            Self::WrongColumnCount => "wrong_column_count",
            Self::BadText => "bad_text",
            Self::MissingReference => "missing_reference",
            Self::Cancellation => "cancellation",
            Self::MissingArticle => "missing_article",
            Self::BadArticle => "bad_article",
            Self::NotGoods => "not_goods",
            Self::BadQuantity => "bad_quantity",
            Self::NegativeQuantity => "negative_quantity",
            Self::QuantityTooLarge => "quantity_too_large",
            Self::BadPrice => "bad_price",
            Self::ZeroPrice => "zero_price",
            Self::NegativePrice => "negative_price",
            Self::PriceTooSmall => "price_too_small",
            Self::PriceTooLarge => "price_too_large",
            Self::BadDate => "bad_date",
            Self::OtherCustomer => "other_customer",
            Self::TooManyLines => "too_many_lines",
            Self::ScatteredOrder => "scattered_order",
            Self::TooManyOrders => "too_many_orders",
            Self::OrderRefused => "order_refused",
        }
    }

    /// What is wrong, in words that follow the field's name and value.
    #[must_use]
    pub const fn problem(self) -> &'static str {
        match self {
            Self::LineTooLong => "the line is longer than any order line can be",
            Self::OpenQuote => "a quote is opened and not closed on the same line",
            Self::WrongColumnCount => "the line has more or fewer columns than the heading",
            Self::BadText => "the text is too long or has characters that cannot be printed",
            Self::MissingReference => "the line names no invoice",
            Self::Cancellation => "a cancellation (C…) takes an earlier order back and is no order",
            Self::MissingArticle => "the line names no article",
            Self::BadArticle => "this is no article code",
            Self::NotGoods => "this is a charge or a correction, not goods on a shelf",
            Self::BadQuantity => "this is no whole number",
            Self::NegativeQuantity => "goods are sold in quantities of one or more",
            Self::QuantityTooLarge => "this is more than one line can sell",
            Self::BadPrice => "this is no price",
            Self::ZeroPrice => "a price of nothing: given away, lost, or a correction of stock",
            Self::NegativePrice => "a price below nothing",
            Self::PriceTooSmall => "the price rounds to nothing in the currency of the site",
            Self::PriceTooLarge => "the price is higher than any that is booked here",
            Self::BadDate => "this is no date and time",
            Self::OtherCustomer => {
                "the customer is another one than on the first line of the order"
            }
            Self::TooManyLines => "the order has more lines than one order may have",
            Self::ScatteredOrder => {
                "the lines of this order are too far apart; it was closed before"
            }
            Self::TooManyOrders => "the file has more orders than one import takes",
            Self::OrderRefused => "the depot refused the order",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::LineTooLong => "check the line for a missing line break",
            Self::OpenQuote => "close the quote, and keep line breaks out of fields",
            Self::WrongColumnCount => "quote fields that hold a comma, and give every column",
            Self::BadText => "shorten the text and remove control characters",
            Self::MissingReference => "fill in InvoiceNo",
            Self::Cancellation => {
                "refund the order that it takes back, or cancel that order before it is packed"
            }
            Self::MissingArticle => "fill in StockCode",
            Self::BadArticle => "use 1 to 32 letters, digits, spaces and - _ . /",
            Self::NotGoods => {
                "give postage as the delivery fee of the order, and book charges in the accounts"
            }
            Self::BadQuantity => "give base units as a whole number, such as 6 or 6.0",
            Self::NegativeQuantity => {
                "record goods that came back as a refund, and lost or damaged ones by a count"
            }
            Self::QuantityTooLarge => "split the line",
            Self::BadPrice => {
                "write digits and a decimal point, such as 2.55, without a currency sign"
            }
            Self::ZeroPrice => "give the price, or correct the stock by a count",
            Self::NegativePrice => "book the correction in the accounts",
            Self::PriceTooSmall => "check the price and the rate of conversion",
            Self::PriceTooLarge => "check the price and the rate of conversion",
            Self::BadDate => {
                "write 2011-12-09 12:50:00, in the time of the site, from 2000 to 2099"
            }
            Self::OtherCustomer => "give each customer's order its own InvoiceNo",
            Self::TooManyLines => "split the order into several invoices",
            Self::ScatteredOrder => "sort the file by InvoiceNo",
            Self::TooManyOrders => "split the file",
            Self::OrderRefused => "read the detail, mend it, and import the file again",
        }
    }
}

/// One line that did not go in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineProblem {
    /// Number of the line in the file; the heading is line 1.
    pub line: u64,
    /// The column, or empty when the line as a whole is meant.
    pub field: &'static str,
    /// What stood there, shortened.
    pub value: String,
    pub reason: Reason,
    pub problem: String,
    pub remedy: String,
}

impl LineProblem {
    #[must_use]
    pub fn new(line: u64, field: &'static str, value: &str, reason: Reason) -> Self {
        Self {
            line,
            field,
            value: shortened(value),
            reason,
            problem: reason.problem().to_owned(),
            remedy: reason.remedy().to_owned(),
        }
    }

    /// An order that was read well and then refused by the depot, in the depot's own words.
    #[must_use]
    pub fn refused_order(line: u64, reference: &str, problem: &str, remedy: &str) -> Self {
        Self {
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
            ..Self::new(line, "InvoiceNo", reference, Reason::OrderRefused)
        }
    }
}

impl std::fmt::Display for LineProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {} \"{}\"", self.field, self.value)?;
        }
        write!(f, ": {}; remedy: {}", self.problem, self.remedy)
    }
}

fn shortened(value: &str) -> String {
    let mut shown: String =
        value.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    if value.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
