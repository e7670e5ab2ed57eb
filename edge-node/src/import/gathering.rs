//! From rows to orders: lines of one invoice belong together, even when a few others stand between.
//! Holds the lines of a bounded number of orders, whatever the length of the file.

use std::collections::{HashSet, VecDeque};

use shared_model::id::{ArticleCode, CustomerId, EntryId, OrderId, SiteCode};
use shared_model::money::Amount;
use shared_model::orders::LINES_MAX;
use shared_model::quantity::Quantity;
use shared_model::text::{Name, Reference};
use shared_model::time::Timestamp;

use super::line::{COLUMNS, CUSTOMER, INVOICE, Row};
use super::problem::{LineProblem, Reason};

/// Orders that may still get lines. In the file this was made for, two invoices written at one moment
/// interleave; sixteen times that is room enough.
const OPEN_ORDERS_MAX: usize = 32;

/// Orders of one file: 16 bytes are kept of each, to know one that comes back too late.
const ORDERS_MAX: usize = 1_000_000;

/// One line of an order to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedLine {
    /// Where it stands in the file.
    pub line_number: u64,
    pub article: ArticleCode,
    pub description: Option<Name>,
    pub quantity: Quantity,
    /// In minor units of the site's currency.
    pub unit_price: Amount,
}

/// Who ordered, as the other system knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// Derived like the order's id: each order of a customer names the same one.
    pub customer: CustomerId,
    pub number: Reference,
}

/// An order to take in. Its ids are derived from the site and the reference: the same file again
/// gives the same orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedOrder {
    pub order: OrderId,
    /// The id of the log entry that places it.
    pub entry: EntryId,
    pub reference: Reference,
    /// The first sound line.
    pub line_first: u64,
    pub placed: Timestamp,
    /// `None` when the file names nobody.
    pub buyer: Option<Buyer>,
    pub country: Option<Name>,
    pub lines: Vec<ImportedLine>,
}

/// The orders still open, the one longest without a new line first.
#[derive(Debug)]
pub(super) struct Gathering {
    site: SiteCode,
    open: VecDeque<ImportedOrder>,
    closed: HashSet<OrderId>,
}

impl Gathering {
    pub(super) fn new(site: SiteCode) -> Self {
        Self { site, open: VecDeque::new(), closed: HashSet::new() }
    }

    /// Adds a row; gives back the order that it pushed out, if any.
    ///
    /// # Errors
    /// When the row cannot join its order.
    pub(super) fn take(&mut self, row: Row) -> Result<Option<ImportedOrder>, LineProblem> {
        let Some(at) = self.open.iter().rposition(|open| open.reference == row.reference) else {
            return self.open_order(row);
        };
        let order = &mut self.open[at];
        if row.customer.as_ref() != order.buyer.as_ref().map(|buyer| &buyer.number) {
            let customer = row.customer.as_ref().map_or("", Reference::as_str);
            return Err(LineProblem::new(
                row.line,
                COLUMNS[CUSTOMER],
                customer,
                Reason::OtherCustomer,
            ));
        }
        if order.lines.len() >= LINES_MAX {
            return Err(LineProblem::new(
                row.line,
                COLUMNS[INVOICE],
                row.reference.as_str(),
                Reason::TooManyLines,
            ));
        }
        order.lines.push(line_of(row));
        if let Some(order) = self.open.remove(at) {
            self.open.push_back(order);
        }
        Ok(None)
    }

    fn open_order(&mut self, row: Row) -> Result<Option<ImportedOrder>, LineProblem> {
        let order = OrderId::new(derived(ORDER_CONTEXT, &self.site, &row.reference));
        let refused =
            |reason| LineProblem::new(row.line, COLUMNS[INVOICE], row.reference.as_str(), reason);
        if self.closed.contains(&order) {
            return Err(refused(Reason::ScatteredOrder));
        }
        if self.closed.len() + self.open.len() >= ORDERS_MAX {
            return Err(refused(Reason::TooManyOrders));
        }
        let pushed_out = if self.open.len() >= OPEN_ORDERS_MAX { self.close() } else { None };
        self.open.push_back(ImportedOrder {
            order,
            entry: EntryId::new(derived(ENTRY_CONTEXT, &self.site, &row.reference)),
            reference: row.reference.clone(),
            line_first: row.line,
            placed: row.placed,
            buyer: row.customer.as_ref().map(|number| self.buyer(number)),
            country: row.country.clone(),
            lines: vec![line_of(row)],
        });
        Ok(pushed_out)
    }

    fn buyer(&self, number: &Reference) -> Buyer {
        let customer = CustomerId::new(derived(CUSTOMER_CONTEXT, &self.site, number));
        Buyer { customer, number: number.clone() }
    }

    /// Closes the order longest without a new line.
    pub(super) fn close(&mut self) -> Option<ImportedOrder> {
        let order = self.open.pop_front()?;
        self.closed.insert(order.order);
        Some(order)
    }
}

fn line_of(row: Row) -> ImportedLine {
    ImportedLine {
        line_number: row.line,
        article: row.article,
        description: row.description,
        quantity: row.quantity,
        unit_price: row.unit_price,
    }
}

const ORDER_CONTEXT: &str = "omniroute order imported by its reference v1";
const ENTRY_CONTEXT: &str = "omniroute entry of an order imported by its reference v1";

const CUSTOMER_CONTEXT: &str = "omniroute customer imported by number v1";

/// A uuid (version 8) of what it names. The length keeps site and reference apart.
fn derived(context: &str, site: &SiteCode, reference: &Reference) -> uuid::Uuid {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    hasher.update(&(site.as_str().len() as u64).to_le_bytes());
    hasher.update(site.as_str().as_bytes());
    hasher.update(reference.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_site_and_reference_alone() {
        let id = |site: &str, reference: &str| {
            derived(ORDER_CONTEXT, &site.parse().unwrap(), &Reference::new(reference).unwrap())
        };
        assert_eq!(id("NBO-1", "536365"), id("NBO-1", "536365"));
        assert_ne!(id("NBO-1", "536365"), id("NBO-2", "536365"));
        assert_ne!(id("NBO-1", "1536365"), id("NBO-11", "536365"));
        assert_eq!(id("NBO-1", "536365").get_version_num(), 8);
        // Written down: another value would take every order in again.
        assert_eq!(id("NBO-1", "536365").to_string(), "b839d407-7f8a-8539-b8bb-5acafaffe5eb");
    }
}
