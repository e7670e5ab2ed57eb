//! Where to reload on an order of plain deliveries: the split of a giant tour into trips (Prins 2004), with times. Each trip
//! is one composite of its stops (Vidal et al. 2013, section 4.3), so that its begin can wait for goods at no cost.
//! May not be asked about vehicles whose begin matters, nor about stops with several windows.

use super::details::{Rider, Stop};
use super::label::Via;
use super::ways::{Spot, Ways};
use crate::problem::DIMENSIONS;

/// Ways kept per stop.
const KEPT_MAX: usize = 8;

/// A trip that ends with a stop.
#[derive(Debug, Clone, Copy)]
struct Ended {
    ready_s: i64,
    cost: i64,
    metres: i64,
    reloads: u32,
    /// The position after which its trip began, which way to there, and by which reload.
    from: u16,
    way: u8,
    reload: u8,
}

/// Room for the ways to each position.
#[derive(Debug, Clone, Default)]
pub(super) struct Split {
    ended: Vec<Vec<Ended>>,
}

/// The stops of a trip as one: loaded at `b ≤ latest_s`, it is ready at `max(b + spent_s, ready_s)`.
struct Trip {
    spent_s: i64,
    ready_s: i64,
    latest_s: i64,
}

impl Split {
    /// Cost of the cheapest split, without the cost of using the vehicle at all; `None` when there is none.
    pub(super) fn cost(
        &mut self,
        rider: &Rider,
        ways: &Ways,
        stops: &[Stop],
        nodes: &[u16],
    ) -> Option<i64> {
        self.best(rider, ways, stops, nodes).map(|(cost, _)| cost)
    }

    /// The reloads of the cheapest split, by position from 1.
    pub(super) fn vias(
        &mut self,
        rider: &Rider,
        ways: &Ways,
        stops: &[Stop],
        nodes: &[u16],
    ) -> Option<(i64, Vec<Via>)> {
        let (cost, mut way) = self.best(rider, ways, stops, nodes)?;
        let mut vias = vec![Via::default(); nodes.len()];
        let mut at = nodes.len();
        while at > 0 {
            let ended = self.ended[at][way];
            (at, way) = (usize::from(ended.from), usize::from(ended.way));
            vias[at].reload = ended.reload;
        }
        Some((cost, vias))
    }

    fn best(
        &mut self,
        rider: &Rider,
        ways: &Ways,
        stops: &[Stop],
        nodes: &[u16],
    ) -> Option<(i64, usize)> {
        while self.ended.len() <= nodes.len() {
            self.ended.push(Vec::new());
        }
        self.ended[..=nodes.len()].iter_mut().for_each(Vec::clear);
        let nowhere = Ended {
            ready_s: rider.start_window.from_s,
            cost: 0,
            metres: 0,
            reloads: 0,
            from: 0,
            way: 0,
            reload: 0,
        };
        self.trips(rider, ways, stops, nodes, nowhere, 0, 0, 0);
        for at in 1..nodes.len() {
            for way in 0..self.ended[at].len() {
                let before = self.ended[at][way];
                if before.reloads >= rider.reloads_max {
                    continue;
                }
                for reload in 1..=rider.reloads.len() as u8 {
                    self.trips(rider, ways, stops, nodes, before, at as u16, way as u8, reload);
                }
            }
        }
        let last = stops[usize::from(*nodes.last()?)].place;
        let ends = self.ended[nodes.len()].iter().enumerate().filter_map(|(way, ended)| {
            let (home_s, metres) = match rider.end {
                Some(end) => (ways.arrival_s(last, end, ended.ready_s)?, ways.metres(last, end)?),
                None => (ended.ready_s, 0),
            };
            let is_kept = home_s <= rider.close_s && ended.metres + metres <= rider.metres_max;
            is_kept.then_some((ended.cost + metres * rider.cost_per_metre, way))
        });
        ends.min()
    }

    /// Every trip that begins after position `from` by `reload` (0 = the start).
    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one loop, taken apart for its length"
    )]
    fn trips(
        &mut self,
        rider: &Rider,
        ways: &Ways,
        stops: &[Stop],
        nodes: &[u16],
        before: Ended,
        from: u16,
        way: u8,
        reload: u8,
    ) -> Option<()> {
        let mut ready_s = before.ready_s;
        let mut metres = before.metres;
        let (mut place, window, loading_s): (Spot, _, _) = if reload == 0 {
            (rider.start?, rider.start_window, rider.start_loading_s)
        } else {
            let depot = &rider.reloads[usize::from(reload - 1)];
            let last = stops[usize::from(nodes[usize::from(from) - 1])].place;
            ready_s = ways.arrival_s(last, depot.place, ready_s)?;
            metres += ways.metres(last, depot.place)?;
            (depot.place, depot.window, depot.loading_s)
        };
        let mut begin_s = ready_s.max(window.from_s);
        let mut load = [0; DIMENSIONS];
        let mut trip =
            Trip { spent_s: 0, ready_s: i64::MIN / 2, latest_s: window.to_s + loading_s };
        for (at, &node) in nodes.iter().enumerate().skip(usize::from(from)) {
            let stop = &stops[usize::from(node)];
            begin_s = begin_s.max(stop.release_s);
            for (load, (deliver, capacity)) in
                load.iter_mut().zip(stop.deliver.iter().zip(rider.capacity))
            {
                *load += deliver;
                if *load > capacity {
                    return None;
                }
            }
            let way_s = ways.arrival_s(place, stop.place, 0)?;
            metres += ways.metres(place, stop.place)?;
            place = stop.place;
            let open = stop.windows[0];
            trip.spent_s += way_s;
            trip.latest_s = trip.latest_s.min(open.to_s - trip.spent_s);
            trip.ready_s = (trip.ready_s + way_s).max(open.from_s) + stop.service_s;
            trip.spent_s += stop.service_s;
            let loaded_s = begin_s + loading_s;
            if loaded_s > trip.latest_s || metres > rider.metres_max {
                return None;
            }
            let ready_s = trip.ready_s.max(loaded_s + trip.spent_s);
            if ready_s - stop.service_s > open.to_s {
                return None;
            }
            let cost = before.cost + (metres - before.metres) * rider.cost_per_metre;
            let reloads = before.reloads + u32::from(reload > 0);
            self.keep(at + 1, Ended { ready_s, cost, metres, reloads, from, way, reload });
        }
        Some(())
    }

    fn keep(&mut self, at: usize, ended: Ended) {
        let ways = &mut self.ended[at];
        let beats = |one: &Ended, other: &Ended| {
            one.cost <= other.cost && one.ready_s <= other.ready_s && one.reloads <= other.reloads
        };
        if ways.iter().any(|known| beats(known, &ended)) {
            return;
        }
        ways.retain(|known| !beats(&ended, known));
        if ways.len() < KEPT_MAX {
            ways.push(ended);
            return;
        }
        // The earliest stays, as it is the one that leads on if any does; the dearest of the others goes.
        let earliest_s =
            ways.iter().map(|known| known.ready_s).min().unwrap_or(0).min(ended.ready_s);
        let dearest = (0..ways.len())
            .filter(|&way| ways[way].ready_s > earliest_s)
            .max_by_key(|&way| ways[way].cost);
        if let Some(dearest) = dearest
            && (ways[dearest].cost > ended.cost || ended.ready_s == earliest_s)
        {
            ways[dearest] = ended;
        }
    }
}
