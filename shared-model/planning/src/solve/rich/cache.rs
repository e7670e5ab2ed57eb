//! What is kept of a route as the search has accepted it: its layers of labels, and how late each stop may be. Decides
//! nothing; it is written when a route changes and read in between.

use super::chain::{Arrival, Scratch};
use super::details::{Rider, Stop};
use super::label::{Label, Via};
use super::line::Line;
use super::quick::Quick;
use super::ways::Ways;

/// Cost of an order that cannot be driven: taking a stop out can break a ride limit, or a way that is shorter over a
/// third place. Far above every cost, and far from overflow.
pub(super) const INFEASIBLE: i64 = i64::MAX / 1_024;

/// A route's layers, as the search has accepted it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    pub(super) nodes: Vec<u16>,
    labels: Vec<Label>,
    /// Where each layer ends in `labels`; layer 0 is the start.
    ends: Vec<u32>,
    /// Latest arrival at each stop, and at the end, from which the rest can be done if nothing but time matters.
    pub(super) latest_s: Vec<i64>,
    /// Latest release from each stop on, and whether the ride of a shipment ends there.
    pub(super) released_s: Vec<i64>,
    pub(super) rides: Vec<bool>,
    pub(super) cost: i64,
    pub(super) duration_s: i64,
    /// Metres of the last way, at the end.
    pub(super) metres: i64,
    pub(super) jobs: usize,
    pub(super) quick: Quick,
    pub(super) line: Line,
    /// What the line does on the way to each position; empty where nothing is done.
    pub(super) vias: Vec<Via>,
}

impl Cache {
    pub(super) fn layer(&self, position: usize) -> &[Label] {
        let from = if position == 0 { 0 } else { self.ends[position - 1] as usize };
        &self.labels[from..self.ends[position] as usize]
    }

    pub(super) fn has(&self, position: usize) -> bool {
        position < self.ends.len()
    }

    /// How many stops there are layers of.
    pub(super) fn depth(&self) -> usize {
        self.ends.len() - 1
    }

    /// Keeps the layer of the start alone.
    pub(super) fn forget_layers(&mut self) {
        self.ends.truncate(1);
        self.labels.truncate(self.ends[0] as usize);
    }

    /// Takes over the order in `scratch` and its line, with layers from behind `kept` on if there are any.
    pub(super) fn accept_line(
        &mut self,
        stops: &[Stop],
        kept: Option<usize>,
        scratch: &mut Scratch,
        is_driven: bool,
    ) {
        match kept {
            Some(kept) => self.splice(kept, &scratch.layers[..=scratch.nodes.len()]),
            None => self.forget_layers(),
        }
        self.nodes.clone_from(&scratch.nodes);
        self.jobs = self.nodes.iter().filter(|&&node| stops[usize::from(node)].begins).count();
        std::mem::swap(&mut self.line, &mut scratch.line);
        std::mem::swap(&mut self.vias, &mut scratch.vias);
        self.line.is_known &= is_driven;
        self.cost = if is_driven { self.line.cost } else { INFEASIBLE };
        self.duration_s = if is_driven { self.line.duration_s } else { 0 };
        self.metres = if is_driven { self.line.metres } else { 0 };
    }

    /// Layers up to `position` stay, those behind it come from `scratch`.
    fn splice(&mut self, position: usize, scratch: &[Vec<Label>]) {
        self.ends.truncate(position + 1);
        self.labels.truncate(self.ends[position] as usize);
        for layer in &scratch[position + 1..] {
            self.labels.extend_from_slice(layer);
            self.ends.push(u32::try_from(self.labels.len()).expect("labels of a route are few"));
        }
    }

    fn begin(&mut self, start: Option<Label>) {
        self.labels.clear();
        self.labels.extend(start);
        self.ends.clear();
        self.ends.push(u32::from(start.is_some()));
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.nodes.clone_from(&other.nodes);
        self.labels.clone_from(&other.labels);
        self.ends.clone_from(&other.ends);
        self.latest_s.clone_from(&other.latest_s);
        self.released_s.clone_from(&other.released_s);
        self.rides.clone_from(&other.rides);
        (self.cost, self.duration_s) = (other.cost, other.duration_s);
        (self.metres, self.jobs) = (other.metres, other.jobs);
        self.quick.copy_from(&other.quick);
        self.line.copy_from(&other.line);
        self.vias.clone_from(&other.vias);
    }
}

/// Accepts the order in `scratch`, of which the first `kept` stops are as they were.
pub(super) fn accept(
    rider: &Rider,
    ways: &Ways,
    stops: &[Stop],
    cache: &mut Cache,
    kept: usize,
    scratch: &mut Scratch,
    arrival: Option<Arrival>,
) {
    cache.splice(kept, &scratch.layers[..=scratch.nodes.len()]);
    cache.nodes.clone_from(&scratch.nodes);
    cache.jobs = cache.nodes.iter().filter(|&&node| stops[usize::from(node)].begins).count();
    cache.cost = arrival.map_or(INFEASIBLE, |arrival| arrival.cost);
    cache.duration_s = arrival.map_or(0, |arrival| arrival.duration_s);
    cache.metres = arrival.map_or(0, |arrival| arrival.metres);
    latest(rider, ways, stops, cache);
}

/// Accepts an order whose reloads were found without labels.
pub(super) fn accept_split(stops: &[Stop], cache: &mut Cache, nodes: &[u16], cost: i64) {
    cache.nodes.clear();
    cache.nodes.extend_from_slice(nodes);
    cache.jobs = nodes.iter().filter(|&&node| stops[usize::from(node)].begins).count();
    cache.cost = cost;
}

/// Nothing to do: at the start, with the way to the end ahead.
pub(super) fn clear(rider: &Rider, ways: &Ways, stops: &[Stop], cache: &mut Cache) {
    cache.nodes.clear();
    cache.vias.clear();
    cache.begin(Label::start(rider, 0));
    (cache.cost, cache.duration_s, cache.metres, cache.jobs) = (0, 0, 0, 0);
    if let Some(taken) = rider.underway {
        cache.duration_s = taken.home_s - taken.started_s;
        cache.metres = taken.home_metres;
    }
    latest(rider, ways, stops, cache);
}

pub(super) fn latest(rider: &Rider, ways: &Ways, stops: &[Stop], cache: &mut Cache) {
    cache.latest_s.clear();
    cache.latest_s.resize(cache.nodes.len() + 1, rider.close_s);
    cache.released_s.clear();
    cache.released_s.resize(cache.nodes.len() + 1, 0);
    cache.rides.clear();
    cache.rides.resize(cache.nodes.len() + 1, false);
    let mut next = rider.end;
    for at in (0..cache.nodes.len()).rev() {
        let stop = &stops[usize::from(cache.nodes[at])];
        let way_s =
            next.map_or(Some(0), |next| ways.least_s(stop.place, next)).unwrap_or(i64::MAX / 4);
        let begin_s = cache.latest_s[at + 1] - way_s - stop.service_s;
        cache.latest_s[at] = begin_s.min(stop.due_s + stop.late_s_max);
        cache.released_s[at] = cache.released_s[at + 1].max(stop.release_s);
        cache.rides[at] = cache.rides[at + 1] || stop.ride.is_some();
        next = Some(stop.place);
    }
}
