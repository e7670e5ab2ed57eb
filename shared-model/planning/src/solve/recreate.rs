//! Greedy insertion with blinks (Christiaens & Vanden Berghe 2020): absent jobs in an order drawn by lot, each to its
//! cheapest place among the positions next to its near neighbours, now and then overlooking one.

use super::{
    compiled::{Compiled, NONE},
    evaluator::Evaluator,
    near::Near,
    random::Random,
    state::State,
};

/// One position in this many is overlooked.
const BLINK_EVERY: u32 = 100;

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

#[derive(Debug, Clone, Copy)]
struct Keys {
    load: i32,
    far: i32,
    narrow: i32,
    open: i32,
    close: i32,
}

#[derive(Debug)]
pub struct Recreate {
    keys: Vec<Keys>,
    /// Jobs whose way to a depot is no longer than to their last near neighbour: ends of routes are tried as well.
    near_depot: Vec<bool>,
    order: Vec<(i64, u16)>,
    until_blink: u32,
    classes_tried: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    price: i64,
    pred: u16,
    delivery_pred: u16,
}

impl Recreate {
    pub fn new(compiled: &Compiled, near: &Near) -> Self {
        let keys = compiled.jobs.iter().map(|job| keys_of(compiled, job.pickup, job.delivery)).collect();
        let near_depot = compiled.jobs.iter().map(|job| depot_is_near(compiled, near, job.pickup)).collect();
        Self {
            keys,
            near_depot,
            order: Vec::new(),
            until_blink: BLINK_EVERY,
            classes_tried: vec![false; compiled.classes.len()],
        }
    }

    /// Plans what can be planned of the absent jobs.
    pub fn greedy<E: Evaluator>(&mut self, state: &mut State<'_, E>, near: &Near, random: &mut Random, blinks: bool) {
        self.sort(state, random);
        if !blinks {
            self.until_blink = u32::MAX;
        } else if self.until_blink > 2 * BLINK_EVERY {
            self.until_blink = random.below(2 * BLINK_EVERY);
        }
        state.absent.clear();
        let order = std::mem::take(&mut self.order);
        for &(_, job) in &order {
            if !self.place(state, near, random, job) {
                state.absent.push(job);
            }
        }
        self.order = order;
    }

    fn sort<E: Evaluator>(&mut self, state: &State<'_, E>, random: &mut Random) {
        let sum: u32 = ORDERS.iter().map(|(_, odds)| odds).sum();
        let mut drawn = random.below(sum);
        let mut order = Order::Lot;
        for (candidate, odds) in ORDERS {
            if drawn < odds {
                order = candidate;
                break;
            }
            drawn -= odds;
        }
        self.order.clear();
        for &job in &state.absent {
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

    fn place<E: Evaluator>(&mut self, state: &mut State<'_, E>, near: &Near, random: &mut Random, job: u16) -> bool {
        let record = state.compiled.jobs[job as usize];
        let mut found = Found { price: record.unserved, pred: NONE, delivery_pred: NONE };
        for everywhere in [false, true] {
            if record.delivery == NONE {
                let price = |state: &State<'_, E>, pred: u16, below: i64| {
                    let price =
                        state.evaluator.insertion(state.compiled, &state.tours, pred, record.pickup, below);
                    Found { price, pred, delivery_pred: NONE }
                };
                self.search(state, near, random, job, everywhere, price, &mut found);
            } else {
                let pair = (record.pickup, record.delivery);
                let price = |state: &State<'_, E>, pred: u16, below: i64| {
                    let place = state.evaluator.pair_insertion(state.compiled, &state.tours, pred, pair, below);
                    Found { price: place.price, pred, delivery_pred: place.delivery_pred }
                };
                self.search(state, near, random, job, everywhere, price, &mut found);
            }
            if found.pred != NONE || record.optional {
                break;
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

    /// Tries every candidate position; `price` prices one, given what it must stay below.
    #[inline]
    fn search<E: Evaluator>(
        &mut self,
        state: &State<'_, E>,
        near: &Near,
        random: &mut Random,
        job: u16,
        everywhere: bool,
        price: impl Fn(&State<'_, E>, u16, i64) -> Found,
        found: &mut Found,
    ) {
        let tours = &state.tours;
        let pickup = state.compiled.jobs[job as usize].pickup;
        let all = state.compiled.allowed.is_empty();
        let mut attempt = |pred: u16, route: u16| {
            if !all && !state.compiled.may_serve(tours.class[route as usize], job) {
                return;
            }
            self.until_blink = self.until_blink.wrapping_sub(1);
            if self.until_blink == 0 {
                self.until_blink = 1 + random.below(2 * BLINK_EVERY - 1);
                return;
            }
            let candidate = price(state, pred, found.price);
            if candidate.price < found.price {
                *found = candidate;
            }
        };
        if everywhere {
            for &route in &state.used {
                let mut pred = tours.start(route);
                while pred != tours.end(route) {
                    attempt(pred, route);
                    pred = tours.succ(pred);
                }
            }
            return;
        }
        for &pred in near.preds.row(pickup) {
            let route = tours.link(pred).route;
            if route != NONE {
                attempt(pred, route);
            }
        }
        for &succ in near.succs.row(pickup) {
            let link = tours.link(succ);
            if link.route != NONE {
                attempt(link.pred, link.route);
            }
        }
        if self.near_depot[job as usize] {
            for &route in &state.used {
                attempt(tours.start(route), route);
                attempt(tours.pred(tours.end(route)), route);
            }
        }
        for route in state.first_empty() {
            attempt(tours.start(route), route);
        }
    }
}

fn keys_of(compiled: &Compiled, pickup: u16, delivery: u16) -> Keys {
    let first = &compiled.visits[pickup as usize];
    let last = if delivery == NONE { first } else { &compiled.visits[delivery as usize] };
    let load = (0..super::compiled::LOADS).map(|d| first.deliver[d].max(first.collect[d])).max().unwrap_or(0);
    let far = compiled
        .classes
        .iter()
        .map(|class| {
            let metres = &compiled.travel[class.travel as usize].metres;
            metres[class.start as usize * compiled.places + last.place as usize]
        })
        .min()
        .unwrap_or(0);
    Keys { load, far, narrow: last.close - last.open, open: last.open, close: last.close }
}

fn depot_is_near(compiled: &Compiled, near: &Near, visit: u16) -> bool {
    let row = near.around.row(visit);
    let Some(&last) = row.get(super::near::NEAR_MAX.min(row.len()).wrapping_sub(1)) else { return true };
    let place = compiled.visits[visit as usize].place as usize;
    compiled.classes.iter().any(|class| {
        let metres = &compiled.travel[class.travel as usize].metres;
        let way = |from: usize, to: usize| metres[from * compiled.places + to];
        let limit = way(place, compiled.visits[last as usize].place as usize);
        way(class.start as usize, place).min(way(place, class.end as usize)) <= limit
    })
}

