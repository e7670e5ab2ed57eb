//! Evaluator of problems whose schedule has to be simulated: several windows, travel that depends on the time of day,
//! breaks, reloads with release times, lateness, ride limits, vehicles underway, places to start and end anywhere.
//! Decides breaks, reloads and the begin of a route for the order that the search gives it; may not change the order.

mod aboard;
mod cache;
mod chain;
mod details;
mod evaluator;
mod insert;
mod label;
mod line;
mod quick;
mod split;
#[cfg(test)]
mod tests;
mod trips;
mod ways;

use std::cell::RefCell;
use std::sync::Arc;

use self::cache::Cache;
use self::chain::{Arrival, Chain, Rest, Scratch};
use self::details::{Rider, Stop};
use self::insert::Room;
use self::label::{Label, Step, Via};
use self::line::{Forbidden, Line, Order};
use self::quick::{Gap, Look, Quick};
use self::split::Split;
use self::trips::Trips;
use self::ways::{Spot, Spots, Ways};
use super::compiled::Compiled;
use super::evaluator::NEVER;
use super::tours::Tours;
use crate::problem::{Problem, VehicleIx};

/// What a schedule is worked out from; searches share it.
#[derive(Debug)]
pub(crate) struct Ground {
    stops: Vec<Stop>,
    riders: Vec<Rider>,
    ways: Vec<Ways>,
    nowhere: Spot,
    late_cost_per_second: i64,
    moved_cost: i64,
    fairness_cost_per_second: i64,
    /// Routes whose reloads are found by `split`, without labels.
    splits: Vec<bool>,
    has_releases: bool,
    has_shipments: bool,
    /// A ride limit needs labels for everything: a later begin may break it, or keep it.
    has_rides: bool,
    /// Some way does not exist.
    has_holes: bool,
}

impl Ground {
    pub(crate) fn new(problem: &Problem, compiled: &Compiled) -> Self {
        let spots = Spots::of(problem, details::visited(problem, compiled));
        let ways: Vec<Ways> =
            problem.profiles.iter().map(|profile| Ways::of(profile, &spots)).collect();
        let stops = details::stops(problem, compiled, &spots);
        let riders: Vec<Rider> = (0..problem.vehicles.len())
            .map(|at| details::rider(problem, &spots, &ways, VehicleIx::of(at)))
            .collect();
        let plain = stops.iter().all(|stop| Quick::takes(stop) && stop.is_plain);
        Self {
            splits: riders.iter().map(|rider| plain && Quick::suits(rider)).collect(),
            nowhere: spots.nowhere(),
            late_cost_per_second: problem.objective.late_cost_per_second,
            moved_cost: problem.objective.moved_cost,
            fairness_cost_per_second: problem.objective.fairness_cost_per_second,
            has_releases: stops.iter().any(|stop| stop.release_s > 0),
            has_shipments: stops.iter().any(|stop| stop.has_ships),
            has_rides: stops.iter().any(|stop| stop.ride.is_some()),
            has_holes: ways.iter().any(Ways::has_holes),
            stops,
            riders,
            ways,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Rich {
    ground: Arc<Ground>,
    split: RefCell<Split>,
    rests: RefCell<Vec<Rest>>,
    caches: Vec<Cache>,
    saved: Vec<Cache>,
    saved_count: usize,
    /// Position of each node in its route, from 1.
    position: Vec<u16>,
    scratch: RefCell<Scratch>,
    /// Order and what is done between stops of each route of the best plan.
    best: Vec<(Vec<u16>, Vec<Via>)>,
}

/// What is kept of how an order was worked out: layers from behind so many stops on, if any.
type Kept = Option<usize>;

impl Rich {
    pub(crate) fn new(problem: &Problem, compiled: &Compiled) -> Self {
        Self::on(Arc::new(Ground::new(problem, compiled)))
    }

    pub(crate) fn on(ground: Arc<Ground>) -> Self {
        let caches = ground
            .riders
            .iter()
            .map(|rider| {
                let mut cache = Cache::default();
                cache::clear(rider, &ground.ways[rider.profile], &ground.stops, &mut cache);
                cache
            })
            .collect();
        let mut rich = Self {
            position: vec![0; ground.stops.len()],
            best: vec![Default::default(); ground.riders.len()],
            ground,
            split: RefCell::default(),
            rests: RefCell::default(),
            caches,
            saved: Vec::new(),
            saved_count: 0,
            scratch: RefCell::default(),
        };
        for route in 0..rich.caches.len() {
            rich.rest_at_home(route as u16);
        }
        rich
    }

    /// Empties what is known of a route.
    fn rest_at_home(&mut self, route: u16) {
        let rider = &self.ground.riders[usize::from(route)];
        let ways = &self.ground.ways[rider.profile];
        cache::clear(rider, ways, &self.ground.stops, &mut self.caches[usize::from(route)]);
        if self.ground.splits[usize::from(route)] {
            self.learn(route, Some(&[]));
        } else {
            let mut line = std::mem::take(&mut self.caches[usize::from(route)].line);
            // What cannot even go home is looked at by labels.
            line.is_known = line.work_out(self.order(route, &[], &[])).is_ok();
            self.caches[usize::from(route)].line = line;
        }
    }

    fn order<'a>(&'a self, route: u16, nodes: &'a [u16], vias: &'a [Via]) -> Order<'a> {
        Order {
            step: self.step(route),
            stops: &self.ground.stops,
            nodes,
            vias,
            nowhere: self.ground.nowhere,
            has_releases: self.ground.has_releases,
            has_shipments: self.ground.has_shipments,
        }
    }

    /// Drives an order the best way that is found, in `line`. What there is of layers, or `None` when it cannot be driven.
    fn work_out(
        &self,
        route: u16,
        nodes: &[u16],
        layers: &mut Vec<Vec<Label>>,
        (vias, line, trips): (&mut Vec<Via>, &mut Line, &mut Trips),
    ) -> Option<Kept> {
        let rider = &self.ground.riders[usize::from(route)];
        let can_reload = !rider.reloads.is_empty() && rider.reloads_max > 0;
        if self.jobs(nodes) > rider.jobs_max {
            return None;
        }
        // Without breaks, and with room for everything, there is nothing to choose.
        if rider.breaks.is_empty() && !self.ground.has_shipments {
            vias.clear();
            match line.work_out(self.order(route, nodes, &[])) {
                Ok(()) if !can_reload || !self.ground.has_releases => return Some(None),
                Err(Forbidden::ByTime) if !self.ground.has_releases && !self.ground.has_holes => {
                    return None;
                }
                Err(_) if !can_reload => return None,
                Ok(()) | Err(_) => {}
            }
        }
        if !self.ground.has_shipments && !self.ground.has_releases {
            trips.split(self.order(route, nodes, &[]), vias)?;
            return line.work_out(self.order(route, nodes, vias)).ok().map(|()| None);
        }
        let (kept, arrival) = self.arrival(route, nodes, layers, false);
        let arrival = arrival?;
        self.chain(route, kept, nodes).path_into(layers, arrival.label, vias);
        vias.push(arrival.via);
        line.work_out(self.order(route, nodes, vias)).ok()?;
        Some(Some(kept))
    }

    /// As `work_out`, but the way it was written down if it was.
    fn written(
        &self,
        route: u16,
        nodes: &[u16],
        layers: &mut Vec<Vec<Label>>,
        (vias, line, trips): (&mut Vec<Via>, &mut Line, &mut Trips),
    ) -> Option<()> {
        let (known, done) = &self.best[usize::from(route)];
        if known[..] == *nodes {
            vias.clone_from(done);
            return line.work_out(self.order(route, nodes, vias)).ok();
        }
        self.work_out(route, nodes, layers, (vias, line, trips)).map(|_| ())
    }

    /// Takes over `node`, which the order has now, leaving breaks and reloads where they are. False when that is not
    /// possible, or not known to be.
    fn insert(&mut self, tours: &Tours, route: u16, node: u16, scratch: &mut Scratch) -> bool {
        let after = self.after(tours, tours.pred(node));
        let cache = &self.caches[usize::from(route)];
        let stop = &self.ground.stops[usize::from(node)];
        let step = self.step(route);
        let is_empty = cache.nodes.is_empty() && step.rider.underway.is_none();
        let has_releases = self.ground.has_releases;
        let room = Room { step, stop, after, is_empty, has_releases };
        scratch.vias.clone_from(&cache.vias);
        if !cache.line.insert(room, &mut scratch.vias) {
            return false;
        }
        scratch.nodes.clear();
        scratch.nodes.extend_from_slice(&cache.nodes);
        scratch.nodes.insert(after, node);
        let Scratch { nodes, vias, line, .. } = scratch;
        if line.work_out(self.order(route, nodes, vias)).is_err() {
            return false;
        }
        let cache = &mut self.caches[usize::from(route)];
        cache.accept_line(&self.ground.stops, None, scratch, true);
        true
    }

    fn jobs(&self, nodes: &[u16]) -> usize {
        nodes.iter().filter(|&&node| self.ground.stops[usize::from(node)].begins).count()
    }

    fn step(&self, route: u16) -> Step<'_> {
        let rider = &self.ground.riders[usize::from(route)];
        Step {
            rider,
            ways: &self.ground.ways[rider.profile],
            late_cost_per_second: self.ground.late_cost_per_second,
            moved_cost: self.ground.moved_cost,
        }
    }

    fn chain<'a>(&'a self, route: u16, kept: usize, nodes: &'a [u16]) -> Chain<'a> {
        let cache = &self.caches[usize::from(route)];
        let kept = kept.min(cache.depth());
        Chain { step: self.step(route), stops: &self.ground.stops, cache, kept, nodes, rests: &[] }
    }

    /// How many of the first nodes are the cached ones, with layers that still hold.
    fn common(&self, route: u16, nodes: &[u16]) -> usize {
        let cache = &self.caches[usize::from(route)];
        let same = nodes.iter().zip(&cache.nodes).take_while(|(now, then)| now == then).count();
        same.min(cache.depth())
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
        let rests = &mut self.rests.borrow_mut();
        Rest::of(&self.ground.stops, nodes, rests);
        let chain = Chain { rests, ..self.chain(route, kept, nodes) };
        layers.resize_with(layers.len().max(nodes.len() + 1), Vec::new);
        if self.jobs(nodes) > chain.step.rider.jobs_max {
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
        if cache.depth() < cache.nodes.len() {
            return false;
        }
        let Step { rider, ways, .. } = self.step(route);
        let stop = &self.ground.stops[usize::from(node)];
        let from = match after {
            0 => rider.start,
            _ => Some(self.ground.stops[usize::from(cache.nodes[after - 1])].place),
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
        let to = cache
            .nodes
            .get(after)
            .map(|&next| self.ground.stops[usize::from(next)].place)
            .or(rider.end);
        let Some(on_s) = to.map_or(Some(0), |to| ways.least_s(stop.place, to)) else { return true };
        leave_s + on_s > cache.latest_s[after]
    }

    /// No insertion costs less: its stop out again, with breaks and reloads where they were, the route would be as cheap as
    /// it is now or dearer, as far as ways over a third place are not shorter.
    fn least_price(&self, route: u16, after: usize, node: u16) -> i64 {
        let cache = &self.caches[usize::from(route)];
        let Step { rider, ways, .. } = self.step(route);
        let to = self.ground.stops[usize::from(node)].place;
        let place = |at: &u16| self.ground.stops[usize::from(*at)].place;
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
        if Quick::suits(&self.ground.riders[usize::from(route)]) {
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
        let stop = &self.ground.stops[usize::from(node)];
        let step = self.step(route);
        let is_empty = cache.nodes.is_empty() && step.rider.underway.is_none();
        let has_releases = self.ground.has_releases;
        cache.line.look(Room { step, stop, after, is_empty, has_releases }, below)
    }

    fn look_at_split(&self, route: u16, after: usize, node: u16, below: i64) -> Look {
        let cache = &self.caches[usize::from(route)];
        let stop = &self.ground.stops[usize::from(node)];
        let Step { rider, ways, .. } = self.step(route);
        let (true, Some(start), true) = (cache.quick.is_known, rider.start, Quick::takes(stop))
        else {
            return Look::Unknown;
        };
        let place = |at: &u16| self.ground.stops[usize::from(*at)].place;
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

    fn refresh_line(&mut self, route: u16, scratch: &mut Scratch) {
        let Scratch { nodes, layers, vias, line, trips } = scratch;
        let found = self.work_out(route, nodes, layers, (vias, line, trips));
        let rider = &self.ground.riders[usize::from(route)];
        let cache = &mut self.caches[usize::from(route)];
        let kept = found.flatten();
        cache.accept_line(&self.ground.stops, kept, scratch, found.is_some());
        if kept.is_some() {
            cache::latest(rider, &self.ground.ways[rider.profile], &self.ground.stops, cache);
        }
    }

    /// Where a ride is limited: labels alone know.
    fn refresh_labels(&mut self, route: u16, scratch: &mut Scratch) {
        let (kept, arrival) = self.arrival(route, &scratch.nodes, &mut scratch.layers, true);
        if arrival.is_none() {
            scratch.layers[kept + 1..].iter_mut().for_each(Vec::clear);
        }
        let rider = &self.ground.riders[usize::from(route)];
        let ways = &self.ground.ways[rider.profile];
        let cache = &mut self.caches[usize::from(route)];
        cache::accept(rider, ways, &self.ground.stops, cache, kept, scratch, arrival);
        cache.line.is_known = false;
    }

    fn refresh_split(&mut self, route: u16, nodes: &[u16]) {
        let found = self.split_vias(route, nodes);
        let cost = found.as_ref().map_or(cache::INFEASIBLE, |(cost, _)| *cost);
        cache::accept_split(&self.ground.stops, &mut self.caches[usize::from(route)], nodes, cost);
        self.learn(route, found.as_ref().map(|(_, vias)| &vias[..]));
    }

    /// Whole cost of an order of plain deliveries, and its reloads.
    fn split_vias(&self, route: u16, nodes: &[u16]) -> Option<(i64, Vec<Via>)> {
        let rider = &self.ground.riders[usize::from(route)];
        if nodes.len() > rider.jobs_max {
            return None;
        }
        let split = &mut self.split.borrow_mut();
        let (cost, vias) =
            split.vias(rider, &self.ground.ways[rider.profile], &self.ground.stops, nodes)?;
        Some((cost + self.beyond_ways(route, nodes), vias))
    }

    fn split_cost(&self, route: u16, nodes: &[u16]) -> Option<i64> {
        let rider = &self.ground.riders[usize::from(route)];
        if nodes.len() > rider.jobs_max {
            return None;
        }
        let split = &mut self.split.borrow_mut();
        let cost =
            split.cost(rider, &self.ground.ways[rider.profile], &self.ground.stops, nodes)?;
        Some(cost + self.beyond_ways(route, nodes))
    }

    /// What an order costs beyond its ways.
    fn beyond_ways(&self, route: u16, nodes: &[u16]) -> i64 {
        let moved: i64 = nodes.iter().map(|&node| self.moved_price(route, node)).sum();
        self.ground.riders[usize::from(route)].cost_fixed + moved
    }

    /// What serving the node costs beyond its way.
    fn moved_price(&self, route: u16, node: u16) -> i64 {
        let (stop, rider) =
            (&self.ground.stops[usize::from(node)], &self.ground.riders[usize::from(route)]);
        let is_moved = stop.begins && stop.handed_out.is_some_and(|before| before != rider.vehicle);
        if is_moved { self.ground.moved_cost } else { 0 }
    }

    fn has_room(&self, route: u16) -> bool {
        self.caches[usize::from(route)].jobs < self.ground.riders[usize::from(route)].jobs_max
    }

    fn note_positions(&mut self, route: u16) {
        for (at, &node) in self.caches[usize::from(route)].nodes.iter().enumerate() {
            self.position[usize::from(node)] = at as u16 + 1;
        }
    }
}
