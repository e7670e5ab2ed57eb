//! The graph that is left while vertices are taken out of it, and the search for ways round a vertex.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{FAR, Link, SHORTCUT, Weight};

#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    pub(super) other: u32,
    /// Edges of the road network that it stands for.
    pub(super) hops: u32,
    pub(super) via: u32,
    pub(super) weight: Weight,
}

/// What is left of the graph. Between two vertices there is at most one arc each way.
pub(super) struct Remaining {
    pub(super) out: Vec<Vec<Half>>,
    pub(super) into: Vec<Vec<Half>>,
    distance: Vec<Weight>,
    touched: Vec<u32>,
    heap: BinaryHeap<Reverse<(Weight, u32)>>,
}

/// A shortcut that is needed once a vertex is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shortcut {
    pub(super) link: Link,
    pub(super) hops: u32,
}

impl Remaining {
    pub(super) fn new(vertices: usize, links: &[Link]) -> Remaining {
        let mut remaining = Remaining {
            out: vec![Vec::new(); vertices],
            into: vec![Vec::new(); vertices],
            distance: vec![FAR; vertices],
            touched: Vec::new(),
            heap: BinaryHeap::new(),
        };
        for link in links {
            remaining.add(*link, 1);
        }
        remaining
    }

    /// Adds an arc, unless one as good is there; circles are of no use.
    pub(super) fn add(&mut self, link: Link, hops: u32) {
        if link.from == link.to {
            return;
        }
        let half = |other| Half { other, hops, via: link.via, weight: link.weight };
        if put(&mut self.out[link.from as usize], half(link.to)) {
            put(&mut self.into[link.to as usize], half(link.from));
        }
    }

    /// Takes a vertex out; returns its arcs, outgoing then incoming.
    pub(super) fn remove(&mut self, vertex: u32) -> (Vec<Half>, Vec<Half>) {
        let out = std::mem::take(&mut self.out[vertex as usize]);
        let into = std::mem::take(&mut self.into[vertex as usize]);
        for half in &out {
            self.into[half.other as usize].retain(|back| back.other != vertex);
        }
        for half in &into {
            self.out[half.other as usize].retain(|ahead| ahead.other != vertex);
        }
        (out, into)
    }

    /// The shortcuts that keep all distances once `vertex` is gone. Each search settles at most `settled_max` vertices; a
    /// witness missed only makes a shortcut that is not needed.
    pub(super) fn shortcuts(&mut self, vertex: u32, settled_max: usize, into: &mut Vec<Shortcut>) {
        into.clear();
        let out = std::mem::take(&mut self.out[vertex as usize]);
        let arriving = std::mem::take(&mut self.into[vertex as usize]);
        let farthest = out.iter().map(|half| half.weight).max().unwrap_or(0);
        for first in &arriving {
            if out.iter().all(|second| second.other == first.other) {
                continue;
            }
            self.search(first.other, vertex, first.weight + farthest, settled_max);
            for second in out.iter().filter(|second| second.other != first.other) {
                let weight = first.weight + second.weight;
                if self.distance[second.other as usize] > weight {
                    let (from, to, via) = (first.other, second.other, SHORTCUT | vertex);
                    let link = Link { from, to, weight, via };
                    into.push(Shortcut { link, hops: first.hops + second.hops });
                }
            }
        }
        self.out[vertex as usize] = out;
        self.into[vertex as usize] = arriving;
    }

    /// Upper bounds of distances from `source` not leading over `without`, exact for what was settled.
    fn search(&mut self, source: u32, without: u32, limit: Weight, settled_max: usize) {
        for vertex in self.touched.drain(..) {
            self.distance[vertex as usize] = FAR;
        }
        self.heap.clear();
        self.distance[source as usize] = 0;
        self.touched.push(source);
        self.heap.push(Reverse((0, source)));
        let mut settled = 0;
        while let Some(Reverse((weight, vertex))) = self.heap.pop() {
            if weight > self.distance[vertex as usize] {
                continue;
            }
            settled += 1;
            if weight >= limit || settled > settled_max {
                return;
            }
            for half in &self.out[vertex as usize] {
                let next = weight + half.weight;
                let known = &mut self.distance[half.other as usize];
                if half.other == without || next >= *known || next > limit {
                    continue;
                }
                if *known == FAR {
                    self.touched.push(half.other);
                }
                *known = next;
                self.heap.push(Reverse((next, half.other)));
            }
        }
    }
}

fn put(arcs: &mut Vec<Half>, half: Half) -> bool {
    match arcs.iter_mut().find(|known| known.other == half.other) {
        Some(known) if known.weight <= half.weight => return false,
        Some(known) => *known = half,
        None => arcs.push(half),
    }
    true
}
