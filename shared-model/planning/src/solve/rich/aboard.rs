//! What is on board along a line, trip by trip, and whether it may be. May not know times.

use super::line::{Aboard, Line, Loads, Order, What};
use crate::problem::DIMENSIONS;

#[inline]
pub(super) fn plus(a: Loads, b: Loads) -> Loads {
    std::array::from_fn(|d| a[d] + b[d])
}

#[inline]
pub(super) fn less(a: Loads, b: Loads) -> Loads {
    std::array::from_fn(|d| a[d] - b[d])
}

#[inline]
pub(super) fn most(a: Loads, b: Loads) -> Loads {
    std::array::from_fn(|d| a[d].max(b[d]))
}

#[inline]
pub(super) fn within(a: Loads, b: Loads) -> bool {
    (0..DIMENSIONS).all(|d| a[d] <= b[d])
}

/// Less than any load.
const NOTHING: Loads = [i64::MIN / 4; DIMENSIONS];

impl Line {
    /// Works out the loads; `None` when something is not on board, too much, or in an order that backhauls forbid.
    pub(super) fn load(&mut self, order: Order<'_>) -> Option<()> {
        let end = self.elements.len() - 1;
        self.aboard.clear();
        self.aboard.resize(end + 1, Aboard::default());
        let mut from = 0;
        while from < end {
            let is_load = |at: &usize| matches!(self.elements[*at].what, What::Load(_) | What::End);
            let to = (from + 1..=end).find(is_load).unwrap_or(end);
            if self.elements[from].is_first_underway {
                self.go_on(order, from, to)?;
            } else {
                self.carry(order, from, to)?;
            }
            self.order(order, from, to)?;
            from = to;
        }
        Some(())
    }

    /// The elements from `from` on and before `to` are a trip that is loaded at `from`.
    fn carry(&mut self, order: Order<'_>, from: usize, to: usize) -> Option<()> {
        let capacity = order.step.rider.capacity;
        let mut rest = [0; DIMENSIONS];
        for element in &self.elements[from + 1..to] {
            if let What::Stop(node) = element.what {
                rest = plus(rest, order.stops[usize::from(node)].deliver);
            }
        }
        let (mut now, mut peak) = (rest, rest);
        for at in from..to {
            if let What::Stop(node) = self.elements[at].what {
                let stop = &order.stops[usize::from(node)];
                now = plus(less(now, stop.deliver), stop.collect);
                rest = less(rest, stop.deliver);
                peak = most(peak, now);
            }
            self.aboard[at] = Aboard { to: peak, from: now, now, rest };
        }
        if !within(peak, capacity) {
            return None;
        }
        for at in (from + 1..to).rev() {
            self.aboard[at - 1].from = most(self.aboard[at - 1].from, self.aboard[at].from);
        }
        Some(())
    }

    /// The same of the trip that was going on when planning began.
    fn go_on(&mut self, order: Order<'_>, from: usize, to: usize) -> Option<()> {
        let rider = order.step.rider;
        let mut now = rider.underway?.on_board;
        for at in from..to {
            let mut checked = NOTHING;
            if let What::Stop(node) = self.elements[at].what {
                let stop = &order.stops[usize::from(node)];
                if stop.delivers && stop.loaded_on != Some(rider.vehicle) {
                    return None;
                }
                now = plus(less(now, stop.deliver), stop.collect);
                for d in 0..DIMENSIONS {
                    if stop.collect[d] > 0 {
                        checked[d] = now[d];
                    }
                }
                if !within(checked, rider.capacity) {
                    return None;
                }
            }
            self.aboard[at] = Aboard { to: now, from: checked, now, rest: [0; DIMENSIONS] };
        }
        let mut behind = NOTHING;
        for at in (from..to).rev() {
            let own = self.aboard[at].from;
            self.aboard[at].from = behind;
            behind = most(behind, own);
        }
        Some(())
    }

    /// Backhauls come after deliveries, and deliveries are of what was loaded.
    fn order(&mut self, order: Order<'_>, from: usize, to: usize) -> Option<()> {
        let mut after_backhaul = self.elements[from].after_backhaul;
        for at in from..to {
            if let What::Stop(node) = self.elements[at].what {
                let stop = &order.stops[usize::from(node)];
                if stop.delivers && (after_backhaul || !self.elements[at].is_loaded) {
                    return None;
                }
                after_backhaul |= stop.backhaul;
            }
            self.elements[at].after_backhaul = after_backhaul;
        }
        let mut before_delivery = false;
        for at in (from..to).rev() {
            self.elements[at].before_delivery = before_delivery;
            if let What::Stop(node) = self.elements[at].what {
                before_delivery |= order.stops[usize::from(node)].delivers;
            }
        }
        Some(())
    }
}
