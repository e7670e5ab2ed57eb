//! The graph that a profile drives on: vertices are places *with the memory of how one came there*, as far as some forbidden
//! sequence needs it. So a route through the graph is exactly a route that contains no forbidden sequence.
//!
//! The memory is the state of an automaton over the forbidden sequences (Aho and Corasick, 1975). Where no restriction is
//! near, the only state is the root, and the graph is the plain road network.

use std::collections::{HashMap, VecDeque};

use crate::profile::Profile;

use super::network::Network;

const ROOT: u32 = 0;
/// In [`Driven::head`]: closed, or leading to no part that counts.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// An arc of the graph of one profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) edge: u32,
}

/// The network as one profile drives it.
pub(super) struct Driven {
    pub(super) vertices: u32,
    pub(super) arcs: Vec<Arc>,
    /// For each edge: the vertex one is at after driving it from somewhere in its middle.
    pub(super) head: Vec<u32>,
}

impl Driven {
    pub(super) fn build(network: &Network, forbidden: &[Vec<u32>], profile: Profile) -> Driven {
        let automaton = Automaton::build(forbidden);
        // Vertex numbers: first the plain ones, then one for each state that remembers something.
        let mut vertex_of_state = vec![NOWHERE; automaton.states()];
        let mut vertices = network.vertices;
        for (state, vertex) in vertex_of_state.iter_mut().enumerate().skip(1) {
            if !automaton.is_forbidden[state] {
                *vertex = vertices;
                vertices += 1;
            }
        }
        let edges = u32::try_from(network.segments.len() * 2).unwrap_or(u32::MAX);
        let open = |edge: u32| network.is_open(edge, profile);
        let vertex_after = |state: u32, edge: u32| {
            let next = automaton.step(state, edge);
            if automaton.is_forbidden[next as usize] {
                return None;
            }
            Some(if next == ROOT { network.head(edge) } else { vertex_of_state[next as usize] })
        };
        let mut arcs = Vec::with_capacity(edges as usize);
        let mut head = vec![NOWHERE; edges as usize];
        for edge in (0..edges).filter(|edge| open(*edge)) {
            if let Some(to) = vertex_after(ROOT, edge) {
                head[edge as usize] = to;
                arcs.push(Arc { from: network.tail(edge), to, edge });
            }
        }
        for (state, &from) in (0..).zip(&vertex_of_state).skip(1) {
            let remembered = automaton.last_edge[state as usize];
            let Some(at) = remembered.filter(|_| from != NOWHERE) else { continue };
            for edge in network.leaving(network.head(at)).filter(|edge| open(*edge)) {
                if let Some(to) = vertex_after(state, edge) {
                    arcs.push(Arc { from, to, edge });
                }
            }
        }
        Driven { vertices, arcs, head }
    }
}

/// Recognises any forbidden sequence as the last edges driven.
struct Automaton {
    next: HashMap<(u32, u32), u32>,
    fallback: Vec<u32>,
    is_forbidden: Vec<bool>,
    last_edge: Vec<Option<u32>>,
}

impl Automaton {
    fn build(sequences: &[Vec<u32>]) -> Automaton {
        let mut automaton = Automaton {
            next: HashMap::new(),
            fallback: vec![ROOT],
            is_forbidden: vec![false],
            last_edge: vec![None],
        };
        let mut children: Vec<Vec<(u32, u32)>> = vec![Vec::new()];
        for sequence in sequences {
            let mut state = ROOT;
            for &edge in sequence {
                state = match automaton.next.get(&(state, edge)) {
                    Some(next) => *next,
                    None => automaton.add(state, edge, &mut children),
                };
            }
            automaton.is_forbidden[state as usize] = true;
        }
        automaton.link(&children);
        automaton
    }

    fn add(&mut self, state: u32, edge: u32, children: &mut Vec<Vec<(u32, u32)>>) -> u32 {
        let next = u32::try_from(self.states()).unwrap_or(ROOT);
        self.next.insert((state, edge), next);
        self.fallback.push(ROOT);
        self.is_forbidden.push(false);
        self.last_edge.push(Some(edge));
        children[state as usize].push((edge, next));
        children.push(Vec::new());
        next
    }

    /// Breadth first, so that a state's fallback is complete before those of longer sequences.
    fn link(&mut self, children: &[Vec<(u32, u32)>]) {
        let mut queue: VecDeque<u32> = children[0].iter().map(|(_, child)| *child).collect();
        while let Some(state) = queue.pop_front() {
            for &(edge, child) in &children[state as usize] {
                let fallback = self.step(self.fallback[state as usize], edge);
                self.fallback[child as usize] = fallback;
                self.is_forbidden[child as usize] |= self.is_forbidden[fallback as usize];
                queue.push_back(child);
            }
        }
    }

    fn step(&self, mut state: u32, edge: u32) -> u32 {
        loop {
            match self.next.get(&(state, edge)) {
                Some(next) => return *next,
                None if state == ROOT => return ROOT,
                None => state = self.fallback[state as usize],
            }
        }
    }

    fn states(&self) -> usize {
        self.fallback.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automaton_sees_a_sequence_wherever_it_ends() {
        let automaton = Automaton::build(&[vec![1, 2, 3], vec![2, 4], vec![1, 1]]);
        let run = |edges: &[u32]| {
            let mut state = ROOT;
            edges.iter().any(|edge| {
                state = automaton.step(state, *edge);
                automaton.is_forbidden[state as usize]
            })
        };
        assert!(run(&[1, 2, 3]));
        assert!(run(&[9, 1, 2, 3, 9]));
        assert!(run(&[1, 2, 4]), "falls back from 1,2 to 2");
        assert!(run(&[2, 1, 1]));
        assert!(!run(&[1, 2, 9, 3]));
        assert!(!run(&[2, 3, 4]));
    }
}
