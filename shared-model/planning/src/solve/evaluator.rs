//! What the search asks of a schedule: may this visit go here, and what does it cost?
//! The search owns the order of visits (`Tours`) and decides what to try; an evaluator owns times, loads and costs, and
//! never changes the order. The search is compiled once per evaluator, so these calls cost nothing.

use super::{compiled::Compiled, tours::Tours};
use crate::plan::Action;

/// Price of what may not be done.
pub(crate) const NEVER: i64 = i64::MAX;

/// Where a pair would go: delivery after `delivery_pred` (the pickup itself when they follow one another).
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairPlace {
    pub price: i64,
    pub delivery_pred: u16,
}

/// Contract, all methods:
/// * between calls the evaluator's caches of a route describe that route's order in `tours`, as the search calls
///   `refresh` after every change of order and before asking anything about the route;
/// * a planned route is always feasible; the search never leaves one that is not;
/// * prices are differences to the route's present cost, in the problem's cost units, `NEVER` when not allowed, and may
///   be given as `NEVER` whenever they would not be below `below` (a chance to stop early);
/// * `may_serve` has been asked of the compiled instance already;
/// * the empty route costs nothing.
pub(crate) trait Evaluator {
    /// Steps between two looks at the budget: few enough to last no longer than some milliseconds together.
    const STEPS_PER_LOOK: u32;

    /// What the plan costs before anything is planned: vehicles underway have to come to their end.
    fn base_cost(&self) -> i64 {
        0
    }

    /// Whether `shared_cost` is ever more than nothing.
    fn has_shared_cost(&self) -> bool {
        false
    }

    /// What the plan costs beyond the sum of its routes, of which those in `used` have visits.
    fn shared_cost(&self, used: &[u16]) -> i64 {
        let _ = used;
        0
    }

    /// Recomputes what is cached of `route` and returns its whole cost.
    fn refresh(&mut self, compiled: &Compiled, tours: &Tours, route: u16) -> i64;

    /// As `refresh`, when nothing but the insertion of `node` (linked already) happened since.
    fn inserted(&mut self, compiled: &Compiled, tours: &Tours, route: u16, node: u16) -> i64 {
        let _ = node;
        self.refresh(compiled, tours, route)
    }

    /// Price of putting the unplanned visit `node` right after `pred`.
    fn insertion(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        node: u16,
        below: i64,
    ) -> i64;

    /// False only when `node` can go nowhere in the route of `pred`, as far as a glance at its load tells.
    #[inline(always)]
    fn has_room(&self, tours: &Tours, pred: u16, node: u16) -> bool {
        let _ = (tours, pred, node);
        true
    }

    /// Cheapest place for `delivery` when `pickup` goes right after `pred`.
    fn pair_insertion(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        pair: (u16, u16),
        below: i64,
    ) -> PairPlace;

    /// Notes that the present order of `route` is part of the best plan.
    fn write_down(&mut self, route: u16) {
        let _ = route;
    }

    /// Remembers what is cached of `route`, to be brought back by `restore`. Calls nest like a stack's.
    fn save(&mut self, tours: &Tours, route: u16);

    /// Brings back what the last `save` not yet restored remembered; `tours` has that order again.
    fn restore(&mut self, tours: &Tours, route: u16);

    /// Drops everything saved.
    fn forget(&mut self);

    /// Whether what comes up to `head` can be followed by what comes from `tail` on, in another route, as far as a glance
    /// at the clock tells.
    fn may_follow(&self, compiled: &Compiled, tours: &Tours, head: u16, tail: u16) -> bool {
        let _ = (compiled, tours, head, tail);
        true
    }

    /// About what a route costs that consists of what comes up to `head` and what comes from `tail` on, both in routes of
    /// one class: little work, and `NEVER` when it hardly can be. 0 when nothing is known.
    fn joined(&self, compiled: &Compiled, tours: &Tours, head: u16, tail: u16) -> i64 {
        let _ = (compiled, tours, head, tail);
        0
    }

    /// When `route`'s vehicle best begins this order, which it can serve. Seconds of the problem's clock.
    fn start_s(&self, compiled: &Compiled, tours: &Tours, route: u16, nodes: &[u16]) -> i64;

    /// What the vehicle does, breaks and reloads included, when it serves this order.
    fn actions(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        nodes: &[u16],
    ) -> Vec<Action> {
        let _ = (tours, route);
        nodes.iter().map(|&node| compiled.action(node)).collect()
    }

    /// Whole cost of `route`'s vehicle serving this order, `NEVER` if it may not. Needs no cache of the order.
    fn price_of(&mut self, compiled: &Compiled, tours: &Tours, route: u16, nodes: &[u16]) -> i64;

    /// As `price_of`; may be `NEVER` whenever it would not be below `below`.
    fn price_below(
        &mut self,
        compiled: &Compiled,
        tours: &Tours,
        (route, nodes): (u16, &[u16]),
        below: i64,
    ) -> i64 {
        let _ = below;
        self.price_of(compiled, tours, route, nodes)
    }

    /// No more than `price_of` this order, as far as ways over a third place are not shorter; little work.
    fn least_of(&self, route: u16, nodes: &[u16]) -> i64 {
        let _ = (route, nodes);
        0
    }
}
