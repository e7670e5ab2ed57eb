//! An independent look at a plan: everything is worked out again from problem and plan alone. Shares no code with the
//! search, and may not call it: a mistake there must not hide itself here.

mod clock;
mod cover;
mod difference;
mod loads;
mod timetable;
mod violation;

pub use difference::{Difference, Served, differences};
pub use timetable::{StopTimes, Timetable};
pub use violation::Violation;

use crate::plan::{Cost, Plan, Route};
use crate::problem::{JobIx, Problem};

/// What a plan is worth and what it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    pub cost: Cost,
    /// Empty when the plan can be driven as it stands.
    pub violations: Vec<Violation>,
    /// One per route of the plan, in its order.
    pub timetables: Vec<Timetable>,
    /// Jobs left out, ascending.
    pub unserved: Vec<JobIx>,
}

impl Audit {
    /// Whether no rule is broken; jobs may be left out all the same.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    /// Jobs left out that must be served.
    pub fn owed<'a>(&'a self, problem: &'a Problem) -> impl Iterator<Item = JobIx> + 'a {
        self.unserved.iter().copied().filter(|job| problem.jobs[job.at()].prize.is_none())
    }
}

/// Never panics, whatever the plan names; a plan that names what does not exist is not looked at further.
#[must_use]
pub fn audit(problem: &Problem, plan: &Plan) -> Audit {
    let mut violations = cover::names(problem, plan);
    if !violations.is_empty() {
        let unserved = (0..problem.jobs.len()).map(JobIx::of).collect();
        return Audit { cost: Cost::default(), violations, timetables: Vec::new(), unserved };
    }
    cover::routes(problem, plan, &mut violations);
    let unserved = cover::jobs(problem, plan, &mut violations);
    let mut timetables = Vec::with_capacity(plan.routes.len());
    for route in &plan.routes {
        cover::fitness(problem, route, &mut violations);
        loads::check(problem, route, &mut violations);
        timetables.push(timetable::work_out(problem, route, &mut violations));
    }
    let cost = cost(problem, plan, &timetables, &unserved);
    Audit { cost, violations, timetables, unserved }
}

/// When a route that begins at `start_s` stops where, whether it keeps the rules or not. `None` when the route names
/// what does not exist.
#[must_use]
pub fn timetable(problem: &Problem, route: &Route) -> Option<Timetable> {
    let plan = Plan { routes: vec![route.clone()] };
    cover::names(problem, &plan)
        .is_empty()
        .then(|| timetable::work_out(problem, route, &mut Vec::new()))
}

/// The latest `start_s` that ends the route no later, and is late nowhere more, than beginning as early as possible;
/// that of a vehicle underway is a fact. For routes put together by hand. `None` as for [`timetable()`].
#[must_use]
pub fn latest_start(problem: &Problem, route: &Route) -> Option<i64> {
    let plan = Plan { routes: vec![route.clone()] };
    cover::names(problem, &plan).is_empty().then(|| timetable::latest_start(problem, route))
}

fn cost(problem: &Problem, plan: &Plan, timetables: &[Timetable], unserved: &[JobIx]) -> Cost {
    let objective = &problem.objective;
    let mut cost = Cost::default();
    let handed_out = cover::handed_out(problem);
    let mut durations = Vec::with_capacity(timetables.len());
    for (route, timetable) in plan.routes.iter().zip(timetables) {
        let vehicle_type = problem.type_of(route.vehicle);
        let late_s: i64 = timetable.stops.iter().map(|stop| stop.late_s).sum();
        cost.fixed += vehicle_type.cost_fixed;
        cost.distance += vehicle_type.cost_per_metre * timetable.metres;
        cost.duration += vehicle_type.cost_per_second * timetable.duration_s();
        cost.late += objective.late_cost_per_second * late_s;
        cost.moved += objective.moved_cost * cover::moved(problem, route, &handed_out);
        durations.push(timetable.duration_s());
    }
    for job in unserved {
        let job = &problem.jobs[job.at()];
        cost.unserved += job.prize.unwrap_or_else(|| objective.unserved_cost_of(job.priority));
    }
    if let (Some(longest), Some(shortest)) = (durations.iter().max(), durations.iter().min()) {
        cost.fairness = objective.fairness_cost_per_second * (longest - shortest);
    }
    cost
}
