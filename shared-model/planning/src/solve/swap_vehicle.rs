//! A mixed fleet: a touched route changes to a vehicle of another class where that is cheaper.

use super::{evaluator::Evaluator, random::Random, state::State};

/// Classes tried for a route; of more, this many drawn by lot.
const CLASSES_TRIED: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct SwapVehicle {
    nodes: Vec<u16>,
}

impl SwapVehicle {
    /// Gives each route touched in this step the cheapest free vehicle that can drive it.
    pub(crate) fn improve<E: Evaluator>(&mut self, state: &mut State<'_, E>, random: &mut Random) {
        let classes = state.compiled.classes.len();
        for place in 0..state.touched_count() {
            let route = state.touched_at(place);
            if state.tours.size[route as usize] == 0 {
                continue;
            }
            self.nodes.clear();
            self.nodes.extend(state.tours.visits(route));
            let mut best = (state.route_cost[route as usize], route);
            for tried in 0..classes.min(CLASSES_TRIED) {
                let many = classes > CLASSES_TRIED;
                let class = if many { random.below(classes as u32) as u16 } else { tried as u16 };
                let Some(other) = state.empty_of(class) else { continue };
                let serves = class != state.tours.class[route as usize]
                    && self.nodes.iter().all(|&node| {
                        state.compiled.may_serve(class, state.compiled.visits[node as usize].job)
                    });
                if serves {
                    let order = (other, &self.nodes[..]);
                    let cost =
                        state.evaluator.price_below(state.compiled, &state.tours, order, best.0);
                    best = best.min((cost, other));
                }
            }
            if best.1 != route {
                state.exchange((route, &[]), (best.1, &self.nodes));
            }
        }
    }
}
