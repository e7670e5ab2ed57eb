//! From arcs of the hierarchy back to edges of the road.

use super::search::Step;
use super::{Arc, Hierarchy, SHORTCUT, Towards};

/// A shortcut whose halves are not in the hierarchy: the file was not written by this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inconsistent;

/// Appends the edges that the steps stand for.
///
/// Ends for every file: the middle of a shortcut is lower than both its ends, which is checked when a file is opened.
pub(crate) fn edges(
    graph: Hierarchy<'_>,
    steps: &[Step],
    into: &mut Vec<u32>,
) -> Result<(), Inconsistent> {
    let mut open: Vec<Step> = steps.iter().rev().copied().collect();
    while let Some(step) = open.pop() {
        if step.via & SHORTCUT == 0 {
            into.push(step.via);
            continue;
        }
        let middle = step.via & !SHORTCUT;
        let first = find(graph.arcs(Towards::Sources, middle), step.from)?;
        let second = find(graph.arcs(Towards::Targets, middle), step.to)?;
        open.push(Step { from: middle, to: step.to, via: second[3] });
        open.push(Step { from: step.from, to: middle, via: first[3] });
    }
    Ok(())
}

/// Arcs of a vertex are sorted by their other end.
fn find(arcs: &[Arc], other: u32) -> Result<&Arc, Inconsistent> {
    arcs.binary_search_by_key(&other, |arc| arc[0])
        .map(|index| &arcs[index])
        .map_err(|_| Inconsistent)
}
