//! Where a stop may go into a line, in constant time: whether its loads and times are kept is said exactly, and what it
//! costs as far as the way that the line takes now tells. Breaks and reloads stay where they are, or one reload is added
//! beside the new stop. May not change the line.

use super::aboard::{less, plus, within};
use super::details::{Reload, Rider, Stop};
use super::label::{Step, Via, open_at};
use super::line::{Line, Span, What};
use super::quick::Look;
use super::ways::Spot;

/// The gap that is looked at, and what is put into it.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    pub(super) step: Step<'a>,
    pub(super) stop: &'a Stop,
    /// Position before the gap.
    pub(super) after: usize,
    /// The vehicle is at home so far.
    pub(super) is_empty: bool,
    /// Some goods are not at the depot from the beginning.
    pub(super) has_releases: bool,
}

/// Where exactly a stop goes: behind this element of the line, perhaps with a new reload beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Choice {
    at: usize,
    /// Numbered from 1; 0 = none.
    reload: u8,
    /// The reload comes before the stop.
    begins: bool,
}

/// What one try came to.
enum Tried {
    Price(i64),
    No,
    /// Loads or goods forbid it; with a reload it may do.
    Full,
    /// Has to be simulated.
    Unknown,
}

/// The way on behind the new stop: a break that moves there, perhaps, and the element that is reached.
#[derive(Clone, Copy)]
struct Behind {
    rest: Option<u8>,
    on: usize,
}

impl Line {
    /// The cheapest way to put the stop into the gap, if it is below `below`. A price counts everything but a moved job.
    #[inline]
    pub(super) fn look(&self, room: Room<'_>, below: i64) -> Look {
        self.choose(room, below).0
    }

    fn choose(&self, room: Room<'_>, below: i64) -> (Look, Choice) {
        if !self.is_known || !self.has_loads || room.stop.has_ships {
            return (Look::Unknown, Choice::default());
        }
        let gap = usize::from(self.at[room.after])..usize::from(self.at[room.after + 1]);
        let (mut best, mut is_full, mut choice) = (below, false, Choice::default());
        for at in gap.clone() {
            match self.straight(room, at, best) {
                Tried::Price(price) => {
                    (best, choice) = (price, Choice { at, ..Choice::default() });
                }
                Tried::No => {}
                Tried::Full => is_full = true,
                Tried::Unknown => return (Look::Unknown, choice),
            }
        }
        if is_full && self.reloads < room.step.rider.reloads_max {
            for (number, depot) in room.step.rider.reloads.iter().enumerate() {
                for (at, begins) in gap.clone().flat_map(|at| [(at, true), (at, false)]) {
                    match self.with_reload(room, at, depot, begins, best) {
                        Tried::Price(price) => {
                            let reload = number as u8 + 1;
                            (best, choice) = (price, Choice { at, reload, begins });
                        }
                        Tried::No | Tried::Full => {}
                        Tried::Unknown => return (Look::Unknown, choice),
                    }
                }
            }
        }
        (if best < below { Look::Price(best) } else { Look::Never }, choice)
    }

    /// What is then done on the way to each position, when `vias` is what is done now. False when that has to be found by
    /// a simulation.
    pub(super) fn insert(&self, room: Room<'_>, vias: &mut Vec<Via>) -> bool {
        let (Look::Price(_), choice) = self.choose(room, i64::MAX) else { return false };
        let (first, next) =
            (usize::from(self.at[room.after]), usize::from(self.at[room.after + 1]));
        if vias.is_empty() {
            if choice.reload == 0 {
                return true;
            }
            vias.resize(self.at.len() - 1, Via::default());
        }
        let mut parts = [Via::default(); 2];
        for at in first + 1..next {
            let part = &mut parts[usize::from(at > choice.at)];
            match self.elements[at].what {
                What::Rest(number) if part.reload > 0 => part.after = number + 1,
                What::Rest(number) => part.before = number + 1,
                What::Load(number) => part.reload = number + 1,
                What::Begin | What::Stop(_) | What::End => {}
            }
        }
        if choice.reload > 0 {
            parts[usize::from(!choice.begins)].reload = choice.reload;
        }
        vias[room.after] = parts[1];
        vias.insert(room.after, parts[0]);
        true
    }

    /// About what a route costs that goes on from `head` here to `tail` in `other`, both positions, with breaks and
    /// reloads as they are. `None` when it cannot arrive there.
    pub(super) fn joined(
        &self,
        step: Step<'_>,
        head: usize,
        other: &Self,
        tail: usize,
    ) -> Option<i64> {
        let Step { rider, ways, .. } = step;
        let (here, on) = (self.element(head), other.element(tail));
        if head == 0 && on.what == What::End {
            return Some(0);
        }
        let on_s = ways.arrival_s(here.place, on.place, here.ready_s)?;
        let mut span = here.head.then(on_s - here.ready_s, on.tail);
        if let (true, Some(depot)) =
            (self.needs_reload(rider, head, other, tail), rider.reloads.first())
        {
            span.duration_s += depot.loading_s;
        }
        let metres = here.metres + ways.metres(here.place, on.place)? + other.metres - on.metres;
        let late = on_s > on.latest_s && !other.is_loose;
        let price = metres * rider.cost_per_metre + span.duration_s * rider.cost_per_second;
        (!late).then_some(rider.cost_fixed + price)
    }

    /// Whether what is delivered up to `head` and from `tail` on in its trip is too much for one.
    fn needs_reload(&self, rider: &Rider, head: usize, other: &Self, tail: usize) -> bool {
        let (head, tail) = (usize::from(self.at[head]), usize::from(other.at[tail]));
        let (first, second) = (&self.aboard[head], &other.aboard[tail - 1]);
        let owed =
            if matches!(other.elements[tail].what, What::End) { [0; 4] } else { second.rest };
        !within(plus(less(first.to, first.rest), owed), rider.capacity)
    }

    fn behind(&self, at: usize) -> Option<Behind> {
        let rest = |at: usize| match self.elements[at].what {
            What::Rest(number) => Some(number),
            What::Begin | What::Stop(_) | What::Load(_) | What::End => None,
        };
        match rest(at + 1) {
            None => Some(Behind { rest: None, on: at + 1 }),
            Some(number) => {
                rest(at + 2).is_none().then_some(Behind { rest: Some(number), on: at + 2 })
            }
        }
    }

    fn straight(&self, room: Room<'_>, at: usize, best: i64) -> Tried {
        let Step { rider, ways, .. } = room.step;
        let here = &self.elements[at];
        let Some(behind) = self.behind(at) else { return Tried::Unknown };
        let on = &self.elements[behind.on];
        let way =
            (ways.metres(here.place, room.stop.place), ways.metres(room.stop.place, on.place));
        let (Some(to), Some(away)) = way else { return Tried::No };
        let metres = to + away - if room.is_empty { 0 } else { on.leg_metres };
        let price =
            metres * rider.cost_per_metre + if room.is_empty { rider.cost_fixed } else { 0 };
        if price >= best || self.metres + to + away - on.leg_metres > rider.metres_max {
            return Tried::No;
        }
        if !self.fits(room, at) {
            return Tried::Full;
        }
        if room.stop.release_s > here.trip_began_s && !here.is_first_underway {
            return Tried::Unknown;
        }
        let Some(arrive_s) = ways.arrival_s(here.place, room.stop.place, here.ready_s) else {
            return Tried::No;
        };
        let leg_s = arrive_s - here.ready_s;
        self.go_on_behind(room, behind, (here.head, leg_s, arrive_s), (price, best))
    }

    /// Serves the stop, reached at `arrive_s` after `head` and `leg_s` more, then goes on.
    fn go_on_behind(
        &self,
        room: Room<'_>,
        behind: Behind,
        (head, leg_s, arrive_s): (Span, i64, i64),
        (price, best): (i64, i64),
    ) -> Tried {
        let Step { rider, ways, late_cost_per_second, .. } = room.step;
        let Some((own, start_s, late_s)) = room.stop.met_at(arrive_s) else { return Tried::No };
        let mut ready_s = start_s + room.stop.service_s;
        let mut span = head.then(leg_s, own);
        if let Some(number) = behind.rest {
            let rest = &rider.breaks[usize::from(number)];
            let Some(window) = open_at(&rest.windows, ready_s) else { return Tried::No };
            ready_s = ready_s.max(window.from_s) + rest.duration_s;
            span = span.then(0, Span::point(rest.duration_s, window.from_s, window.to_s));
        }
        let on = &self.elements[behind.on];
        let Some(on_s) = ways.arrival_s(room.stop.place, on.place, ready_s) else {
            return Tried::No;
        };
        let mut price = price + late_s * late_cost_per_second;
        if rider.cost_per_second > 0 {
            span = span.then(on_s - ready_s, on.tail);
            price += rider.cost_per_second * self.longer_s(room, span);
        }
        self.judged((price, best), on_s, on.latest_s)
    }

    /// What a price is worth when the route is met again at `on_s`, which it should be by `latest_s`.
    fn judged(&self, (price, best): (i64, i64), on_s: i64, latest_s: i64) -> Tried {
        if price >= best {
            Tried::No
        } else if on_s <= latest_s {
            Tried::Price(price)
        } else if self.is_loose {
            Tried::Unknown
        } else {
            Tried::No
        }
    }

    fn longer_s(&self, room: Room<'_>, span: Span) -> i64 {
        let end = &self.elements[self.elements.len() - 1];
        let before_s = if room.is_empty { 0 } else { end.head.duration_s };
        (span.duration_s - before_s).max(0)
    }

    /// Whether loads and the order of backhauls let the stop in behind `at`.
    fn fits(&self, room: Room<'_>, at: usize) -> bool {
        let (stop, capacity) = (room.stop, room.step.rider.capacity);
        let (here, aboard) = (&self.elements[at], &self.aboard[at]);
        if stop.delivers && (here.after_backhaul || !here.is_loaded)
            || stop.backhaul && here.before_delivery
        {
            return false;
        }
        if !here.is_first_underway {
            return within(plus(aboard.to, stop.deliver), capacity)
                && within(plus(aboard.from, stop.collect), capacity);
        }
        if stop.delivers && stop.loaded_on != Some(room.step.rider.vehicle) {
            return false;
        }
        let change = less(stop.collect, stop.deliver);
        let now = plus(aboard.now, change);
        let own = (0..now.len()).all(|d| stop.collect[d] == 0 || now[d] <= capacity[d]);
        own && within(plus(aboard.from, change), capacity)
    }

    /// A new reload beside the new stop: before it when it `begins` a trip, else behind it.
    fn with_reload(
        &self,
        room: Room<'_>,
        at: usize,
        depot: &Reload,
        begins: bool,
        best: i64,
    ) -> Tried {
        let Step { rider, ways, .. } = room.step;
        let (here, on) = (&self.elements[at], &self.elements[at + 1]);
        let is_last = matches!(on.what, What::Load(_) | What::End);
        // One reload between two stops is enough.
        let gap = usize::from(self.at[room.after]) + 1..=at;
        let is_pointless = if begins {
            gap.into_iter().any(|at| matches!(self.elements[at].what, What::Load(_)))
                || here.what == What::Begin && here.is_loaded && !here.is_first_underway
        } else {
            is_last
        };
        if is_pointless
            || matches!(on.what, What::Rest(_))
            || here.is_first_underway && !is_last
            || !self.fits_beside_reload(room, at, begins)
        {
            return Tried::No;
        }
        let through = if begins {
            [here.place, depot.place, room.stop.place, on.place]
        } else {
            [here.place, room.stop.place, depot.place, on.place]
        };
        let Some(way) = metres(room, through) else { return Tried::No };
        let longer = way - if room.is_empty { 0 } else { on.leg_metres };
        let mut price = longer * rider.cost_per_metre;
        price += if room.is_empty { rider.cost_fixed } else { 0 };
        if price >= best || self.metres + way - on.leg_metres > rider.metres_max {
            return Tried::No;
        }
        // Goods that are not there yet decide when a trip begins.
        if room.stop.release_s > here.trip_began_s || room.has_releases {
            return Tried::Unknown;
        }
        let step = |from: Spot, to: Spot, leave_s: i64| ways.arrival_s(from, to, leave_s);
        let load = Span::point(depot.loading_s, depot.window.from_s, depot.window.to_s);
        let loaded_s = |arrive_s: i64| {
            let begin_s = arrive_s.max(depot.window.from_s);
            (begin_s <= depot.window.to_s).then_some(begin_s + depot.loading_s)
        };
        if begins {
            let Some(depot_s) = step(here.place, depot.place, here.ready_s) else {
                return Tried::No;
            };
            let Some(ready_s) = loaded_s(depot_s) else { return Tried::No };
            let Some(arrive_s) = step(depot.place, room.stop.place, ready_s) else {
                return Tried::No;
            };
            let head = here.head.then(depot_s - here.ready_s, load);
            let behind = Behind { rest: None, on: at + 1 };
            let reached = (head, arrive_s - ready_s, arrive_s);
            return self.go_on_behind(room, behind, reached, (price, best));
        }
        self.ends_trip(room, at, (depot, load), loaded_s, (price, best))
    }

    /// Serves the stop, then loads, then goes on.
    fn ends_trip(
        &self,
        room: Room<'_>,
        at: usize,
        (depot, load): (&Reload, Span),
        loaded_s: impl Fn(i64) -> Option<i64>,
        (price, best): (i64, i64),
    ) -> Tried {
        let Step { rider, ways, late_cost_per_second, .. } = room.step;
        let (here, on) = (&self.elements[at], &self.elements[at + 1]);
        let timed = (|| {
            let arrive_s = ways.arrival_s(here.place, room.stop.place, here.ready_s)?;
            let (own, start_s, late_s) = room.stop.met_at(arrive_s)?;
            let served_s = start_s + room.stop.service_s;
            let depot_s = ways.arrival_s(room.stop.place, depot.place, served_s)?;
            let ready_s = loaded_s(depot_s)?;
            let on_s = ways.arrival_s(depot.place, on.place, ready_s)?;
            let span = here.head.then(arrive_s - here.ready_s, own);
            let span = span.then(depot_s - served_s, load).then(on_s - ready_s, on.tail);
            Some((span, late_s, on_s))
        })();
        let Some((span, late_s, on_s)) = timed else { return Tried::No };
        let price = price
            + late_s * late_cost_per_second
            + rider.cost_per_second * self.longer_s(room, span);
        self.judged((price, best), on_s, on.latest_s)
    }

    fn fits_beside_reload(&self, room: Room<'_>, at: usize, begins: bool) -> bool {
        let (stop, capacity) = (room.stop, room.step.rider.capacity);
        let (here, aboard) = (&self.elements[at], &self.aboard[at]);
        let collected = less(aboard.now, aboard.rest);
        if begins {
            // What is behind becomes a trip of its own, with the new stop first.
            let most = less(aboard.from, collected);
            let (rest, most) =
                if here.is_first_underway { ([0; 4], [0; 4]) } else { (aboard.rest, most) };
            return !(stop.backhaul && here.before_delivery)
                && within(plus(rest, stop.deliver), capacity)
                && within(plus(most, stop.collect), capacity);
        }
        !(stop.delivers && (here.after_backhaul || !here.is_loaded))
            && within(plus(less(aboard.to, aboard.rest), stop.deliver), capacity)
            && within(plus(collected, stop.collect), capacity)
    }
}

fn metres(room: Room<'_>, through: [Spot; 4]) -> Option<i64> {
    let ways = room.step.ways;
    let [first, second, third] = [0, 1, 2].map(|at| ways.metres(through[at], through[at + 1]));
    Some(first? + second? + third?)
}
