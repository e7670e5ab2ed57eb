//! What partners hear of an entry: events under names of their own, with ids, amounts and codes. No
//! name, phone, address, note or proof of a person leaves here. Names and fields are a published
//! format: append only, and a changed meaning is a new name.

use serde::Serialize;

use super::{Body, Event};
use crate::delivery::FailureReason;
use crate::id::{ArticleCode, OrderId, ReceiptId, RiderId, TaskId};
use crate::money::Currency;
use crate::orders::{Channel, Order, Status, Totals};
use crate::{gig, orders, warehouse};

/// An event for partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Such as `order.created`.
    pub name: &'static str,
    /// What it is about: the id of an order, a task or a receipt.
    pub subject: String,
    pub facts: Facts,
}

/// One ordered article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderedLine {
    pub line: u32,
    pub article: ArticleCode,
    pub quantity: i64,
    pub unit_price_minor: i64,
}

/// One received article; what was damaged is part of what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrivedLine {
    pub article: ArticleCode,
    pub quantity: i64,
    pub damaged: i64,
}

/// One refunded line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundedLine {
    pub line: u32,
    pub quantity: i64,
}

/// What an event says; amounts are in minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Facts {
    OrderCreated {
        order: OrderId,
        number: String,
        channel: Channel,
        status: Status,
        currency: Currency,
        lines: Vec<OrderedLine>,
        #[serde(flatten)]
        totals: Totals,
    },
    OrderPacked {
        order: OrderId,
        parcels: i64,
        #[serde(flatten)]
        totals: Totals,
    },
    OrderDelivered {
        order: OrderId,
        collected_minor: i64,
    },
    OrderFailed {
        order: OrderId,
        reason: FailureReason,
    },
    OrderCancelled {
        order: OrderId,
        refund_minor: i64,
    },
    OrderRefunded {
        order: OrderId,
        credit_note: String,
        refund_minor: i64,
        lines: Vec<RefundedLine>,
    },
    /// Where only that it happened matters.
    Order {
        order: OrderId,
    },
    DriverAssigned {
        task: TaskId,
        order: OrderId,
        number: String,
        rider: RiderId,
        attempt: u32,
        cash_due_minor: i64,
    },
    DeliveryCompleted {
        task: TaskId,
        collected_minor: i64,
    },
    DeliveryFailed {
        task: TaskId,
        reason: FailureReason,
    },
    Delivery {
        task: TaskId,
    },
    StockReceived {
        receipt: ReceiptId,
        lines: Vec<ArrivedLine>,
    },
}

/// What partners hear of an entry's body, each with its place among the body's events: place and
/// entry id together name it for ever.
pub fn published(body: &Body) -> impl Iterator<Item = (usize, Published)> + '_ {
    body.events.iter().enumerate().filter_map(|(place, event)| Some((place, publish(event)?)))
}

fn publish(event: &Event) -> Option<Published> {
    match event {
        Event::Orders(event) => of_order(event),
        Event::Gig(event) => of_task(event),
        Event::Warehouse(warehouse::Event::GoodsReceived { receipt, lines, .. }) => {
            let lines = lines.iter().map(|line| ArrivedLine {
                article: line.article.clone(),
                quantity: line.quantity,
                damaged: line.damaged,
            });
            let facts = Facts::StockReceived { receipt: *receipt, lines: lines.collect() };
            Some(Published { name: "stock.received", subject: receipt.to_string(), facts })
        }
        Event::Warehouse(_)
        | Event::Catalogue(_)
        | Event::Pricing(_)
        | Event::Payments(_)
        | Event::Rights(_)
        | Event::Document(_)
        | Event::Exceptions(_)
        | Event::Staff(_)
        | Event::Network(_)
        | Event::Inference(_)
        | Event::Dispatch(_)
        | Event::Replenishment(_) => None,
    }
}

fn of_order(event: &orders::Event) -> Option<Published> {
    use orders::Event as Happened;
    let order = event.order();
    let (name, facts) = match event {
        Happened::Placed(placed) => ("order.created", created(placed)),
        Happened::Reserved { .. } => ("order.reserved", Facts::Order { order }),
        Happened::LinePicked { .. } => return None,
        Happened::Packed { parcels, totals, .. } => {
            ("order.packed", Facts::OrderPacked { order, parcels: *parcels, totals: *totals })
        }
        Happened::Dispatched { .. } => ("order.dispatched", Facts::Order { order }),
        Happened::Delivered { collected_minor, .. } => {
            let collected_minor = *collected_minor;
            ("order.delivered", Facts::OrderDelivered { order, collected_minor })
        }
        Happened::DeliveryFailed { reason, .. } => {
            ("order.delivery_failed", Facts::OrderFailed { order, reason: *reason })
        }
        Happened::Returned { .. } => ("order.returned", Facts::Order { order }),
        // The reason is a person's own words.
        Happened::Cancelled { refund_minor, .. } => {
            ("order.cancelled", Facts::OrderCancelled { order, refund_minor: *refund_minor })
        }
        Happened::Refunded { lines, refund_minor, credit_note, .. } => {
            let lines = lines.iter();
            let lines = lines.map(|line| RefundedLine { line: line.line, quantity: line.quantity });
            let facts = Facts::OrderRefunded {
                order,
                credit_note: credit_note.clone(),
                refund_minor: *refund_minor,
                lines: lines.collect(),
            };
            ("order.refunded", facts)
        }
    };
    Some(Published { name, subject: order.to_string(), facts })
}

fn created(order: &Order) -> Facts {
    let lines = order.lines.iter().map(|line| OrderedLine {
        line: line.line,
        article: line.article.clone(),
        quantity: line.quantity,
        unit_price_minor: line.unit_price_minor,
    });
    Facts::OrderCreated {
        order: order.order,
        number: order.number.clone(),
        channel: order.channel,
        status: order.status,
        currency: order.currency,
        lines: lines.collect(),
        totals: order.totals,
    }
}

fn of_task(event: &gig::Event) -> Option<Published> {
    use gig::Event as Happened;
    let (name, task, facts) = match event {
        Happened::TaskAllocated(task) => {
            let facts = Facts::DriverAssigned {
                task: task.task,
                order: task.order,
                number: task.number.clone(),
                rider: task.rider,
                attempt: task.attempt,
                cash_due_minor: task.cash_due_minor,
            };
            ("driver.assigned", task.task, facts)
        }
        Happened::TaskDelivered { task, collected_minor, .. } => {
            let (task, collected_minor) = (*task, *collected_minor);
            ("delivery.completed", task, Facts::DeliveryCompleted { task, collected_minor })
        }
        Happened::TaskFailed { task, reason } => {
            ("delivery.failed", *task, Facts::DeliveryFailed { task: *task, reason: *reason })
        }
        Happened::TaskReturned { task } => {
            ("delivery.returned", *task, Facts::Delivery { task: *task })
        }
        // Who a rider is and what a rider earns is nobody else's business.
        Happened::RiderRegistered { .. } | Happened::EarningAccrued { .. } => return None,
    };
    Some(Published { name, subject: task.to_string(), facts })
}
