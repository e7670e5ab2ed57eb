//! A route driven one way: with its breaks and reloads decided, what happens when, how late each thing may be, and what
//! all of it costs. The one place that says what an order costs, so that a plan costs the same however it was found.
//! Decides nothing but the begin: as late as it ends no later and is no later anywhere. May not change an order.
//!
//! Times forward and latest arrivals backward (Savelsbergh 1992) hold exactly through slices of the day, since who leaves
//! later never arrives earlier. Spans (Vidal et al. 2013, section 4.3) take the ways as long as they are now: they
//! estimate how an insertion changes the duration, exactly so where the speed does not change.

use super::details::{Rider, Stop};
use super::label::{Step, Via, open_at};
use super::ways::Spot;
use crate::problem::{DIMENSIONS, Window};

pub(super) type Loads = [i64; DIMENSIONS];

/// A sequence as one: how long it takes at least, and the begins between which it takes that long.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) duration_s: i64,
    pub(super) earliest_s: i64,
    pub(super) latest_s: i64,
}

impl Span {
    /// `self`, then a way of `way_s`, then `next`. Whether it keeps every window is not asked here.
    #[inline]
    pub(super) fn then(self, way_s: i64, next: Self) -> Self {
        let shift_s = self.duration_s + way_s;
        let wait_s = (next.earliest_s - shift_s - self.latest_s).max(0);
        let earliest_s = (next.earliest_s - shift_s).max(self.earliest_s) - wait_s;
        Self {
            duration_s: shift_s + next.duration_s + wait_s,
            earliest_s,
            latest_s: (next.latest_s - shift_s).min(self.latest_s).max(earliest_s),
        }
    }
}

/// What happens at an element of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The begin, or the position of a vehicle underway.
    Begin,
    /// A node.
    Stop(u16),
    /// A break, at the place of the element before.
    Rest(u8),
    /// A reload, by its number in the rider's list.
    Load(u8),
    End,
}

/// One thing that a vehicle does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) what: What,
    pub(super) place: Spot,
    /// In the trip that was going on when planning began.
    pub(super) is_first_underway: bool,
    /// The trip was loaded at a depot for its deliveries.
    pub(super) is_loaded: bool,
    /// A backhaul up to here, a delivery behind here, in the same trip.
    pub(super) after_backhaul: bool,
    pub(super) before_delivery: bool,
    /// Ready to leave, and the latest arrival from which the rest can be done without being late anywhere.
    pub(super) ready_s: i64,
    pub(super) latest_s: i64,
    /// The way to here.
    pub(super) leg_s: i64,
    pub(super) leg_metres: i64,
    /// Driven until here.
    pub(super) metres: i64,
    /// Begin of the trip's loading.
    pub(super) trip_began_s: i64,
    /// Everything up to here, and everything from here on.
    pub(super) head: Span,
    pub(super) tail: Span,
}

/// What is on board within a trip, by element.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Aboard {
    /// The most on board up to the departure from here, and from it to the end of the trip. Underway, the latter is the
    /// most at a later stop that collects.
    pub(super) to: Loads,
    pub(super) from: Loads,
    /// On board on departure, and how much of it is yet to be delivered.
    pub(super) now: Loads,
    pub(super) rest: Loads,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// Whether the rest means anything.
    pub(super) is_known: bool,
    /// Whether loads are known, so that insertions may be looked at.
    pub(super) has_loads: bool,
    /// A stop could be late, or a break is not taken: what comes too late by `latest_s` may still be possible.
    pub(super) is_loose: bool,
    pub(super) cost: i64,
    pub(super) begin_s: i64,
    pub(super) end_s: i64,
    pub(super) duration_s: i64,
    pub(super) metres: i64,
    pub(super) reloads: u32,
    breaks: u8,
    pub(super) elements: Vec<Element>,
    pub(super) aboard: Vec<Aboard>,
    /// The element of each position, from 0 for the begin; the end is the last.
    pub(super) at: Vec<u16>,
}

/// Why an order cannot be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forbidden {
    /// Ways, windows and limits, which a reload only makes worse.
    ByTime,
    ByLoad,
}

/// What a line is made of.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) step: Step<'a>,
    pub(super) stops: &'a [Stop],
    pub(super) nodes: &'a [u16],
    /// What is done on the way to each position, from 1; empty when nothing is. The last is on the way to the end.
    pub(super) vias: &'a [Via],
    /// The spot from and to which there is no way to go.
    pub(super) nowhere: Spot,
    pub(super) has_releases: bool,
    pub(super) has_shipments: bool,
}

impl<'a> Order<'a> {
    fn via(&self, position: usize) -> Via {
        self.vias.get(position - 1).copied().unwrap_or_default()
    }

    fn stop(&self, position: usize) -> &'a Stop {
        &self.stops[usize::from(self.nodes[position - 1])]
    }

    /// When the goods of the trip that begins on the way to `position` are released.
    fn release_s(&self, position: usize) -> i64 {
        if !self.has_releases || position > self.nodes.len() {
            return 0;
        }
        let goes_on = |at: &usize| *at == position || self.via(*at).reload == 0;
        let trip = (position..=self.nodes.len()).take_while(goes_on);
        trip.map(|at| self.stop(at).release_s).max().unwrap_or(0)
    }
}

impl Line {
    pub(super) fn copy_from(&mut self, other: &Self) {
        let (mut elements, mut aboard, mut at) = (
            std::mem::take(&mut self.elements),
            std::mem::take(&mut self.aboard),
            std::mem::take(&mut self.at),
        );
        elements.clone_from(&other.elements);
        aboard.clone_from(&other.aboard);
        at.clone_from(&other.at);
        *self = Self { elements, aboard, at, ..*other };
    }

    /// What is done at a position.
    pub(super) fn element(&self, position: usize) -> &Element {
        &self.elements[usize::from(self.at[position])]
    }

    /// Drives the order; nothing is known when a rule forbids it.
    pub(super) fn work_out(&mut self, order: Order<'_>) -> Result<(), Forbidden> {
        self.is_known = false;
        self.drive(order).ok_or(Forbidden::ByTime)?;
        self.has_loads = !order.has_shipments;
        if self.has_loads {
            self.load(order).ok_or(Forbidden::ByLoad)?;
        }
        self.settle(order).ok_or(Forbidden::ByTime)?;
        self.is_known = true;
        Ok(())
    }

    /// Forward, leaving as early as possible.
    fn drive(&mut self, order: Order<'_>) -> Option<()> {
        let rider = order.step.rider;
        let stops = order.nodes.len();
        self.begin(order)?;
        for position in 1..=stops + 1 {
            let via = order.via(position);
            if via.before > 0 {
                self.rest(rider, via.before - 1)?;
            }
            if via.reload > 0 {
                let release_s = order.release_s(position);
                self.reload(order.step, via.reload - 1, release_s)?;
            }
            if via.after > 0 {
                self.rest(rider, via.after - 1)?;
            }
            if position <= stops {
                self.serve(order, order.nodes[position - 1])?;
            }
        }
        let place = rider.end.unwrap_or(order.nowhere);
        let (arrive_s, leg_s, leg_metres) = self.way(order.step, place)?;
        self.push(
            What::End,
            place,
            (leg_s, leg_metres),
            Span::point(0, 0, rider.close_s),
            arrive_s,
        );
        self.at.push(self.elements.len() as u16 - 1);
        self.end_s = arrive_s;
        (arrive_s <= rider.close_s && self.metres <= rider.metres_max).then_some(())
    }

    fn begin(&mut self, order: Order<'_>) -> Option<()> {
        let rider = order.step.rider;
        self.elements.clear();
        self.at.clear();
        let mut begin_s = rider.start_window.from_s;
        if rider.underway.is_none() && order.via(1).reload == 0 {
            begin_s = begin_s.max(order.release_s(1));
        }
        if begin_s > rider.start_window.to_s {
            return None;
        }
        self.begin_s = begin_s;
        (self.cost, self.reloads) = (0, 0);
        self.metres = rider.underway.map_or(0, |taken| taken.metres);
        self.breaks = rider.underway.map_or(0, |taken| taken.breaks);
        let whole = Span::point(rider.start_loading_s, begin_s, rider.start_window.to_s);
        let first = Element {
            what: What::Begin,
            place: rider.start.unwrap_or(order.nowhere),
            is_first_underway: rider.underway.is_some(),
            is_loaded: rider.loads_at_start || rider.underway.is_some(),
            after_backhaul: rider.underway.is_some_and(|taken| taken.backhaul),
            before_delivery: false,
            ready_s: begin_s + rider.start_loading_s,
            latest_s: rider.start_window.to_s,
            leg_s: 0,
            leg_metres: 0,
            metres: self.metres,
            trip_began_s: rider.underway.map_or(begin_s, |taken| taken.trip_began_s),
            head: whole,
            tail: whole,
        };
        self.elements.push(first);
        self.at.push(0);
        Some(())
    }

    fn last(&self) -> &Element {
        &self.elements[self.elements.len() - 1]
    }

    /// Arrival at `to`, and the length of the way; what it costs is added.
    #[inline]
    fn way(&mut self, step: Step<'_>, to: Spot) -> Option<(i64, i64, i64)> {
        let (from, ready_s) = (self.last().place, self.last().ready_s);
        let arrive_s = step.ways.arrival_s(from, to, ready_s)?;
        let metres = step.ways.metres(from, to)?;
        self.metres += metres;
        self.cost += metres * step.rider.cost_per_metre;
        Some((arrive_s, arrive_s - ready_s, metres))
    }

    /// Goes on with something that begins at `start_s` and takes what `own` says.
    fn push(
        &mut self,
        what: What,
        place: Spot,
        (leg_s, leg_metres): (i64, i64),
        own: Span,
        start_s: i64,
    ) {
        let before = *self.last();
        self.elements.push(Element {
            what,
            place,
            ready_s: start_s + own.duration_s,
            latest_s: own.latest_s,
            leg_s,
            leg_metres,
            metres: self.metres,
            head: before.head.then(leg_s, own),
            tail: own,
            ..before
        });
    }

    fn rest(&mut self, rider: &Rider, number: u8) -> Option<()> {
        let rest = &rider.breaks[usize::from(number)];
        let Element { place, ready_s, .. } = *self.last();
        let window = open_at(&rest.windows, ready_s)?;
        let own = Span::point(rest.duration_s, window.from_s, window.to_s);
        self.push(What::Rest(number), place, (0, 0), own, ready_s.max(window.from_s));
        self.breaks |= 1 << number;
        Some(())
    }

    fn reload(&mut self, step: Step<'_>, number: u8, release_s: i64) -> Option<()> {
        let depot = step.rider.reloads[usize::from(number)];
        let (arrive_s, leg_s, leg_metres) = self.way(step, depot.place)?;
        let open_s = depot.window.from_s.max(release_s);
        let start_s = arrive_s.max(open_s);
        if start_s > depot.window.to_s || self.reloads >= step.rider.reloads_max {
            return None;
        }
        let own = Span::point(depot.loading_s, open_s, depot.window.to_s);
        self.push(What::Load(number), depot.place, (leg_s, leg_metres), own, start_s);
        self.reloads += 1;
        let load = self.elements.last_mut()?;
        (load.is_first_underway, load.is_loaded, load.after_backhaul) = (false, true, false);
        load.trip_began_s = start_s;
        Some(())
    }

    fn serve(&mut self, order: Order<'_>, node: u16) -> Option<()> {
        let (step, stop) = (order.step, &order.stops[usize::from(node)]);
        let (arrive_s, leg_s, leg_metres) = self.way(step, stop.place)?;
        let (own, start_s, late_s) = stop.met_at(arrive_s)?;
        self.cost += late_s * step.late_cost_per_second + stop.moved_price(step);
        self.push(What::Stop(node), stop.place, (leg_s, leg_metres), own, start_s);
        self.at.push(self.elements.len() as u16 - 1);
        Some(())
    }

    /// Latest arrivals and tails backward, the latest begin, and what it all costs then.
    fn settle(&mut self, order: Order<'_>) -> Option<()> {
        let rider = order.step.rider;
        let untaken = |number: usize| self.breaks >> number & 1 == 0;
        let owed_from = |number: usize| rider.breaks[number].windows.last().map(|last| last.to_s);
        let due_s = (0..rider.breaks.len()).filter(|&number| untaken(number)).filter_map(owed_from);
        let due_s = due_s.min();
        self.is_loose = due_s.is_some();
        // It began too late to owe a break: with one stop more it may have to begin earlier.
        self.has_loads &= due_s.is_none_or(|due_s| self.end_s <= due_s);
        // A break that is not taken is owed by who ends after its last window.
        let close_s = due_s.map_or(rider.close_s, |due_s| rider.close_s.min(due_s)).max(self.end_s);
        let earliest_s = self.begin_s;
        let begin_s = self.back(order, close_s)?;
        self.begin_s = rider.underway.map_or(begin_s.max(earliest_s), |taken| taken.started_s);
        self.duration_s = self.end_s - self.begin_s;
        let is_owed = (0..rider.breaks.len()).filter(|&number| self.breaks >> number & 1 == 0).any(
            |number| {
                let rest = &rider.breaks[number];
                self.begin_s < rest.windows[0].from_s + rest.duration_s
                    && rest.windows.last().is_some_and(|last| self.end_s > last.to_s)
            },
        );
        if is_owed || self.duration_s > rider.duration_s_max {
            return None;
        }
        self.cost += rider.cost_fixed + rider.cost_per_second * self.duration_s;
        if let Some(taken) = rider.underway {
            // What it costs anyway is the base of the whole plan.
            let home = rider.cost_per_metre * (taken.home_metres - taken.metres);
            let home_s = taken.home_s - taken.started_s;
            self.cost -= rider.cost_fixed + home + rider.cost_per_second * home_s;
        }
        Some(())
    }

    /// The latest begin that ends no later than now and is late nowhere where it is not so now.
    fn back(&mut self, order: Order<'_>, close_s: i64) -> Option<i64> {
        let Step { rider, ways, .. } = order.step;
        let end = self.elements.len() - 1;
        let (mut latest_s, mut slid_s) = (close_s, self.end_s);
        let mut is_loose = self.is_loose;
        self.elements[end].latest_s = close_s;
        for at in (0..end).rev() {
            let (here, next) = (&self.elements[at], &self.elements[at + 1]);
            let own_s = here.tail.duration_s;
            let leave_s = |by_s| ways.leave_s(here.place, next.place, by_s);
            let (leave, slid) = if next.leg_metres == 0 && next.place == here.place {
                (latest_s, slid_s)
            } else {
                (leave_s(latest_s)?, leave_s(slid_s)?)
            };
            let limits = (leave - own_s, slid - own_s);
            let by =
                |windows: &[Window]| Some((by_s(windows, limits.0)?, by_s(windows, limits.1)?));
            (latest_s, slid_s) = match here.what {
                What::Stop(node) => {
                    let stop = &order.stops[usize::from(node)];
                    is_loose |= stop.late_s_max > 0;
                    let start_s = here.ready_s - own_s;
                    if start_s > stop.due_s {
                        (limits.0.min(start_s), limits.1.min(start_s))
                    } else {
                        by(&stop.windows)?
                    }
                }
                What::Rest(number) => by(&rider.breaks[usize::from(number)].windows)?,
                What::Begin | What::Load(_) | What::End => {
                    (limits.0.min(here.latest_s), limits.1.min(here.latest_s))
                }
            };
            let tail = here.tail.then(next.leg_s, next.tail);
            let here = &mut self.elements[at];
            here.latest_s = latest_s;
            here.tail = tail;
        }
        self.is_loose = is_loose;
        Some(slid_s)
    }
}

impl Span {
    /// One thing that takes `duration_s` and begins within a window.
    pub(super) fn point(duration_s: i64, earliest_s: i64, latest_s: i64) -> Self {
        Self { duration_s, earliest_s, latest_s }
    }
}

impl Stop {
    /// The service of who arrives at `arrive_s`, when it begins, and how late that is; `None` when too late.
    #[inline]
    pub(super) fn met_at(&self, arrive_s: i64) -> Option<(Span, i64, i64)> {
        if let Some(window) = open_at(&self.windows, arrive_s) {
            let own = Span::point(self.service_s, window.from_s, window.to_s);
            return Some((own, arrive_s.max(window.from_s), 0));
        }
        let late_s = arrive_s - self.due_s;
        let own = Span::point(self.service_s, self.windows[0].from_s, arrive_s);
        (late_s <= self.late_s_max).then_some((own, arrive_s, late_s))
    }

    /// What serving it costs beyond its way, when another vehicle had it.
    #[inline]
    pub(super) fn moved_price(&self, step: Step<'_>) -> i64 {
        let is_moved =
            self.begins && self.handed_out.is_some_and(|before| before != step.rider.vehicle);
        if is_moved { step.moved_cost } else { 0 }
    }
}

/// The latest arrival from which something within `windows` begins no later than `until_s`.
fn by_s(windows: &[Window], until_s: i64) -> Option<i64> {
    let window = windows.iter().rev().find(|window| window.from_s <= until_s)?;
    Some(window.to_s.min(until_s))
}
