//! Keeping the simple evaluator's times, loads and costs of a route up to date with its order.

use super::{Aboard, Simple, Span, most, plus, within};
use crate::solve::{
    compiled::{Compiled, NONE},
    evaluator::NEVER,
    tours::Tours,
};

impl<const D: usize, const MIXED: bool, const DURATION: bool> Simple<D, MIXED, DURATION> {
    /// Earliest departures from `from` on. After the insertion of `only` the walk ends where nothing changes any more.
    pub(super) fn forward(
        &mut self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        from: u16,
        only: Option<u16>,
    ) {
        let travel = &compiled.travel[self.routes[route as usize].travel as usize];
        let mut pred = tours.pred(from);
        if only.is_none() {
            let start = self.windows[pred as usize];
            self.stops[pred as usize].depart = start.open + start.service;
            if DURATION {
                self.heads[pred as usize] = self.single(pred);
            }
        }
        let mut pred_place = tours.link(pred).place;
        let mut node = from;
        let mut beyond = only.is_none();
        let mut settled = 0;
        loop {
            let link = tours.link(node);
            let way = travel.way(pred_place, link.place);
            let window = self.windows[node as usize];
            self.stops[pred as usize].leg_metres = way.metres;
            let depart =
                (self.stops[pred as usize].depart + way.seconds).max(window.open) + window.service;
            if DURATION {
                let single = self.single(node);
                self.heads[node as usize] =
                    self.heads[pred as usize].then(way.seconds, single).unwrap_or(single);
            }
            let stop = &mut self.stops[node as usize];
            if !DURATION && !beyond {
                // The inserted node and the leg after it are new; further on an unchanged departure ends the change.
                settled += 1;
                beyond = settled > 1;
            }
            if !DURATION && only.is_some() && settled > 1 && stop.depart == depart {
                return;
            }
            stop.depart = depart;
            if link.succ == NONE {
                return;
            }
            (pred, pred_place, node) = (node, link.place, link.succ);
        }
    }

    /// Latest starts of service from `from` back. After the insertion of `only` the walk ends where nothing changes.
    pub(super) fn backward(
        &mut self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        from: u16,
        only: Option<u16>,
    ) {
        let travel = &compiled.travel[self.routes[route as usize].travel as usize];
        let mut node = from;
        if only.is_none() {
            self.stops[node as usize].latest = self.windows[node as usize].close;
            if DURATION {
                self.tails[node as usize] = self.single(node);
            }
            node = tours.pred(node);
        }
        let mut succ = tours.succ(node);
        let mut succ_place = tours.link(succ).place;
        loop {
            let link = tours.link(node);
            let window = self.windows[node as usize];
            let way = travel.way(link.place, succ_place).seconds;
            let latest = window.close.min(self.stops[succ as usize].latest - way - window.service);
            if DURATION {
                let single = self.single(node);
                self.tails[node as usize] =
                    single.then(way, self.tails[succ as usize]).unwrap_or(single);
            }
            let stop = &mut self.stops[node as usize];
            if !DURATION && only.is_some_and(|only| only != node) && stop.latest == latest {
                return;
            }
            stop.latest = latest;
            if link.pred == NONE {
                return;
            }
            (succ, succ_place, node) = (node, link.place, link.pred);
        }
    }

    #[inline]
    pub(super) fn single(&self, node: u16) -> Span {
        let window = self.windows[node as usize];
        Span { duration: window.service, earliest: window.open, latest: window.close }
    }

    pub(super) fn loads(&mut self, tours: &Tours, route: u16) {
        let start = tours.start(route);
        let mut initial = [0; D];
        let mut total = [0; D];
        for node in tours.visits(route) {
            initial = plus(initial, self.initial[node as usize]);
            total = plus(total, self.change[node as usize]);
        }
        let record = &mut self.routes[route as usize];
        if !MIXED {
            // One direction only: either everything is on board at the start, or everything at the end.
            let load = if initial == [0; D] { total } else { initial };
            record.free = std::array::from_fn(|d| record.capacity[d] - load[d]);
            return;
        }
        let (mut now, mut peak) = (initial, initial);
        let mut node = start;
        loop {
            self.aboard[node as usize] = Aboard { now, peak_to: peak, peak_from: now };
            let succ = tours.succ(node);
            if succ == NONE {
                break;
            }
            node = succ;
            now = plus(now, self.change[node as usize]);
            peak = most(peak, now);
        }
        let mut peak = now;
        while node != NONE {
            let aboard = &mut self.aboard[node as usize];
            peak = most(peak, aboard.now);
            aboard.peak_from = peak;
            node = tours.pred(node);
        }
    }

    /// Load of a visit when all loads go one way.
    #[inline]
    pub(super) fn one_way_load(&self, node: u16) -> [i32; D] {
        most(self.initial[node as usize], self.change[node as usize])
    }

    pub(super) fn metres(&mut self, tours: &Tours, route: u16) {
        let mut node = tours.start(route);
        let end = tours.end(route);
        let mut metres = 0;
        while node != end {
            metres += i64::from(self.stops[node as usize].leg_metres);
            node = tours.succ(node);
        }
        self.routes[route as usize].metres = metres;
    }

    /// The route's cost from its metres and duration, kept in its record.
    pub(super) fn cost(&mut self, compiled: &Compiled, tours: &Tours, route: u16) -> i64 {
        let class = &compiled.classes[tours.class[route as usize] as usize];
        let end = tours.end(route);
        let record = &mut self.routes[route as usize];
        record.cost = 0;
        if tours.size[route as usize] > 0 {
            record.cost = class.cost_fixed + record.metres * class.cost_per_metre;
            if DURATION {
                record.cost += i64::from(self.heads[end as usize].duration) * class.cost_per_second;
            }
        }
        record.cost
    }

    /// Whole cost of an order that need not be any route's present one.
    pub(super) fn price_order(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        nodes: &[u16],
    ) -> i64 {
        if nodes.is_empty() {
            return 0;
        }
        let class = &compiled.classes[tours.class[route as usize] as usize];
        if nodes.len() > class.jobs_max as usize
            || !self.loads_fit(&first_of(&class.capacity), nodes)
        {
            return NEVER;
        }
        let Some((span, metres)) = self.span_of(compiled, tours, route, nodes) else {
            return NEVER;
        };
        if metres > class.metres_max || span.duration > class.duration_max {
            return NEVER;
        }
        class.cost_fixed
            + metres * class.cost_per_metre
            + i64::from(span.duration) * class.cost_per_second
    }

    /// Schedule and metres of an order on `route`'s vehicle; `None` when a window is missed.
    pub(super) fn span_of(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        nodes: &[u16],
    ) -> Option<(Span, i64)> {
        let class = &compiled.classes[tours.class[route as usize] as usize];
        let travel = &compiled.travel[class.travel as usize];
        let mut span = self.single(tours.start(route));
        let mut place = class.start;
        let mut metres = 0i64;
        for &node in nodes.iter().chain([&tours.end(route)]) {
            let next = tours.link(node).place;
            let way = travel.way(place, next);
            span = span.then(way.seconds, self.single(node))?;
            metres += i64::from(way.metres);
            place = next;
        }
        Some((span, metres))
    }

    fn loads_fit(&self, capacity: &[i32; D], nodes: &[u16]) -> bool {
        let mut now =
            nodes.iter().fold([0; D], |load, &node| plus(load, self.initial[node as usize]));
        let mut collecting = false;
        for &node in nodes {
            if !within(now, *capacity)
                || (collecting && self.backhauls && !self.backhaul[node as usize])
            {
                return false;
            }
            collecting |= self.backhaul[node as usize];
            now = plus(now, self.change[node as usize]);
        }
        within(now, *capacity)
    }
}

fn first_of<const D: usize>(loads: &[i32; crate::solve::compiled::LOADS]) -> [i32; D] {
    super::first(loads)
}
