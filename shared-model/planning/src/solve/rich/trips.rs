//! Where to break and where to reload in an order without shipments, rides and goods that come later: the split of a giant
//! tour into trips (Prins 2004), with times. Of ways that begin a trip at the same stop only those are told apart that
//! differ in time, cost or breaks, as what is on board is the same for all. May not change an order, nor say what it
//! costs in the end.
//!
//! Exact up to [`WAYS_MAX`] ways per stop and, where the begin matters, as far as a delay at the begin costs nothing.

use super::aboard::{less, most, plus, within};
use super::chain::Rest;
use super::details::{Rider, Stop};
use super::label::{Step, Via, open_at};
use super::line::{Loads, Order};
use super::ways::Spot;
use crate::problem::DIMENSIONS;
use crate::solve::evaluator::NEVER;

/// Ways kept per stop.
const WAYS_MAX: usize = 5;

/// One way of having come to a stop.
#[derive(Debug, Clone, Copy)]
struct Way {
    ready_s: i64,
    /// Ways and lateness so far.
    cost: i64,
    metres: i64,
    /// Begin of the route, by how much it could be later without missing a window, and the waiting so far.
    begin_s: i64,
    slack_s: i64,
    wait_s: i64,
    place: Spot,
    reloads: u16,
    breaks: u8,
    via: Via,
    /// Among all ways.
    parent: u32,
}

impl Way {
    fn delay_s(&self) -> i64 {
        self.slack_s.min(self.wait_s)
    }

    /// What it costs when it ends here and now.
    fn so_far(&self, rider: &Rider) -> i64 {
        self.cost + rider.cost_per_second * (self.ready_s - self.begin_s - self.delay_s())
    }

    fn wait_until(&mut self, start_s: i64, latest_s: i64) {
        self.wait_s += start_s - self.ready_s;
        self.slack_s = self.slack_s.min(self.wait_s + latest_s - start_s);
        self.ready_s = start_s;
    }

    #[inline]
    fn drive(&mut self, step: Step<'_>, to: Spot) -> Option<()> {
        let metres = step.ways.metres(self.place, to)?;
        self.ready_s = step.ways.arrival_s(self.place, to, self.ready_s)?;
        self.metres += metres;
        self.cost += metres * step.rider.cost_per_metre;
        self.place = to;
        (self.metres <= step.rider.metres_max && self.ready_s <= step.rider.close_s).then_some(())
    }

    fn rest(&mut self, rider: &Rider, number: u8) -> Option<()> {
        let rest = &rider.breaks[usize::from(number - 1)];
        let window = open_at(&rest.windows, self.ready_s)?;
        self.wait_until(self.ready_s.max(window.from_s), window.to_s);
        self.ready_s += rest.duration_s;
        self.breaks |= 1 << (number - 1);
        Some(())
    }

    fn reload(&mut self, step: Step<'_>, number: u8) -> Option<()> {
        let depot = &step.rider.reloads[usize::from(number - 1)];
        self.drive(step, depot.place)?;
        let begin_s = self.ready_s.max(depot.window.from_s);
        if begin_s > depot.window.to_s {
            return None;
        }
        self.wait_until(begin_s, depot.window.to_s);
        self.ready_s += depot.loading_s;
        self.reloads += 1;
        Some(())
    }

    #[inline]
    fn serve(&mut self, step: Step<'_>, stop: &Stop) -> Option<()> {
        self.drive(step, stop.place)?;
        let (own, start_s, late_s) = stop.met_at(self.ready_s)?;
        self.cost += late_s * step.late_cost_per_second;
        self.wait_until(start_s, own.latest_s);
        self.ready_s += own.duration_s;
        Some(())
    }

    /// Whether nothing that follows is better after `other`.
    #[inline]
    fn beats(&self, other: &Self, rider: &Rider) -> bool {
        self.ready_s <= other.ready_s
            && self.breaks & other.breaks == other.breaks
            && self.reloads <= other.reloads
            && (rider.metres_max == i64::MAX || self.metres <= other.metres)
            && self.so_far(rider) <= other.so_far(rider)
            && ((rider.breaks.len() as u32 == self.breaks.count_ones()
                && rider.duration_s_max == i64::MAX)
                || self.begin_s + self.delay_s() >= other.begin_s + other.delay_s())
    }
}

/// Keeps `way` unless another one is as good; of too many the dearest goes, but never the earliest, as it leads on if any
/// does.
fn keep(ways: &mut Vec<Way>, way: Way, rider: &Rider) {
    if ways.iter().any(|known| known.beats(&way, rider)) {
        return;
    }
    ways.retain(|known| !way.beats(known, rider));
    ways.push(way);
    if ways.len() > WAYS_MAX {
        let earliest = (0..ways.len()).min_by_key(|&at| ways[at].ready_s);
        let others = (0..ways.len()).filter(|&at| Some(at) != earliest);
        if let Some(dearest) = others.max_by_key(|&at| ways[at].so_far(rider)) {
            ways.swap_remove(dearest);
        }
    }
}

/// What is on board of the trip that is being driven.
struct Aboard {
    is_loaded: bool,
    is_first_underway: bool,
    after_backhaul: bool,
    now: Loads,
    peak: Loads,
}

impl Aboard {
    fn carry(&mut self, rider: &Rider, stop: &Stop) -> Option<()> {
        if stop.delivers {
            let is_on_board = if self.is_first_underway {
                stop.loaded_on == Some(rider.vehicle)
            } else {
                self.is_loaded
            };
            if !is_on_board || self.after_backhaul {
                return None;
            }
        }
        self.after_backhaul |= stop.backhaul;
        if self.is_first_underway {
            self.now = plus(less(self.now, stop.deliver), stop.collect);
            let is_over = |d| stop.collect[d] > 0 && self.now[d] > rider.capacity[d];
            return (!(0..DIMENSIONS).any(is_over)).then_some(());
        }
        self.now = plus(self.now, stop.collect);
        self.peak = most(plus(self.peak, stop.deliver), self.now);
        within(self.peak, rider.capacity).then_some(())
    }
}

/// Room for one split.
#[derive(Debug, Clone)]
pub(super) struct Trips {
    /// All ways that were kept once.
    all: Vec<Way>,
    /// Ways that have ended a trip at each position, each its own parent in `all`.
    ended: Vec<Vec<Way>>,
    rests: Vec<Rest>,
    /// What the way on from each stop costs at least.
    least: Vec<i64>,
    /// Ways that do not cost less are of no use.
    pub(super) below: i64,
    now: Vec<Way>,
    next: Vec<Way>,
}

impl Default for Trips {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            ended: Vec::new(),
            rests: Vec::new(),
            least: Vec::new(),
            below: i64::MAX,
            now: Vec::new(),
            next: Vec::new(),
        }
    }
}

impl Trips {
    /// Writes what is done on the way to each position, and to the end, into `vias`. `None` when nothing leads there.
    pub(super) fn split(&mut self, order: Order<'_>, vias: &mut Vec<Via>) -> Option<()> {
        let (rider, stops) = (order.step.rider, order.nodes.len());
        Rest::of(order.stops, order.nodes, &mut self.rests);
        self.least.clear();
        if self.below < i64::MAX && rider.underway.is_none() {
            leasts(order, &mut self.least);
        }
        self.all.clear();
        self.ended.resize_with(self.ended.len().max(stops + 1), Vec::new);
        self.ended[..=stops].iter_mut().for_each(Vec::clear);
        let start = begin(order)?;
        self.all.push(start);
        let first = Aboard {
            is_loaded: rider.loads_at_start || rider.underway.is_some(),
            is_first_underway: rider.underway.is_some(),
            after_backhaul: rider.underway.is_some_and(|taken| taken.backhaul),
            now: rider.underway.map_or([0; DIMENSIONS], |taken| taken.on_board),
            peak: [0; DIMENSIONS],
        };
        if !first.is_loaded || first.is_first_underway {
            self.ended[0].push(start);
        }
        self.now.clear();
        self.now.push(start);
        self.trip(order, 0, first);
        for at in 0..stops {
            // Who can carry all that is left has no reason to load again.
            self.reload(order, at);
        }
        let (way, last) = self.close(order)?;
        vias.clear();
        vias.resize(stops, Via::default());
        let mut at = way;
        for position in (0..stops).rev() {
            vias[position] = at.via;
            at = self.all[at.parent as usize];
        }
        vias.push(Via { before: last, ..Via::default() });
        Some(())
    }

    /// Begins trips behind the stop at `at` by a reload.
    fn reload(&mut self, order: Order<'_>, at: usize) {
        let (step, rider) = (order.step, order.step.rider);
        let ended = std::mem::take(&mut self.ended[at]);
        for number in 1..=rider.reloads.len() as u8 {
            self.now.clear();
            for way in ended.iter().filter(|way| u32::from(way.reloads) < rider.reloads_max) {
                let mut take = |via: Via| {
                    let mut next = Way { via, ..*way };
                    let is_done = (|| {
                        if via.before > 0 {
                            next.rest(rider, via.before)?;
                        }
                        next.reload(step, number)?;
                        if via.after > 0 {
                            next.rest(rider, via.after)?;
                        }
                        Some(())
                    })();
                    if is_done.is_some() {
                        keep(&mut self.now, next, rider);
                    }
                };
                take(Via { reload: number, ..Via::default() });
                for rest in due(rider, way, None) {
                    if way.place != order.nowhere {
                        take(Via { before: rest, reload: number, after: 0 });
                    }
                    take(Via { before: 0, reload: number, after: rest });
                }
            }
            let aboard = Aboard {
                is_loaded: true,
                is_first_underway: false,
                after_backhaul: false,
                now: [0; DIMENSIONS],
                peak: [0; DIMENSIONS],
            };
            self.trip(order, at, aboard);
        }
        self.ended[at] = ended;
    }

    /// Drives a trip on from the stop at `from`, where the ways in `now` stand ready to leave, as far as it can go.
    fn trip(&mut self, order: Order<'_>, from: usize, mut aboard: Aboard) {
        let (step, rider, stops) = (order.step, order.step.rider, order.nodes.len());
        let carries_all = aboard.is_loaded
            && !aboard.is_first_underway
            && !aboard.after_backhaul
            && self.rests[from + 1].fits(rider);
        for position in from + 1..=stops {
            let stop = &order.stops[usize::from(order.nodes[position - 1])];
            if self.now.is_empty() || aboard.carry(rider, stop).is_none() {
                return;
            }
            self.next.clear();
            for way in &self.now {
                let mut take = |rest: u8| {
                    let mut next = *way;
                    if position > from + 1 {
                        next.via = Via::default();
                    }
                    if rest > 0 {
                        next.rest(rider, rest)?;
                        let is_loaded_here = next.via.reload > 0;
                        let via = &mut next.via;
                        *(if is_loaded_here { &mut via.after } else { &mut via.before }) = rest;
                    }
                    next.serve(step, stop)?;
                    let ready_s = next.ready_s;
                    let is_dear = self.least.get(position).is_some_and(|least| {
                        rider.cost_fixed + next.so_far(rider) + least >= self.below
                    });
                    if !is_dear {
                        keep(&mut self.next, next, rider);
                    }
                    Some(ready_s)
                };
                let straight_s = take(0);
                let is_reloaded = position == from + 1 && way.via.reload > 0;
                if !rider.breaks.is_empty() && !is_reloaded && way.place != order.nowhere {
                    for rest in due(rider, way, Some(straight_s)) {
                        take(rest);
                    }
                }
            }
            // Each way is the parent of those behind it from here on.
            self.now.clear();
            for way in &self.next {
                let number = self.all.len() as u32;
                self.all.push(*way);
                self.now.push(Way { parent: number, ..*way });
            }
            if !carries_all || position == stops {
                for way in &self.now {
                    keep(&mut self.ended[position], *way, rider);
                }
            }
        }
    }

    /// The cheapest way to the end, with its last step and the break before the way home; 0 = none.
    fn close(&self, order: Order<'_>) -> Option<(Way, u8)> {
        let (step, rider, stops) = (order.step, order.step.rider, order.nodes.len());
        let mut best: Option<(i64, Way, u8)> = None;
        for way in &self.ended[stops] {
            let rests = 0..=rider.breaks.len() as u8;
            for rest in rests.filter(|&rest| rest == 0 || way.breaks >> (rest - 1) & 1 == 0) {
                let cost = (|| {
                    let mut end = *way;
                    if rest > 0 {
                        end.rest(rider, rest)?;
                    }
                    end.drive(step, rider.end.unwrap_or(order.nowhere))?;
                    is_over(step, &end).then(|| end.so_far(rider))
                })();
                if let Some(cost) = cost
                    && best.is_none_or(|(least, ..)| cost < least)
                {
                    best = Some((cost, *way, rest));
                }
            }
        }
        best.map(|(_, way, rest)| (self.all[way.parent as usize], rest))
    }
}

/// Whether a route may end like this: no break is owed, and it was not too long.
fn is_over(step: Step<'_>, end: &Way) -> bool {
    let rider = step.rider;
    // With speeds that change, a later begin changes every way behind it.
    let begin_s = if step.ways.changes() { end.begin_s } else { end.begin_s + end.delay_s() };
    let is_owed = rider.breaks.iter().enumerate().any(|(number, rest)| {
        end.breaks >> number & 1 == 0
            && begin_s < rest.windows[0].from_s + rest.duration_s
            && rest.windows.last().is_some_and(|last| end.ready_s > last.to_s)
    });
    !is_owed && end.ready_s - begin_s <= rider.duration_s_max
}

/// The breaks, numbered from 1, that are worth a try before going on: not taken yet, still open, and, where it is known
/// when the next stop is done without, not better taken later.
fn due(rider: &Rider, way: &Way, done: Option<Option<i64>>) -> impl Iterator<Item = u8> {
    let (breaks, ready_s) = (way.breaks, way.ready_s);
    (1..=rider.breaks.len() as u8).filter(move |&number| {
        let rest = &rider.breaks[usize::from(number - 1)];
        breaks >> (number - 1) & 1 == 0
            && done.flatten().is_none_or(|done_s| done_s > rest.windows[0].from_s)
            && open_at(&rest.windows, ready_s).is_some()
    })
}

fn begin(order: Order<'_>) -> Option<Way> {
    let rider = order.step.rider;
    let window = rider.start_window;
    if window.from_s > window.to_s {
        return None;
    }
    Some(Way {
        ready_s: window.from_s + rider.start_loading_s,
        cost: 0,
        metres: rider.underway.map_or(0, |taken| taken.metres),
        begin_s: rider.underway.map_or(window.from_s, |taken| taken.started_s),
        slack_s: window.to_s - window.from_s,
        wait_s: 0,
        place: rider.start.unwrap_or(order.nowhere),
        reloads: 0,
        breaks: rider.underway.map_or(0, |taken| taken.breaks),
        via: Via::default(),
        parent: 0,
    })
}

/// What the way from each position to the end costs at least, from 0; breaks and reloads are left out.
fn leasts(order: Order<'_>, leasts: &mut Vec<i64>) {
    let Step { rider, ways, .. } = order.step;
    let stops = order.nodes.len();
    leasts.clear();
    leasts.resize(stops + 1, 0);
    let mut to = rider.end.unwrap_or(order.nowhere);
    let mut least = 0;
    for position in (0..=stops).rev() {
        let stop = position.checked_sub(1).map(|at| &order.stops[usize::from(order.nodes[at])]);
        let from = stop.map_or(rider.start.unwrap_or(order.nowhere), |stop| stop.place);
        let (metres, seconds) = (ways.metres(from, to), ways.least_s(from, to));
        least += metres.unwrap_or(0) * rider.cost_per_metre
            + seconds.unwrap_or(0) * rider.cost_per_second;
        leasts[position] = least;
        // Waiting and service are part of what is behind who leaves a stop.
        least += stop.map_or(rider.start_loading_s, |stop| stop.service_s) * rider.cost_per_second;
        to = from;
    }
}

/// What an order costs at least.
pub(super) fn least_of(order: Order<'_>) -> i64 {
    let rider = order.step.rider;
    if rider.underway.is_some() {
        return i64::MIN / 4;
    }
    let Step { ways, .. } = order.step;
    let cost = |from: Spot, to: Spot| {
        ways.metres(from, to).unwrap_or(0) * rider.cost_per_metre
            + ways.least_s(from, to).unwrap_or(0) * rider.cost_per_second
    };
    let mut from = rider.start.unwrap_or(order.nowhere);
    let mut least = rider.cost_fixed + rider.start_loading_s * rider.cost_per_second;
    let mut deliver = [0; DIMENSIONS];
    for &node in order.nodes {
        let stop = &order.stops[usize::from(node)];
        least += cost(from, stop.place) + stop.service_s * rider.cost_per_second;
        deliver = plus(deliver, stop.deliver);
        from = stop.place;
    }
    // Every trip beyond the first is loaded for.
    let trips = (0..DIMENSIONS).map(|d| match rider.capacity[d] {
        0 => deliver[d].min(1),
        capacity => (deliver[d] + capacity - 1) / capacity,
    });
    let loads = trips.max().unwrap_or(0) - i64::from(rider.loads_at_start);
    let loading_s = rider.reloads.iter().map(|reload| reload.loading_s).min();
    match loading_s {
        Some(_) if loads > i64::from(rider.reloads_max) => NEVER,
        None if loads > 0 => NEVER,
        Some(loading_s) => {
            least
                + cost(from, rider.end.unwrap_or(order.nowhere))
                + loads.max(0) * loading_s * rider.cost_per_second
        }
        None => least + cost(from, rider.end.unwrap_or(order.nowhere)),
    }
}
