//! A route as layers of labels: layer `p` holds the ways of having served the first `p` stops. Decides where to break and
//! where to reload by keeping, at each stop, every way that no other dominates. May not change an order.
//!
//! Exact up to [`LABELS_MAX`] ways per stop. Leaving later never means arriving earlier, so a way that is later, dearer
//! and fuller than another can be forgotten; only ride limits break that rule, and there a way forgotten may have been
//! the one that kept the limit: such a route counts as infeasible, never the other way round.

use super::aboard::{most, plus, within};
use super::cache::Cache;
use super::details::{Rider, Stop};
use super::label::{Label, Step, Via, open_at};
use super::line::{Line, Loads};
use super::trips::Trips;
use super::ways::Spot;
use crate::solve::compiled::NONE;

/// Ways kept per stop.
const LABELS_MAX: usize = 12;

/// Room for layers that are not accepted yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pub(super) nodes: Vec<u16>,
    pub(super) layers: Vec<Vec<Label>>,
    pub(super) vias: Vec<Via>,
    pub(super) line: Line,
    pub(super) trips: Trips,
}

/// The stops from one on, as far as the trip that goes on there has to carry them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    deliver: Loads,
    /// The most on board on the way, of what is loaded or collected for them.
    peak: Loads,
    release_s: i64,
    /// Shipments and backhauls have rules of their own.
    is_plain: bool,
    delivers: bool,
}

impl Rest {
    /// Those of an order, by position from 1.
    pub(super) fn of(stops: &[Stop], nodes: &[u16], rests: &mut Vec<Self>) {
        rests.clear();
        rests.resize(nodes.len() + 2, Self { is_plain: true, ..Self::default() });
        for at in (1..=nodes.len()).rev() {
            let (stop, behind) = (&stops[usize::from(nodes[at - 1])], rests[at + 1]);
            let deliver = plus(stop.deliver, behind.deliver);
            rests[at] = Self {
                deliver,
                peak: most(deliver, plus(stop.collect, behind.peak)),
                release_s: behind.release_s.max(stop.release_s),
                is_plain: behind.is_plain && !stop.has_ships && !stop.backhaul,
                delivers: behind.delivers || stop.delivers,
            };
        }
    }

    /// Whether one trip, loaded for it, carries all of it.
    pub(super) fn fits(&self, rider: &Rider) -> bool {
        self.is_plain && within(self.peak, rider.capacity)
    }

    /// Whether the trip of `label` can go on to the end: then a reload is a detour for nothing.
    #[inline]
    fn goes_with(&self, label: &Label, rider: &Rider) -> bool {
        self.is_plain
            && label.is_loaded
            && !label.is_first_underway
            && !(label.after_backhaul && self.delivers)
            && self.release_s <= label.trip_began_s
            && within(plus(label.peak, self.deliver), rider.capacity)
            && within(plus(label.on_board, self.peak), rider.capacity)
    }
}

/// The end of the best way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) cost: i64,
    pub(super) metres: i64,
    pub(super) duration_s: i64,
    /// Begin of the route.
    pub(super) begin_s: i64,
    /// Which label of the last layer, and the break before the way to the end.
    pub(super) label: usize,
    pub(super) via: Via,
}

/// An order being looked at: layers up to `kept` are the cache's, the others in `layers`.
pub(super) struct Chain<'a> {
    pub(super) step: Step<'a>,
    pub(super) stops: &'a [Stop],
    pub(super) cache: &'a Cache,
    pub(super) kept: usize,
    pub(super) nodes: &'a [u16],
    /// What is left from each position on, where that is known.
    pub(super) rests: &'a [Rest],
}

impl Chain<'_> {
    fn layer<'b>(&'b self, layers: &'b [Vec<Label>], position: usize) -> &'b [Label] {
        if position <= self.kept && self.cache.has(position) {
            self.cache.layer(position)
        } else {
            &layers[position]
        }
    }

    pub(super) fn stop(&self, position: usize) -> &Stop {
        &self.stops[usize::from(self.nodes[position - 1])]
    }

    fn place(&self, position: usize) -> Option<Spot> {
        if position == 0 { self.step.rider.start } else { Some(self.stop(position).place) }
    }

    /// Fills layer `position` from the one before. False when nothing leads there.
    pub(super) fn extend(&self, layers: &mut Vec<Vec<Label>>, position: usize) -> bool {
        while layers.len() <= position {
            layers.push(Vec::new());
        }
        let mut found = std::mem::take(&mut layers[position]);
        found.clear();
        for parent in 0..self.layer(layers, position - 1).len() {
            let straight = self.attempt(layers, position, parent, Via::default());
            let straight_ready_s = straight.map(|label| label.ready_s);
            self.keep(&mut found, straight);
            if self.step.rider.breaks.is_empty() && self.step.rider.reloads.is_empty() {
                continue;
            }
            let label = self.layer(layers, position - 1)[parent];
            self.detours(&label, position, straight_ready_s, |via| {
                let next = self.attempt(layers, position, parent, via);
                self.keep(&mut found, next);
            });
        }
        self.prune(&mut found);
        layers[position] = found;
        !layers[position].is_empty()
    }

    /// The breaks and reloads worth a try on the way to `position`.
    fn detours(
        &self,
        label: &Label,
        position: usize,
        straight_ready_s: Option<i64>,
        mut attempt: impl FnMut(Via),
    ) {
        let rider = self.step.rider;
        let is_due = |number: usize| {
            let rest = &rider.breaks[number];
            // Before its window opens, the next gap is no worse.
            let is_open = straight_ready_s.is_none_or(|ready_s| ready_s > rest.windows[0].from_s);
            label.breaks >> number & 1 == 0
                && is_open
                && open_at(&rest.windows, label.ready_s).is_some()
        };
        let breaks = || {
            (0..rider.breaks.len()).filter(|&number| is_due(number)).map(|number| number as u8 + 1)
        };
        if self.place(position - 1).is_some() {
            for before in breaks() {
                attempt(Via { before, ..Via::default() });
            }
        }
        // Twice to a depot with nothing in between is once too often, unless nothing could be loaded at the start.
        let has_served =
            usize::from(label.trip_from) < position || !label.is_loaded || label.is_first_underway;
        if label.reloads >= rider.reloads_max || !has_served {
            return;
        }
        if self.rests.get(position).is_some_and(|rest| rest.goes_with(label, rider)) {
            return;
        }
        for reload in 1..=rider.reloads.len() as u8 {
            attempt(Via { reload, ..Via::default() });
            for number in breaks() {
                attempt(Via { before: number, reload, after: 0 });
                attempt(Via { before: 0, reload, after: number });
            }
        }
    }

    fn attempt(
        &self,
        layers: &[Vec<Label>],
        position: usize,
        parent: usize,
        via: Via,
    ) -> Option<Label> {
        let stop = self.stop(position);
        let label = &self.layer(layers, position - 1)[parent];
        let ride_left_s = self.ride_left_s(layers, position, parent, stop);
        // What is on board of a vehicle underway has been released.
        let waits =
            via.reload == 0 && !label.is_first_underway && stop.release_s > label.trip_began_s;
        let later = if waits { label.released(stop.release_s) } else { None };
        let mut next = if let Some(later) = later {
            let mut now = later.ok()?;
            let place = now.go_via(self.step, self.place(position - 1), via, 0)?;
            now.step(self.step, place, stop, ride_left_s)?
        } else if waits {
            self.trip_again(layers, position, parent, via, stop.release_s)?
        } else {
            let mut now = *label;
            let place = now.go_via(self.step, self.place(position - 1), via, stop.release_s)?;
            now.step(self.step, place, stop, ride_left_s)?
        };
        if via.reload > 0 {
            next.trip_from = position as u16;
        }
        next.parent = parent as u16;
        next.via = via;
        Some(next)
    }

    /// When the shipment delivered at `position` left its pickup, on the way that leads to `parent`.
    fn ride_left_s(
        &self,
        layers: &[Vec<Label>],
        position: usize,
        parent: usize,
        stop: &Stop,
    ) -> i64 {
        let Some(ride) = stop.ride else { return 0 };
        if ride.pickup == NONE {
            return ride.left_s;
        }
        let (mut at, mut label) = (position - 1, parent);
        while at > 0 {
            let known = &self.layer(layers, at)[label];
            if self.nodes[at - 1] == ride.pickup {
                return known.ready_s;
            }
            label = usize::from(known.parent);
            at -= 1;
        }
        0
    }

    /// The trip to `position` once more, beginning no earlier than `release_s`.
    fn trip_again(
        &self,
        layers: &[Vec<Label>],
        position: usize,
        parent: usize,
        via: Via,
        release_s: i64,
    ) -> Option<Label> {
        let known = self.layer(layers, position - 1)[parent];
        let trip_from = usize::from(known.trip_from);
        if trip_from >= position {
            // The trip's first stop is this one: it began at the start.
            let begin = Label::start(self.step.rider, release_s)?;
            return self.again(&begin, position, via, 0, release_s);
        }
        let mut path = [(Via::default(), 0_i64); PATH_MAX];
        let length = position - trip_from;
        if length > PATH_MAX {
            return None;
        }
        let mut label = parent;
        for at in (trip_from..position).rev() {
            let one = &self.layer(layers, at)[label];
            let left_s = self.ride_left_s(layers, at, usize::from(one.parent), self.stop(at));
            path[at - trip_from] = (one.via, left_s);
            label = usize::from(one.parent);
        }
        let mut now = if path[0].0.reload > 0 {
            self.layer(layers, trip_from - 1)[label]
        } else {
            Label::start(self.step.rider, release_s)?
        };
        for at in trip_from..position {
            let (via, left_s) = path[at - trip_from];
            now = self.again(&now, at, via, left_s, release_s)?;
        }
        now.trip_from = known.trip_from;
        let left_s = self.ride_left_s(layers, position, parent, self.stop(position));
        self.again(&now, position, via, left_s, release_s)
    }

    /// One step of a trip that begins no earlier than `release_s`.
    pub(super) fn again(
        &self,
        now: &Label,
        at: usize,
        via: Via,
        left_s: i64,
        release_s: i64,
    ) -> Option<Label> {
        let mut next = *now;
        let place = next.go_via(self.step, self.place(at - 1), via, release_s)?;
        next.step(self.step, place, self.stop(at), left_s)
    }

    fn keep(&self, found: &mut Vec<Label>, label: Option<Label>) {
        let Some(label) = label else { return };
        let rider = self.step.rider;
        if found.iter().any(|known| known.dominates(&label, rider)) {
            return;
        }
        found.retain(|known| !label.dominates(known, rider));
        found.push(label);
    }

    /// Keeps the cheapest ways, and always the earliest: it is the one that leads on if any does.
    fn prune(&self, found: &mut Vec<Label>) {
        if found.len() <= LABELS_MAX {
            return;
        }
        let earliest = found.iter().copied().min_by_key(|label| (label.ready_s, label.cost));
        found.sort_by_key(|label| (label.cost, label.ready_s));
        found.truncate(LABELS_MAX - 1);
        found.extend(earliest.filter(|earliest| !found.contains(earliest)));
    }

    /// Whether layer `position` goes on as the cache's layer `before` does; then by how much it is dearer and longer. Never
    /// when a stop behind it looks back: at a pickup, or at a trip that has to begin later.
    pub(super) fn rejoins(
        &self,
        layers: &[Vec<Label>],
        position: usize,
        before: usize,
    ) -> Option<(i64, i64)> {
        if !self.cache.has(before) || self.cache.rides[before] {
            return None;
        }
        let (now, then) = (&layers[position], self.cache.layer(before));
        let difference = (now.first()?.cost - then.first()?.cost, now[0].metres - then[0].metres);
        let same = now.len() == then.len()
            && now.iter().zip(then).all(|(now, then)| {
                now.goes_on_like(then, self.step.rider)
                    && (now.cost - then.cost, now.metres - then.metres) == difference
                    && self.cache.released_s[before] <= now.trip_began_s.min(then.trip_began_s)
            });
        let metres = self.cache.metres + difference.1;
        (same && metres <= self.step.rider.metres_max).then_some(difference)
    }

    /// The best way from the last layer to the end. `is_final`: begins as late as it can, found out exactly.
    pub(super) fn finish(&self, layers: &[Vec<Label>], is_final: bool) -> Option<Arrival> {
        let last = self.nodes.len();
        let mut best: Option<Arrival> = None;
        for (at, label) in self.layer(layers, last).iter().enumerate() {
            let rests = 0..=self.step.rider.breaks.len() as u8;
            for before in
                rests.filter(|&before| before == 0 || label.breaks >> (before - 1) & 1 == 0)
            {
                let via = Via { before, ..Via::default() };
                let arrival = self.arrive(label, via, at, label.delay_s());
                if let Some(arrival) = arrival
                    && best.is_none_or(|best| arrival.cost < best.cost)
                {
                    best = Some(arrival);
                }
            }
        }
        let found = best?;
        if !is_final || !self.step.ways.changes() || !self.step.rider.times_matter {
            return Some(found);
        }
        Some(self.latest_begin(layers, found))
    }

    /// `None` when the end is reached too late, or a break is owed.
    fn arrive(&self, label: &Label, via: Via, at: usize, delay_s: i64) -> Option<Arrival> {
        let rider = self.step.rider;
        let mut end = *label;
        let place = end.go_via(self.step, self.place(self.nodes.len()), via, 0)?;
        if let Some(to) = rider.end {
            end.drive(self.step, place, to)?;
        }
        // With speeds that change, a later begin changes every way behind it: only `latest_begin` knows.
        let certain_s = if self.step.ways.changes() { 0 } else { delay_s };
        let begin_s = end.begin_s + certain_s;
        let is_owed = rider.breaks.iter().enumerate().any(|(number, rest)| {
            end.breaks >> number & 1 == 0
                && begin_s < rest.windows[0].from_s + rest.duration_s
                && rest.windows.last().is_some_and(|last| end.ready_s > last.to_s)
        });
        let duration_s = end.ready_s - begin_s;
        if is_owed || end.ready_s > rider.close_s || duration_s > rider.duration_s_max {
            return None;
        }
        let mut cost = rider.cost_fixed
            + end.cost
            + rider.cost_per_second * (duration_s + certain_s - delay_s);
        if let Some(taken) = rider.underway {
            let home_s = taken.home_s - taken.started_s;
            let home = rider.cost_per_metre * (taken.home_metres - taken.metres);
            // What it costs anyway is the base of the whole plan.
            cost -= rider.cost_fixed + home + rider.cost_per_second * home_s;
        }
        Some(Arrival { cost, metres: end.metres, duration_s, begin_s, label: at, via })
    }

    /// Breaks and reloads on the way to `label` of the last layer, by position from 1.
    pub(super) fn path(&self, layers: &[Vec<Label>], label: usize) -> Vec<Via> {
        let mut vias = Vec::new();
        self.path_into(layers, label, &mut vias);
        vias
    }

    pub(super) fn path_into(&self, layers: &[Vec<Label>], label: usize, vias: &mut Vec<Via>) {
        vias.clear();
        vias.resize(self.nodes.len(), Via::default());
        let mut label = label;
        for at in (1..=self.nodes.len()).rev() {
            let known = &self.layer(layers, at)[label];
            vias[at - 1] = known.via;
            label = usize::from(known.parent);
        }
    }

    /// With speeds that change: the latest begin that ends no later and costs no more, by bisection, since a later begin
    /// never ends earlier.
    fn latest_begin(&self, layers: &[Vec<Label>], found: Arrival) -> Arrival {
        let vias = self.path(layers, found.label);
        let releases = self.releases(&vias);
        let run = |begin_s: i64| {
            let end = self.replay(&vias, &releases, begin_s)?;
            self.arrive(&end, found.via, found.label, 0)
        };
        let earliest_s = self.layer(layers, self.nodes.len())[found.label].begin_s;
        let Some(mut best) = run(earliest_s) else { return found };
        let ends_s = best.begin_s + best.duration_s;
        let travel_cost =
            |arrival: &Arrival| arrival.cost - self.step.rider.cost_per_second * arrival.duration_s;
        let wanted = travel_cost(&best);
        let (mut good_s, mut bad_s) = (earliest_s, self.step.rider.start_window.to_s + 1);
        while bad_s - good_s > 1 {
            let middle_s = good_s + (bad_s - good_s) / 2;
            match run(middle_s) {
                Some(got)
                    if got.begin_s + got.duration_s <= ends_s && travel_cost(&got) <= wanted =>
                {
                    (good_s, best) = (middle_s, got);
                }
                Some(_) | None => bad_s = middle_s,
            }
        }
        best
    }

    /// For each stop that begins a trip, when its goods are released.
    fn releases(&self, vias: &[Via]) -> Vec<i64> {
        let mut releases = vec![0; self.nodes.len()];
        let mut trip = 0;
        for (at, via) in vias.iter().enumerate().take(self.nodes.len()) {
            if via.reload > 0 {
                trip = at;
            }
            releases[trip] = releases[trip].max(self.stop(at + 1).release_s);
        }
        releases
    }

    /// The way with its breaks and reloads once more, from another begin.
    fn replay(&self, vias: &[Via], releases: &[i64], begin_s: i64) -> Option<Label> {
        let released_s = if vias[0].reload > 0 { 0 } else { releases[0] };
        let mut now = Label::start(self.step.rider, begin_s.max(released_s))?;
        let mut ready = vec![0; self.nodes.len()];
        for at in 1..=self.nodes.len() {
            let ride = self.stop(at).ride;
            let left_s = ride.map_or(0, |ride| {
                self.nodes
                    .iter()
                    .position(|&node| node == ride.pickup)
                    .map_or(ride.left_s, |at| ready[at])
            });
            now = self.again(&now, at, vias[at - 1], left_s, releases[at - 1])?;
            ready[at - 1] = now.ready_s;
        }
        Some(now)
    }
}

/// Longest trip whose begin can be put off for goods released later.
const PATH_MAX: usize = 256;
