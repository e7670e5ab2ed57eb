//! What the search must hold whatever it finds: steps can be undone, what is kept up to date step by step equals what is
//! worked out anew, and the same dice give the same plan.

use super::{
    anneal::Anneal,
    compiled::{Class, Compiled, Job, NONE, Travel, Visit, Way},
    evaluator::{Evaluator, NEVER},
    near::Near,
    random::Random,
    recreate::Recreate,
    ruin::Ruin,
    search::Steps,
    simple::Simple,
    state::State,
    tours::Tours,
};

const STOPS: u32 = 40;
const SIDE: u32 = 600;
const SERVICE_S: i32 = 30;
const DAY_S: i32 = 6_000;

fn class(cost_per_second: i64) -> Class {
    Class {
        travel: 0,
        loading: 60,
        start_close: DAY_S,
        capacity: [40, 0, 0, 0],
        cost_fixed: 500,
        cost_per_metre: 3,
        cost_per_second,
        start: 0,
        end: 0,
        open: 0,
        close: DAY_S,
        metres_max: i64::MAX,
        duration_max: i32::MAX,
        jobs_max: u16::MAX,
    }
}

/// A town of random stops, with one-way detours. `pairs`: every two stops are a shipment.
fn town(seed: u64, pairs: bool, cost_per_second: i64) -> Compiled {
    let mut random = Random::new(seed);
    let points: Vec<(i32, i32)> =
        (0..=STOPS).map(|_| (random.below(SIDE) as i32, random.below(SIDE) as i32)).collect();
    let mut ways = Vec::new();
    for from in &points {
        for to in &points {
            let metres = (from.0 - to.0).abs() + (from.1 - to.1).abs();
            ways.push(Way { seconds: metres + random.below(50) as i32, metres });
        }
    }
    let mut compiled = Compiled {
        travel: vec![Travel::new(points.len(), ways)],
        classes: vec![class(cost_per_second)],
        vehicles: vec![0; STOPS as usize],
        ..Compiled::default()
    };
    for node in 0..STOPS as u16 {
        let open = random.below(DAY_S as u32 / 2) as i32;
        let load = [1 + random.below(9) as i32, 0, 0, 0];
        let is_pickup = pairs && node % 2 == 0;
        let job = if pairs { node / 2 } else { node };
        compiled.visits.push(Visit {
            place: node + 1,
            job,
            open: if pairs { 0 } else { open },
            close: if pairs { DAY_S - 2_000 } else { open + 1_500 },
            service: SERVICE_S,
            deliver: if is_pickup { [0; 4] } else { load },
            collect: if is_pickup { load } else { [0; 4] },
            backhaul: false,
        });
        if !pairs || is_pickup {
            let delivery = if pairs { node + 1 } else { NONE };
            compiled.jobs.push(Job {
                pickup: node,
                delivery,
                unserved: 1_000_000,
                optional: false,
                is_picked_up: false,
            });
        } else {
            let picked = compiled.visits[node as usize - 1].collect;
            compiled.visits[node as usize].deliver = picked;
        }
    }
    compiled
}

/// Cost of everything, worked out from the order alone.
fn anew<E: Evaluator>(state: &mut State<'_, E>) -> i64 {
    let mut cost = state.absent.iter().map(|&job| state.compiled.jobs[job as usize].unserved).sum();
    for route in 0..state.tours.routes() {
        let nodes: Vec<u16> = state.tours.visits(route).collect();
        let price = state.evaluator.price_of(state.compiled, &state.tours, route, &nodes);
        assert_ne!(price, NEVER, "route {route} may not be: {nodes:?}");
        cost += price;
    }
    cost
}

fn orders<E: Evaluator>(state: &State<'_, E>) -> Vec<Vec<u16>> {
    (0..state.tours.routes()).map(|route| state.tours.visits(route).collect()).collect()
}

fn ruin_somewhere<E: Evaluator>(
    ruin: &mut Ruin,
    state: &mut State<'_, E>,
    near: &Near,
    random: &mut Random,
) {
    let seed = random.below(state.compiled.visits.len() as u32) as u16;
    ruin.strings(state, near, random, seed);
}

/// Steps at random, every second one undone; the plan is checked after each.
fn check_steps<E: Evaluator>(compiled: &Compiled, evaluator: impl Fn(&Compiled, &Tours) -> E) {
    let near = Near::new(compiled);
    let tours = Tours::new(compiled);
    let evaluator = evaluator(compiled, &tours);
    let mut state = State::new(compiled, tours, evaluator);
    let mut random = Random::new(5);
    let (mut ruin, mut recreate) = (Ruin::default(), Recreate::new(compiled, &near));
    state.begin();
    recreate.construct(&mut state, &near, &mut random, |_| true);
    state.commit();
    assert!(state.absent.is_empty(), "all of the town can be served");
    for step in 0..120 {
        let (cost, before, legs) = (state.cost, orders(&state), state.tours.leg_out.clone());
        state.begin();
        ruin_somewhere(&mut ruin, &mut state, &near, &mut random);
        assert!(recreate.greedy(&mut state, &near, &mut random, i64::MAX));
        let worked_out = anew(&mut state);
        assert_eq!(state.cost, worked_out, "step {step}");
        if step % 2 == 0 {
            state.rollback();
            assert_eq!((state.cost, orders(&state)), (cost, before), "undone step {step}");
            assert_eq!(state.tours.leg_out, legs, "undone step {step}");
        } else {
            state.commit();
        }
        // What an undone step leaves behind must price insertions as a fresh evaluator would.
        for route in 0..state.tours.routes() {
            let kept = state.route_cost[route as usize];
            assert_eq!(state.evaluator.refresh(compiled, &state.tours, route), kept, "step {step}");
        }
    }
}

#[test]
fn steps_can_be_undone_and_costs_kept_step_by_step_are_those_worked_out_anew() {
    for seed in 1..=3 {
        check_steps(&town(seed, false, 0), Simple::<1, false, false>::new);
        check_steps(&town(seed, false, 0), Simple::<1, true, false>::new);
        check_steps(&town(seed, false, 2), Simple::<4, true, true>::new);
        check_steps(&town(seed, true, 0), Simple::<1, true, false>::new);
        check_steps(&town(seed, true, 2), Simple::<1, true, true>::new);
    }
}

/// Every place of every absent visit: the constant-time price is that of the whole order, or is refused like it.
fn check_prices<E: Evaluator>(compiled: &Compiled, evaluator: impl Fn(&Compiled, &Tours) -> E) {
    let near = Near::new(compiled);
    let tours = Tours::new(compiled);
    let evaluator = evaluator(compiled, &tours);
    let mut state = State::new(compiled, tours, evaluator);
    let mut random = Random::new(9);
    let (mut ruin, mut recreate) = (Ruin::default(), Recreate::new(compiled, &near));
    state.begin();
    recreate.construct(&mut state, &near, &mut random, |_| true);
    state.commit();
    for _ in 0..20 {
        state.begin();
        ruin_somewhere(&mut ruin, &mut state, &near, &mut random);
        for absent in 0..state.absent.len() {
            let node = compiled.jobs[state.absent[absent] as usize].pickup;
            for &route in &state.used.clone() {
                let nodes: Vec<u16> = state.tours.visits(route).collect();
                let mut pred = state.tours.start(route);
                for place in 0..=nodes.len() {
                    let price =
                        state.evaluator.insertion(compiled, &state.tours, pred, node, NEVER);
                    let mut order = nodes.clone();
                    order.insert(place, node);
                    let whole = state.evaluator.price_of(compiled, &state.tours, route, &order);
                    let wanted = if whole == NEVER {
                        NEVER
                    } else {
                        whole - state.route_cost[route as usize]
                    };
                    assert_eq!(price, wanted, "visit {node} at {place} of {nodes:?}");
                    pred = state.tours.succ(pred);
                }
            }
        }
        assert!(recreate.greedy(&mut state, &near, &mut random, i64::MAX));
        state.commit();
    }
}

#[test]
fn prices_in_constant_time_are_those_of_the_whole_route() {
    for seed in 1..=3 {
        check_prices(&town(seed, false, 0), Simple::<1, false, false>::new);
        check_prices(&town(seed, false, 0), Simple::<1, true, false>::new);
        check_prices(&town(seed, false, 2), Simple::<4, true, true>::new);
    }
}

#[test]
fn the_same_seed_and_steps_give_the_same_plan() {
    let compiled = town(1, false, 0);
    let near = Near::new(&compiled);
    let plan = |seed| {
        let tours = Tours::new(&compiled);
        let evaluator = Simple::<1, false, false>::new(&compiled, &tours);
        let mut search =
            Anneal::new(&compiled, &near, State::new(&compiled, tours, evaluator), seed);
        search.construct(&mut Steps(2_000));
        search.anneal(&mut Steps(2_000));
        (search.state.best().cost, search.state.best().routes.clone())
    };
    let (cost, routes) = plan(3);
    assert_eq!((cost, routes), plan(3));
    let costs: Vec<i64> = (1..=4).map(|seed| plan(seed).0).collect();
    assert!(costs.iter().all(|other| *other < 2 * cost), "{costs:?}");
}
