//! The upward search of one end, and the quickest way between two ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{FAR, Hierarchy, Towards, Weight, arc_weight};

/// No arc: a vertex that the search began at.
const SEED: u32 = u32::MAX;

/// A vertex to begin at, and what it costs to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    pub(crate) vertex: u32,
    pub(crate) weight: Weight,
}

/// Room for searches, as long as the hierarchy and cleared in the time that the last search took.
pub(crate) struct Search {
    weight: Vec<Weight>,
    /// The vertex before, and the arc from there by its place in the vertex's list; empty where no way is asked for, which
    /// spares a table's searches a third of their memory traffic.
    parent: Vec<(u32, u32)>,
    touched: Vec<u32>,
    heap: BinaryHeap<Reverse<(Weight, u32)>>,
    /// Milliseconds and vertex in one word: half as much to move about, where the order of ties does not matter.
    by_ms: BinaryHeap<Reverse<u64>>,
}

impl Search {
    /// Remembers ways.
    pub(crate) fn new(vertices: usize) -> Search {
        Search { parent: vec![(SEED, SEED); vertices], ..Search::of_weights(vertices) }
    }

    /// Knows weights alone: [`quickest`] needs more.
    pub(crate) fn of_weights(vertices: usize) -> Search {
        Search {
            weight: vec![FAR; vertices],
            parent: Vec::new(),
            touched: Vec::new(),
            heap: BinaryHeap::new(),
            by_ms: BinaryHeap::new(),
        }
    }

    /// Visits each vertex that the search settles and that no higher vertex shows to be a detour (stall on demand), in the
    /// order of weights, until `visit` says to stop.
    pub(crate) fn run(
        &mut self,
        graph: Hierarchy<'_>,
        towards: Towards,
        seeds: &[Seed],
        mut visit: impl FnMut(u32, Weight) -> bool,
    ) {
        self.clear();
        for seed in seeds {
            self.reach(seed.vertex, seed.weight, (SEED, SEED));
        }
        while let Some(Reverse((weight, vertex))) = self.heap.pop() {
            if weight > self.weight[vertex as usize]
                || self.is_detour(graph, towards, vertex, weight)
            {
                continue;
            }
            if !visit(vertex, weight) {
                return;
            }
            for (number, arc) in graph.arcs(towards, vertex).iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "arcs are counted in u32")]
                self.reach(arc[0], weight.saturating_add(arc_weight(arc)), (vertex, number as u32));
            }
        }
    }

    /// As [`run`], to its end, knowing weights alone: what is settled and no detour, with its weight, in no order. A vertex
    /// settled twice within a millisecond is there twice.
    ///
    /// [`run`]: Search::run
    pub(crate) fn label(
        &mut self,
        graph: Hierarchy<'_>,
        towards: Towards,
        seeds: &[Seed],
        label: &mut Vec<(u32, Weight)>,
    ) {
        self.clear();
        label.clear();
        for seed in seeds {
            self.reach_by_ms(seed.vertex, seed.weight);
        }
        while let Some(Reverse(key)) = self.by_ms.pop() {
            #[expect(clippy::cast_possible_truncation, reason = "the lower half is the vertex")]
            let vertex = key as u32;
            let weight = self.weight[vertex as usize];
            // Reached again in less time since; of one millisecond it may be looked at twice.
            if weight >> 32 < key >> 32 || self.is_detour(graph, towards, vertex, weight) {
                continue;
            }
            label.push((vertex, weight));
            for arc in graph.arcs(towards, vertex) {
                self.reach_by_ms(arc[0], weight.saturating_add(arc_weight(arc)));
            }
        }
    }

    #[inline]
    fn reach_by_ms(&mut self, vertex: u32, weight: Weight) {
        let known = &mut self.weight[vertex as usize];
        if weight >= *known {
            return;
        }
        if *known == FAR {
            self.touched.push(vertex);
        }
        *known = weight;
        self.by_ms.push(Reverse(weight >> 32 << 32 | u64::from(vertex)));
    }

    #[inline]
    fn reach(&mut self, vertex: u32, weight: Weight, parent: (u32, u32)) {
        let known = &mut self.weight[vertex as usize];
        if weight >= *known {
            return;
        }
        if *known == FAR {
            self.touched.push(vertex);
        }
        *known = weight;
        if let Some(known) = self.parent.get_mut(vertex as usize) {
            *known = parent;
        }
        self.heap.push(Reverse((weight, vertex)));
    }

    #[inline]
    fn is_detour(
        &self,
        graph: Hierarchy<'_>,
        towards: Towards,
        vertex: u32,
        weight: Weight,
    ) -> bool {
        graph
            .arcs_from_above(towards, vertex)
            .iter()
            .any(|arc| self.weight[arc[0] as usize].saturating_add(arc_weight(arc)) < weight)
    }

    fn clear(&mut self) {
        for vertex in self.touched.drain(..) {
            self.weight[vertex as usize] = FAR;
        }
        self.heap.clear();
    }

    /// Weight of the best way found so far to a vertex, or [`FAR`].
    fn reached(&self, vertex: u32) -> Weight {
        self.weight[vertex as usize]
    }

    /// Vertices and numbers of arcs from a seed to `vertex`: `(tail, arc)` in the order of the search.
    fn trace(&self, vertex: u32) -> (u32, Vec<(u32, u32)>) {
        let (mut at, mut steps) = (vertex, Vec::new());
        while self.parent[at as usize].0 != SEED {
            let step = self.parent[at as usize];
            steps.push(step);
            at = step.0;
        }
        steps.reverse();
        (at, steps)
    }
}

/// An arc of the hierarchy on a way, from its tail to its head on the road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) via: u32,
}

/// The quickest way between two sets of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) weight: Weight,
    /// The seeds that it begins and ends at.
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) steps: Vec<Step>,
}

/// `None`: no way.
pub(crate) fn quickest(
    graph: Hierarchy<'_>,
    ahead: &mut Search,
    back: &mut Search,
    sources: &[Seed],
    targets: &[Seed],
) -> Option<Way> {
    ahead.run(graph, Towards::Targets, sources, |_, _| true);
    let (mut best, mut meeting) = (FAR, SEED);
    back.run(graph, Towards::Sources, targets, |vertex, weight| {
        let reached = ahead.reached(vertex);
        let through = reached.saturating_add(weight);
        if through < best {
            (best, meeting) = (through, vertex);
        }
        weight < best
    });
    if meeting == SEED {
        return None;
    }
    let (first, ups) = ahead.trace(meeting);
    let (last, downs) = back.trace(meeting);
    let mut steps: Vec<Step> = ups
        .iter()
        .map(|(from, number)| {
            let arc = graph.arcs(Towards::Targets, *from)[*number as usize];
            Step { from: *from, to: arc[0], via: arc[3] }
        })
        .collect();
    steps.extend(downs.iter().rev().map(|(to, number)| {
        let arc = graph.arcs(Towards::Sources, *to)[*number as usize];
        Step { from: arc[0], to: *to, via: arc[3] }
    }));
    Some(Way { weight: best, first, last, steps })
}
