//! What is on its way of one article, and what was answered last.

use minicbor::{Decode, Encode};

use super::command::Answer;
use crate::quantity::QUANTITY_MAX;
use crate::time::Timestamp;

/// Most base units of one article on order at once.
pub const ON_ORDER_MAX: i64 = QUANTITY_MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Replenishment {
    /// Base units bought and not yet received.
    #[n(0)]
    pub on_order: i64,
    #[n(1)]
    pub answer: Answer,
    #[n(2)]
    pub proposed: i64,
    #[n(3)]
    pub bought: i64,
    #[n(4)]
    pub answered: Timestamp,
}

impl Replenishment {
    /// The record after an answer.
    #[must_use]
    pub const fn answered(
        before: Option<Self>,
        answer: Answer,
        proposed: i64,
        bought: i64,
        at: Timestamp,
    ) -> Self {
        let before = match before {
            Some(record) => record.on_order,
            None => 0,
        };
        let on_order = match answer {
            Answer::Accept | Answer::Change => before.saturating_add(bought),
            Answer::Ignore => before,
            Answer::Withdraw => 0,
        };
        Self { on_order, answer, proposed, bought, answered: at }
    }

    /// Goods came in, whoever ordered them: less is on its way.
    pub fn receive(&mut self, units: i64) {
        self.on_order = self.on_order.saturating_sub(units.max(0)).max(0);
    }
}
