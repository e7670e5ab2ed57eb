//! Many to many: each target's search leaves its weights in buckets at the vertices that it settles, and each source's
//! collects them (Knopp et al., 2007).

use super::search::{Search, Seed};
use super::{FAR, Hierarchy, Towards, Weight};

/// Calls `row` with each source's number and its weights to all targets, [`FAR`] where there is no way.
pub(crate) fn rows(
    graph: Hierarchy<'_>,
    sources: &[Vec<Seed>],
    targets: &[Vec<Seed>],
    mut row: impl FnMut(usize, &[Weight]),
) {
    let mut search = Search::of_weights(graph.vertices());
    let buckets = Buckets::fill(graph, targets, &mut search);
    let mut best = vec![FAR; targets.len()];
    let mut label = Vec::new();
    for (number, seeds) in sources.iter().enumerate() {
        best.fill(FAR);
        search.label(graph, Towards::Targets, seeds, &mut label);
        for (vertex, weight) in &label {
            for (target, rest) in buckets.at(*vertex) {
                let best = &mut best[*target as usize];
                *best = (*best).min(weight.saturating_add(*rest));
            }
        }
        row(number, &best);
    }
}

struct Buckets {
    first: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<Weight>,
}

impl Buckets {
    fn fill(graph: Hierarchy<'_>, targets: &[Vec<Seed>], search: &mut Search) -> Buckets {
        let mut entries: Vec<(u32, u32, Weight)> = Vec::with_capacity(targets.len() * 128);
        let mut label = Vec::new();
        for (number, seeds) in targets.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            search.label(graph, Towards::Sources, seeds, &mut label);
            entries.extend(label.iter().map(|(vertex, weight)| (*vertex, number, *weight)));
        }
        let mut first = vec![0_u32; graph.vertices() + 1];
        entries.iter().for_each(|entry| first[entry.0 as usize + 1] += 1);
        for vertex in 1..first.len() {
            first[vertex] += first[vertex - 1];
        }
        let mut next = first.clone();
        let mut buckets =
            Buckets { first, targets: vec![0; entries.len()], weights: vec![0; entries.len()] };
        for (vertex, target, weight) in entries {
            let at = next[vertex as usize] as usize;
            next[vertex as usize] += 1;
            (buckets.targets[at], buckets.weights[at]) = (target, weight);
        }
        buckets
    }

    fn at(&self, vertex: u32) -> impl Iterator<Item = (&u32, &Weight)> {
        let range = self.first[vertex as usize] as usize..self.first[vertex as usize + 1] as usize;
        self.targets[range.clone()].iter().zip(&self.weights[range])
    }
}
