//! An order and how events change it.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Terms;
use super::event::Event;
use crate::id::{ArticleCode, CustomerId, NodeId, OrderId, StaffId};
use crate::money::Currency;
use crate::tax::TaxClass;
use crate::time::Timestamp;

/// Where an order came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[n(0)]
    Counter,
    #[n(1)]
    Phone,
    #[n(2)]
    Import,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[n(0)]
    Placed,
    #[n(1)]
    Reserved,
    #[n(2)]
    Picking,
    #[n(3)]
    Picked,
    #[n(4)]
    Packed,
    #[n(5)]
    Dispatched,
    #[n(6)]
    Delivered,
    #[n(7)]
    Failed,
    #[n(8)]
    Returned,
    #[n(9)]
    Closed,
    #[n(10)]
    Cancelled,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Reserved => "reserved",
            Self::Picking => "picking",
            Self::Picked => "picked",
            Self::Packed => "packed",
            Self::Dispatched => "dispatched",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Returned => "returned",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Line {
    #[n(0)]
    pub line: u32,
    #[n(1)]
    pub article: ArticleCode,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub quantity: i64,
    #[n(4)]
    pub unit_price_minor: i64,
    #[n(5)]
    pub tax_class: TaxClass,
    #[n(6)]
    pub picked: i64,
    #[n(7)]
    pub short_reason: Option<String>,
    #[n(8)]
    pub refunded: i64,
}

impl Line {
    /// Whether picking this line is over.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.picked >= self.quantity || self.short_reason.is_some()
    }
}

/// What the order comes to, in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub struct Totals {
    #[n(0)]
    pub net_minor: i64,
    #[n(1)]
    pub delivery_fee_minor: i64,
    #[n(2)]
    pub tax_minor: i64,
    #[n(3)]
    pub total_minor: i64,
}

/// One step of an order's life, as shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Step {
    #[n(0)]
    pub what: Status,
    #[n(1)]
    #[serde(rename = "at_ms")]
    pub at: Timestamp,
    #[n(2)]
    pub staff: Option<StaffId>,
}

/// Steps kept for showing; the log holds them all.
const STEPS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Order {
    #[n(0)]
    pub order: OrderId,
    /// From this site's own gapless series.
    #[n(1)]
    pub number: String,
    #[n(2)]
    pub channel: Channel,
    #[n(3)]
    pub status: Status,
    #[n(4)]
    pub customer: Option<CustomerId>,
    #[n(5)]
    pub terms: Terms,
    #[n(6)]
    pub currency: Currency,
    #[n(7)]
    pub lines: Vec<Line>,
    #[n(8)]
    #[serde(flatten)]
    pub totals: Totals,
    #[n(9)]
    pub paid_minor: i64,
    #[n(10)]
    pub refunded_minor: i64,
    /// The number on the customer's or the imported paper.
    #[n(11)]
    pub reference: Option<String>,
    #[n(12)]
    pub address: Option<String>,
    /// The depot whose stock was sold under a right; none when it was our own.
    #[n(13)]
    pub sold_from: Option<NodeId>,
    #[n(14)]
    pub parcels: i64,
    #[n(15)]
    pub attempts: u32,
    #[n(16)]
    #[serde(rename = "placed_ms")]
    pub placed: Timestamp,
    #[n(17)]
    pub history: Vec<Step>,
    #[n(18)]
    pub credit_notes: Vec<String>,
}

impl Order {
    /// Takes an event in. Cannot fail.
    pub fn apply(&mut self, event: &Event, at: Timestamp, staff: Option<StaffId>) {
        let status = match event {
            Event::Placed(_) => self.status,
            Event::Reserved { .. } => Status::Reserved,
            Event::LinePicked { line, quantity, short_reason, .. } => {
                self.pick(*line, *quantity, short_reason.as_ref());
                let done = self.lines.iter().all(Line::is_done);
                if done { Status::Picked } else { Status::Picking }
            }
            Event::Packed { parcels, totals, .. } => {
                self.parcels = *parcels;
                self.totals = *totals;
                // What was prepaid for goods that were not found goes back as the order is packed.
                if self.terms == Terms::PrepaidCash {
                    self.paid_minor = self.paid_minor.min(totals.total_minor);
                }
                Status::Packed
            }
            Event::Dispatched { .. } => {
                self.attempts += 1;
                Status::Dispatched
            }
            Event::Delivered { collected_minor, .. } => {
                self.paid_minor = self.paid_minor.saturating_add(*collected_minor);
                Status::Delivered
            }
            Event::DeliveryFailed { .. } => Status::Failed,
            Event::Returned { .. } => {
                for line in &mut self.lines {
                    line.picked = 0;
                    line.short_reason = None;
                }
                Status::Returned
            }
            Event::Cancelled { refund_minor, .. } => {
                self.refunded_minor = self.refunded_minor.saturating_add(*refund_minor);
                Status::Cancelled
            }
            Event::Refunded { lines, refund_minor, credit_note, .. } => {
                self.refunded_minor = self.refunded_minor.saturating_add(*refund_minor);
                self.credit_notes.push(credit_note.clone());
                for refunded in lines {
                    if let Some(line) = self.lines.iter_mut().find(|l| l.line == refunded.line) {
                        line.refunded = line.refunded.saturating_add(refunded.quantity);
                    }
                }
                self.status
            }
        };
        if status != self.status {
            self.status = status;
            self.note_step(at, staff);
        }
    }

    /// Notes that the order reached its present status.
    pub fn note_step(&mut self, at: Timestamp, staff: Option<StaffId>) {
        if self.history.len() < STEPS_MAX {
            self.history.push(Step { what: self.status, at, staff });
        }
    }

    #[must_use]
    pub fn line(&self, number: u32) -> Option<&Line> {
        self.lines.iter().find(|line| line.line == number)
    }

    /// What the customer still has to pay.
    #[must_use]
    pub const fn due_minor(&self) -> i64 {
        self.totals.total_minor - self.paid_minor
    }

    fn pick(&mut self, number: u32, quantity: i64, short_reason: Option<&String>) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.line == number) {
            line.picked = line.picked.saturating_add(quantity);
            line.short_reason = short_reason.cloned();
        }
    }
}
