//! Which vertices places may be put beside: the strongly connected parts of a graph that are no mere pocket.
//!
//! A part counts if it has a share of the largest one's vertices. So both banks of a river without a bridge count, and a
//! question across it is answered with *unreachable*; a car park drawn without its exit does not, and a place beside it is
//! put on the street instead. Ways may lead through what does not count.

use super::turns::{Arc, Driven};

/// Smallest part that counts, as a share of the largest one's vertices.
const PART_PERCENT_MIN: usize = 4;

const UNSEEN: u32 = u32::MAX;

/// For each vertex whether it counts, and the number of parts that do.
pub(super) fn find(driven: &Driven) -> (Vec<bool>, usize) {
    let part = parts(driven.vertices as usize, &driven.arcs);
    let count = part.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sizes = vec![0_usize; count];
    part.iter().for_each(|part| sizes[*part as usize] += 1);
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let large = |part: u32| {
        let size = sizes[part as usize];
        size > 1 && size * 100 >= largest * PART_PERCENT_MIN
    };
    let kept_parts = (0..count).filter(|part| large(u32::try_from(*part).unwrap_or(0))).count();
    (part.iter().map(|part| large(*part)).collect(), kept_parts)
}

/// The number of each vertex's strongly connected part (Tarjan, 1972), without recursion.
fn parts(vertices: usize, arcs: &[Arc]) -> Vec<u32> {
    let (first, heads) = forward(vertices, arcs);
    let mut search = Search {
        order: vec![UNSEEN; vertices],
        low: vec![0; vertices],
        part: vec![UNSEEN; vertices],
        stack: Vec::new(),
        seen: 0,
        parts: 0,
    };
    let mut path: Vec<(u32, u32)> = Vec::new();
    for root in 0..vertices {
        if search.order[root] != UNSEEN {
            continue;
        }
        path.push((search.enter(root), first[root]));
        while let Some((vertex, next)) = path.last_mut() {
            let at = *vertex as usize;
            if *next < first[at + 1] {
                let head = heads[*next as usize] as usize;
                *next += 1;
                if search.order[head] == UNSEEN {
                    path.push((search.enter(head), first[head]));
                } else if search.part[head] == UNSEEN {
                    search.low[at] = search.low[at].min(search.order[head]);
                }
                continue;
            }
            path.pop();
            search.leave(at);
            if let Some((parent, _)) = path.last() {
                let low = search.low[at];
                let parent = &mut search.low[*parent as usize];
                *parent = (*parent).min(low);
            }
        }
    }
    search.part
}

struct Search {
    order: Vec<u32>,
    low: Vec<u32>,
    part: Vec<u32>,
    stack: Vec<u32>,
    seen: u32,
    parts: u32,
}

impl Search {
    fn enter(&mut self, vertex: usize) -> u32 {
        let number = u32::try_from(vertex).unwrap_or(UNSEEN);
        (self.order[vertex], self.low[vertex]) = (self.seen, self.seen);
        self.seen += 1;
        self.stack.push(number);
        number
    }

    fn leave(&mut self, vertex: usize) {
        if self.low[vertex] != self.order[vertex] {
            return;
        }
        while let Some(member) = self.stack.pop() {
            self.part[member as usize] = self.parts;
            if member as usize == vertex {
                break;
            }
        }
        self.parts += 1;
    }
}

fn forward(vertices: usize, arcs: &[Arc]) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; vertices + 1];
    arcs.iter().for_each(|arc| first[arc.from as usize + 1] += 1);
    for vertex in 0..vertices {
        first[vertex + 1] += first[vertex];
    }
    let mut next = first.clone();
    let mut heads = vec![0; arcs.len()];
    for arc in arcs {
        heads[next[arc.from as usize] as usize] = arc.to;
        next[arc.from as usize] += 1;
    }
    (first, heads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driven(vertices: u32, pairs: &[(u32, u32)]) -> Driven {
        let arcs = pairs.iter().map(|&(from, to)| Arc { from, to, edge: 0 }).collect();
        Driven { vertices, arcs, head: Vec::new() }
    }

    #[test]
    fn both_banks_stay_and_the_dead_end_goes() {
        let banks = driven(7, &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0), (6, 6)]);
        let (kept, parts) = find(&banks);
        assert_eq!(kept, [true, true, true, true, true, false, false]);
        assert_eq!(parts, 2);
        assert_eq!(find(&driven(0, &[])), (vec![], 0));
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let mut pairs: Vec<(u32, u32)> = (0..200_000).map(|v| (v, v + 1)).collect();
        pairs.push((200_000, 0));
        assert_eq!(find(&driven(200_001, &pairs)).1, 1);
    }
}
