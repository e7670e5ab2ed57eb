//! Twenty new orders, at places that were not thought of before, into a finished plan of 380: how long
//! until everybody is served again, and until the plan is as good as a full search's. May not judge
//! anything but by the checker.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, anyhow, ensure};
use planning::check::audit;
use planning::plan::{Plan, Route};
use planning::problem::{JobIx, Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::campaign::{OURS, file_of, sources, workspace};
use crate::instance;
use crate::ours::searched;

/// The cases; by set and instance.
pub(crate) const CASES: [(&str, &str); 4] = [
    ("homberger400", "R1_4_4"),
    ("homberger400", "RC1_4_4"),
    ("homberger400", "C2_4_4"),
    ("homberger400", "R2_4_8"),
];
const NEW_ORDERS: usize = 20;
/// Processor seconds of the first plan and of the full search it is held against.
const FULL_S: f64 = 10.0;
/// What a re-plan is given: each a run of its own, as a search cools towards its end.
const WARM_S: [f64; 3] = [0.1, 0.2, 1.0];
/// As good as a full search: this much above it at most.
const WITHIN: f64 = 1.002;

/// One case with one seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Replanned {
    pub solver: String,
    #[serde(default)]
    pub version: String,
    pub instance: String,
    pub seed: u32,
    pub feasible_ms: Option<f64>,
    /// When, in the first run that was; nothing: in none.
    pub within_ms: Option<f64>,
    /// Percent above the full search, by seconds given.
    #[serde(default)]
    pub above_pct: Vec<(f64, f64)>,
    pub cost: Option<i64>,
    pub full_cost: i64,
}

/// The places taken out: the same as `tests/peers/replan.py` takes, by Knuth's generator.
fn new_places(seed: u32, places: usize) -> BTreeSet<u32> {
    let mut state = u64::from(seed);
    let mut chosen = BTreeSet::new();
    while chosen.len() < NEW_ORDERS.min(places - 1) {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        chosen.insert(1 + u32::try_from((state >> 33) % (places as u64 - 1)).unwrap_or(0));
    }
    chosen
}

/// One case of ours.
///
/// # Errors
/// When the instance cannot be read, or the checker refuses a plan.
pub(crate) fn run(set: &str, file: &Path, seed: u32) -> anyhow::Result<Replanned> {
    let problem = instance::read(set, file)?;
    let new = new_places(seed, problem.places.len());
    let is_new = |job: &planning::problem::Job| match &job.kind {
        Kind::Visit { visit, .. } => new.contains(&visit.place.0),
        Kind::Shipment { .. } => false,
    };
    let kept: Vec<JobIx> = (0..problem.jobs.len())
        .map(JobIx::of)
        .filter(|job| !is_new(&problem.jobs[job.at()]))
        .collect();
    let mut draft = problem.clone().into_draft();
    draft.jobs.retain(|job| !is_new(job));
    let before = draft.check().map_err(|refusals| anyhow!("{refusals:?}"))?;
    let (old, _) = searched(&before, seed, FULL_S, None);
    let old = renumbered(&old, &kept);
    let (full, _) = searched(&problem, seed, FULL_S, None);
    let full_cost = sound_cost(&problem, &full)?;
    let enough = full_cost as f64 * WITHIN;
    let mut outcome = Replanned {
        solver: OURS.to_owned(),
        version: sources(),
        instance: file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned(),
        seed,
        feasible_ms: None,
        within_ms: None,
        above_pct: Vec::new(),
        cost: None,
        full_cost,
    };
    for budget_s in WARM_S {
        let (plan, watch) = searched(&problem, seed, budget_s, Some(&old));
        let cost = sound_cost(&problem, &plan)?;
        outcome.cost = Some(cost);
        outcome.above_pct.push((budget_s, 100.0 * (cost as f64 / full_cost as f64 - 1.0)));
        let first = watch.curve.first();
        outcome.feasible_ms = outcome.feasible_ms.or(first.map(|point| 1e3 * point.0));
        let within = watch.curve.iter().find(|point| point.1 as f64 <= enough);
        outcome.within_ms = outcome.within_ms.or(within.map(|point| 1e3 * point.0));
    }
    Ok(outcome)
}

fn sound_cost(problem: &Problem, plan: &Plan) -> anyhow::Result<i64> {
    let audit = audit(problem, plan);
    ensure!(audit.is_sound(), "{:?}", audit.violations);
    ensure!(audit.unserved.is_empty(), "left out: {:?}", audit.unserved);
    Ok(audit.cost.total())
}

/// The plan in the numbers of the problem that has all jobs.
fn renumbered(plan: &Plan, kept: &[JobIx]) -> Plan {
    use planning::plan::Action;
    let renumber = |action: &Action| match *action {
        Action::Visit(job) => Action::Visit(kept[job.at()]),
        Action::Pickup(job) => Action::Pickup(kept[job.at()]),
        Action::Deliver(job) => Action::Deliver(kept[job.at()]),
        other @ (Action::Break(_) | Action::Reload(_)) => other,
    };
    let routes = plan.routes.iter().map(|route| Route {
        actions: route.actions.iter().map(renumber).collect(),
        ..route.clone()
    });
    Plan { routes: routes.collect() }
}

/// All cases of one solver, in a process each; those that stand in the file are not made again.
///
/// # Errors
/// When a case fails or the file cannot be written.
pub(crate) fn measure(
    data: &Path,
    file: &Path,
    solver: &str,
    seeds: u32,
    core: usize,
) -> anyhow::Result<Vec<Replanned>> {
    let mut stand = kept(file)?;
    for (set, instance) in CASES {
        for seed in 1..=seeds {
            let is_same = |case: &Replanned| {
                let version = solver != OURS || case.version == sources();
                case.solver == solver && version && case.instance == instance && case.seed == seed
            };
            if stand.iter().any(is_same) {
                continue;
            }
            crate::note(&format!("re-plan {solver} {instance} seed {seed}\n"));
            let case = one(&file_of(data, set, instance), set, solver, seed, core)?;
            let mut text = fs::read_to_string(file).unwrap_or_default();
            text += &format!("{}\n", serde_json::to_string(&case)?);
            fs::write(file, text)?;
            stand.push(case);
        }
    }
    stand.retain(|case| case.solver == solver && (solver != OURS || case.version == sources()));
    Ok(stand)
}

fn kept(file: &Path) -> anyhow::Result<Vec<Replanned>> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

fn one(file: &Path, set: &str, solver: &str, seed: u32, core: usize) -> anyhow::Result<Replanned> {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]);
    if solver == OURS {
        command.arg(std::env::current_exe()?).arg("replan");
    } else {
        command.arg(workspace().join("target/peers/venv/bin/python"));
        command.arg(workspace().join("tests/peers/replan.py"));
    }
    command.arg(set).arg(file).args(["--seed", &seed.to_string()]);
    if solver != OURS {
        command.args(["--budget", &FULL_S.to_string()]);
    }
    let output = command.output().context("taskset")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().rev().find(|line| line.starts_with('{'));
    let line = line.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(serde_json::from_str(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_those_of_the_peers_runner() {
        let places = new_places(1, 401);
        assert_eq!(places.len(), NEW_ORDERS);
        assert!(places.iter().all(|place| (1..=400).contains(place)));
        assert_ne!(places, new_places(2, 401));
    }
}
