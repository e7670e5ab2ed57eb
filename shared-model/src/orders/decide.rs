//! The rules of an order's life.

use super::command::Terms;
use super::error::Error;
use super::event::{Event, Refunded};
use super::state::{Channel, Line, Order, Status, Step, Totals};
use crate::delivery::FailureReason;
use crate::id::{ArticleCode, CustomerId, NodeId, OrderId, StaffId};
use crate::money::Currency;
use crate::tax::{TaxClass, allocate};
use crate::time::Timestamp;

/// Most lines of one order, the imported ones included.
pub const LINES_MAX: usize = 1_200;

/// One priced line of an order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderIntake {
    pub article: ArticleCode,
    pub name: String,
    pub quantity: i64,
    pub unit_price_minor: i64,
    pub tax_class: TaxClass,
}

/// Everything known of an order when it is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    pub order: OrderId,
    pub number: String,
    pub channel: Channel,
    pub customer: Option<CustomerId>,
    pub terms: Terms,
    pub currency: Currency,
    pub lines: Vec<OrderIntake>,
    pub totals: Totals,
    pub paid_minor: i64,
    pub reference: Option<String>,
    pub address: Option<String>,
    pub sold_from: Option<NodeId>,
    pub placed: Timestamp,
    pub staff: Option<StaffId>,
}

/// Places an order. A counter sale is closed as it is placed.
///
/// # Errors
/// [`Error::AlreadyPlaced`] when the id is taken.
pub fn place(known: Option<&Order>, new: NewOrder) -> Result<Event, Error> {
    if known.is_some() {
        return Err(Error::AlreadyPlaced { order: new.order });
    }
    let at_counter = new.channel == Channel::Counter;
    let status = if at_counter { Status::Closed } else { Status::Placed };
    let lines = (1_u32..)
        .zip(new.lines)
        .map(|(number, line)| Line {
            line: number,
            article: line.article,
            name: line.name,
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            tax_class: line.tax_class,
            picked: if at_counter { line.quantity } else { 0 },
            short_reason: None,
            refunded: 0,
        })
        .collect();
    Ok(Event::Placed(Box::new(Order {
        order: new.order,
        number: new.number,
        channel: new.channel,
        status,
        customer: new.customer,
        terms: new.terms,
        currency: new.currency,
        lines,
        totals: new.totals,
        paid_minor: new.paid_minor,
        refunded_minor: 0,
        reference: new.reference,
        address: new.address,
        sold_from: new.sold_from,
        parcels: 0,
        attempts: 0,
        placed: new.placed,
        history: vec![Step { what: status, at: new.placed, staff: new.staff }],
        credit_notes: Vec::new(),
    })))
}

fn require(order: &Order, allowed: &[Status], wanted: &'static str) -> Result<(), Error> {
    if allowed.contains(&order.status) {
        return Ok(());
    }
    Err(Error::WrongStatus { number: order.number.clone(), status: order.status.as_str(), wanted })
}

/// # Errors
/// [`Error::WrongStatus`] unless placed, or back from a failed delivery.
pub fn reserve(order: &Order) -> Result<Event, Error> {
    require(order, &[Status::Placed, Status::Returned], "placed or returned")?;
    Ok(Event::Reserved { order: order.order })
}

/// # Errors
/// [`Error`] when the line, the article or the quantity is not what the order asks for.
pub fn pick(
    order: &Order,
    number: u32,
    scanned: &ArticleCode,
    quantity: i64,
    short_reason: Option<&str>,
) -> Result<Event, Error> {
    require(order, &[Status::Reserved, Status::Picking], "reserved or being picked")?;
    let line = order
        .line(number)
        .ok_or_else(|| Error::LineUnknown { number: order.number.clone(), line: number })?;
    if line.article != *scanned {
        return Err(Error::ArticleDiffers {
            scanned: scanned.to_string(),
            ordered: line.article.to_string(),
        });
    }
    let left = if line.short_reason.is_some() { 0 } else { line.quantity - line.picked };
    if quantity > left || left == 0 {
        return Err(Error::OverPick { left });
    }
    let short_reason = short_reason.filter(|_| quantity < left).map(str::to_owned);
    Ok(Event::LinePicked { order: order.order, line: number, quantity, short_reason })
}

/// # Errors
/// [`Error`] unless all is picked, and something was.
pub fn pack(order: &Order, parcels: i64, totals: Totals) -> Result<Event, Error> {
    require(order, &[Status::Picked], "picked")?;
    if order.lines.iter().all(|line| line.picked == 0) {
        return Err(Error::NothingPicked);
    }
    Ok(Event::Packed { order: order.order, parcels, totals })
}

/// # Errors
/// [`Error::WrongStatus`] unless packed.
pub fn dispatch(order: &Order) -> Result<Event, Error> {
    require(order, &[Status::Packed], "packed")?;
    Ok(Event::Dispatched { order: order.order })
}

/// # Errors
/// [`Error::WrongStatus`] unless on its way.
pub fn deliver(order: &Order, collected_minor: i64) -> Result<Event, Error> {
    require(order, &[Status::Dispatched], "dispatched")?;
    Ok(Event::Delivered { order: order.order, collected_minor })
}

/// # Errors
/// [`Error::WrongStatus`] unless on its way.
pub fn fail(order: &Order, reason: FailureReason) -> Result<Event, Error> {
    require(order, &[Status::Dispatched], "dispatched")?;
    Ok(Event::DeliveryFailed { order: order.order, reason })
}

/// # Errors
/// [`Error::WrongStatus`] unless the delivery failed.
pub fn take_back(order: &Order) -> Result<Event, Error> {
    require(order, &[Status::Failed], "failed")?;
    Ok(Event::Returned { order: order.order })
}

/// Cancels before anything left; what was prepaid goes back.
///
/// # Errors
/// [`Error::WrongStatus`] once goods were picked: they must go out, or come back, first.
pub fn cancel(order: &Order, reason: &str) -> Result<Event, Error> {
    let in_picking = matches!(order.status, Status::Picking | Status::Picked);
    let nothing_found = in_picking && order.lines.iter().all(|line| line.picked == 0);
    if !nothing_found {
        require(
            order,
            &[Status::Placed, Status::Reserved, Status::Returned],
            "placed, reserved or returned, or of which nothing was found",
        )?;
    }
    Ok(Event::Cancelled {
        order: order.order,
        reason: reason.to_owned(),
        refund_minor: order.paid_minor - order.refunded_minor,
    })
}

/// What a refund gives back: net and tax apart, because they return to different accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundSum {
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// Refunds delivered lines at the price paid. The tax of the document is shared out by largest
/// remainder, so refunding everything gives back exactly the tax taken on the goods.
///
/// # Errors
/// [`Error`] when nothing was paid, or more is asked than was delivered and not refunded.
pub fn refund(
    order: &Order,
    lines: &[(u32, i64)],
    credit_note: String,
    reason: &str,
) -> Result<(Event, RefundSum), Error> {
    require(order, &[Status::Closed, Status::Delivered], "closed or delivered")?;
    if order.paid_minor <= order.refunded_minor {
        return Err(Error::NothingPaid);
    }
    let tax_by_line = tax_by_line(order);
    let mut sum = RefundSum { net_minor: 0, tax_minor: 0 };
    let mut refunded: Vec<Refunded> = Vec::with_capacity(lines.len());
    for (number, quantity) in lines {
        let index =
            order.lines.iter().position(|line| line.line == *number).ok_or_else(|| {
                Error::LineUnknown { number: order.number.clone(), line: *number }
            })?;
        if refunded.iter().any(|earlier| earlier.line == *number) {
            return Err(Error::LineRepeated { line: *number });
        }
        let line = &order.lines[index];
        let left = line.picked - line.refunded;
        if *quantity > left {
            return Err(Error::OverRefund { left });
        }
        let tax_until = |units: i64| share(tax_by_line[index], units, line.picked);
        sum.net_minor += line.unit_price_minor * quantity;
        sum.tax_minor += tax_until(line.refunded + quantity) - tax_until(line.refunded);
        refunded.push(Refunded { line: *number, quantity: *quantity });
    }
    let refund_minor = sum.net_minor + sum.tax_minor;
    if refund_minor > order.paid_minor - order.refunded_minor {
        return Err(Error::NothingPaid);
    }
    let event = Event::Refunded {
        order: order.order,
        lines: refunded,
        refund_minor,
        credit_note,
        reason: reason.to_owned(),
    };
    Ok((event, sum))
}

fn share(tax_minor: i64, units: i64, of: i64) -> i64 {
    if of == 0 { 0 } else { crate::money::mul_div_half_up(tax_minor, units, of) }
}

/// The document's tax as it falls on each line; the fee's part is left out.
fn tax_by_line(order: &Order) -> Vec<i64> {
    let mut bases: Vec<i64> = order
        .lines
        .iter()
        .map(|line| match line.tax_class {
            TaxClass::Standard => line.unit_price_minor * line.picked,
            TaxClass::ZeroRated | TaxClass::Exempt => 0,
        })
        .collect();
    bases.push(order.totals.delivery_fee_minor);
    let mut parts = allocate(order.totals.tax_minor, &bases);
    parts.pop();
    parts
}
