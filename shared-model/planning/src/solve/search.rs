//! Searches from the outside: problem and plans of the caller, budgets, the choice of evaluator.

use super::{
    anneal::Anneal,
    compile::{compile, is_simple},
    compiled::{Compiled, NONE},
    evaluator::{Evaluator, NEVER},
    near::Near,
    rich::Rich,
    simple::Simple,
    state::{Routes, State},
    tours::Tours,
};
use crate::{
    plan::{Action, Plan, Route},
    problem::{JobIx, Problem, VehicleIx},
};

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub steps: u64,
    /// Of the best plan so far, with what is left out; in cost units.
    pub cost: i64,
    /// Jobs the best plan leaves out.
    pub left_out: usize,
}

/// How long the search may go on: deadlines, cancellation and counts of steps are all budgets. Asked every few
/// milliseconds at the latest, also while the first plan is made.
pub trait Budget {
    /// Share of the budget that is left, from 1 down to 0; `None`: stop now.
    fn left(&mut self, progress: Progress) -> Option<f64>;
}

/// A number of steps, for plans that must be the same wherever they are made.
#[derive(Debug, Clone, Copy)]
pub struct Steps(pub u64);

impl Budget for Steps {
    fn left(&mut self, progress: Progress) -> Option<f64> {
        (progress.steps < self.0).then(|| 1.0 - progress.steps as f64 / self.0 as f64)
    }
}

/// A problem compiled for search; any number of searches may share it.
#[derive(Debug)]
pub struct Prepared<'p> {
    problem: &'p Problem,
    compiled: Compiled,
    near: Near,
}

impl<'p> Prepared<'p> {
    #[must_use]
    pub fn new(problem: &'p Problem) -> Self {
        let compiled = compile(problem);
        let near = Near::new(&compiled);
        Self { problem, compiled, near }
    }

    /// A search that has planned nothing yet. The same seed and steps give the same plan.
    #[must_use]
    pub fn search(&self, seed: u64) -> Search<'_> {
        let dimensions = self.dimensions();
        let duration = self.compiled.classes.iter().any(|class| {
            class.cost_per_second != 0
                || class.duration_max != i32::MAX
                || class.metres_max != i64::MAX
                || class.jobs_max != u16::MAX
        });
        let mixed = self.is_mixed();
        if !is_simple(self.problem) {
            let engine = self.engine(seed, |compiled, _| Rich::new(self.problem, compiled));
            return Search { problem: self.problem, compiled: &self.compiled, engine };
        }
        let engine: Box<dyn Engine + '_> = match (dimensions, mixed, duration) {
            (0 | 1, false, false) => self.engine(seed, Simple::<1, false, false>::new),
            (0 | 1, true, false) => self.engine(seed, Simple::<1, true, false>::new),
            (0 | 1, _, true) => self.engine(seed, Simple::<1, true, true>::new),
            (_, _, _) => self.engine(seed, Simple::<4, true, true>::new),
        };
        Search { problem: self.problem, compiled: &self.compiled, engine }
    }

    fn engine<'a, E: Evaluator + Send + 'a>(
        &'a self,
        seed: u64,
        evaluator: impl FnOnce(&Compiled, &Tours) -> E,
    ) -> Box<dyn Engine + 'a> {
        let tours = Tours::new(&self.compiled);
        let evaluator = evaluator(&self.compiled, &tours);
        let state = State::new(&self.compiled, tours, evaluator);
        Box::new(Anneal::new(&self.compiled, &self.near, state, seed))
    }

    /// Load dimensions up to the last one in use.
    fn dimensions(&self) -> usize {
        let visits = &self.compiled.visits;
        let used =
            |d: usize| visits.iter().any(|visit| visit.deliver[d] != 0 || visit.collect[d] != 0);
        (0..super::compiled::LOADS).rev().find(|&d| used(d)).map_or(0, |d| d + 1)
    }

    /// Whether the load on board depends on the place in the route.
    fn is_mixed(&self) -> bool {
        let compiled = &self.compiled;
        let delivers =
            compiled.visits.iter().any(|visit| visit.deliver != [0; super::compiled::LOADS]);
        let collects =
            compiled.visits.iter().any(|visit| visit.collect != [0; super::compiled::LOADS]);
        delivers && collects || compiled.jobs.iter().any(|job| job.delivery != NONE)
    }
}

/// What a search does, whatever its evaluator.
pub(super) trait Engine: Send {
    fn run(&mut self, budget: &mut dyn Budget);
    fn best(&self) -> &Routes;
    fn progress(&self) -> Progress;
    fn take(&mut self, routes: &Routes);
    /// What was taken is to be mended rather than made anew.
    fn warm(&mut self);
    fn base_cost(&self) -> i64;
    fn price_of(&mut self, route: u16, nodes: &[u16]) -> i64;
    fn written(&self, route: u16, nodes: &[u16]) -> (i64, Vec<Action>);
}

impl<E: Evaluator + Send> Engine for Anneal<'_, E> {
    fn run(&mut self, budget: &mut dyn Budget) {
        self.construct(budget);
        self.anneal(budget);
    }

    fn best(&self) -> &Routes {
        self.state.best()
    }

    fn progress(&self) -> Progress {
        self.report()
    }

    fn take(&mut self, routes: &Routes) {
        self.state.load(routes);
        self.state.commit();
    }

    fn warm(&mut self) {
        Anneal::warm(self);
    }

    fn base_cost(&self) -> i64 {
        self.state.evaluator.base_cost()
    }

    fn price_of(&mut self, route: u16, nodes: &[u16]) -> i64 {
        self.state.evaluator.price_of(self.state.compiled, &self.state.tours, route, nodes)
    }

    fn written(&self, route: u16, nodes: &[u16]) -> (i64, Vec<Action>) {
        let State { compiled, tours, evaluator, .. } = &self.state;
        (
            evaluator.start_s(compiled, tours, route, nodes),
            evaluator.actions(compiled, tours, route, nodes),
        )
    }
}

/// One trajectory. Order of calls: perhaps [`Search::start_from`], then [`Search::run`] any number of times, with
/// [`Search::adopt`] in between; [`Search::best`] at any time.
pub struct Search<'a> {
    problem: &'a Problem,
    compiled: &'a Compiled,
    engine: Box<dyn Engine + 'a>,
}

impl Search<'_> {
    /// Plans what is not planned, then improves until the budget is spent.
    pub fn run(&mut self, budget: &mut dyn Budget) {
        self.engine.run(budget);
    }

    #[must_use]
    pub fn progress(&self) -> Progress {
        self.engine.progress()
    }

    /// The best plan so far; nothing is planned before the first `run`, unless started from a plan.
    #[must_use]
    pub fn best(&self) -> Plan {
        let mut routes = Vec::new();
        for (route, nodes) in self.engine.best().routes.iter().enumerate() {
            let vehicle = VehicleIx::of(route);
            let underway = self.problem.underway(vehicle);
            if nodes.is_empty() && underway.is_none() {
                continue;
            }
            let (start_s, planned) = self.engine.written(route as u16, nodes);
            let frozen = underway.map_or(&[][..], |known| &known.frozen);
            let actions = frozen.iter().map(|stop| stop.action).chain(planned).collect();
            routes.push(Route { vehicle, start_s, actions });
        }
        Plan { routes }
    }

    /// Goes on from `plan`: of each route, in its order, everything that can be kept without breaking a rule.
    pub fn start_from(&mut self, plan: &Plan) {
        let routes = self.keepable(plan);
        self.engine.take(&routes);
        self.engine.warm();
    }

    /// Goes on from another search's plan if it is better than this one's. True when it was.
    pub fn adopt(&mut self, plan: &Plan) -> bool {
        let routes = self.keepable(plan);
        let better = routes.cost < self.engine.best().cost;
        if better {
            self.engine.take(&routes);
        }
        better
    }

    fn keepable(&mut self, plan: &Plan) -> Routes {
        let mut kept = Routes {
            cost: self.engine.base_cost(),
            routes: vec![Vec::new(); self.problem.vehicles.len()],
            absent: Vec::new(),
        };
        let mut is_planned = vec![false; self.compiled.jobs.len()];
        for route in &plan.routes {
            let vehicle = route.vehicle.at();
            let order = self.order(route, &is_planned);
            let mut cost = self.engine.price_of(vehicle as u16, &order);
            let order = if cost == NEVER {
                let order = self.mend(vehicle as u16, &order);
                cost = self.engine.price_of(vehicle as u16, &order);
                order
            } else {
                order
            };
            for &node in &order {
                is_planned[self.compiled.visits[node as usize].job as usize] = true;
            }
            kept.cost += cost;
            kept.routes[vehicle] = order;
        }
        kept.absent = self.compiled.open_jobs().filter(|&job| !is_planned[job as usize]).collect();
        kept.cost +=
            kept.absent.iter().map(|&job| self.compiled.jobs[job as usize].unserved).sum::<i64>();
        kept
    }

    /// The nodes of a route's jobs that this vehicle may serve, each whole and once, in the route's order.
    fn order(&self, route: &Route, is_planned: &[bool]) -> Vec<u16> {
        let class = self.compiled.vehicles[route.vehicle.at()];
        let frozen =
            self.problem.underway(route.vehicle).map_or(0, |underway| underway.frozen.len());
        let actions = route.actions.get(frozen..).unwrap_or_default();
        let has = |action: Action| actions.iter().filter(|other| **other == action).count() == 1;
        let mut order = Vec::with_capacity(actions.len());
        for &action in actions {
            let Some(job @ JobIx(number)) = action.job() else { continue };
            let record = self.compiled.jobs[job.at()];
            let whole = if record.pickup == NONE {
                false
            } else if record.delivery == NONE {
                action == self.compiled.action(record.pickup) && has(action)
            } else {
                has(Action::Pickup(job)) && has(Action::Deliver(job))
            };
            if whole && !is_planned[job.at()] && self.compiled.may_serve(class, number as u16) {
                order.push(if matches!(action, Action::Deliver(_)) && !record.is_picked_up {
                    record.delivery
                } else {
                    record.pickup
                });
            }
        }
        order
    }

    /// Leaves out jobs until the rest is allowed: builds the order up again, job by job.
    fn mend(&mut self, route: u16, order: &[u16]) -> Vec<u16> {
        let mut kept: Vec<u16> = Vec::with_capacity(order.len());
        let mut is_kept = vec![false; self.compiled.jobs.len()];
        for &node in order {
            let job = self.compiled.visits[node as usize].job;
            if is_kept[job as usize] {
                continue;
            }
            is_kept[job as usize] = true;
            let wanted: Vec<u16> = order
                .iter()
                .copied()
                .filter(|&other| is_kept[self.compiled.visits[other as usize].job as usize])
                .collect();
            if self.engine.price_of(route, &wanted) == NEVER {
                is_kept[job as usize] = false;
            } else {
                kept = wanted;
            }
        }
        kept
    }
}
