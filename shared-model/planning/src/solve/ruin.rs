//! Taking strings of visits out of neighbouring routes (Christiaens & Vanden Berghe 2020, "Slack Induction by String
//! Removals for Vehicle Routing Problems").

use super::{compiled::NONE, evaluator::Evaluator, near::Near, random::Random, state::State};

/// The paper's settings: visits removed on average, longest string, and the odds of splitting one and of widening the gap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuinSettings {
    pub removed_mean: f64,
    pub string_max: f64,
    pub split_share: f64,
    pub widen_share: f64,
}

impl Default for RuinSettings {
    fn default() -> Self {
        Self { removed_mean: 10.0, string_max: 10.0, split_share: 0.5, widen_share: 0.01 }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ruin {
    pub settings: RuinSettings,
    string: Vec<u16>,
}

impl Ruin {
    /// Ruins around the visit `seed`. Every touched route is refreshed.
    pub(crate) fn strings<E: Evaluator>(
        &mut self,
        state: &mut State<'_, E>,
        near: &Near,
        random: &mut Random,
        seed: u16,
    ) {
        let planned = state.open_count - state.absent.len();
        if planned == 0 {
            return;
        }
        let mean_size = planned as f64 / state.used.len().max(1) as f64;
        let string_max = self.settings.string_max.min(mean_size);
        let strings_max = 4.0 * self.settings.removed_mean / (1.0 + string_max) - 1.0;
        let strings = (random.share() * strings_max.max(0.0) + 1.0) as usize;
        self.one_string(state, random, seed, string_max);
        for neighbour in near.around.row(seed) {
            if state.touched_count() >= strings {
                break;
            }
            self.one_string(state, random, neighbour.node, string_max);
        }
        for place in 0..state.touched_count() {
            let route = state.touched_at(place);
            state.refresh(route);
        }
    }

    /// Removes one string around `node` unless its route was ruined already.
    fn one_string<E: Evaluator>(
        &mut self,
        state: &mut State<'_, E>,
        random: &mut Random,
        node: u16,
        string_max: f64,
    ) {
        let route = state.tours.link(node).route;
        if route == NONE || state.is_touched(route) {
            return;
        }
        state.touch(route);
        let size = f64::from(state.tours.size[route as usize]);
        let length = (random.share() * string_max.min(size) + 1.0).min(size) as usize;
        let mut kept = 0;
        if length > 1 && random.share() < self.settings.split_share {
            kept = 1;
            while length + kept < size as usize && random.share() < self.settings.widen_share {
                kept += 1;
            }
            kept = kept.min(size as usize - length);
        }
        self.choose(state, random, node, length + kept);
        let skip_from =
            if kept > 0 { 1 + random.below(length as u32 - 1) as usize } else { usize::MAX };
        let string = std::mem::take(&mut self.string);
        for (place, &node) in string.iter().enumerate() {
            let is_kept = place >= skip_from && place < skip_from + kept;
            if !is_kept && state.tours.link(node).route != NONE {
                state.unplan(state.compiled.visits[node as usize].job);
            }
        }
        self.string = string;
    }

    /// Fills `string` with `length` consecutive visits of the route, `node` among them at a place drawn by lot.
    fn choose<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        random: &mut Random,
        node: u16,
        length: usize,
    ) {
        let tours = &state.tours;
        let mut first = node;
        let mut before = random.below(length as u32) as usize;
        while before > 0 && tours.is_visit(tours.pred(first)) {
            first = tours.pred(first);
            before -= 1;
        }
        self.string.clear();
        let mut at = first;
        while self.string.len() < length && tours.is_visit(at) {
            self.string.push(at);
            at = tours.succ(at);
        }
        while self.string.len() < length && tours.is_visit(tours.pred(first)) {
            first = tours.pred(first);
            self.string.insert(0, first);
        }
    }
}
