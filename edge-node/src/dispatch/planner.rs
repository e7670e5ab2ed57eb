//! The depot's planner: one run at a time, one plan at hand. Advice only: nothing here writes a record. The plan lives
//! in memory, and is gone when the process ends.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use shared_model::id::{OrderId, VehicleId};
use shared_model::place::Place;
use shared_model::time::Timestamp;
use shared_model::workflows::Site;
use tokio::sync::watch;
use uuid::Uuid;
use web_rim::token::random;

use super::day::{Day, Gathering};
use super::held::{Ground, Held};
use super::problem::{BuildError, HORIZON_S, Origin, Selection, Wish};
use super::roads_at_hand::RoadsAtHand;
use super::search::{self, Limits, Report};
use super::show::minor;
use super::travel::{Tables, TravelError, slices_between};
use crate::store::{Store, StoreError};

/// Shortest and longest time a run may be given, in seconds.
pub const DEADLINE_S_MAX: u64 = 300;
/// Told to every open page, at most so often a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Why the planner could not do it.
#[derive(Debug, thiserror::Error)]
pub enum PlannerError {
    #[error("a plan is being worked out")]
    Running,
    #[error("there is no such plan at hand")]
    Unknown,
    #[error("the plan was changed since")]
    Changed { revision: u32 },
    #[error("nobody has said where the depot is")]
    DepotUnplaced,
    #[error("no vehicle has a rider and is free")]
    NoVehicle,
    #[error("no packed order with a known place is waiting")]
    NothingToPlan { unplaced: usize },
    #[error("more than {max} orders are waiting", max = super::day::ORDERS_MAX)]
    TooMany,
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Travel(#[from] TravelError),
    #[error("the planner has stopped")]
    Stopped,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a run is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub deadline: Duration,
    pub vehicles: Option<BTreeSet<VehicleId>>,
    pub orders: Option<BTreeSet<OrderId>>,
    pub keep: bool,
    pub moved_cost_minor: Option<i64>,
    pub late_s_max: i64,
    pub seed: u64,
    pub iterations: Option<u64>,
    pub threads: Option<usize>,
    /// How this hour goes against the usual one, in thousandths of travel time.
    pub pace_milli: u32,
}

/// How a run goes, as pages are told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    pub plan: Option<Uuid>,
    pub status: &'static str,
    /// Of the time, 0 to 1.
    pub share: f64,
    pub cost_minor: Option<i64>,
    pub assigned: usize,
    pub unassigned: usize,
    pub iterations: u64,
    pub elapsed_ms: u64,
    pub first_ms: Option<u64>,
    pub threads: usize,
    /// Why it failed.
    pub detail: Option<String>,
}

impl Progress {
    const NONE: Self = Self {
        plan: None,
        status: "none",
        share: 0.0,
        cost_minor: None,
        assigned: 0,
        unassigned: 0,
        iterations: 0,
        elapsed_ms: 0,
        first_ms: None,
        threads: 0,
        detail: None,
    };
}

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Planner(Arc<Inner>);

struct Inner {
    store: Store,
    site: Site,
    utc_offset_minutes: i32,
    now: fn() -> Timestamp,
    roads: RoadsAtHand,
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
    changed: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    run: Option<Run>,
    held: Option<Arc<Held>>,
    is_closed: bool,
}

struct Run {
    id: Uuid,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Planner {
    /// `changed` is called when there is another plan, or none.
    #[must_use]
    pub fn new(
        store: Store,
        site: Site,
        utc_offset_minutes: i32,
        now: fn() -> Timestamp,
        roads: RoadsAtHand,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            site,
            utc_offset_minutes,
            now,
            roads,
            state: Mutex::new(State::default()),
            progress: watch::Sender::new(Progress::NONE),
            changed: Box::new(changed),
        }))
    }

    #[must_use]
    pub fn roads(&self) -> &RoadsAtHand {
        &self.0.roads
    }

    /// The local midnight that a plan made now counts from.
    #[must_use]
    pub fn origin(&self, now: Timestamp) -> Origin {
        Origin::before(now, self.0.utc_offset_minutes)
    }

    /// Told of every run; the last report of one stays.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a plan is being worked out.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state().run.is_some()
    }

    /// The plan at hand, if there is one.
    #[must_use]
    pub fn held(&self) -> Option<Arc<Held>> {
        self.state().held.clone()
    }

    /// The plan at hand, if it is this one as it was seen.
    ///
    /// # Errors
    /// [`PlannerError::Unknown`] or [`PlannerError::Changed`].
    pub fn held_as(&self, plan: Uuid, revision: u32) -> Result<Arc<Held>, PlannerError> {
        let held = self.held().filter(|held| held.id == plan).ok_or(PlannerError::Unknown)?;
        if held.revision != revision {
            return Err(PlannerError::Changed { revision: held.revision });
        }
        Ok(held)
    }

    /// Puts another revision in the place of one.
    ///
    /// # Errors
    /// As [`Planner::held_as`]: somebody else was quicker.
    pub fn replace(&self, before: &Held, after: Held) -> Result<Arc<Held>, PlannerError> {
        let after = Arc::new(after);
        {
            let mut state = self.state();
            match &state.held {
                Some(held) if held.id == before.id && held.revision == before.revision => {}
                Some(held) if held.id == before.id => {
                    return Err(PlannerError::Changed { revision: held.revision });
                }
                Some(_) | None => return Err(PlannerError::Unknown),
            }
            state.held = Some(Arc::clone(&after));
        }
        (self.0.changed)();
        Ok(after)
    }

    /// Throws the plan at hand away.
    pub fn discard(&self) {
        self.state().held = None;
        (self.0.changed)();
    }

    /// Ends the run, if there is one; what it has found becomes the plan.
    pub fn end_run(&self) {
        if let Some(run) = &self.state().run {
            run.is_stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Ends everything, and waits until it has ended. No run begins after it.
    pub fn close(&self) {
        let thread = {
            let mut state = self.state();
            state.is_closed = true;
            let run = state.run.as_mut();
            run.and_then(|run| {
                run.is_stopped.store(true, Ordering::Relaxed);
                run.thread.take()
            })
        };
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the planner ended in a panic");
        }
    }

    /// The records of this moment.
    ///
    /// # Errors
    /// The store's.
    pub async fn day(&self) -> Result<Day, StoreError> {
        let (site, now) = (self.0.site.clone(), (self.0.now)());
        self.0.store.read(move |db| Gathering::new(db, &site).day(now)).await
    }

    /// Begins a run, and says under which id.
    ///
    /// # Errors
    /// [`PlannerError`] naming what is missing; then nothing runs.
    pub async fn start(&self, asked: Asked) -> Result<Uuid, PlannerError> {
        let begun = Instant::now();
        let bytes = random::<16>().map_err(|_| PlannerError::Stopped)?;
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let is_stopped = Arc::new(AtomicBool::new(false));
        {
            let mut state = self.state();
            if state.is_closed {
                return Err(PlannerError::Stopped);
            }
            if state.run.is_some() {
                return Err(PlannerError::Running);
            }
            state.run = Some(Run { id, is_stopped: Arc::clone(&is_stopped), thread: None });
        }
        let begins = self.job(id, asked, begun, is_stopped).await;
        let spawned = begins.and_then(|job| self.spawn(id, job));
        if spawned.is_err() {
            self.state().run = None;
        }
        spawned.map(|()| id)
    }

    async fn job(
        &self,
        id: Uuid,
        asked: Asked,
        begun: Instant,
        is_stopped: Arc<AtomicBool>,
    ) -> Result<Job, PlannerError> {
        let day = self.day().await?;
        let depot = day.depot.ok_or(PlannerError::DepotUnplaced)?;
        let mut wish = Wish {
            vehicles: asked.vehicles.clone(),
            orders: asked.orders.clone(),
            keep: asked.keep,
            late_s_max: asked.late_s_max,
            ..Wish::default()
        };
        wish.moved_cost_minor = asked.moved_cost_minor.unwrap_or(wish.moved_cost_minor);
        let selection = Selection::of(&day, &wish);
        if day.too_many && asked.orders.is_none() {
            return Err(PlannerError::TooMany);
        }
        if selection.vehicles.is_empty() {
            return Err(PlannerError::NoVehicle);
        }
        if selection.orders.is_empty() {
            return Err(PlannerError::NothingToPlan { unplaced: selection.unplaced.len() });
        }
        Ok(Job { planner: self.clone(), id, asked, begun, is_stopped, day, depot, wish, selection })
    }

    fn spawn(&self, id: Uuid, job: Job) -> Result<(), PlannerError> {
        let mut state = self.state();
        let Some(run) = state.run.as_mut().filter(|run| run.id == id) else {
            return Err(PlannerError::Stopped);
        };
        let thread = std::thread::Builder::new().name("planner".to_owned()).spawn(|| job.run());
        run.thread = Some(thread.map_err(|_| PlannerError::Stopped)?);
        Ok(())
    }

    /// The run has ended: with a plan, or with the reason why not.
    fn finish(&self, outcome: Result<Held, PlannerError>, last: Progress) {
        let mut progress = last;
        {
            let mut state = self.state();
            state.run = None;
            match outcome {
                Ok(held) => {
                    progress.status = "done";
                    progress.share = 1.0;
                    progress.cost_minor = Some(minor(held.audit.cost.total()));
                    progress.unassigned = held.audit.unserved.len();
                    progress.assigned = held.ground.built.jobs.len() - progress.unassigned;
                    state.held = Some(Arc::new(held));
                }
                Err(error) => {
                    tracing::warn!(%error, "no plan was made");
                    progress.status = "failed";
                    progress.detail = Some(error.to_string());
                }
            }
        }
        self.0.progress.send_replace(progress);
        (self.0.changed)();
    }
}

/// One run, on its own thread.
struct Job {
    planner: Planner,
    id: Uuid,
    asked: Asked,
    begun: Instant,
    is_stopped: Arc<AtomicBool>,
    day: Day,
    depot: Place,
    wish: Wish,
    selection: Selection,
}

impl Job {
    fn run(self) {
        search::yield_to_others();
        let planner = self.planner.clone();
        let threads = self.asked.threads.unwrap_or_else(search::threads_usual);
        let mut last = Progress {
            plan: Some(self.id),
            status: "running",
            threads,
            unassigned: self.selection.orders.len(),
            ..Progress::NONE
        };
        planner.0.progress.send_replace(last.clone());
        let worked = std::panic::AssertUnwindSafe(|| self.work(threads, &mut last));
        let outcome = std::panic::catch_unwind(worked).unwrap_or_else(|_| {
            tracing::error!("the planner ended in a panic");
            Err(PlannerError::Stopped)
        });
        planner.finish(outcome, last);
    }

    fn work(self, threads: usize, last: &mut Progress) -> Result<Held, PlannerError> {
        let Self { planner, id, asked, begun, is_stopped, day, depot, wish, selection } = self;
        let origin = planner.origin(day.now);
        let stopped = || is_stopped.load(Ordering::Relaxed);
        let roads = planner.0.roads.open();
        let now_s = origin.seconds(day.now);
        let slices = slices_between(now_s, last_s(&day, &selection, origin, now_s));
        let places = selection.places(&day, depot);
        let kinds = selection.kinds(&day);
        let tables = Tables::new(roads.as_deref(), &places, &kinds, &slices, stopped)?
            .paced(asked.pace_milli);
        let made_at = day.now;
        let ground = Ground::new(day, wish, selection, tables, (origin, depot))?;
        // What the tables took is gone; what is left is for the search, and at least some of it.
        let time = asked.deadline.saturating_sub(begun.elapsed()).max(asked.deadline / 5);
        let limits = Limits { time, iterations: asked.iterations, threads, seed: asked.seed };
        let mut told = Instant::now();
        let orders = ground.built.jobs.len();
        let report = |report: Report| {
            if told.elapsed() < PROGRESS_EVERY {
                return;
            }
            told = Instant::now();
            last.share = (report.elapsed.as_secs_f64() / time.as_secs_f64()).clamp(0.0, 1.0);
            last.cost_minor = report.cost.map(minor);
            last.unassigned = report.left_out.min(orders);
            last.assigned = orders - last.unassigned;
            last.iterations = report.iterations;
            last.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            last.first_ms = report.first_ms;
            planner.0.progress.send_replace(last.clone());
        };
        let (plan, mut effort) = search::run(ground.problem(), limits, &is_stopped, report);
        effort.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        last.elapsed_ms = effort.elapsed_ms;
        last.iterations = effort.iterations;
        last.first_ms = effort.first_ms;
        let held = Held::new(id, made_at, ground, plan, effort);
        if let Some(found) = held.audit.violations.first() {
            tracing::warn!(code = found.code(), "the plan breaks a rule, and says so");
        }
        Ok(held)
    }
}

/// When the last vehicle must be back.
fn last_s(day: &Day, selection: &Selection, origin: Origin, now_s: i64) -> i64 {
    let ends = selection.vehicles.iter().map(|at| match day.vehicles[*at].vehicle.shift {
        Some(shift) => origin.seconds(shift.until()),
        None => now_s + HORIZON_S,
    });
    // A shift of another month is no reason to hold the tables of all its days.
    ends.max().unwrap_or(now_s).clamp(now_s, now_s + 2 * 24 * 3600)
}
