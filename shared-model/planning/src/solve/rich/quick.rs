//! Insertions of deliveries in constant time, for vehicles whose begin does not matter and whose speed does not change:
//! the reloads of the route stay where they are, or one is added beside the new stop. May not be asked about others.
//!
//! Forward times and loads of the way that was chosen, and latest arrivals backward (Savelsbergh 1992), reloads included.

use super::chain::Chain;
use super::details::{Reload, Rider, Stop};
use super::label::{Label, Via, open_at};
use super::ways::{Spot, Ways};
use crate::problem::{DIMENSIONS, Window};

/// The chosen way of one route. Positions count from 1; 0 is the start, one behind the last stop is the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Quick {
    /// Whether the rest means anything.
    pub(super) is_known: bool,
    path: Vec<Label>,
    /// Reload on the way to each position, numbered from 1; 0 = none.
    reload: Vec<u8>,
    /// Latest arrival at each position, and at the depot on the way to it.
    latest_s: Vec<i64>,
    latest_load_s: Vec<i64>,
    /// Last position of the trip, and the latest release from here to there.
    trip_end: Vec<u16>,
    released_s: Vec<i64>,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Price(i64),
    Never,
    /// Has to be simulated.
    Unknown,
}

/// The gap that is looked at, and what is put into it.
#[derive(Clone, Copy)]
pub(super) struct Gap<'a> {
    pub(super) rider: &'a Rider,
    pub(super) ways: &'a Ways,
    pub(super) stop: &'a Stop,
    /// Position before the gap.
    pub(super) after: usize,
    pub(super) from: Spot,
    pub(super) to: Option<Spot>,
}

impl Gap<'_> {
    fn metres(&self, from: Spot, to: Spot) -> Option<i64> {
        self.ways.metres(from, to)
    }

    fn metres_on(&self, from: Spot) -> Option<i64> {
        self.to.map_or(Some(0), |to| self.ways.metres(from, to))
    }

    fn arrive_s(&self, from: Spot, to: Spot, leave_s: i64) -> Option<i64> {
        self.ways.arrival_s(from, to, leave_s)
    }

    /// When the new stop is done, coming from `from`.
    fn served_s(&self, from: Spot, leave_s: i64) -> Option<i64> {
        let arrive_s = self.arrive_s(from, self.stop.place, leave_s)?;
        let window = open_at(&self.stop.windows, arrive_s)?;
        Some(arrive_s.max(window.from_s) + self.stop.service_s)
    }

    /// Whether the stop behind the gap, or the end, is reached in time from `from`.
    fn goes_on(&self, from: Spot, leave_s: i64, latest_s: i64) -> Option<()> {
        let arrive_s = match self.to {
            Some(to) => self.arrive_s(from, to, leave_s)?,
            None => leave_s,
        };
        (arrive_s <= latest_s).then_some(())
    }

    fn fits(&self, load: [i64; DIMENSIONS]) -> bool {
        (0..DIMENSIONS).all(|at| load[at] + self.stop.deliver[at] <= self.rider.capacity[at])
    }
}

impl Quick {
    /// Whether a route of this vehicle may be looked at.
    pub(super) fn suits(rider: &Rider) -> bool {
        rider.is_plain && rider.loads_at_start && rider.underway.is_none() && rider.start.is_some()
    }

    /// Whether a stop is nothing but a delivery.
    pub(super) fn takes(stop: &Stop) -> bool {
        let zero = [0; DIMENSIONS];
        stop.collect == zero && stop.ships == zero && !stop.backhaul && stop.late_s_max == 0
    }

    /// When the stop at `position` is done, and by when the one at `position` has to be reached.
    pub(super) fn ready_s(&self, position: usize) -> i64 {
        self.path[position].ready_s
    }

    pub(super) fn latest_s(&self, position: usize) -> i64 {
        self.latest_s[position]
    }

    /// Begin of the route.
    pub(super) fn begin_s(&self) -> i64 {
        self.path[self.path.len() - 1].begin_s
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.is_known = other.is_known;
        self.path.clone_from(&other.path);
        self.reload.clone_from(&other.reload);
        self.latest_s.clone_from(&other.latest_s);
        self.latest_load_s.clone_from(&other.latest_load_s);
        self.trip_end.clone_from(&other.trip_end);
        self.released_s.clone_from(&other.released_s);
    }

    /// Works out everything for the order of `chain`, driven by `vias`.
    pub(super) fn learn(&mut self, chain: &Chain<'_>, vias: &[Via]) {
        let stops = chain.nodes.len();
        self.is_known = false;
        if (1..=stops).any(|at| !Self::takes(chain.stop(at))) {
            return;
        }
        self.reload.clear();
        self.reload.push(0);
        self.reload.extend(vias.iter().map(|via| via.reload));
        self.trips(chain);
        if self.drive(chain, vias).is_some() && self.back(chain).is_some() {
            self.is_known = true;
        }
    }

    fn trips(&mut self, chain: &Chain<'_>) {
        let stops = chain.nodes.len();
        self.trip_end.clear();
        self.trip_end.resize(stops + 2, stops as u16);
        self.released_s.clear();
        self.released_s.resize(stops + 2, 0);
        for at in (1..=stops).rev() {
            let ends_here = at == stops || self.reload[at + 1] > 0;
            self.trip_end[at] = if ends_here { at as u16 } else { self.trip_end[at + 1] };
            let behind_s = if ends_here { 0 } else { self.released_s[at + 1] };
            self.released_s[at] = behind_s.max(chain.stop(at).release_s);
        }
    }

    fn drive(&mut self, chain: &Chain<'_>, vias: &[Via]) -> Option<()> {
        let first_s = if self.reload.get(1).is_some_and(|&reload| reload > 0) {
            0
        } else {
            self.released_s[1]
        };
        let mut now = Label::start(chain.step.rider, first_s)?;
        self.path.clear();
        self.path.push(now);
        for at in 1..=chain.nodes.len() {
            now = chain.again(&now, at, vias[at - 1], 0, self.released_s[at])?;
            self.path.push(now);
        }
        Some(())
    }

    fn back(&mut self, chain: &Chain<'_>) -> Option<()> {
        let (rider, ways) = (chain.step.rider, chain.step.ways);
        let stops = chain.nodes.len();
        self.latest_s.clear();
        self.latest_s.resize(stops + 2, rider.close_s);
        self.latest_load_s.clear();
        self.latest_load_s.resize(stops + 2, rider.close_s);
        let mut next = rider.end;
        for at in (1..=stops).rev() {
            let stop = chain.stop(at);
            let way_s = |from, to: Option<Spot>| to.map_or(Some(0), |to| ways.least_s(from, to));
            let behind = self.reload_at(rider, at + 1);
            let leave_s = match behind {
                Some(depot) => {
                    self.latest_load_s[at + 1] - ways.least_s(stop.place, depot.place)?
                }
                None => self.latest_s[at + 1] - way_s(stop.place, next)?,
            };
            self.latest_s[at] = latest_begin_s(&stop.windows, leave_s - stop.service_s)?;
            if let Some(depot) = self.reload_at(rider, at) {
                let way_s = ways.least_s(depot.place, stop.place)?;
                let begin_s = self.latest_s[at] - way_s - depot.loading_s;
                self.latest_load_s[at] = begin_s.min(depot.window.to_s);
            }
            next = Some(stop.place);
        }
        Some(())
    }

    fn reload_at<'a>(&self, rider: &'a Rider, position: usize) -> Option<&'a Reload> {
        let number = *self.reload.get(position)?;
        (number > 0).then(|| &rider.reloads[usize::from(number - 1)])
    }

    /// The cheapest way to put the stop into the gap, if it is below `below`.
    pub(super) fn look(&self, gap: Gap<'_>, below: i64) -> Look {
        let mut best = below;
        let behind = gap.after + 1;
        let mut take = |metres: Option<i64>, is_possible: &mut dyn FnMut() -> Option<()>| {
            let Some(metres) = metres else { return };
            let price = metres * gap.rider.cost_per_metre;
            if price < best && is_possible().is_some() {
                best = price;
            }
        };
        // Ready at the position before the gap, with a trip that waits for the new stop's goods.
        let before = self.path[gap.after];
        let waits = gap.stop.release_s > before.trip_began_s;
        let joins = match before.released(gap.stop.release_s) {
            _ if !waits => Some(before),
            None => return Look::Unknown,
            Some(Ok(later)) => Some(later),
            Some(Err(_)) => None,
        };
        match self.reload_at(gap.rider, behind) {
            None => self.between_stops(gap, joins, &mut take),
            Some(depot) => self.beside_reload(gap, joins, depot, &mut take),
        }
        if best < below { Look::Price(best) } else { Look::Never }
    }

    fn between_stops(
        &self,
        gap: Gap<'_>,
        joins: Option<Label>,
        take: &mut impl FnMut(Option<i64>, &mut dyn FnMut() -> Option<()>),
    ) {
        let (from, at, behind) = (gap.from, gap.stop.place, gap.after + 1);
        let (now, stops) = (&self.path[gap.after], self.path.len() - 1);
        let trip_end =
            usize::from(self.trip_end[if gap.after == 0 { 1.min(stops) } else { gap.after }]);
        let trip = self.path[if stops == 0 { 0 } else { trip_end }].peak;
        let straight =
            (|| Some(gap.metres(from, at)? + gap.metres_on(at)? - gap.metres_on(from)?))();
        take(straight, &mut || {
            let served_s = gap.fits(trip).then(|| gap.served_s(from, joins?.ready_s))??;
            gap.goes_on(at, served_s, self.latest_s[behind])
        });
        if gap.after == 0 || self.path[stops].reloads >= gap.rider.reloads_max {
            return;
        }
        let rest: [i64; DIMENSIONS] = std::array::from_fn(|at| trip[at] - now.peak[at]);
        let rest_released_s = if behind <= trip_end { self.released_s[behind] } else { 0 };
        for depot in &gap.rider.reloads {
            let begins = (|| {
                Some(
                    gap.metres(from, depot.place)?
                        + gap.metres(depot.place, at)?
                        + gap.metres_on(at)?
                        - gap.metres_on(from)?,
                )
            })();
            take(begins, &mut || {
                let arrive_s = gap.arrive_s(from, depot.place, now.ready_s)?;
                let ready_s = loaded_s(depot, arrive_s, gap.stop.release_s.max(rest_released_s))?;
                let served_s = gap.fits(rest).then(|| gap.served_s(depot.place, ready_s))??;
                gap.goes_on(at, served_s, self.latest_s[behind])
            });
            if behind > stops {
                continue;
            }
            let ends = (|| {
                Some(
                    gap.metres(from, at)?
                        + gap.metres(at, depot.place)?
                        + gap.metres_on(depot.place)?
                        - gap.metres_on(from)?,
                )
            })();
            take(ends, &mut || {
                let served_s = gap.fits(now.peak).then(|| gap.served_s(from, joins?.ready_s))??;
                let arrive_s = gap.arrive_s(at, depot.place, served_s)?;
                let ready_s = loaded_s(depot, arrive_s, rest_released_s)?;
                gap.goes_on(depot.place, ready_s, self.latest_s[behind])
            });
        }
    }

    fn beside_reload(
        &self,
        gap: Gap<'_>,
        joins: Option<Label>,
        depot: &Reload,
        take: &mut impl FnMut(Option<i64>, &mut dyn FnMut() -> Option<()>),
    ) {
        let (from, at, behind) = (gap.from, gap.stop.place, gap.after + 1);
        let now = &self.path[gap.after];
        let last = (|| {
            Some(
                gap.metres(from, at)? + gap.metres(at, depot.place)?
                    - gap.metres(from, depot.place)?,
            )
        })();
        take(last, &mut || {
            let served_s = gap.fits(now.peak).then(|| gap.served_s(from, joins?.ready_s))??;
            let arrive_s = gap.arrive_s(at, depot.place, served_s)?;
            (arrive_s <= self.latest_load_s[behind]).then_some(())
        });
        let first = (|| {
            Some(gap.metres(depot.place, at)? + gap.metres_on(at)? - gap.metres_on(depot.place)?)
        })();
        take(first, &mut || {
            let trip = self.path[usize::from(self.trip_end[behind])].peak;
            let ready_s = loaded_s(depot, self.path[behind].trip_began_s, gap.stop.release_s)?;
            let served_s = gap.fits(trip).then(|| gap.served_s(depot.place, ready_s))??;
            gap.goes_on(at, served_s, self.latest_s[behind])
        });
        if self.path[self.path.len() - 1].reloads >= gap.rider.reloads_max {
            return;
        }
        let alone = (|| Some(gap.metres(depot.place, at)? + gap.metres(at, depot.place)?))();
        take(alone, &mut || {
            let arrive_s = gap.arrive_s(from, depot.place, now.ready_s)?;
            let ready_s = loaded_s(depot, arrive_s, gap.stop.release_s)?;
            let served_s =
                gap.fits([0; DIMENSIONS]).then(|| gap.served_s(depot.place, ready_s))??;
            let again_s = gap.arrive_s(at, depot.place, served_s)?;
            (again_s <= self.latest_load_s[behind]).then_some(())
        });
    }
}

/// When loading is over, beginning no earlier than `release_s`.
fn loaded_s(depot: &Reload, arrive_s: i64, release_s: i64) -> Option<i64> {
    let begin_s = arrive_s.max(depot.window.from_s).max(release_s);
    (begin_s <= depot.window.to_s).then_some(begin_s + depot.loading_s)
}

/// The latest moment in a window that is no later than `until_s`.
fn latest_begin_s(windows: &[Window], until_s: i64) -> Option<i64> {
    let window = windows.iter().rev().find(|window| window.from_s <= until_s)?;
    Some(window.to_s.min(until_s))
}
