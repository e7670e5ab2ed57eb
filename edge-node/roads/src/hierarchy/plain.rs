//! Dijkstra's algorithm on the roads alone, without a shortcut: what hierarchies are measured against and checked by.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::search::Seed;
use super::{FAR, Hierarchy, SHORTCUT, Towards, Weight, arc_weight};

/// Arcs that are edges of roads, by tail. A road that a shortcut beats is not among them, but the roads under the shortcut
/// are, so distances are those of the whole network.
pub(crate) struct Plain {
    first: Vec<u32>,
    arcs: Vec<(u32, Weight)>,
}

impl Plain {
    pub(crate) fn of(graph: Hierarchy<'_>) -> Plain {
        let mut all: Vec<(u32, u32, Weight)> = Vec::new();
        for vertex in 0..u32::try_from(graph.vertices()).unwrap_or(u32::MAX) {
            let road = |arc: &&super::Arc| arc[3] & SHORTCUT == 0;
            let up = graph.arcs(Towards::Targets, vertex).iter().filter(road);
            all.extend(up.map(|arc| (vertex, arc[0], arc_weight(arc))));
            let down = graph.arcs(Towards::Sources, vertex).iter().filter(road);
            all.extend(down.map(|arc| (arc[0], vertex, arc_weight(arc))));
        }
        all.sort_unstable();
        let mut first = vec![0; graph.vertices() + 1];
        all.iter().for_each(|(tail, ..)| first[*tail as usize + 1] += 1);
        for vertex in 1..first.len() {
            first[vertex] += first[vertex - 1];
        }
        Plain { first, arcs: all.into_iter().map(|(_, head, weight)| (head, weight)).collect() }
    }

    /// To each vertex, or [`FAR`].
    pub(crate) fn distances(&self, seeds: &[Seed]) -> Vec<Weight> {
        let mut distances = vec![FAR; self.first.len() - 1];
        let mut heap = BinaryHeap::new();
        for seed in seeds.iter() {
            if seed.weight < distances[seed.vertex as usize] {
                distances[seed.vertex as usize] = seed.weight;
                heap.push(Reverse((seed.weight, seed.vertex)));
            }
        }
        while let Some(Reverse((weight, vertex))) = heap.pop() {
            if weight > distances[vertex as usize] {
                continue;
            }
            let range =
                self.first[vertex as usize] as usize..self.first[vertex as usize + 1] as usize;
            for (head, length) in &self.arcs[range] {
                let next = weight.saturating_add(*length);
                if next < distances[*head as usize] {
                    distances[*head as usize] = next;
                    heap.push(Reverse((next, *head)));
                }
            }
        }
        distances
    }
}
