//! Greedy insertion with blinks (Christiaens & Vanden Berghe 2020): absent jobs in an order drawn by lot, each to its
//! cheapest place among the positions next to its near neighbours, now and then overlooking one.

use super::{
    compiled::{Compiled, NONE},
    evaluator::Evaluator,
    near::{NEAR_MAX, Near},
    random::Random,
    state::State,
    tours::ABSENT_LEG,
};

/// What a job may cost in the first plan, in prizes.
const FIRST_PRIZES: i64 = 20;

/// One position in this many is overlooked.
const BLINK_EVERY: u32 = 100;

/// Jobs absent before a step that it tries again.
const ABSENT_TRIED: usize = 10;
/// While jobs are absent, one failed search near neighbours in this many goes on everywhere.
const EVERYWHERE_EVERY: u32 = 8;
/// Jobs planned between two looks at the budget while the first plan is made.
const JOBS_PER_LOOK: usize = 4;

/// Ways to order the absent jobs, with how often each is drawn (out of their sum).
const ORDERS: [(Order, u32); 7] = [
    (Order::Lot, 4),
    (Order::Load, 4),
    (Order::Far, 2),
    (Order::Close, 1),
    (Order::Narrow, 2),
    (Order::Early, 2),
    (Order::Late, 2),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Lot,
    Load,
    Far,
    Close,
    Narrow,
    Early,
    Late,
}

#[derive(Debug, Clone, Copy, Default)]
struct Keys {
    load: i32,
    far: i32,
    narrow: i32,
    open: i32,
    close: i32,
}

#[derive(Debug)]
pub(crate) struct Recreate {
    keys: Vec<Keys>,
    /// Jobs whose way to a depot is no longer than to their last near neighbour: ends of routes are tried as well.
    near_depot: Vec<bool>,
    order: Vec<(i64, u16)>,
    until_blink: u32,
    candidates: [u16; 2 * NEAR_MAX + 1],
    /// The class of which routes are opened in this step, if not of any.
    opening: Option<u16>,
    /// Some job may not be served by some class.
    restricted: bool,
    /// One over the price of a unit of way.
    per_rate: f64,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    price: i64,
    pred: u16,
    delivery_pred: u16,
}

impl Recreate {
    pub(crate) fn new(compiled: &Compiled, near: &Near) -> Self {
        let keys =
            compiled.jobs.iter().map(|job| keys_of(compiled, job.pickup, job.delivery)).collect();
        let near_depot =
            compiled.jobs.iter().map(|job| depot_is_near(compiled, near, job.pickup)).collect();
        Self {
            keys,
            near_depot,
            order: Vec::new(),
            until_blink: BLINK_EVERY,
            candidates: [0; 2 * NEAR_MAX + 1],
            opening: None,
            restricted: !compiled.allowed.is_empty(),
            per_rate: 1.0 / compiled.way_rate() as f64,
        }
    }

    /// Plans what can be planned of the absent jobs, without blinks, while `go_on` says so.
    pub(crate) fn construct<E: Evaluator>(
        &mut self,
        state: &mut State<'_, E>,
        near: &Near,
        random: &mut Random,
        mut go_on: impl FnMut(&State<'_, E>) -> bool,
    ) {
        self.until_blink = u32::MAX;
        let absent = state.absent.len();
        self.sort(state, Order::Far, random, 0);
        let order = std::mem::take(&mut self.order);
        state.absent.clear();
        for (done, &(_, job)) in order.iter().enumerate() {
            let stop = done % JOBS_PER_LOOK == JOBS_PER_LOOK - 1 && !go_on(state);
            if stop || !self.place(state, near, random, job, true) {
                state.absent.push(job);
            }
            if stop {
                state.absent.extend(order[done + 1..].iter().map(|&(_, job)| job));
                break;
            }
        }
        debug_assert!(state.absent.len() <= absent);
        self.order = order;
        self.until_blink = 1 + random.below(2 * BLINK_EVERY - 1);
    }

    /// Plans what can be planned of the jobs this step has taken out, and of a few that were absent before. False when it
    /// was given up, as the plan would have cost `hopeless_from` or more: it is then good for nothing but to be undone.
    pub(crate) fn greedy<E: Evaluator>(
        &mut self,
        state: &mut State<'_, E>,
        near: &Near,
        random: &mut Random,
        hopeless_from: i64,
    ) -> bool {
        let old = state.absent_before();
        // Of those absent before the step, this many drawn by lot are tried; the others wait at the front.
        let tried = old.min(ABSENT_TRIED);
        for place in (old - tried..old).rev() {
            let other = random.below(place as u32 + 1) as usize;
            state.absent.swap(place, other);
        }
        // In a mixed fleet the cheapest vehicle for one job is the smallest: half of the steps open routes of one class.
        let classes = state.compiled.classes.len() as u32;
        let one_class = classes > 1 && random.below(2) == 0;
        self.opening = one_class.then(|| random.below(classes) as u16);
        let order = self.draw_order(random);
        self.sort(state, order, random, old - tried);
        state.absent.truncate(old - tried);
        let order = std::mem::take(&mut self.order);
        // Prices of jobs still to be planned, which are part of the plan's cost until they are.
        let prices = order.iter().map(|&(_, job)| state.compiled.jobs[job as usize].unserved);
        let mut owed: i64 = prices.sum();
        let mut is_whole = true;
        for &(_, job) in &order {
            if state.cost - owed >= hopeless_from {
                is_whole = false;
                break;
            }
            owed -= state.compiled.jobs[job as usize].unserved;
            let everywhere = old == 0 || random.below(EVERYWHERE_EVERY) == 0;
            if !self.place(state, near, random, job, everywhere) {
                state.absent.push(job);
            }
        }
        self.order = order;
        is_whole
    }

    fn draw_order(&self, random: &mut Random) -> Order {
        let sum: u32 = ORDERS.iter().map(|(_, odds)| odds).sum();
        let mut drawn = random.below(sum);
        for (order, odds) in ORDERS {
            if drawn < odds {
                return order;
            }
            drawn -= odds;
        }
        Order::Lot
    }

    /// Sorts the absent jobs from place `from` on.
    fn sort<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        order: Order,
        random: &mut Random,
        from: usize,
    ) {
        self.order.clear();
        for &job in &state.absent[from..] {
            let keys = &self.keys[job as usize];
            let key = match order {
                Order::Lot => 0,
                Order::Load => -keys.load,
                Order::Far => -keys.far,
                Order::Close => keys.far,
                Order::Narrow => keys.narrow,
                Order::Early => keys.open,
                Order::Late => -keys.close,
            };
            // Ties by lot, so that equal jobs change places.
            self.order.push(((i64::from(key) << 32) | (random.word() >> 33) as i64, job));
        }
        self.order.sort_unstable();
    }

    fn place<E: Evaluator>(
        &mut self,
        state: &mut State<'_, E>,
        near: &Near,
        random: &mut Random,
        job: u16,
        everywhere: bool,
    ) -> bool {
        let record = state.compiled.jobs[job as usize];
        // A first visit somewhere pays for the whole way there: prizes are judged when routes exist, by taking out again.
        let limit = if everywhere && record.optional {
            record.unserved.saturating_mul(FIRST_PRIZES)
        } else {
            record.unserved
        };
        let mut found = Found { price: limit, pred: NONE, delivery_pred: NONE };
        if record.delivery == NONE {
            let price = |state: &State<'_, E>, pred: u16, below: i64| {
                let price = state.evaluator.insertion(
                    state.compiled,
                    &state.tours,
                    pred,
                    record.pickup,
                    below,
                );
                Found { price, pred, delivery_pred: NONE }
            };
            self.search_near(state, near, random, job, price, &mut found);
            if found.pred == NONE && everywhere && !record.optional {
                self.search_everywhere(state, random, job, price, &mut found);
            }
        } else {
            let pair = (record.pickup, record.delivery);
            let price = |state: &State<'_, E>, pred: u16, below: i64| {
                let place =
                    state.evaluator.pair_insertion(state.compiled, &state.tours, pred, pair, below);
                Found { price: place.price, pred, delivery_pred: place.delivery_pred }
            };
            self.search_near(state, near, random, job, price, &mut found);
            if found.pred == NONE && everywhere && !record.optional {
                self.search_everywhere(state, random, job, price, &mut found);
            }
        }
        if found.pred == NONE {
            return false;
        }
        if record.delivery == NONE {
            state.plan_single(job, found.pred);
        } else {
            state.plan_pair(job, found.pred, found.delivery_pred);
        }
        true
    }

    /// Tries the positions next to near neighbours; `price` prices one, given what it must stay below.
    ///
    /// A position whose visits are both at least `way` from the new one makes its route longer by at least twice that
    /// less its present leg. One side being nearer, the position comes up again from that side, in the other list.
    #[inline]
    fn search_near<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        near: &Near,
        random: &mut Random,
        job: u16,
        price: impl Fn(&State<'_, E>, u16, i64) -> Found,
        found: &mut Found,
    ) {
        let tours = &state.tours;
        let pickup = state.compiled.jobs[job as usize].pickup;
        let mut limit = self.way_limit(found.price);
        for (preds, succs) in near.halves(pickup) {
            let mut count = 0;
            for near in preds {
                self.candidates[count] = near.node;
                count += usize::from(2 * near.way - tours.leg_out[near.node as usize] < limit);
            }
            for near in succs {
                self.candidates[count] = tours.pred(near.node);
                count += usize::from(2 * near.way - tours.leg_in[near.node as usize] < limit);
            }
            for place in 0..count {
                self.attempt(state, random, job, self.candidates[place], &price, found);
            }
            limit = self.way_limit(found.price);
        }
        if self.near_depot[job as usize] {
            for &route in &state.used {
                let start = tours.start(route);
                let way = state.compiled.way(tours.link(start).place, tours.link(pickup).place);
                if 2 * way - tours.leg_out[start as usize] < limit {
                    self.attempt(state, random, job, start, &price, found);
                }
                let end = tours.end(route);
                let way = state.compiled.way(tours.link(pickup).place, tours.link(end).place);
                if 2 * way - tours.leg_in[end as usize] < limit {
                    self.attempt(state, random, job, tours.pred(end), &price, found);
                }
            }
        }
        for route in state.first_empty() {
            if self.opening.is_some_and(|class| class != tours.class[route as usize]) {
                continue;
            }
            self.attempt(state, random, job, tours.start(route), &price, found);
        }
    }

    fn search_everywhere<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        random: &mut Random,
        job: u16,
        price: impl Fn(&State<'_, E>, u16, i64) -> Found,
        found: &mut Found,
    ) {
        for &route in &state.used {
            let mut pred = state.tours.start(route);
            while pred != state.tours.end(route) {
                self.attempt(state, random, job, pred, &price, found);
                pred = state.tours.succ(pred);
            }
        }
    }

    /// Prices one position unless it is overlooked. True when it is the best so far.
    #[inline(always)]
    fn attempt<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        random: &mut Random,
        job: u16,
        pred: u16,
        price: &impl Fn(&State<'_, E>, u16, i64) -> Found,
        found: &mut Found,
    ) -> bool {
        if self.restricted {
            let route = state.tours.link(pred).route;
            if !state.compiled.may_serve(state.tours.class[route as usize], job) {
                return false;
            }
        }
        self.until_blink = self.until_blink.wrapping_sub(1);
        if self.until_blink == 0 {
            self.until_blink = 1 + random.below(2 * BLINK_EVERY - 1);
            return false;
        }
        let candidate = price(state, pred, found.price);
        let better = candidate.price < found.price;
        if better {
            *found = candidate;
        }
        better
    }

    /// Ways from which on nothing can be below `price`.
    #[inline]
    fn way_limit(&self, price: i64) -> i32 {
        (price as f64 * self.per_rate).min(f64::from(-ABSENT_LEG)) as i32
    }
}

fn keys_of(compiled: &Compiled, pickup: u16, delivery: u16) -> Keys {
    if pickup == NONE {
        return Keys::default();
    }
    let first = &compiled.visits[pickup as usize];
    let last = if delivery == NONE { first } else { &compiled.visits[delivery as usize] };
    let load = (0..super::compiled::LOADS)
        .map(|d| first.deliver[d].max(first.collect[d]))
        .max()
        .unwrap_or(0);
    let far = compiled
        .classes
        .iter()
        .map(|class| compiled.way(class.start, last.place))
        .min()
        .unwrap_or(0);
    Keys { load, far, narrow: last.close - last.open, open: last.open, close: last.close }
}

fn depot_is_near(compiled: &Compiled, near: &Near, visit: u16) -> bool {
    if visit == NONE {
        return false;
    }
    let row = near.around.row(visit);
    let Some(last) = row.get(NEAR_MAX.min(row.len()).wrapping_sub(1)) else { return true };
    let place = compiled.visits[visit as usize].place;
    let limit = compiled.way(place, compiled.visits[last.node as usize].place);
    compiled
        .classes
        .iter()
        .any(|class| compiled.way(class.start, place).min(compiled.way(place, class.end)) <= limit)
}
