//! How many steps the planner makes on a depot's day, how soon it has a plan, how long a problem takes to prepare, and
//! what two threads that meet find beside one. Asserts nothing about speed; every plan is checked.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{anyhow, ensure};
use planning::check::audit;
use planning::plan::Plan;
use planning::problem::Problem;
use planning::solve::{Budget, Prepared, Progress, Search};
use serde_json::{Value, json};

use crate::clock::{memory_mb, used_s};
use crate::ours::searched;
use crate::town::{self, Rules};

/// The days that are measured: each number of stops with each of the rules, so many times.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    pub stops: Vec<usize>,
    pub rules: Vec<Rules>,
    pub seeds: u32,
}

/// Shares of the time left at which threads tell each other their best, as on a depot's box.
const MEETINGS: [f64; 4] = [0.5, 0.3, 0.15, 0.05];

/// One run on one core for each day and seed; with `threads` over 1, that many in wall time beside one alone.
///
/// # Errors
/// When a plan is not what the checker says.
pub(crate) fn measure(days: &Days, budget_s: f64, threads: usize) -> anyhow::Result<Value> {
    let mut rows = Vec::new();
    for &stops in &days.stops {
        for &rules in &days.rules {
            for seed in 1..=days.seeds {
                let problem = town::day(stops, rules, u64::from(seed))
                    .map_err(|refusals| anyhow!("{refusals:?}"))?;
                rows.push(if threads > 1 {
                    beside_one(&problem, (stops, rules), (seed, budget_s, threads))?
                } else {
                    alone(&problem, (stops, rules), seed, budget_s)?
                });
                crate::note(&format!("{}\n", rows[rows.len() - 1]));
            }
        }
    }
    Ok(json!({"depots": rows}))
}

fn alone(
    problem: &Problem,
    (stops, rules): (usize, Rules),
    seed: u32,
    budget_s: f64,
) -> anyhow::Result<Value> {
    let begun_s = used_s();
    let prepared = Prepared::new(problem);
    let prepared_ms = 1e3 * (used_s() - begun_s);
    drop(prepared);
    let (plan, watch) = searched(problem, seed, budget_s, None);
    let last_cost = watch.curve.last().map(|point| point.1);
    let (cost, unserved) = checked(problem, &plan, last_cost)?;
    Ok(json!({
        "stops": stops,
        "rules": rules.title(),
        "seed": seed,
        "budget_s": budget_s,
        "used_s": round(watch.used_s()),
        "steps_per_s": (watch.steps as f64 / watch.used_s()).round(),
        "first_ms": watch.curve.first().map(|point| round(1e3 * point.0)),
        "prepared_ms": round(prepared_ms),
        "memory_mb": memory_mb().round(),
        "vehicles_used": plan.routes.len(),
        "unserved": unserved,
        "cost": cost,
    }))
}

/// Cost and jobs left out, as the checker has them.
fn checked(problem: &Problem, plan: &Plan, claimed: Option<i64>) -> anyhow::Result<(i64, usize)> {
    let audit = audit(problem, plan);
    ensure!(audit.is_sound(), "the checker refuses: {:?}", audit.violations);
    let cost = audit.cost.total();
    ensure!(claimed.is_none_or(|claimed| claimed == cost), "costs {cost}, not {claimed:?}");
    Ok((cost, audit.unserved.len()))
}

fn round(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

fn beside_one(
    problem: &Problem,
    (stops, rules): (usize, Rules),
    (seed, budget_s, threads): (u32, f64, usize),
) -> anyhow::Result<Value> {
    let mut costs = Vec::new();
    for threads in [1, threads] {
        let (cost, steps, over_ms) = together(problem, seed, budget_s, threads)?;
        costs.push(json!({
            "threads": threads,
            "cost": cost,
            "steps": steps,
            "past_deadline_ms": round(over_ms),
        }));
    }
    Ok(json!({
        "stops": stops, "rules": rules.title(), "seed": seed, "wall_s": budget_s, "runs": costs,
    }))
}

struct Meeting {
    begun: Instant,
    budget_s: f64,
    best: Mutex<Option<(i64, Plan)>>,
}

struct Until<'a> {
    meeting: &'a Meeting,
    until: f64,
    steps: u64,
}

impl Budget for Until<'_> {
    fn left(&mut self, progress: Progress) -> Option<f64> {
        self.steps = progress.steps;
        let left = 1.0 - self.meeting.begun.elapsed().as_secs_f64() / self.meeting.budget_s;
        (left > self.until && left > 0.0).then_some(left)
    }
}

/// Cost, steps of all, and by how much the deadline was missed.
fn together(
    problem: &Problem,
    seed: u32,
    budget_s: f64,
    threads: usize,
) -> anyhow::Result<(i64, u64, f64)> {
    let meeting = Meeting { begun: Instant::now(), budget_s, best: Mutex::default() };
    let prepared = Prepared::new(problem);
    let found: Vec<(i64, Plan, u64)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|number| {
                let (meeting, prepared) = (&meeting, &prepared);
                scope.spawn(move || {
                    let mut search = prepared.search(u64::from(seed) * 100 + number as u64);
                    let meetings = if threads > 1 { &MEETINGS[..] } else { &[] };
                    let mut budget = Until { meeting, until: 0.0, steps: 0 };
                    for until in meetings.iter().chain([&0.0]) {
                        budget.until = *until;
                        search.run(&mut budget);
                        if *until > 0.0 {
                            meet(meeting, &mut search);
                        }
                    }
                    (search.progress().cost, search.best(), budget.steps)
                })
            })
            .collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let over_ms = 1e3 * (meeting.begun.elapsed().as_secs_f64() - budget_s);
    let steps = found.iter().map(|one| one.2).sum();
    let best = found.into_iter().min_by_key(|one| one.0).ok_or_else(|| anyhow!("no thread"))?;
    checked(problem, &best.1, Some(best.0))?;
    Ok((best.0, steps, over_ms))
}

/// The better plan of the two: mine to all, or theirs to me.
fn meet(meeting: &Meeting, search: &mut Search<'_>) {
    let cost = search.progress().cost;
    let mut best = meeting.best.lock().unwrap_or_else(PoisonError::into_inner);
    match &*best {
        Some((theirs, plan)) if *theirs < cost => {
            let plan = plan.clone();
            drop(best);
            search.adopt(&plan);
        }
        Some(_) | None => *best = Some((cost, search.best())),
    }
}
