//! Building a hierarchy for a given order: vertices are taken out one by one, and shortcuts put in where distances would
//! change. The same order serves every slice of the day.

use super::witness::{Half, Remaining};
use super::{Arc, Contracted, Link, decimetres, ms};

/// Vertices that a search for a way round may settle. More takes longer and saves a few shortcuts.
const SETTLED_MAX: usize = 500;

/// Links are between ranks, and rank 0 is taken out first.
pub(crate) fn contract(vertices: usize, links: &[Link]) -> Contracted {
    let mut remaining = Remaining::new(vertices, links);
    let mut contracted = Contracted {
        up_first: Vec::with_capacity(vertices + 1),
        down_first: Vec::with_capacity(vertices + 1),
        ..Contracted::default()
    };
    let mut shortcuts = Vec::new();
    for vertex in 0..u32::try_from(vertices).unwrap_or(u32::MAX) {
        remaining.shortcuts(vertex, SETTLED_MAX, &mut shortcuts);
        let (out, into) = remaining.remove(vertex);
        for shortcut in &shortcuts {
            remaining.add(shortcut.link, shortcut.hops);
        }
        push(&mut contracted.up_first, &mut contracted.up, out);
        push(&mut contracted.down_first, &mut contracted.down, into);
    }
    contracted.up_first.push(length(&contracted.up));
    contracted.down_first.push(length(&contracted.down));
    contracted
}

fn push(first: &mut Vec<u32>, arcs: &mut Vec<Arc>, mut halves: Vec<Half>) {
    first.push(length(arcs));
    halves.sort_unstable_by_key(|half| half.other);
    arcs.extend(
        halves.iter().map(|half| [half.other, ms(half.weight), decimetres(half.weight), half.via]),
    );
}

fn length(arcs: &[Arc]) -> u32 {
    u32::try_from(arcs.len()).unwrap_or(u32::MAX)
}
