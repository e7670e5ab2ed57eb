//! Runs the search on a few threads of the lowest priority, so that a till on the same box stays quick. Keeps the
//! deadline, can be stopped, says how far it is. The one place where planning meets clock and threads.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use planning::plan::Plan;
use planning::problem::Problem;
use planning::solve::{Budget, Prepared, Progress, Search};

use super::held::Effort;

/// Threads of one run, whatever the box has: the till needs the rest.
pub const THREADS_MAX: usize = 8;
/// Between two reports.
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// Shares of the time at which the threads tell each other their best: late, so that they look in different places.
const MEETINGS: [f64; 4] = [0.5, 0.3, 0.15, 0.05];

/// How long to search, and where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From now on.
    pub time: Duration,
    /// Steps of each thread instead of time: the same plan on every machine. The time still is a limit.
    pub iterations: Option<u64>,
    pub threads: usize,
    pub seed: u64,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub elapsed: Duration,
    pub cost: Option<i64>,
    pub left_out: usize,
    pub iterations: u64,
    pub first_ms: Option<u64>,
}

/// Cores of this box, as far as they may be used.
#[must_use]
pub fn threads_usual() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(1, THREADS_MAX)
}

/// This thread yields to everybody else. On Linux priorities are those of threads; elsewhere nothing changes.
pub fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%error, "the planner's threads run at the priority of the till");
    }
}

/// What the threads of a run share.
struct Shared<'a> {
    begun: Instant,
    limits: Limits,
    is_stopped: &'a AtomicBool,
    jobs: usize,
    iterations: Vec<AtomicU64>,
    /// Jobs that the best plan of any thread leaves out.
    left_out: AtomicUsize,
    /// In milliseconds, plus one; 0: not yet.
    first_ms: AtomicU64,
    /// Of the best plan of any thread.
    cost: AtomicI64,
    best: Mutex<Option<(i64, Plan)>>,
    running: AtomicUsize,
}

/// Searches until a limit is reached or `is_stopped`. The best plan found; with nothing to go on, an empty one.
pub fn run(
    problem: &Problem,
    limits: Limits,
    is_stopped: &AtomicBool,
    mut report: impl FnMut(Report),
) -> (Plan, Effort) {
    let begun = Instant::now();
    let threads = limits.threads.clamp(1, THREADS_MAX);
    let shared = Shared {
        begun,
        limits,
        is_stopped,
        jobs: problem.jobs.len(),
        iterations: (0..threads).map(|_| AtomicU64::new(0)).collect(),
        left_out: AtomicUsize::new(problem.jobs.len()),
        first_ms: AtomicU64::new(0),
        cost: AtomicI64::new(i64::MAX),
        best: Mutex::new(None),
        running: AtomicUsize::new(threads),
    };
    let prepared = Prepared::new(problem);
    let plans: Vec<(i64, Plan)> = std::thread::scope(|scope| {
        let owner = std::thread::current();
        let (shared, prepared) = (&shared, &prepared);
        let handles: Vec<_> = (0..threads)
            .map(|number| {
                let owner = owner.clone();
                scope.spawn(move || {
                    yield_to_others();
                    let found = search_alone(shared, prepared, problem, number);
                    shared.running.fetch_sub(1, Ordering::AcqRel);
                    owner.unpark();
                    found
                })
            })
            .collect();
        while shared.running.load(Ordering::Acquire) > 0 {
            std::thread::park_timeout(REPORT_EVERY);
            report(shared.report());
        }
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let last = shared.report();
    // Equal plans: that of the first thread, so that a count of steps decides alone.
    let best = plans.into_iter().min_by_key(|(cost, _)| *cost).map(|(_, plan)| plan);
    let effort = Effort {
        elapsed_ms: millis(begun.elapsed()),
        first_ms: last.first_ms,
        threads,
        iterations: last.iterations,
        seed: limits.seed,
    };
    (best.unwrap_or_default(), effort)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn search_alone(
    shared: &Shared<'_>,
    prepared: &Prepared<'_>,
    problem: &Problem,
    number: usize,
) -> (i64, Plan) {
    let seed = shared.limits.seed.wrapping_add(number as u64);
    let mut search = prepared.search(seed);
    if let Some(standing) = &problem.standing {
        search.start_from(&standing.handed_out);
    }
    // A count of steps must not depend on when threads meet.
    let alone = shared.limits.iterations.is_some() || shared.iterations.len() == 1;
    let meetings: &[f64] = if alone { &[] } else { &MEETINGS };
    for until in meetings {
        search.run(&mut Clocked { shared, number, until: *until });
        meet(shared, &mut search);
    }
    search.run(&mut Clocked { shared, number, until: 0.0 });
    let cost = search.progress().cost;
    (cost, search.best())
}

/// The better plan of the two: mine to all, or theirs to me.
fn meet(shared: &Shared<'_>, search: &mut Search<'_>) {
    let cost = search.progress().cost;
    let mut best = shared.best.lock().unwrap_or_else(PoisonError::into_inner);
    match &*best {
        Some((theirs, plan)) if *theirs < cost => {
            let plan = plan.clone();
            drop(best);
            search.adopt(&plan);
        }
        Some(_) | None => *best = Some((cost, search.best())),
    }
}

impl Shared<'_> {
    fn note(&self, number: usize, progress: Progress) {
        self.iterations[number].store(progress.steps, Ordering::Relaxed);
        // Before the first whole plan nothing is known to be left out.
        let left = progress.left_out.min(self.jobs);
        let before = self.left_out.fetch_min(left, Ordering::Relaxed);
        self.cost.fetch_min(progress.cost, Ordering::Relaxed);
        if left == 0 && before > 0 {
            let ms = millis(self.begun.elapsed()) + 1;
            let _ = self.first_ms.compare_exchange(0, ms, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn report(&self) -> Report {
        let first = self.first_ms.load(Ordering::Relaxed);
        let cost = self.cost.load(Ordering::Relaxed);
        Report {
            elapsed: self.begun.elapsed(),
            cost: (cost < i64::MAX).then_some(cost),
            left_out: self.left_out.load(Ordering::Relaxed),
            iterations: self.iterations.iter().map(|steps| steps.load(Ordering::Relaxed)).sum(),
            first_ms: first.checked_sub(1),
        }
    }
}

/// The time of the run as a budget; ends a part of it when `until` of the whole is left.
struct Clocked<'a, 's> {
    shared: &'a Shared<'s>,
    number: usize,
    until: f64,
}

impl Budget for Clocked<'_, '_> {
    fn left(&mut self, progress: Progress) -> Option<f64> {
        self.shared.note(self.number, progress);
        if self.shared.is_stopped.load(Ordering::Relaxed) {
            return None;
        }
        let Limits { time, iterations, .. } = self.shared.limits;
        let elapsed = self.shared.begun.elapsed();
        if elapsed >= time {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share of a count of steps")]
        let left = match iterations {
            Some(steps) => 1.0 - progress.steps as f64 / steps.max(1) as f64,
            None => 1.0 - elapsed.as_secs_f64() / time.as_secs_f64(),
        };
        (left > self.until).then_some(left)
    }
}
