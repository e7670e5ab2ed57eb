//! Orders are placed by phone or import, reserved, and given up.

use std::collections::BTreeMap;

use super::command::Kind;
use super::counter::{at_line, post_revenue, priced, quote_of, totals_of};
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::catalogue::Article;
use crate::dispatch;
use crate::document::{self, CustomerFields, DocumentKind};
use crate::id::{ArticleCode, CustomerId, DocumentId, EntryId, OrderId};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::orders::{
    self, CancelOrder, Channel, NewOrder, Order, OrderIntake, PlaceOrder, ReserveOrder, Terms,
};
use crate::payments;
use crate::pricing::{self, PricedLine};
use crate::records::Load;
use crate::tax::TaxClass;
use crate::time::Timestamp;
use crate::warehouse;

pub(super) fn place<L: Load>(
    command: &PlaceOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for (index, line) in command.lines.iter().enumerate() {
        lines.push(at_line(index, priced(&line.article, line.quantity.units(), desk))?);
    }
    let quote = quote_of(desk, &lines, command.delivery_fee_minor.minor())?;
    let number = desk.order_number()?;
    let paid_minor = match command.terms {
        Terms::CashOnDelivery => 0,
        Terms::PrepaidCash => quote.total_minor,
    };
    let new = NewOrder {
        order: command.order,
        number: number.clone(),
        channel: Channel::Phone,
        customer: command.customer,
        terms: command.terms,
        currency: desk.currency(),
        lines,
        totals: totals_of(&quote),
        paid_minor,
        reference: None,
        address: command.address.as_ref().map(|address| address.as_str().to_owned()),
        sold_from: None,
        placed: desk.context.now,
        staff: desk.context.actor,
    };
    let known: Option<Order> = desk.own(&command.order.to_string())?;
    let mut draft = Draft::default();
    draft.event(orders::place(known.as_ref(), new)?);
    describe_way(&mut draft, command);
    if paid_minor > 0 {
        draft.event(payments::Event::CashTaken {
            order: command.order,
            amount_minor: paid_minor,
            tendered_minor: paid_minor,
        });
        let (till, deposit) = (Account::Till, Account::CustomerDeposit);
        draft.post(Posting::money(till, deposit, desk.currency(), paid_minor));
    }
    let reply =
        Reply::Placed { number, total_minor: quote.total_minor, tax_minor: quote.tax_minor };
    Ok(draft.decision(Kind::PlaceOrder, Scope::Site, reply))
}

/// Where and when it is to be brought, if that was said with the order.
fn describe_way(draft: &mut Draft, command: &PlaceOrder) {
    let order = command.order;
    if let Some(place) = command.place {
        draft.event(dispatch::Event::OrderLocated { order, place });
    }
    if let Some(windows) = &command.windows {
        draft.event(dispatch::open_between(order, windows));
    }
}

/// How many of each article an order still wants.
fn wanted(order: &Order) -> BTreeMap<&ArticleCode, i64> {
    let mut wanted = BTreeMap::new();
    for line in &order.lines {
        *wanted.entry(&line.article).or_insert(0) += line.quantity;
    }
    wanted
}

pub(super) fn reserve<L: Load>(
    command: &ReserveOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let reserved = orders::reserve(&order)?;
    let mut lines = Vec::new();
    for (article, quantity) in wanted(&order) {
        let index = order.lines.iter().position(|line| line.article == *article).unwrap_or(0);
        let stock = desk.stock(article)?;
        at_line(
            index,
            warehouse::reserve(article, &stock, &desk.context.site.unsellable, quantity)
                .map_err(Declined::from),
        )?;
        lines.push((article.clone(), quantity));
    }
    let mut draft = Draft::default();
    draft.event(reserved);
    draft.event(warehouse::Event::StockReserved { lines });
    Ok(draft.done(Kind::ReserveOrder))
}

/// What stock is still promised to an order: a line that ended short has given its part up.
fn still_promised(order: &Order) -> Vec<(ArticleCode, i64)> {
    match order.status {
        orders::Status::Reserved | orders::Status::Picking => order
            .lines
            .iter()
            .filter(|line| !line.is_done())
            .map(|line| (line.article.clone(), line.quantity - line.picked))
            .collect(),
        orders::Status::Placed
        | orders::Status::Picked
        | orders::Status::Packed
        | orders::Status::Dispatched
        | orders::Status::Delivered
        | orders::Status::Failed
        | orders::Status::Returned
        | orders::Status::Closed
        | orders::Status::Cancelled => Vec::new(),
    }
}

pub(super) fn cancel<L: Load>(
    command: &CancelOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let mut draft = Draft::default();
    draft.event(orders::cancel(&order, command.reason.as_str())?);
    let lines = still_promised(&order);
    if !lines.is_empty() {
        draft.event(warehouse::Event::ReservationReleased { lines });
    }
    let refund_minor = order.paid_minor - order.refunded_minor;
    if refund_minor > 0 {
        draft.event(payments::Event::CashReturned {
            order: order.order,
            amount_minor: refund_minor,
        });
        let (deposit, till) = (Account::CustomerDeposit, Account::Till);
        draft.post(Posting::money(deposit, till, desk.currency(), refund_minor));
    }
    Ok(draft.done(Kind::CancelOrder))
}

/// A line of an imported order, at the price agreed in the channel it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedLine {
    pub article: ArticleCode,
    pub name: String,
    pub quantity: i64,
    pub unit_price_minor: i64,
}

/// The customer an imported order names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCustomer {
    pub customer: CustomerId,
    pub name: String,
    pub address: String,
}

/// An order that another system took. Asked by the operator's import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub reference: String,
    pub placed: Timestamp,
    pub customer: Option<ImportedCustomer>,
    /// At most [`orders::LINES_MAX`].
    pub lines: Vec<ImportedLine>,
}

pub(super) fn import<L: Load>(
    command: &ImportOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    let mut lines = Vec::with_capacity(command.lines.len());
    let mut listed: BTreeMap<ArticleCode, TaxClass> = BTreeMap::new();
    for line in &command.lines {
        let tax_class = match listed.get(&line.article) {
            Some(tax_class) => *tax_class,
            None => list_if_new(&mut draft, desk, line)?,
        };
        listed.insert(line.article.clone(), tax_class);
        lines.push(OrderIntake {
            article: line.article.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            tax_class,
        });
    }
    let totals = totals_of(&imported_quote(desk, command.placed, &lines)?);
    register_if_new(&mut draft, desk, command.customer.as_ref())?;
    let number = desk.order_number()?;
    let new = NewOrder {
        order: command.order,
        number: number.clone(),
        channel: Channel::Import,
        customer: command.customer.as_ref().map(|customer| customer.customer),
        terms: Terms::CashOnDelivery,
        currency: desk.currency(),
        lines,
        totals,
        paid_minor: 0,
        reference: Some(command.reference.clone()),
        address: command.customer.as_ref().map(|customer| customer.address.clone()),
        sold_from: None,
        placed: command.placed,
        staff: desk.context.actor,
    };
    let known: Option<Order> = desk.own(&command.order.to_string())?;
    draft.event(orders::place(known.as_ref(), new)?);
    let reply =
        Reply::Placed { number, total_minor: totals.total_minor, tax_minor: totals.tax_minor };
    Ok(draft.decision(Kind::ImportOrder, Scope::Site, reply))
}

/// Imported prices are agreed ones: no book is asked, and the tax is that of the day it was placed.
fn imported_quote<L: Load>(
    desk: &Desk<'_, '_, L>,
    placed: Timestamp,
    lines: &[OrderIntake],
) -> Result<pricing::Quote, pricing::Error> {
    let priced: Vec<PricedLine> = lines
        .iter()
        .map(|line| PricedLine {
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            tax_class: line.tax_class,
        })
        .collect();
    pricing::quote(desk.context.site.jurisdiction, placed, &priced, 0)
}

fn list_if_new<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    line: &ImportedLine,
) -> Result<TaxClass, Declined<L::Error>> {
    if let Some(article) = desk.known_article(&line.article)? {
        return Ok(article.tax_class);
    }
    draft.event(crate::catalogue::Event::ArticleListed(Article {
        code: line.article.clone(),
        name: line.name.clone(),
        barcode: None,
        tax_class: TaxClass::Standard,
        packs: Vec::new(),
    }));
    Ok(TaxClass::Standard)
}

fn register_if_new<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    customer: Option<&ImportedCustomer>,
) -> Result<(), Declined<L::Error>> {
    let Some(customer) = customer else {
        return Ok(());
    };
    let id = DocumentId::from(customer.customer);
    if desk.document(id)?.is_some() {
        return Ok(());
    }
    let fields = CustomerFields {
        name: Some(customer.name.clone()),
        address: Some(customer.address.clone()),
        ..CustomerFields::default()
    };
    let change = document::create_customer(desk.context.writer, &fields)?;
    let kind = DocumentKind::Customer;
    draft.event(document::Event { document: id, kind, change: change.into() });
    Ok(())
}

/// The postings of a delivered order: what pays, and what is paid for.
pub(super) fn post_delivery<L: Load>(
    draft: &mut Draft,
    desk: &Desk<'_, '_, L>,
    order: &Order,
    rider: crate::id::RiderId,
    collected_minor: i64,
) {
    let due = order.due_minor().max(0);
    let prepaid = order.totals.total_minor - due;
    let sources = [
        (Account::CustomerDeposit, prepaid),
        (Account::RiderCustody(rider), collected_minor.min(due)),
        (Account::CustomerReceivable, (due - collected_minor).max(0)),
    ];
    post_revenue(draft, desk, &sources, &order.totals);
    let over = (collected_minor - due).max(0);
    let (custody, deposit) = (Account::RiderCustody(rider), Account::CustomerDeposit);
    draft.post(Posting::money(custody, deposit, desk.currency(), over));
}
