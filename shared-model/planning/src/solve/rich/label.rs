//! One way of having come to a stop, and the step to the next. May not choose between ways.

use super::details::{Reload, Rider, Stop};
use super::ways::{Spot, Ways};
use crate::problem::{DIMENSIONS, Window};

/// What is done between two stops: perhaps a break, perhaps a reload, perhaps a break behind it. Numbers from 1; 0 = none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Via {
    pub(super) before: u8,
    pub(super) reload: u8,
    pub(super) after: u8,
}

/// A route from its begin to a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    /// Service is over.
    pub(super) ready_s: i64,
    /// Distance, lateness and moves so far.
    pub(super) cost: i64,
    pub(super) metres: i64,
    /// Begin of the route, by how much it could be later without missing a window, and the waiting so far: as much of
    /// the delay costs nothing (Savelsbergh 1992).
    pub(super) begin_s: i64,
    pub(super) slack_s: i64,
    pub(super) wait_s: i64,
    /// On board now, and the most that was on board in this trip, with what was loaded for the stops so far alone.
    pub(super) on_board: [i64; DIMENSIONS],
    pub(super) peak: [i64; DIMENSIONS],
    pub(super) shipped: [i64; DIMENSIONS],
    /// Begin of this trip's loading, and the first stop of the trip by its position.
    pub(super) trip_began_s: i64,
    pub(super) trip_from: u16,
    pub(super) trip: Trip,
    pub(super) trip_loading_s: i64,
    pub(super) reloads: u32,
    pub(super) breaks: u8,
    pub(super) after_backhaul: bool,
    /// Loaded at a depot for its deliveries.
    pub(super) is_loaded: bool,
    /// The trip that was going on when planning began.
    pub(super) is_first_underway: bool,
    /// Among the labels of the stop before.
    pub(super) parent: u16,
    pub(super) via: Via,
}

/// The stops of a trip as one (Vidal et al. 2013, section 4.3): loaded at `b`, it is ready at `max(b + spent_s, ready_s)`,
/// and `b` may be no later than `latest_s`. `None` once a stop or a way knows more than one window or speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trip {
    spent_s: i64,
    ready_s: i64,
    latest_s: i64,
    is_plain: bool,
}

impl Trip {
    fn loaded(latest_s: i64, is_plain: bool) -> Self {
        Self { spent_s: 0, ready_s: i64::MIN / 2, latest_s, is_plain }
    }

    #[inline]
    fn spend(&mut self, seconds: i64) {
        self.spent_s += seconds;
        self.ready_s += seconds;
    }

    #[inline]
    fn meet(&mut self, window: Window) {
        self.latest_s = self.latest_s.min(window.to_s - self.spent_s);
        self.ready_s = self.ready_s.max(window.from_s);
    }
}

/// No trip loaded that late keeps its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Never;

/// What a step is taken with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) rider: &'a Rider,
    pub(super) ways: &'a Ways,
    pub(super) late_cost_per_second: i64,
    pub(super) moved_cost: i64,
}

impl Label {
    /// At the start, loaded, when the first trip begins no earlier than `release_s`.
    pub(super) fn start(rider: &Rider, release_s: i64) -> Option<Self> {
        let begin_s = rider.start_window.from_s.max(release_s);
        if begin_s > rider.start_window.to_s {
            return None;
        }
        let mut label = Self {
            ready_s: begin_s + rider.start_loading_s,
            cost: 0,
            metres: 0,
            begin_s,
            slack_s: rider.start_window.to_s - begin_s,
            wait_s: 0,
            on_board: [0; DIMENSIONS],
            peak: [0; DIMENSIONS],
            shipped: [0; DIMENSIONS],
            trip_began_s: begin_s,
            trip_from: 1,
            trip_loading_s: rider.start_loading_s,
            trip: Trip::loaded(
                rider.start_window.to_s + rider.start_loading_s,
                rider.is_plain && rider.underway.is_none(),
            ),
            reloads: 0,
            breaks: 0,
            after_backhaul: false,
            is_loaded: rider.loads_at_start,
            is_first_underway: false,
            parent: 0,
            via: Via::default(),
        };
        if let Some(taken) = &rider.underway {
            if release_s > taken.trip_began_s {
                return None;
            }
            label.begin_s = taken.started_s;
            label.metres = taken.metres;
            label.breaks = taken.breaks;
            label.on_board = taken.on_board;
            label.peak = taken.on_board;
            label.shipped = taken.shipped;
            label.trip_began_s = taken.trip_began_s;
            label.after_backhaul = taken.backhaul;
            label.is_loaded = true;
            label.is_first_underway = true;
        }
        Some(label)
    }

    /// The same way with its trip loaded no earlier than `release_s`; `None` when that has to be simulated.
    pub(super) fn released(&self, release_s: i64) -> Option<Result<Self, Never>> {
        if !self.trip.is_plain {
            return None;
        }
        let loaded_s = release_s + self.trip_loading_s;
        if loaded_s > self.trip.latest_s {
            return Some(Err(Never));
        }
        let mut later = *self;
        later.trip_began_s = release_s;
        // The begin of the route does not matter here, and how late it could be is not known any more.
        later.slack_s = 0;
        if later.reloads == 0 {
            later.begin_s = release_s;
        }
        later.ready_s = self.ready_s.max(loaded_s + self.trip.spent_s).max(self.trip.ready_s);
        Some(Ok(later))
    }

    /// How much later the route can begin for nothing.
    #[inline]
    pub(super) fn delay_s(&self) -> i64 {
        self.slack_s.min(self.wait_s)
    }

    /// Serves `stop`, coming straight from `place`; `ride_left_s` is when its shipment left the pickup.
    pub(super) fn step(
        mut self,
        step: Step<'_>,
        place: Option<Spot>,
        stop: &Stop,
        ride_left_s: i64,
    ) -> Option<Self> {
        self.serve(step, place, stop, ride_left_s)?;
        Some(self)
    }

    /// Breaks and reload between two stops; returns the place where the way goes on. Loading begins no earlier than
    /// `release_s`.
    pub(super) fn go_via(
        &mut self,
        step: Step<'_>,
        place: Option<Spot>,
        via: Via,
        release_s: i64,
    ) -> Option<Option<Spot>> {
        let mut place = place;
        if via.before > 0 {
            place?;
            self.rest(step.rider, via.before - 1)?;
        }
        if via.reload > 0 {
            let reload = &step.rider.reloads[usize::from(via.reload - 1)];
            self.drive(step, place, reload.place)?;
            self.load(step.rider, reload, release_s)?;
            place = Some(reload.place);
        }
        if via.after > 0 {
            self.rest(step.rider, via.after - 1)?;
        }
        Some(place)
    }

    #[inline]
    pub(super) fn drive(&mut self, step: Step<'_>, from: Option<Spot>, to: Spot) -> Option<()> {
        let Some(from) = from else { return Some(()) };
        let arrive_s = step.ways.arrival_s(from, to, self.ready_s)?;
        self.trip.spend(arrive_s - self.ready_s);
        self.ready_s = arrive_s;
        let metres = step.ways.metres(from, to)?;
        self.metres += metres;
        self.cost += metres * step.rider.cost_per_metre;
        (self.metres <= step.rider.metres_max && self.ready_s <= step.rider.close_s).then_some(())
    }

    /// Waits until `start_s`, which could be as late as `latest_s`.
    #[inline]
    fn wait_until(&mut self, start_s: i64, latest_s: i64) {
        self.wait_s += start_s - self.ready_s;
        self.slack_s = self.slack_s.min(self.wait_s + latest_s - start_s);
        self.ready_s = start_s;
    }

    fn rest(&mut self, rider: &Rider, number: u8) -> Option<()> {
        let rest = &rider.breaks[usize::from(number)];
        let window = open_at(&rest.windows, self.ready_s)?;
        self.wait_until(self.ready_s.max(window.from_s), window.to_s);
        self.ready_s += rest.duration_s;
        self.trip.is_plain = false;
        self.breaks |= 1 << number;
        Some(())
    }

    fn load(&mut self, rider: &Rider, reload: &Reload, release_s: i64) -> Option<()> {
        let begin_s = self.ready_s.max(reload.window.from_s).max(release_s);
        if begin_s > reload.window.to_s || self.reloads >= rider.reloads_max {
            return None;
        }
        self.wait_until(begin_s, reload.window.to_s);
        self.ready_s += reload.loading_s;
        self.trip = Trip::loaded(reload.window.to_s + reload.loading_s, rider.is_plain);
        self.trip_loading_s = reload.loading_s;
        self.trip_began_s = begin_s;
        self.reloads += 1;
        self.on_board = self.shipped;
        self.peak = self.shipped;
        self.after_backhaul = false;
        self.is_loaded = true;
        self.is_first_underway = false;
        Some(())
    }

    fn serve(
        &mut self,
        step: Step<'_>,
        place: Option<Spot>,
        stop: &Stop,
        ride_left_s: i64,
    ) -> Option<()> {
        self.drive(step, place, stop.place)?;
        self.carry(step.rider, stop)?;
        match open_at(&stop.windows, self.ready_s) {
            Some(window) => {
                self.wait_until(self.ready_s.max(window.from_s), window.to_s);
                self.trip.meet(window);
                self.trip.is_plain &= stop.is_plain;
            }
            None => {
                self.trip.is_plain = false;
                let late_s = self.ready_s - stop.due_s;
                if late_s > stop.late_s_max {
                    return None;
                }
                self.cost += late_s * step.late_cost_per_second;
                self.wait_until(self.ready_s, self.ready_s);
            }
        }
        if stop.ride.is_some_and(|ride| self.ready_s - ride_left_s > ride.s_max) {
            return None;
        }
        self.ready_s += stop.service_s;
        self.trip.spend(stop.service_s);
        if stop.begins && stop.handed_out.is_some_and(|before| before != step.rider.vehicle) {
            self.cost += step.moved_cost;
        }
        Some(())
    }

    /// Takes over what the stop changes on board.
    #[inline]
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
        for dimension in 0..DIMENSIONS {
            let (deliver, collect, ships) =
                (stop.deliver[dimension], stop.collect[dimension], stop.ships[dimension]);
            if deliver | collect | ships == 0 {
                continue;
            }
            let added = collect + ships;
            if self.is_first_underway {
                self.on_board[dimension] += added - deliver;
                if collect.max(ships) > 0 && self.on_board[dimension] > rider.capacity[dimension] {
                    return None;
                }
            } else {
                self.on_board[dimension] += added;
                self.peak[dimension] =
                    (self.peak[dimension] + deliver).max(self.on_board[dimension]);
                if self.peak[dimension] > rider.capacity[dimension] {
                    return None;
                }
            }
            self.shipped[dimension] += ships;
        }
        Some(())
    }

    /// Whether `self` is at least as good as `other`, wherever it goes on to.
    pub(super) fn dominates(&self, other: &Self, rider: &Rider) -> bool {
        self.ready_s <= other.ready_s
            && self.cost <= other.cost
            && self.metres <= other.metres
            && self.reloads <= other.reloads
            && self.breaks & other.breaks == other.breaks
            && self.after_backhaul <= other.after_backhaul
            && self.is_loaded >= other.is_loaded
            && self.is_first_underway == other.is_first_underway
            && (0..DIMENSIONS).all(|dimension| {
                self.peak[dimension] <= other.peak[dimension]
                    && self.on_board[dimension] <= other.on_board[dimension]
            })
            && (!rider.times_matter
                || self.begin_s + self.slack_s >= other.begin_s + other.slack_s
                    && self.begin_s + self.delay_s() >= other.begin_s + other.delay_s())
    }

    /// Whether what follows is the same for both, but for cost and metres.
    pub(super) fn goes_on_like(&self, other: &Self, rider: &Rider) -> bool {
        let times = !rider.times_matter
            || self.begin_s == other.begin_s
                && self.slack_s == other.slack_s
                && self.wait_s == other.wait_s;
        self.ready_s == other.ready_s
            && self.on_board == other.on_board
            && self.peak == other.peak
            && self.shipped == other.shipped
            && self.reloads == other.reloads
            && self.breaks == other.breaks
            && self.after_backhaul == other.after_backhaul
            && self.is_loaded == other.is_loaded
            && self.is_first_underway == other.is_first_underway
            && times
    }
}

/// The window that is open at `ready_s`, or opens next.
#[inline]
pub(super) fn open_at(windows: &[Window], ready_s: i64) -> Option<Window> {
    windows.iter().copied().find(|window| ready_s <= window.to_s)
}
