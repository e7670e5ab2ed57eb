//! Two routes exchange what follows a visit in each (2-opt*, Potvin & Rousseau 1995): the one way to change the second
//! half of a long route at once, which taking out strings cannot do. Only improvements are made.

use super::{
    compiled::NONE,
    evaluator::{Evaluator, NEVER},
    near::Near,
    state::State,
};

/// Neighbours of a visit that are tried.
const NEIGHBOURS: usize = 24;

#[derive(Debug, Default)]
pub(crate) struct Tails {
    changed: Vec<u16>,
    one: Vec<u16>,
    other: Vec<u16>,
}

impl Tails {
    /// Tries to lead each visit that has new neighbours in its route to and from its near ones in other routes.
    ///
    /// Of the four legs of an exchange, one that is new is shorter than one it replaces and shares a visit with: only
    /// those are looked at, nearest first.
    pub(crate) fn improve<E: Evaluator>(&mut self, state: &mut State<'_, E>, near: &Near) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.clear();
        state.changed(&mut changed);
        for &node in &changed {
            if state.tours.link(node).route == NONE {
                continue;
            }
            for neighbour in near.succs.row(node).iter().take(NEIGHBOURS) {
                if neighbour.way >= state.tours.leg_out[node as usize] {
                    break;
                }
                self.join(state, node, neighbour.node);
            }
            for neighbour in near.preds.row(node).iter().take(NEIGHBOURS) {
                if neighbour.way >= state.tours.leg_in[node as usize] {
                    break;
                }
                self.join(state, neighbour.node, node);
            }
        }
        self.changed = changed;
    }

    /// Lets `head` be followed by `tail` and what comes after it, if that is cheaper. The rest is joined likewise.
    fn join<E: Evaluator>(&mut self, state: &mut State<'_, E>, head: u16, tail: u16) {
        let tours = &state.tours;
        let (one, other) = (tours.link(head).route, tours.link(tail).route);
        if one == other
            || other == NONE
            || one == NONE
            || tours.class[one as usize] != tours.class[other as usize]
        {
            return;
        }
        let (rest_head, rest_tail) = (tours.pred(tail), tours.succ(head));
        let way =
            |from: u16, to: u16| state.compiled.way(tours.link(from).place, tours.link(to).place);
        let longer = way(head, tail) + way(rest_head, rest_tail)
            - tours.leg_out[head as usize]
            - tours.leg_in[tail as usize];
        if longer >= 0
            || !state.evaluator.may_follow(state.compiled, tours, head, tail)
            || !(tours.end(one) == rest_tail
                || state.evaluator.may_follow(state.compiled, tours, rest_head, rest_tail))
        {
            return;
        }
        let before = state.route_cost[one as usize] + state.route_cost[other as usize];
        let about = |head, tail| state.evaluator.joined(state.compiled, tours, head, tail);
        if about(head, tail).saturating_add(about(rest_head, rest_tail)) >= before {
            return;
        }
        self.one.clear();
        self.other.clear();
        let mut at = tours.succ(tours.start(one));
        while at != rest_tail {
            self.one.push(at);
            at = tours.succ(at);
        }
        let mut at = tours.succ(tours.start(other));
        while at != tail {
            self.other.push(at);
            at = tours.succ(at);
        }
        while tours.is_visit(at) {
            self.one.push(at);
            at = tours.succ(at);
        }
        let mut at = rest_tail;
        while tours.is_visit(at) {
            self.other.push(at);
            at = tours.succ(at);
        }
        let price = |evaluator: &mut E, route, nodes: &[u16], below: i64| {
            evaluator.price_below(state.compiled, tours, (route, nodes), below)
        };
        let least = state.evaluator.least_of(other, &self.other);
        let first = price(&mut state.evaluator, one, &self.one, before - least);
        if first >= before - least {
            return;
        }
        let second = price(&mut state.evaluator, other, &self.other, before - first);
        if second != NEVER && first + second < before {
            state.exchange((one, &self.one), (other, &self.other));
        }
    }
}
