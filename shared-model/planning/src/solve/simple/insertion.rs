//! Constant-time tests of where a visit may go, and a pruned walk for pairs.

use super::{Simple, Span, plus, within};
use crate::solve::{
    compiled::{Compiled, NONE},
    evaluator::{NEVER, PairPlace},
    tours::Tours,
};

const NOWHERE: PairPlace = PairPlace { price: NEVER, delivery_pred: NONE };

impl<const D: usize, const MIXED: bool, const DURATION: bool> Simple<D, MIXED, DURATION> {
    #[inline(always)]
    pub(super) fn insert_one(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        node: u16,
        below: i64,
    ) -> i64 {
        let link = tours.link(pred);
        let record = &self.routes[link.route as usize];
        let travel = &compiled.travel[record.travel as usize];
        let via = tours.link(node).place;
        let (inward, outward) =
            (travel.way_into(link.place, via), travel.way(via, tours.link(link.succ).place));
        let empty = !tours.is_visit(pred) && !tours.is_visit(link.succ);
        let stop = self.stops[pred as usize];
        let saved = if empty { 0 } else { stop.leg_metres };
        let metres = inward.metres + outward.metres - saved;
        let fits = self.load_fits(record.capacity, record.free, pred, node)
            & self.backhaul_fits(pred, link.succ, node);
        if DURATION {
            if !fits {
                return NEVER;
            }
            let head = self.heads[pred as usize].then(inward.seconds, self.single(node));
            let whole =
                head.and_then(|head| head.then(outward.seconds, self.tails[link.succ as usize]));
            return whole.map_or(NEVER, |span| {
                self.priced(compiled, tours, link.route, metres, span, below)
            });
        }
        let mut price = i64::from(metres) * record.cost_per_metre;
        if empty {
            price += record.cost_fixed;
        }
        let window = self.windows[node as usize];
        let arrive = stop.depart + inward.seconds;
        let depart = arrive.max(window.open) + window.service;
        let latest = self.stops[link.succ as usize].latest;
        // One branch for all the tests: which of them fails cannot be foreseen, that one of them does can.
        if fits & (price < below) & (arrive <= window.close) & (depart + outward.seconds <= latest)
        {
            price
        } else {
            NEVER
        }
    }

    /// Difference in cost when the route is `metres` longer and its whole schedule is `span`.
    #[inline]
    fn priced(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        route: u16,
        metres: i32,
        span: Span,
        below: i64,
    ) -> i64 {
        let record = &self.routes[route as usize];
        let class = &compiled.classes[tours.class[route as usize] as usize];
        let empty = tours.size[route as usize] == 0;
        let metres = i64::from(metres) + if empty { 0 } else { record.metres };
        if span.duration > class.duration_max
            || metres > class.metres_max
            || tours.size[route as usize] >= class.jobs_max
        {
            return NEVER;
        }
        let cost = class.cost_fixed
            + metres * class.cost_per_metre
            + i64::from(span.duration) * class.cost_per_second
            - record.cost;
        if cost < below { cost } else { NEVER }
    }

    /// Whether the route has room for a load that goes one way, as all of them do.
    #[inline(always)]
    pub(super) fn one_way_load_fits(&self, route: u16, node: u16) -> bool {
        let free = &self.routes[route as usize].free;
        let (initial, change) = (&self.initial[node as usize], &self.change[node as usize]);
        (0..D).all(|d| initial[d].max(change[d]) <= free[d])
    }

    #[inline]
    fn load_fits(&self, capacity: [i32; D], free: [i32; D], pred: u16, node: u16) -> bool {
        let (initial, change) = (self.initial[node as usize], self.change[node as usize]);
        if !MIXED {
            // One direction: what it brings or what it takes away.
            return (0..D).all(|d| initial[d].max(change[d]) <= free[d]);
        }
        let aboard = &self.aboard[pred as usize];
        within(plus(aboard.peak_to, initial), capacity)
            && within(plus(aboard.peak_from, plus(initial, change)), capacity)
    }

    /// Backhauls come after all deliveries: none right before a delivery, no delivery right after one.
    #[inline]
    fn backhaul_fits(&self, pred: u16, succ: u16, node: u16) -> bool {
        if !self.backhauls {
            return true;
        }
        if self.backhaul[node as usize] {
            succ >= self.first_sentinel() || self.backhaul[succ as usize]
        } else {
            !self.backhaul[pred as usize]
        }
    }

    #[inline]
    fn first_sentinel(&self) -> u16 {
        (self.windows.len() - 2 * self.routes.len()) as u16
    }

    /// Walks the route from the pickup on, carrying the load, until the window of a stop or the load forbids to go on.
    pub(super) fn insert_pair(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        (pickup, delivery): (u16, u16),
        below: i64,
    ) -> PairPlace {
        let link = tours.link(pred);
        let record = &self.routes[link.route as usize];
        let travel = &compiled.travel[record.travel as usize];
        let pickup_place = tours.link(pickup).place;
        let drop_place = tours.link(delivery).place;
        let load = self.change[pickup as usize];
        if !within(plus(self.aboard[pred as usize].now, load), record.capacity) {
            return NOWHERE;
        }
        let into = travel.way_into(link.place, pickup_place);
        let Some(mut span) = self.begin(pred).then(into.seconds, self.single(pickup)) else {
            return NOWHERE;
        };
        let empty = !tours.is_visit(pred) && !tours.is_visit(link.succ);
        let detour = into.metres - if empty { 0 } else { self.stops[pred as usize].leg_metres };
        // Metres added once the pickup is between `pred` and its successor; until then the way on from `at` is open.
        let picked = detour + travel.way(pickup_place, tours.link(link.succ).place).metres;
        let mut best = PairPlace { price: below, delivery_pred: NONE };
        if !DURATION && !empty && i64::from(picked) * record.cost_per_metre >= below {
            return NOWHERE;
        }
        let (mut at, mut at_place, mut next) = (pickup, pickup_place, link.succ);
        let drop = self.single(delivery);
        loop {
            let next_place = tours.link(next).place;
            let inward = travel.way_into(at_place, drop_place);
            let outward = travel.way(drop_place, next_place);
            let added = if at == pickup {
                detour + inward.metres + outward.metres
            } else {
                picked + inward.metres + outward.metres - self.stops[at as usize].leg_metres
            };
            let guess = i64::from(added) * record.cost_per_metre
                + if empty { record.cost_fixed } else { 0 };
            if DURATION || guess < best.price {
                let price = match span.then(inward.seconds, drop) {
                    None => NEVER,
                    Some(dropped) => self.close(
                        compiled,
                        tours,
                        dropped,
                        (link.route, next),
                        outward.seconds,
                        (added, guess),
                        best.price,
                    ),
                };
                if price < best.price {
                    best = PairPlace { price, delivery_pred: at };
                }
            }
            if !tours.is_visit(next)
                || !within(plus(self.aboard[next as usize].now, load), record.capacity)
            {
                break;
            }
            let Some(longer) =
                span.then(travel.way(at_place, next_place).seconds, self.single(next))
            else {
                break;
            };
            span = longer;
            if !DURATION
                && span.earliest + span.duration - self.windows[next as usize].service
                    > self.stops[next as usize].latest
            {
                break;
            }
            (at, at_place, next) = (next, next_place, tours.succ(next));
        }
        if best.delivery_pred == NONE { NOWHERE } else { best }
    }

    /// The route up to `node` as one span.
    #[inline]
    fn begin(&self, node: u16) -> Span {
        if DURATION {
            self.heads[node as usize]
        } else {
            let depart = self.stops[node as usize].depart;
            Span { duration: 0, earliest: depart, latest: depart }
        }
    }

    /// Price of going on to `next` after everything in `span`.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the state of the walk, kept in registers")]
    fn close(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        span: Span,
        (route, next): (u16, u16),
        way: i32,
        (metres, guess): (i32, i64),
        below: i64,
    ) -> i64 {
        if DURATION {
            return span
                .then(way, self.tails[next as usize])
                .map_or(NEVER, |whole| self.priced(compiled, tours, route, metres, whole, below));
        }
        let fits = span.earliest + span.duration + way <= self.stops[next as usize].latest;
        if fits { guess } else { NEVER }
    }
}
