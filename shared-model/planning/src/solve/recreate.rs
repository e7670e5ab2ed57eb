//! Greedy insertion with blinks (Christiaens & Vanden Berghe 2020): absent jobs in an order drawn by lot, each to its
//! cheapest place among the positions next to its near neighbours, now and then overlooking one.

use super::{
    compiled::{Compiled, NONE},
    evaluator::Evaluator,
    near::{NEAR_MAX, Near},
    positions::{Room, add_near, keep},
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
    candidates: Vec<u16>,
    room: Room,
    /// The class of which routes are opened in this step, if not of any.
    opening: Option<u16>,
    /// Some job may not be served by some class.
    restricted: bool,
    /// One over the price of a unit of way.
    per_rate: f64,
}

/// Positions are priced in parts, as a good price makes the next part shorter.
#[derive(Debug, Clone, Copy)]
enum Part {
    Nearest,
    Near,
    Ends,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    price: i64,
    pred: u16,
    delivery_pred: u16,
}

/// What is to be planned, priced at one position at a time.
trait Wanted: Copy {
    fn price<E: Evaluator>(self, state: &State<'_, E>, pred: u16, below: i64) -> Found;
}

#[derive(Clone, Copy)]
struct Single(u16);

#[derive(Clone, Copy)]
struct Pair(u16, u16);

impl Wanted for Single {
    #[inline(always)]
    fn price<E: Evaluator>(self, state: &State<'_, E>, pred: u16, below: i64) -> Found {
        let price = state.evaluator.insertion(state.compiled, &state.tours, pred, self.0, below);
        Found { price, pred, delivery_pred: NONE }
    }
}

impl Wanted for Pair {
    #[inline(always)]
    fn price<E: Evaluator>(self, state: &State<'_, E>, pred: u16, below: i64) -> Found {
        let pair = (self.0, self.1);
        let place = state.evaluator.pair_insertion(state.compiled, &state.tours, pred, pair, below);
        Found { price: place.price, pred, delivery_pred: place.delivery_pred }
    }
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
            candidates: Vec::new(),
            room: Room::default(),
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
        let search_on = everywhere && !record.optional;
        if record.delivery == NONE {
            let visit = Single(record.pickup);
            self.search_near(state, near, random, job, visit, &mut found);
            if found.pred == NONE && search_on {
                self.search_everywhere(state, random, job, visit, &mut found);
            }
        } else {
            let pair = Pair(record.pickup, record.delivery);
            self.search_near(state, near, random, job, pair, &mut found);
            if found.pred == NONE && search_on {
                self.search_everywhere(state, random, job, pair, &mut found);
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

    /// Tries the positions next to near neighbours.
    ///
    /// A position whose visits are both at least `way` from the new one makes its route longer by at least twice that
    /// less its present leg. One side being nearer, the position comes up again from that side, in the other list.
    ///
    /// All positions are priced at one place of this code, so that what is the same for all of them is looked up once.
    #[inline]
    fn search_near<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        near: &Near,
        random: &mut Random,
        job: u16,
        wanted: impl Wanted,
        found: &mut Found,
    ) {
        let tours = &state.tours;
        let pickup = state.compiled.jobs[job as usize].pickup;
        let mut candidates = std::mem::take(&mut self.candidates);
        for part in [Part::Nearest, Part::Near, Part::Ends] {
            let limit = self.way_limit(found.price);
            candidates.clear();
            match part {
                Part::Nearest => add_near(tours, near.nearest(pickup), limit, &mut candidates),
                Part::Near => add_near(tours, near.rest(pickup), limit, &mut candidates),
                Part::Ends => self.add_ends(state, job, limit, &mut candidates),
            }
            if self.room.is_worth_asking() {
                let found = candidates.len();
                keep(&mut candidates, |pred| state.evaluator.has_room(tours, pred, pickup));
                self.room.note(found, candidates.len());
            }
            for &pred in &candidates {
                self.attempt(state, random, job, pred, wanted, found);
            }
        }
        self.candidates = candidates;
    }

    /// Adds the positions at the ends of routes, where the depot is near, and in a route of each kind that has none yet.
    fn add_ends<E: Evaluator>(
        &self,
        state: &State<'_, E>,
        job: u16,
        limit: i32,
        candidates: &mut Vec<u16>,
    ) {
        let tours = &state.tours;
        if self.near_depot[job as usize] {
            let place = tours.link(state.compiled.jobs[job as usize].pickup).place;
            for &route in &state.used {
                let start = tours.start(route);
                let way = state.compiled.way(tours.link(start).place, place);
                if 2 * way - tours.leg_out[start as usize] < limit {
                    candidates.push(start);
                }
                let end = tours.end(route);
                let way = state.compiled.way(place, tours.link(end).place);
                if 2 * way - tours.leg_in[end as usize] < limit {
                    candidates.push(tours.pred(end));
                }
            }
        }
        for route in state.first_empty() {
            let class = tours.class[route as usize];
            if self.opening.is_none_or(|opening| opening == class) {
                candidates.push(tours.start(route));
            }
        }
    }

    fn search_everywhere<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        random: &mut Random,
        job: u16,
        wanted: impl Wanted,
        found: &mut Found,
    ) {
        for &route in &state.used {
            let mut pred = state.tours.start(route);
            while pred != state.tours.end(route) {
                self.attempt(state, random, job, pred, wanted, found);
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
        wanted: impl Wanted,
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
        let candidate = wanted.price(state, pred, found.price);
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
