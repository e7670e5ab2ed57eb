//! One run of this project's planner under a budget of processor time. May not judge its plan: the
//! cost in its row is the checker's, and whether the search believes the same is part of the row.

use planning::check::audit;
use planning::plan::Plan;
use planning::problem::Problem;
use planning::solve::{Budget, Prepared, Progress};

use crate::campaign::{OURS, sources};
use crate::clock::{memory_mb, used_s};
use crate::routes::rows_of;
use crate::row::Row;

/// A deadline in processor seconds that notes when which cost was reached.
#[derive(Debug)]
pub(crate) struct Watch {
    start_s: f64,
    budget_s: f64,
    /// Costs from here on mean that something owed is left out. Only asked where something may be.
    incomplete_from: i64,
    may_leave_out: bool,
    /// The first cost reported: of the plan as it was before the search.
    before: Option<i64>,
    /// Every better cost of a complete plan, with when.
    pub curve: Vec<(f64, i64)>,
    pub steps: u64,
}

impl Watch {
    /// The clock runs from here, so begin before preparing.
    pub(crate) fn begin(problem: &Problem, budget_s: f64) -> Self {
        let owed = problem.jobs.iter().filter(|job| job.prize.is_none());
        let prices: Vec<_> =
            owed.map(|job| problem.objective.unserved_cost_of(job.priority)).collect();
        Self {
            start_s: used_s(),
            budget_s,
            incomplete_from: prices.iter().copied().min().unwrap_or(i64::MAX),
            may_leave_out: prices.len() < problem.jobs.len(),
            before: None,
            curve: Vec::new(),
            steps: 0,
        }
    }

    pub(crate) fn used_s(&self) -> f64 {
        used_s() - self.start_s
    }

    fn note(&mut self, progress: Progress) {
        let Progress { cost, left_out, .. } = progress;
        // While the first plan is being made, what is left out shrinks, and the cost is still the old one's.
        let is_new = cost < *self.before.get_or_insert(cost);
        let is_complete = left_out == 0 || self.may_leave_out && cost < self.incomplete_from;
        if is_new && is_complete && self.curve.last().is_none_or(|&(_, best)| cost < best) {
            // A tenth of a millisecond is what the clock is good for.
            self.curve.push(((self.used_s() * 1e4).round() / 1e4, cost));
        }
    }
}

impl Budget for Watch {
    fn left(&mut self, progress: Progress) -> Option<f64> {
        self.note(progress);
        self.steps = progress.steps;
        let left = 1.0 - self.used_s() / self.budget_s;
        (left > 0.0).then_some(left)
    }
}

/// Searches from nothing, or from a plan, until the budget is spent.
pub(crate) fn searched(
    problem: &Problem,
    seed: u32,
    budget_s: f64,
    from: Option<&Plan>,
) -> (Plan, Watch) {
    let mut watch = Watch::begin(problem, budget_s);
    let prepared = Prepared::new(problem);
    let mut search = prepared.search(u64::from(seed));
    if let Some(plan) = from {
        search.start_from(plan);
    }
    search.run(&mut watch);
    watch.note(search.progress());
    (search.best(), watch)
}

/// One row, as the peers' runners leave it.
pub(crate) fn run(
    set: &str,
    instance: &str,
    problem: &Problem,
    seed: u32,
    budget_s: f64,
    base_mb: f64,
) -> Row {
    let (plan, watch) = searched(problem, seed, budget_s, None);
    let used_s = watch.used_s();
    let memory_mb = memory_mb() - base_mb;
    let audit = audit(problem, &plan);
    if !audit.is_sound() {
        crate::note(&format!("{set}/{instance}: the checker refuses: {:?}\n", audit.violations));
    }
    let missing: Vec<u32> = audit.owed(problem).map(|job| job.0).collect();
    Row {
        solver: OURS.to_owned(),
        version: sources(),
        set: set.to_owned(),
        instance: instance.to_owned(),
        seed,
        budget_s,
        used_s: (used_s * 1e3).round() / 1e3,
        cost: (missing.is_empty() && audit.is_sound()).then(|| audit.cost.total()),
        first_feasible_s: watch.curve.first().map(|point| point.0),
        iterations: Some(watch.steps),
        memory_mb: (memory_mb * 10.0).round() / 10.0,
        memory_base_mb: (base_mb * 10.0).round() / 10.0,
        curve: watch.curve,
        routes: rows_of(problem, &plan),
        missing,
    }
}
