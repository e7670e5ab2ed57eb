//! The parent's handle on the worker: it starts it when it is needed, kills it at a deadline, starts it again
//! within limits, and gives up on a model that keeps ending it. Every failure is typed; none is a panic. Calls
//! block up to their deadline: call them from a thread that may.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model_bundle::golden::Comparison;
use model_bundle::manifest::Part;
use model_bundle::{Sha256Hash, Verified};

use ::worker::{Child, Pipe, Silence};

use super::protocol::{FRAME_BYTES_MAX, Fault, Reply, Request, to_bytes, to_values};
use super::restarts::Restarts;

pub use ::worker::WorkerCommand;

/// What a worker and its models may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Writable memory beyond what the worker has when it starts.
    pub memory_bytes_max: u64,
    /// For reading, compiling and replaying one model.
    pub load_deadline: Duration,
    /// Times that a model may panic, overrun or end the worker before it is asked no more.
    pub strikes_max: u32,
    pub loaded_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 256 * 1024 * 1024,
            load_deadline: Duration::from_secs(10),
            strikes_max: 3,
            loaded_max: 16,
        }
    }
}

/// A model that is ready.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loaded {
    pub replay: Comparison,
    /// Of the whole worker, with all its models.
    pub worker_resident_bytes: u64,
}

/// Why there is no answer of a model. The caller has a baseline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The caller's fault: nothing changes for the model.
    #[error("the model is not loaded")]
    NotLoaded,
    #[error("{loaded_max} models are loaded already; remedy: unload one")]
    TooMany { loaded_max: usize },
    #[error("{reason}")]
    BadQuestion { reason: String },
    /// The model's fault.
    #[error("the model cannot be run: {reason}")]
    Refused { reason: String },
    #[error("{} of {} golden rows are answered otherwise than in training", .0.rows_off, .0.rows)]
    GoldenOff(Comparison),
    #[error("the model failed: {reason}")]
    Failed { reason: String },
    #[error("the model panicked: {reason}")]
    Panicked { reason: String },
    #[error("no answer within {deadline_ms} ms")]
    TooSlow { deadline_ms: u64 },
    #[error("the worker ended ({status})")]
    Died { status: String },
    #[error(
        "the model failed {strikes} times and is asked no more; remedy: load it again, or another version"
    )]
    Barred { strikes: u32 },
    /// Nobody's fault, or the system's: later it may be different.
    #[error("the worker rests for another {wait_ms} ms")]
    Resting { wait_ms: u64 },
    #[error("the worker cannot be started: {reason}")]
    CannotStart { reason: String },
}

struct Kept {
    bundle: Arc<Verified>,
    strikes: u32,
    in_worker: bool,
}

/// One worker, and the models it is to hold.
pub struct Supervisor {
    command: WorkerCommand,
    limits: Limits,
    models: BTreeMap<Sha256Hash, Kept>,
    child: Option<Child>,
    restarts: Restarts,
}

impl Supervisor {
    /// Starts nothing yet.
    #[must_use]
    pub const fn new(command: WorkerCommand, limits: Limits) -> Self {
        let restarts = Restarts::new();
        Self { command, limits, models: BTreeMap::new(), child: None, restarts }
    }

    /// Loads a verified bundle and replays its golden vectors. Its name from then on is the hash of its
    /// manifest. One that fails is not kept; loading again forgives earlier strikes.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::GoldenOff`] when it runs, and answers wrong.
    pub fn load(&mut self, bundle: Arc<Verified>, now: Instant) -> Result<Loaded, Failure> {
        let name = bundle.sha256();
        if self.models.len() >= self.limits.loaded_max && !self.models.contains_key(&name) {
            return Err(Failure::TooMany { loaded_max: self.limits.loaded_max });
        }
        self.models.insert(name, Kept { bundle, strikes: 0, in_worker: false });
        let loaded = self.bring_in(name, now);
        if loaded.is_err() {
            self.models.remove(&name);
        }
        loaded
    }

    /// Forgets a model.
    pub fn unload(&mut self, name: Sha256Hash, now: Instant) {
        let was_there = self.models.remove(&name).is_some_and(|kept| kept.in_worker);
        if was_there && self.child.is_some() {
            let unload = Request::Unload { model: *name.as_bytes() };
            // A worker that does not even let go is ended, and the next question starts another.
            let _ = self.ask(&unload, self.limits.load_deadline, now);
        }
    }

    #[must_use]
    pub fn holds(&self, name: Sha256Hash) -> bool {
        self.models.contains_key(&name)
    }

    /// The worker's process id, while it runs.
    #[must_use]
    pub fn worker_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// `rows` is rows × features, NaN for what is missing; returns rows × outputs. After the worker was
    /// ended the model is loaded again first, which may take [`Limits::load_deadline`] beside `deadline`.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn predict(
        &mut self,
        name: Sha256Hash,
        rows: &[f32],
        deadline: Duration,
        now: Instant,
    ) -> Result<Vec<f32>, Failure> {
        let kept = self.models.get(&name).ok_or(Failure::NotLoaded)?;
        if kept.strikes >= self.limits.strikes_max {
            return Err(Failure::Barred { strikes: kept.strikes });
        }
        if !kept.in_worker {
            self.bring_in(name, now)?;
        }
        let question = Request::Predict { model: *name.as_bytes(), rows: to_bytes(rows) };
        let reply = self.ask_of(name, &question, deadline, now)?;
        let Reply::Values(bytes) = reply else { return Err(unexpected(&reply)) };
        Ok(to_values(&bytes))
    }

    /// Loads a kept model into the worker, which is started if it does not run.
    fn bring_in(&mut self, name: Sha256Hash, now: Instant) -> Result<Loaded, Failure> {
        self.start(now)?;
        let kept = self.models.get(&name).ok_or(Failure::NotLoaded)?;
        let bytes = |part| kept.bundle.bytes(part).to_vec();
        let request = Request::Load {
            manifest: kept.bundle.manifest_bytes().to_vec(),
            network: bytes(Part::Network),
            preprocessing: bytes(Part::Preprocessing),
            golden: bytes(Part::Golden),
        };
        let reply = self.ask_of(name, &request, self.limits.load_deadline, now)?;
        let Reply::Loaded { rows, rows_off, worst_relative, resident_bytes } = reply else {
            return Err(unexpected(&reply));
        };
        let replay =
            Comparison { rows: rows as usize, rows_off: rows_off as usize, worst_relative };
        if !replay.holds() {
            return Err(Failure::GoldenOff(replay));
        }
        if let Some(kept) = self.models.get_mut(&name) {
            kept.in_worker = true;
        }
        Ok(Loaded { replay, worker_resident_bytes: resident_bytes })
    }

    fn start(&mut self, now: Instant) -> Result<(), Failure> {
        if self.child.is_some() {
            return Ok(());
        }
        if let Some(wait) = self.restarts.wait(now) {
            return Err(Failure::Resting { wait_ms: milliseconds(wait) });
        }
        let pipe = Pipe { name: "model-worker", frame_bytes_max: FRAME_BYTES_MAX };
        let child = Child::start(&self.command, pipe).map_err(|error| {
            self.restarts.note_failure(now);
            Failure::CannotStart { reason: error.to_string() }
        })?;
        self.child = Some(child);
        let begin = Request::Begin { memory_bytes_max: self.limits.memory_bytes_max };
        let reply = self.ask(&begin, self.limits.load_deadline, now)?;
        if reply != Reply::Done {
            self.end(now);
            return Err(Failure::CannotStart { reason: unexpected(&reply).to_string() });
        }
        Ok(())
    }

    /// Asks on behalf of a model, whose strikes are counted.
    fn ask_of(
        &mut self,
        name: Sha256Hash,
        request: &Request,
        deadline: Duration,
        now: Instant,
    ) -> Result<Reply, Failure> {
        let asked = self.ask(request, deadline, now);
        let struck = match &asked {
            Ok(Reply::Failed { fault: Fault::Panic, .. }) => true,
            Ok(_) => false,
            Err(failure) => matches!(failure, Failure::TooSlow { .. } | Failure::Died { .. }),
        };
        if let Some(kept) = self.models.get_mut(&name).filter(|_| struck) {
            kept.strikes += 1;
            kept.in_worker = false;
        }
        let reply = asked?;
        self.restarts.note_answer();
        let Reply::Failed { fault, reason } = reply else { return Ok(reply) };
        Err(match (fault, request) {
            (Fault::Panic, _) => Failure::Panicked { reason },
            (Fault::Question, _) => Failure::BadQuestion { reason },
            (Fault::Model, Request::Load { .. }) => Failure::Refused { reason },
            (Fault::Model, _) => Failure::Failed { reason },
        })
    }

    fn ask(
        &mut self,
        request: &Request,
        deadline: Duration,
        now: Instant,
    ) -> Result<Reply, Failure> {
        let frame = minicbor::to_vec(request).expect("writing to a Vec cannot fail");
        let Some(child) = &self.child else {
            return Err(Failure::Died { status: "it does not run".to_owned() });
        };
        match child.ask(frame, deadline) {
            Ok(reply) => match minicbor::decode(&reply) {
                Ok(reply) => Ok(reply),
                Err(error) => {
                    self.end(now);
                    Err(Failure::Died { status: format!("it answered with nonsense: {error}") })
                }
            },
            Err(Silence::Deadline) => {
                self.end(now);
                Err(Failure::TooSlow { deadline_ms: milliseconds(deadline) })
            }
            Err(Silence::Ended) => Err(Failure::Died { status: self.end(now) }),
        }
    }

    /// Ends the worker and says how it ended.
    fn end(&mut self, now: Instant) -> String {
        self.restarts.note_failure(now);
        self.models.values_mut().for_each(|kept| kept.in_worker = false);
        let status = self.child.take().and_then(Child::end);
        status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())
    }
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::Died { status: format!("it answered something else: {reply:?}") }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
