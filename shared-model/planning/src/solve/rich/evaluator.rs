//! What the search asks of a schedule that has to be simulated, answered from the caches where they know. May not change
//! an order.

use super::cache::Cache;
use super::label::Via;
use super::quick::{Look, Quick};
use super::trips::least_of;
use super::{Rich, chain::Scratch};
use crate::plan::Action;
use crate::problem::DepotIx;
use crate::solve::compiled::Compiled;
use crate::solve::evaluator::{Evaluator, NEVER, PairPlace};
use crate::solve::tours::Tours;

impl Evaluator for Rich {
    const STEPS_PER_LOOK: u32 = 4;

    fn has_shared_cost(&self) -> bool {
        self.ground.fairness_cost_per_second > 0
    }

    fn shared_cost(&self, used: &[u16]) -> i64 {
        let caches = self.caches.iter().zip(&self.ground.riders).enumerate();
        let on_the_road = caches.filter(|(route, (_, rider))| {
            rider.underway.is_some() || used.contains(&(*route as u16))
        });
        let (mut longest_s, mut shortest_s) = (0, i64::MAX);
        for (_, (cache, _)) in on_the_road {
            longest_s = longest_s.max(cache.duration_s);
            shortest_s = shortest_s.min(cache.duration_s);
        }
        self.ground.fairness_cost_per_second * longest_s.saturating_sub(shortest_s).max(0)
    }

    fn base_cost(&self) -> i64 {
        let underway = self.ground.riders.iter().filter_map(|rider| Some((rider, rider.underway?)));
        underway
            .map(|(rider, taken)| {
                rider.cost_fixed
                    + rider.cost_per_metre * taken.home_metres
                    + rider.cost_per_second * (taken.home_s - taken.started_s)
            })
            .sum()
    }

    fn refresh(&mut self, _compiled: &Compiled, tours: &Tours, route: u16) -> i64 {
        let mut scratch = std::mem::take(self.scratch.get_mut());
        scratch.nodes.clear();
        scratch.nodes.extend(tours.visits(route));
        if scratch.nodes.is_empty() {
            self.rest_at_home(route);
        } else if self.ground.splits[usize::from(route)] {
            self.refresh_split(route, &scratch.nodes);
        } else if self.ground.has_rides {
            self.refresh_labels(route, &mut scratch);
        } else {
            self.refresh_line(route, &mut scratch);
        }
        *self.scratch.get_mut() = scratch;
        self.note_positions(route);
        self.caches[usize::from(route)].cost
    }

    fn inserted(&mut self, compiled: &Compiled, tours: &Tours, route: u16, node: u16) -> i64 {
        let is_known = self.caches[usize::from(route)].line.is_known;
        let mut scratch = std::mem::take(self.scratch.get_mut());
        let is_kept = is_known && self.insert(tours, route, node, &mut scratch);
        *self.scratch.get_mut() = scratch;
        if !is_kept {
            return self.refresh(compiled, tours, route);
        }
        self.note_positions(route);
        self.caches[usize::from(route)].cost
    }

    fn insertion(
        &self,
        _compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        node: u16,
        below: i64,
    ) -> i64 {
        let route = tours.link(pred).route;
        let after = self.after(tours, pred);
        if !self.has_room(route) {
            return NEVER;
        }
        let moved = self.moved_price(route, node);
        if self.ground.splits[usize::from(route)] {
            if self.least_price(route, after, node) >= below {
                return NEVER;
            }
            return match self.look_at_split(route, after, node, below.saturating_sub(moved)) {
                Look::Price(price) => price + moved,
                // The route cannot be driven as it is: the search will take it back.
                Look::Never | Look::Unknown => NEVER,
            };
        }
        let is_limited = self.ground.riders[usize::from(route)].duration_s_max < i64::MAX;
        match self.look(route, after, node, below.saturating_sub(moved)) {
            Look::Price(price) if !is_limited => return price + moved,
            Look::Never => return NEVER,
            // A limit of the duration is kept for certain, not as far as an estimate tells.
            Look::Price(_) | Look::Unknown => {}
        }
        if self.least_price(route, after, node) >= below || self.is_too_late(route, after, node) {
            return NEVER;
        }
        let scratch = &mut *self.scratch.borrow_mut();
        let cached = &self.caches[usize::from(route)].nodes;
        scratch.nodes.clear();
        scratch.nodes.extend_from_slice(&cached[..after]);
        scratch.nodes.push(node);
        scratch.nodes.extend_from_slice(&cached[after..]);
        scratch.layers.resize_with(scratch.layers.len().max(scratch.nodes.len() + 1), Vec::new);
        let tail = cached.len() - after;
        if !self.ground.has_shipments {
            let Scratch { nodes, layers, vias, line, trips } = scratch;
            let before = if cached.is_empty() { 0 } else { self.caches[usize::from(route)].cost };
            trips.below = below.saturating_add(before);
            let worked_out = self.work_out(route, nodes, layers, (vias, line, trips));
            trips.below = NEVER;
            return worked_out.map_or(NEVER, |_| line.cost - before);
        }
        let kept = after.min(self.caches[usize::from(route)].depth());
        self.price(route, &scratch.nodes, &mut scratch.layers, (kept, kept, tail), below)
    }

    fn pair_insertion(
        &self,
        _compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        (pickup, delivery): (u16, u16),
        below: i64,
    ) -> PairPlace {
        let route = tours.link(pred).route;
        let after = self.after(tours, pred);
        let mut best = PairPlace { price: NEVER, delivery_pred: pickup };
        if self.least_price(route, after, pickup) >= below
            || !self.has_room(route)
            || self.caches[usize::from(route)].depth() < after
            || self.is_too_late(route, after, pickup)
        {
            return best;
        }
        let Scratch { nodes, layers, .. } = &mut *self.scratch.borrow_mut();
        let cached = &self.caches[usize::from(route)].nodes;
        layers.resize_with(layers.len().max(cached.len() + 3), Vec::new);
        nodes.clear();
        nodes.extend_from_slice(&cached[..after]);
        nodes.push(pickup);
        let mut limit = below;
        // At each turn the pickup and the stops up to `at` are in `nodes`, and their layers are there but the last.
        for at in after..=cached.len() {
            if at > after {
                nodes.push(cached[at - 1]);
            }
            let position = nodes.len();
            if !self.chain(route, after, nodes).extend(layers, position) {
                break;
            }
            nodes.push(delivery);
            nodes.extend_from_slice(&cached[at..]);
            let tail = cached.len() - at;
            let price = self.price(route, nodes, layers, (after, position, tail), limit);
            nodes.truncate(position);
            if price < limit {
                limit = price;
                best = PairPlace { price, delivery_pred: nodes[position - 1] };
            }
        }
        best
    }

    fn write_down(&mut self, route: u16) {
        let cache = &self.caches[usize::from(route)];
        let best = &mut self.best[usize::from(route)];
        best.0.clone_from(&cache.nodes);
        best.1.clone_from(&cache.vias);
    }

    fn save(&mut self, _tours: &Tours, route: u16) {
        if self.saved.len() == self.saved_count {
            self.saved.push(Cache::default());
        }
        self.saved[self.saved_count].copy_from(&self.caches[usize::from(route)]);
        self.saved_count += 1;
    }

    fn restore(&mut self, _tours: &Tours, route: u16) {
        self.saved_count -= 1;
        std::mem::swap(&mut self.saved[self.saved_count], &mut self.caches[usize::from(route)]);
        self.note_positions(route);
    }

    fn forget(&mut self) {
        self.saved_count = 0;
    }

    fn may_follow(&self, _compiled: &Compiled, tours: &Tours, head: u16, tail: u16) -> bool {
        let (one, other) = (tours.link(head).route, tours.link(tail).route);
        if !tours.is_visit(head) || !tours.is_visit(tail) {
            return true;
        }
        let (before, behind) = (&self.caches[usize::from(one)], &self.caches[usize::from(other)]);
        let (at, to) = (self.after(tours, head), self.after(tours, tail));
        let places = [head, tail].map(|node| self.ground.stops[usize::from(node)].place);
        let Some(way_s) = self.ground.ways[self.ground.riders[usize::from(one)].profile]
            .least_s(places[0], places[1])
        else {
            return false;
        };
        if self.ground.splits[usize::from(one)] && self.ground.splits[usize::from(other)] {
            return before.quick.is_known
                && behind.quick.is_known
                && before.quick.ready_s(at) + way_s <= behind.quick.latest_s(to);
        }
        if !before.line.is_known || !behind.line.is_known {
            return true;
        }
        let (head, tail) = (before.line.element(at), behind.line.element(to));
        behind.line.is_loose || head.ready_s + way_s <= tail.latest_s
    }

    fn joined(&self, _compiled: &Compiled, tours: &Tours, head: u16, tail: u16) -> i64 {
        let (one, other) = (tours.link(head).route, tours.link(tail).route);
        let (before, behind) = (&self.caches[usize::from(one)], &self.caches[usize::from(other)]);
        let step = self.step(one);
        let is_known = |cache: &Cache| cache.line.is_known && cache.line.has_loads;
        if step.rider.underway.is_some() || !is_known(before) || !is_known(behind) {
            return 0;
        }
        let at = self.after(tours, head);
        let to =
            if tours.is_visit(tail) { self.after(tours, tail) } else { behind.nodes.len() + 1 };
        before.line.joined(step, at, &behind.line, to).unwrap_or(NEVER)
    }

    fn start_s(&self, _compiled: &Compiled, _tours: &Tours, route: u16, nodes: &[u16]) -> i64 {
        let rider = &self.ground.riders[usize::from(route)];
        if let Some(taken) = rider.underway {
            return taken.started_s;
        }
        if self.ground.splits[usize::from(route)] {
            let Some((_, vias)) = self.split_vias(route, nodes) else {
                return rider.start_window.from_s;
            };
            let mut quick = Quick::default();
            quick.learn(&self.chain(route, 0, nodes), &vias);
            return if quick.is_known { quick.begin_s() } else { rider.start_window.from_s };
        }
        let Scratch { layers, vias, line, trips, .. } = &mut *self.scratch.borrow_mut();
        if self.ground.has_rides {
            let (_, arrival) = self.arrival(route, nodes, layers, true);
            return arrival.map_or(rider.start_window.from_s, |arrival| arrival.begin_s);
        }
        match self.written(route, nodes, layers, (vias, line, trips)) {
            Some(()) => line.begin_s,
            None => rider.start_window.from_s,
        }
    }

    fn actions(
        &self,
        _compiled: &Compiled,
        _tours: &Tours,
        route: u16,
        nodes: &[u16],
    ) -> Vec<Action> {
        let rider = &self.ground.riders[usize::from(route)];
        if nodes.is_empty() {
            return Vec::new();
        }
        let Scratch { layers, vias: found, line, trips, .. } = &mut *self.scratch.borrow_mut();
        let (vias, last) = if self.ground.splits[usize::from(route)] {
            (
                self.split_vias(route, nodes).map(|(_, vias)| vias).unwrap_or_default(),
                Via::default(),
            )
        } else if self.ground.has_rides {
            let (kept, arrival) = self.arrival(route, nodes, layers, true);
            let Some(arrival) = arrival else { return Vec::new() };
            (self.chain(route, kept, nodes).path(layers, arrival.label), arrival.via)
        } else {
            if self.written(route, nodes, layers, (found, line, trips)).is_none() {
                return Vec::new();
            }
            found.resize(nodes.len() + 1, Via::default());
            let last = found.pop().unwrap_or_default();
            (std::mem::take(found), last)
        };
        let mut actions = Vec::with_capacity(nodes.len() + 2);
        let serves = nodes
            .iter()
            .map(|&node| Some(self.ground.stops[usize::from(node)].action))
            .chain([None]);
        for (via, serve) in vias.iter().chain([&last]).zip(serves) {
            if via.before > 0 {
                actions.push(Action::Break(u32::from(via.before - 1)));
            }
            if via.reload > 0 {
                actions.push(Action::Reload(DepotIx(
                    rider.reloads[usize::from(via.reload - 1)].depot,
                )));
            }
            if via.after > 0 {
                actions.push(Action::Break(u32::from(via.after - 1)));
            }
            actions.extend(serve);
        }
        actions
    }

    fn price_of(&mut self, _compiled: &Compiled, _tours: &Tours, route: u16, nodes: &[u16]) -> i64 {
        if nodes.is_empty() {
            return 0;
        }
        if self.ground.splits[usize::from(route)] {
            return self.split_cost(route, nodes).unwrap_or(NEVER);
        }
        let mut scratch = std::mem::take(self.scratch.get_mut());
        let Scratch { layers, vias, line, trips, .. } = &mut scratch;
        let cost = if self.ground.has_rides {
            self.arrival(route, nodes, layers, true).1.map(|arrival| arrival.cost)
        } else {
            self.work_out(route, nodes, layers, (vias, line, trips)).map(|_| line.cost)
        };
        *self.scratch.get_mut() = scratch;
        cost.unwrap_or(NEVER)
    }

    fn price_below(
        &mut self,
        compiled: &Compiled,
        tours: &Tours,
        (route, nodes): (u16, &[u16]),
        below: i64,
    ) -> i64 {
        if self.least_of(route, nodes) >= below {
            return NEVER;
        }
        self.scratch.get_mut().trips.below = below;
        let price = self.price_of(compiled, tours, route, nodes);
        self.scratch.get_mut().trips.below = NEVER;
        price
    }

    fn least_of(&self, route: u16, nodes: &[u16]) -> i64 {
        if nodes.is_empty() || self.ground.has_rides || self.ground.splits[usize::from(route)] {
            return i64::MIN / 4;
        }
        least_of(self.order(route, nodes, &[]))
    }
}
