//! Simulated annealing whose temperature follows the share of the budget left, so that every deadline gets its own full
//! cooling (Christiaens & Vanden Berghe 2020 cool by iterations). It knows no clock: the budget is asked.

use super::{
    compiled::{Compiled, NONE},
    evaluator::Evaluator,
    near::Near,
    random::Random,
    recreate::Recreate,
    ruin::Ruin,
    search::{Budget, Progress},
    state::{Routes, State},
    swap_vehicle::SwapVehicle,
    tails::Tails,
};

/// Temperatures in mean costs of a leg of a decent plan, measured on the open instances.
struct Cooling {
    /// To begin with, for this many steps per visit and this many visits per route: it grows with the root of the steps,
    /// and with the routes' length, as long routes are turned over by few steps.
    start: f64,
    route_visits: f64,
    steps_per_visit: f64,
    coldest: f64,
    hottest: f64,
    /// The most to begin with from a plan that was handed in: that is to be mended, not made anew.
    warm: f64,
    end: f64,
    /// Steps per visit of one cooling: what is left over goes into beginning again, as a plan that has gone cold stays
    /// where it is. Fewer where routes are long.
    cycle_steps_per_visit: f64,
}

/// What exchanging tails may still gain for a plan that is too dear to be taken, in mean legs: beyond that, a step is
/// given up as soon as it shows.
const HOPE_LEGS: f64 = 2.0;

/// Odds of beginning a step around what a plan handed in lacked, and how many neighbours of each such visit that is.
const FOCUS_SHARE: f64 = 0.7;
const FOCUS_AROUND: usize = 15;

const COOLING: Cooling = Cooling {
    start: 0.6,
    route_visits: 15.0,
    steps_per_visit: 375.0,
    coldest: 0.1,
    hottest: 1.5,
    warm: 0.3,
    end: 0.06,
    cycle_steps_per_visit: 2800.0,
};

/// Part of the budget that descends.
const DESCENT_SHARE: f64 = 0.02;
/// The temperature's table: shares of the budget told apart.
const SHARES: usize = 1024;
/// So that a cooling has shares enough.
const CYCLES_MAX: f64 = 16.0;
/// From so many coolings on each begins with a plan of its own, and the last one, which is half as hot, with the best.
const RESTARTS_FROM: usize = 3;
const LOTS: usize = 4096;

/// Where in its cooling a search is; it goes on there when it is run again with the rest of the same budget.
#[derive(Debug, Default)]
struct Schedule {
    /// Steps done before this budget.
    begun: u64,
    /// Share of the budget spent, as last heard.
    spent: f64,
    /// Share at which annealing began, and the temperatures from there on; none yet while descending.
    from: f64,
    temperatures: Vec<f64>,
    /// How many coolings there are, and which one is on.
    cycles: usize,
    cycle: usize,
}

#[derive(Debug)]
pub(crate) struct Anneal<'a, E> {
    pub state: State<'a, E>,
    near: &'a Near,
    random: Random,
    pub ruin: Ruin,
    recreate: Recreate,
    tails: Tails,
    swap_vehicle: SwapVehicle,
    /// Routes may exchange tails: no pair can be torn apart.
    tailed: bool,
    /// `-ln` of evenly spread shares.
    logs: Vec<f64>,
    schedule: Schedule,
    /// Started from a plan.
    is_warm: bool,
    /// Visits that the plan it was started from lacked, with their neighbours.
    focus: Vec<u16>,
    /// `HOPE_LEGS` in cost units; everything while that is not known.
    hope: i64,
    pub steps: u64,
}

impl<'a, E: Evaluator> Anneal<'a, E> {
    pub(crate) fn new(
        compiled: &'a Compiled,
        near: &'a Near,
        state: State<'a, E>,
        seed: u64,
    ) -> Self {
        Self {
            state,
            near,
            random: Random::new(seed),
            ruin: Ruin::default(),
            recreate: Recreate::new(compiled, near),
            tails: Tails::default(),
            swap_vehicle: SwapVehicle::default(),
            tailed: compiled.jobs.iter().all(|job| job.delivery == NONE),
            logs: (0..LOTS).map(|lot| -natural_log((lot as f64 + 0.5) / LOTS as f64)).collect(),
            schedule: Schedule::default(),
            is_warm: false,
            focus: Vec::new(),
            hope: i64::MAX,
            steps: 0,
        }
    }

    /// A first plan, or the rest of one: every absent job to its cheapest place.
    pub(crate) fn construct(&mut self, budget: &mut dyn Budget) {
        let mut progress = self.report();
        self.state.begin();
        self.recreate.construct(&mut self.state, self.near, &mut self.random, |state| {
            progress.left_out = state.absent.len().min(state.best().absent.len());
            budget.left(progress).is_some()
        });
        self.state.commit();
    }

    /// What is planned was handed in: it is to be mended, above all around what it lacks.
    pub(crate) fn warm(&mut self) {
        self.is_warm = !self.state.used.is_empty();
        let compiled = self.state.compiled;
        let mut is_near = vec![false; compiled.visits.len()];
        for &job in &self.state.absent {
            let job = &compiled.jobs[job as usize];
            for node in [job.pickup, job.delivery].into_iter().filter(|&node| node != NONE) {
                is_near[node as usize] = true;
                for neighbour in self.near.around.row(node).iter().take(FOCUS_AROUND) {
                    is_near[neighbour.node as usize] = true;
                }
            }
        }
        self.focus = (0..).zip(is_near).filter_map(|(node, is)| is.then_some(node)).collect();
    }

    pub(crate) fn report(&self) -> Progress {
        let best = self.state.best();
        Progress { steps: self.steps, cost: best.cost, left_out: best.absent.len() }
    }

    /// Searches until the budget is spent. The best plan is in `state`.
    ///
    /// The first part of the budget descends without annealing: that shows how long a leg of a decent plan is and how
    /// many steps there will be, and both set the temperature to begin with.
    pub(crate) fn anneal(&mut self, budget: &mut dyn Budget) {
        while let Some(left) = budget.left(self.report()) {
            let spent = 1.0 - left;
            if spent < self.schedule.spent {
                // A budget of its own, not the rest of the last one.
                self.schedule = Schedule { begun: self.steps, ..Schedule::default() };
            }
            self.schedule.spent = spent;
            if self.schedule.temperatures.is_empty() && spent >= DESCENT_SHARE {
                let steps = (self.steps - self.schedule.begun) as f64;
                self.schedule.from = spent;
                self.heat(steps * left / spent);
                self.hope = (HOPE_LEGS * self.mean_leg()) as i64;
            }
            let share = (spent - self.schedule.from) / (1.0 - self.schedule.from);
            let place = ((share * SHARES as f64) as usize).min(SHARES - 1);
            let cycle = place * self.schedule.cycles / SHARES;
            if cycle > self.schedule.cycle {
                self.schedule.cycle = cycle;
                self.begin_again(budget);
            }
            let temperature = self.schedule.temperatures.get(place).copied().unwrap_or(0.0);
            for _ in 0..E::STEPS_PER_LOOK {
                self.step(temperature);
            }
        }
    }

    /// Cost of a leg of the present plan.
    fn mean_leg(&self) -> f64 {
        let used = self.state.used.iter();
        let costs: i64 = used.map(|&route| self.state.route_cost[route as usize]).sum();
        costs.max(1) as f64 / (self.planned() + self.state.used.len()).max(1) as f64
    }

    fn planned(&self) -> usize {
        let State { used, tours, .. } = &self.state;
        used.iter().map(|&route| usize::from(tours.size[route as usize])).sum()
    }

    /// Sets the temperatures of a search that has `steps` to go.
    fn heat(&mut self, steps: f64) {
        let (mean_leg, planned) = (self.mean_leg(), self.planned() as f64);
        let per_visit = steps / planned.max(1.0);
        let long = planned / self.state.used.len().max(1) as f64 / COOLING.route_visits;
        let start =
            (COOLING.start * long.clamp(0.7, 2.5) * (per_visit / COOLING.steps_per_visit).sqrt())
                .clamp(COOLING.coldest, if self.is_warm { COOLING.warm } else { COOLING.hottest });
        let cycles = per_visit * long.clamp(1.0, 2.0) / COOLING.cycle_steps_per_visit;
        let cycles = cycles.round().clamp(1.0, CYCLES_MAX) as usize;
        self.schedule.cycles = cycles;
        self.schedule.temperatures = temperatures(mean_leg * start, mean_leg * COOLING.end, cycles);
    }

    /// Begins a cooling that is not the first.
    fn begin_again(&mut self, budget: &mut dyn Budget) {
        let Schedule { cycles, cycle, .. } = self.schedule;
        if cycles < RESTARTS_FROM || self.is_warm {
            return;
        }
        if cycle + 1 == cycles {
            let best = self.state.best().clone();
            self.state.load(&best);
        } else {
            let nothing = Routes {
                routes: vec![Vec::new(); self.state.route_cost.len()],
                absent: self.state.compiled.open_jobs().collect(),
                ..Routes::default()
            };
            self.state.load(&nothing);
            self.construct(budget);
        }
    }

    fn step(&mut self, temperature: f64) {
        self.steps += 1;
        self.state.begin();
        let lot = self.logs[(self.random.word() >> 52) as usize];
        let taken_below = self.state.cost.saturating_add((temperature * lot).ceil() as i64);
        let hopeless_from = self.hopeless_from(taken_below);
        let seed = self.seed();
        self.ruin.strings(&mut self.state, self.near, &mut self.random, seed);
        if !self.recreate.greedy(&mut self.state, self.near, &mut self.random, hopeless_from) {
            self.state.rollback();
            return;
        }
        if self.tailed && self.state.cost < hopeless_from {
            self.tails.improve(&mut self.state, self.near);
        }
        if self.state.compiled.classes.len() > 1 {
            self.swap_vehicle.improve(&mut self.state, &mut self.random);
        }
        if self.state.cost < taken_below {
            self.state.commit();
        } else {
            self.state.rollback();
        }
    }

    /// Cost from which on a step will not come below `taken_below`, whatever is tried yet.
    fn hopeless_from(&self, taken_below: i64) -> i64 {
        let may_change_vehicle = self.state.compiled.classes.len() > 1;
        if may_change_vehicle || self.state.evaluator.has_shared_cost() {
            i64::MAX
        } else if self.tailed {
            taken_below.saturating_add(self.hope)
        } else {
            taken_below
        }
    }

    /// The visit around which to ruin.
    fn seed(&mut self) -> u16 {
        if !self.focus.is_empty() && self.random.share() < FOCUS_SHARE {
            self.focus[self.random.below(self.focus.len() as u32) as usize]
        } else {
            self.random.below(self.state.compiled.visits.len() as u32) as u16
        }
    }
}

/// Geometric cooling, so many times over, made of multiplications and roots alone so that every machine cools alike.
fn temperatures(start: f64, end: f64, cycles: usize) -> Vec<f64> {
    let mut factor = end / start;
    for _ in 0..SHARES.trailing_zeros() {
        factor = factor.sqrt();
    }
    let mut temperature = start;
    let cooling: Vec<f64> = (0..SHARES)
        .map(|_| {
            let now = temperature;
            temperature *= factor;
            now
        })
        .collect();
    let place = |share| {
        let (cycle, at) = (share * cycles / SHARES, share * cycles % SHARES);
        let is_last = cycles >= RESTARTS_FROM && cycle + 1 == cycles;
        if is_last { (SHARES + at) / 2 } else { at }
    };
    (0..SHARES).map(|share| cooling[place(share)]).collect()
}

/// `ln(x)` for `0 < x ≤ 1` from its area-tangent series, the same on every machine.
fn natural_log(mut x: f64) -> f64 {
    const LN_2: f64 = std::f64::consts::LN_2;
    let mut halvings = 0.0;
    while x < 0.5 {
        x *= 2.0;
        halvings += 1.0;
    }
    let y = (x - 1.0) / (x + 1.0);
    let (mut term, mut sum) = (y, 0.0);
    for odd in 0..24 {
        sum += term / f64::from(2 * odd + 1);
        term *= y * y;
    }
    2.0 * sum - halvings * LN_2
}
