//! Evaluator of problems whose schedule has to be simulated: several windows, travel that depends on the time of day,
//! breaks, reloads with release times, lateness, ride limits, vehicles underway, places to start and end anywhere.
//! Decides breaks, reloads and the begin of a route for the order that the search gives it; may not change the order.

mod chain;
mod details;
mod label;
mod quick;
mod split;

use std::cell::RefCell;

use self::chain::{Arrival, Cache, Chain, Scratch};
use self::details::{Rider, Stop, Ways};
use self::label::{Label, Step, Via};
use self::quick::{Gap, Look, Quick};
use self::split::Split;
use super::compiled::Compiled;
use super::evaluator::{Evaluator, NEVER, PairPlace};
use super::tours::Tours;
use crate::plan::Action;
use crate::problem::{DepotIx, Problem, VehicleIx};

/// See the module.
#[derive(Debug)]
pub(crate) struct Rich {
    stops: Vec<Stop>,
    riders: Vec<Rider>,
    ways: Vec<Ways>,
    late_cost_per_second: i64,
    moved_cost: i64,
    fairness_cost_per_second: i64,
    /// Routes whose reloads are found by `split`, without labels.
    splits: Vec<bool>,
    split: RefCell<Split>,
    caches: Vec<Cache>,
    saved: Vec<Cache>,
    saved_count: usize,
    /// Position of each node in its route, from 1.
    position: Vec<u16>,
    scratch: RefCell<Scratch>,
}

impl Rich {
    pub(crate) fn new(problem: &Problem, compiled: &Compiled) -> Self {
        let ways: Vec<Ways> = problem.profiles.iter().map(Ways::of).collect();
        let stops = details::stops(problem, compiled);
        let riders: Vec<Rider> = (0..problem.vehicles.len())
            .map(|at| details::rider(problem, &ways, VehicleIx::of(at)))
            .collect();
        let plain = stops.iter().all(|stop| Quick::takes(stop) && stop.is_plain);
        let splits = riders.iter().map(|rider| plain && Quick::suits(rider)).collect();
        let caches = riders
            .iter()
            .map(|rider| {
                let mut cache = Cache::default();
                chain::clear(rider, &ways[rider.profile], &stops, &mut cache);
                cache
            })
            .collect();
        let mut rich = Self {
            position: vec![0; stops.len()],
            stops,
            riders,
            ways,
            late_cost_per_second: problem.objective.late_cost_per_second,
            moved_cost: problem.objective.moved_cost,
            fairness_cost_per_second: problem.objective.fairness_cost_per_second,
            splits,
            split: RefCell::default(),
            caches,
            saved: Vec::new(),
            saved_count: 0,
            scratch: RefCell::default(),
        };
        for route in 0..rich.riders.len() {
            rich.learn(route as u16, Some(&[]));
        }
        rich
    }

    fn step(&self, route: u16) -> Step<'_> {
        let rider = &self.riders[usize::from(route)];
        Step {
            rider,
            ways: &self.ways[rider.profile],
            late_cost_per_second: self.late_cost_per_second,
            moved_cost: self.moved_cost,
        }
    }

    fn chain<'a>(&'a self, route: u16, kept: usize, nodes: &'a [u16]) -> Chain<'a> {
        let cache = &self.caches[usize::from(route)];
        Chain { step: self.step(route), stops: &self.stops, cache, kept, nodes }
    }

    /// How many of the first nodes are the cached ones, with layers that still hold.
    fn common(&self, route: u16, nodes: &[u16]) -> usize {
        let cached = &self.caches[usize::from(route)].nodes;
        nodes.iter().zip(cached).take_while(|(now, then)| now == then).count()
    }

    /// The whole order in `nodes`, from the first stop that is not as it was.
    fn arrival(
        &self,
        route: u16,
        nodes: &[u16],
        layers: &mut Vec<Vec<Label>>,
        is_final: bool,
    ) -> (usize, Option<Arrival>) {
        let kept = self.common(route, nodes);
        let chain = self.chain(route, kept, nodes);
        layers.resize_with(layers.len().max(nodes.len() + 1), Vec::new);
        let jobs = nodes.iter().filter(|&&node| self.stops[usize::from(node)].begins).count();
        if jobs > chain.step.rider.jobs_max {
            return (kept, None);
        }
        for position in kept + 1..=nodes.len() {
            if !chain.extend(layers, position) {
                return (kept, None);
            }
        }
        (kept, chain.finish(layers, is_final))
    }

    /// Price of the order in `scratch`, of which stops up to `kept` are cached, the last `tail` as well, and the layers up
    /// to `ready` are there. Gives up when it is not below `below`.
    fn price(
        &self,
        route: u16,
        nodes: &[u16],
        layers: &mut Vec<Vec<Label>>,
        (kept, ready, tail): (usize, usize, usize),
        below: i64,
    ) -> i64 {
        let chain = self.chain(route, kept, nodes);
        let cache = chain.cache;
        let before = if cache.nodes.is_empty() { 0 } else { cache.cost };
        for position in ready + 1..=nodes.len() {
            if !chain.extend(layers, position) {
                return NEVER;
            }
            let left = nodes.len() - position;
            if left < tail
                && let Some((dearer, _)) = chain.rejoins(layers, position, cache.nodes.len() - left)
            {
                return dearer;
            }
        }
        let price = chain.finish(layers, false).map_or(NEVER, |arrival| arrival.cost - before);
        if price < below { price } else { NEVER }
    }

    /// Whether time alone already forbids the node between `pred` and the stop behind it.
    fn is_too_late(&self, route: u16, after: usize, node: u16) -> bool {
        let cache = &self.caches[usize::from(route)];
        let Step { rider, ways, .. } = self.step(route);
        let stop = &self.stops[usize::from(node)];
        let from = match after {
            0 => rider.start,
            _ => Some(self.stops[usize::from(cache.nodes[after - 1])].place),
        };
        let Some(ready_s) = cache.layer(after).iter().map(|label| label.ready_s).min() else {
            return true;
        };
        let way = |from: Option<_>, to| from.map_or(Some(0), |from| ways.least_s(from, to));
        let Some(way_s) = way(from, stop.place) else { return true };
        let arrive_s = ready_s + way_s;
        let last_s = stop.due_s + stop.late_s_max;
        if arrive_s > last_s {
            return true;
        }
        let leave_s = arrive_s.max(stop.windows[0].from_s) + stop.service_s;
        let to =
            cache.nodes.get(after).map(|&next| self.stops[usize::from(next)].place).or(rider.end);
        let Some(on_s) = to.map_or(Some(0), |to| ways.least_s(stop.place, to)) else { return true };
        leave_s + on_s > cache.latest_s[after]
    }

    /// No insertion costs less: its stop out again, with breaks and reloads where they were, the route would be as cheap as
    /// it is now or dearer, as far as ways over a third place are not shorter.
    fn least_price(&self, route: u16, after: usize, node: u16) -> i64 {
        let cache = &self.caches[usize::from(route)];
        let Step { rider, ways, .. } = self.step(route);
        let to = self.stops[usize::from(node)].place;
        let place = |at: &u16| self.stops[usize::from(*at)].place;
        let before = if after == 0 { rider.start } else { cache.nodes.get(after - 1).map(place) };
        let behind = cache.nodes.get(after).map(place).or(rider.end);
        let metres = |from, to| ways.metres(from, to).unwrap_or(0);
        let detour = |from, on| match (from, on) {
            (Some(from), Some(on)) => metres(from, to) + metres(to, on) - metres(from, on),
            (Some(from), None) => metres(from, to),
            (None, Some(on)) => metres(to, on),
            (None, None) => 0,
        };
        let mut least = detour(before, behind);
        if rider.reloads_max > 0 {
            for reload in &rider.reloads {
                let depot = Some(reload.place);
                let over =
                    detour(before, depot).min(detour(depot, behind)).min(detour(depot, depot));
                least = least.min(over);
            }
        }
        least * rider.cost_per_metre
    }

    fn after(&self, tours: &Tours, pred: u16) -> usize {
        if tours.is_visit(pred) { usize::from(self.position[usize::from(pred)]) } else { 0 }
    }

    /// Remembers the chosen way of the route just accepted, for looks in constant time.
    fn learn(&mut self, route: u16, vias: Option<&[Via]>) {
        let mut quick = std::mem::take(&mut self.caches[usize::from(route)].quick);
        quick.is_known = false;
        if Quick::suits(&self.riders[usize::from(route)]) {
            let cache = &self.caches[usize::from(route)];
            let chain = self.chain(route, cache.nodes.len(), &cache.nodes);
            if let Some(vias) = vias {
                quick.learn(&chain, vias);
            }
        }
        self.caches[usize::from(route)].quick = quick;
    }

    fn look(&self, route: u16, after: usize, node: u16, below: i64) -> Look {
        let cache = &self.caches[usize::from(route)];
        let stop = &self.stops[usize::from(node)];
        let Step { rider, ways, .. } = self.step(route);
        let (true, Some(start), true) = (cache.quick.is_known, rider.start, Quick::takes(stop))
        else {
            return Look::Unknown;
        };
        let place = |at: &u16| self.stops[usize::from(*at)].place;
        let from = if after == 0 { start } else { place(&cache.nodes[after - 1]) };
        let to = cache.nodes.get(after).map(place).or(rider.end);
        // A vehicle that stayed at home so far costs its fixed price on top, and its way to the end.
        let idle = if cache.nodes.is_empty() {
            let home = rider.end.and_then(|end| ways.metres(start, end)).unwrap_or(0);
            rider.cost_fixed + home * rider.cost_per_metre
        } else {
            0
        };
        match cache
            .quick
            .look(Gap { rider, ways, stop, after, from, to }, below.saturating_sub(idle))
        {
            Look::Price(price) => Look::Price(price + idle),
            look @ (Look::Never | Look::Unknown) => look,
        }
    }

    fn refresh_labels(&mut self, route: u16, scratch: &mut Scratch) {
        let (kept, arrival) = self.arrival(route, &scratch.nodes, &mut scratch.layers, true);
        if arrival.is_none() {
            scratch.layers[kept + 1..].iter_mut().for_each(Vec::clear);
        }
        let rider = &self.riders[usize::from(route)];
        let cache = &mut self.caches[usize::from(route)];
        chain::accept(rider, &self.ways[rider.profile], &self.stops, cache, kept, scratch, arrival);
        let vias = arrival.filter(|_| Quick::suits(rider)).map(|arrival| {
            let cache = &self.caches[usize::from(route)];
            self.chain(route, cache.nodes.len(), &cache.nodes).path(&[], arrival.label)
        });
        self.learn(route, vias.as_deref());
    }

    fn refresh_split(&mut self, route: u16, nodes: &[u16]) {
        let found = self.split_vias(route, nodes);
        let cost = found.as_ref().map_or(chain::INFEASIBLE, |(cost, _)| *cost);
        chain::accept_split(&self.stops, &mut self.caches[usize::from(route)], nodes, cost);
        self.learn(route, found.as_ref().map(|(_, vias)| &vias[..]));
    }

    /// Whole cost of an order of plain deliveries, and its reloads.
    fn split_vias(&self, route: u16, nodes: &[u16]) -> Option<(i64, Vec<Via>)> {
        let rider = &self.riders[usize::from(route)];
        if nodes.len() > rider.jobs_max {
            return None;
        }
        let split = &mut self.split.borrow_mut();
        let (cost, vias) = split.vias(rider, &self.ways[rider.profile], &self.stops, nodes)?;
        Some((cost + self.beyond_ways(route, nodes), vias))
    }

    fn split_cost(&self, route: u16, nodes: &[u16]) -> Option<i64> {
        let rider = &self.riders[usize::from(route)];
        if nodes.len() > rider.jobs_max {
            return None;
        }
        let split = &mut self.split.borrow_mut();
        let cost = split.cost(rider, &self.ways[rider.profile], &self.stops, nodes)?;
        Some(cost + self.beyond_ways(route, nodes))
    }

    /// What an order costs beyond its ways.
    fn beyond_ways(&self, route: u16, nodes: &[u16]) -> i64 {
        let moved: i64 = nodes.iter().map(|&node| self.moved_price(route, node)).sum();
        self.riders[usize::from(route)].cost_fixed + moved
    }

    /// What serving the node costs beyond its way.
    fn moved_price(&self, route: u16, node: u16) -> i64 {
        let (stop, rider) = (&self.stops[usize::from(node)], &self.riders[usize::from(route)]);
        let is_moved = stop.begins && stop.handed_out.is_some_and(|before| before != rider.vehicle);
        if is_moved { self.moved_cost } else { 0 }
    }

    fn has_room(&self, route: u16) -> bool {
        self.caches[usize::from(route)].jobs < self.riders[usize::from(route)].jobs_max
    }

    fn note_positions(&mut self, route: u16) {
        for (at, &node) in self.caches[usize::from(route)].nodes.iter().enumerate() {
            self.position[usize::from(node)] = at as u16 + 1;
        }
    }
}

impl Evaluator for Rich {
    const STEPS_PER_LOOK: u32 = 4;

    fn has_shared_cost(&self) -> bool {
        self.fairness_cost_per_second > 0
    }

    fn shared_cost(&self, used: &[u16]) -> i64 {
        let caches = self.caches.iter().zip(&self.riders).enumerate();
        let on_the_road = caches.filter(|(route, (_, rider))| {
            rider.underway.is_some() || used.contains(&(*route as u16))
        });
        let (mut longest_s, mut shortest_s) = (0, i64::MAX);
        for (_, (cache, _)) in on_the_road {
            longest_s = longest_s.max(cache.duration_s);
            shortest_s = shortest_s.min(cache.duration_s);
        }
        self.fairness_cost_per_second * longest_s.saturating_sub(shortest_s).max(0)
    }

    fn base_cost(&self) -> i64 {
        let underway = self.riders.iter().filter_map(|rider| Some((rider, rider.underway?)));
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
            let rider = &self.riders[usize::from(route)];
            let ways = &self.ways[rider.profile];
            chain::clear(rider, ways, &self.stops, &mut self.caches[usize::from(route)]);
            self.learn(route, Some(&[]));
        } else if self.splits[usize::from(route)] {
            self.refresh_split(route, &scratch.nodes);
        } else {
            self.refresh_labels(route, &mut scratch);
        }
        *self.scratch.get_mut() = scratch;
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
        if self.least_price(route, after, node) >= below || !self.has_room(route) {
            return NEVER;
        }
        let is_split = self.splits[usize::from(route)];
        if !is_split && self.is_too_late(route, after, node) {
            return NEVER;
        }
        let moved = self.moved_price(route, node);
        match self.look(route, after, node, below.saturating_sub(moved)) {
            Look::Price(price) => return price + moved,
            Look::Never => return NEVER,
            // The route cannot be driven as it is: the search will take it back.
            Look::Unknown if is_split => return NEVER,
            Look::Unknown => {}
        }
        let scratch = &mut *self.scratch.borrow_mut();
        let cached = &self.caches[usize::from(route)].nodes;
        scratch.nodes.clear();
        scratch.nodes.extend_from_slice(&cached[..after]);
        scratch.nodes.push(node);
        scratch.nodes.extend_from_slice(&cached[after..]);
        scratch.layers.resize_with(scratch.layers.len().max(scratch.nodes.len() + 1), Vec::new);
        let tail = cached.len() - after;
        self.price(route, &scratch.nodes, &mut scratch.layers, (after, after, tail), below)
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
            || self.is_too_late(route, after, pickup)
        {
            return best;
        }
        let Scratch { nodes, layers } = &mut *self.scratch.borrow_mut();
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
        let places = [head, tail].map(|node| self.stops[usize::from(node)].place);
        let Some(way_s) =
            self.ways[self.riders[usize::from(one)].profile].least_s(places[0], places[1])
        else {
            return false;
        };
        if self.splits[usize::from(one)] && self.splits[usize::from(other)] {
            return before.quick.is_known
                && behind.quick.is_known
                && before.quick.ready_s(at) + way_s <= behind.quick.latest_s(to);
        }
        let ready_s = before.layer(at).iter().map(|label| label.ready_s).min();
        ready_s.is_some_and(|ready_s| ready_s + way_s <= behind.latest_s[to - 1])
    }

    fn start_s(&self, _compiled: &Compiled, _tours: &Tours, route: u16, nodes: &[u16]) -> i64 {
        let rider = &self.riders[usize::from(route)];
        if let Some(taken) = rider.underway {
            return taken.started_s;
        }
        if self.splits[usize::from(route)] {
            let Some((_, vias)) = self.split_vias(route, nodes) else {
                return rider.start_window.from_s;
            };
            let mut quick = Quick::default();
            quick.learn(&self.chain(route, 0, nodes), &vias);
            return if quick.is_known { quick.begin_s() } else { rider.start_window.from_s };
        }
        let layers = &mut self.scratch.borrow_mut().layers;
        let (_, arrival) = self.arrival(route, nodes, layers, true);
        arrival.map_or(rider.start_window.from_s, |arrival| arrival.begin_s)
    }

    fn actions(
        &self,
        _compiled: &Compiled,
        _tours: &Tours,
        route: u16,
        nodes: &[u16],
    ) -> Vec<Action> {
        let rider = &self.riders[usize::from(route)];
        let layers = &mut self.scratch.borrow_mut().layers;
        if nodes.is_empty() {
            return Vec::new();
        }
        let (vias, last) = if self.splits[usize::from(route)] {
            (
                self.split_vias(route, nodes).map(|(_, vias)| vias).unwrap_or_default(),
                Via::default(),
            )
        } else {
            let (kept, arrival) = self.arrival(route, nodes, layers, true);
            let Some(arrival) = arrival else { return Vec::new() };
            (self.chain(route, kept, nodes).path(layers, arrival.label), arrival.via)
        };
        let mut actions = Vec::with_capacity(nodes.len() + 2);
        let serves =
            nodes.iter().map(|&node| Some(self.stops[usize::from(node)].action)).chain([None]);
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
        if self.splits[usize::from(route)] {
            return self.split_cost(route, nodes).unwrap_or(NEVER);
        }
        let layers = &mut self.scratch.get_mut().layers;
        let mut layers = std::mem::take(layers);
        let (_, arrival) = self.arrival(route, nodes, &mut layers, true);
        self.scratch.get_mut().layers = layers;
        arrival.map_or(NEVER, |arrival| arrival.cost)
    }
}
