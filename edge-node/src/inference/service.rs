//! The service that the rest of the depot asks, and the task that keeps it in step with the hub's
//! orders. What it remembers of the files is a cache: the pointers on the disk are the truth.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use inference::{Answer, Author, Failure};
use model_bundle::histogram::Reference;
use model_bundle::manifest::Kind;
use model_bundle::{ModelId, Sha256Hash, Verified, Version};
use shared_model::blob::BlobId;
use shared_model::id::{ModelCode, SiteCode};
use shared_model::inference::{Held, Life, State};
use shared_model::time::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::blobs::Blobs;
use super::bundles::Wanted;
use super::disk::Disk;
use super::journal::{Asked, Note};
use super::pointers::{Lives, Pointers, PointersError, Stamp};
use super::runner::{Role, Runner};
use crate::judged_time::judged;
use crate::state::BUILT;
use crate::store::Store;

/// Answers and outcomes that wait to be written down; above it they are counted and let go.
const NOTES_WAITING_MAX: usize = 256;
/// Between looks at whether somebody changed the pointers at the command line.
const LOOK: Duration = Duration::from_secs(2);
/// Beside the model's own deadline: for handing the question over and the answer back.
const HAND_OVER: Duration = Duration::from_millis(250);
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What the service is made of.
pub struct Parts {
    pub store: Store,
    pub site: SiteCode,
    /// `<state>/models`.
    pub root: PathBuf,
    pub disk: Disk,
    /// What models may take of the disk.
    pub bytes_max: u64,
    /// For what is in use, and for what is tried.
    pub runners: [Box<dyn Runner>; 2],
    pub now: fn() -> Timestamp,
}

/// A question to a model, with what the baseline says.
#[derive(Debug, Clone)]
pub struct Question {
    pub model: ModelCode,
    /// One a row: what it is about, such as an order's id. The outcome names it again.
    pub subjects: Vec<String>,
    /// Rows × features as crate `features` computes them, NaN for what is not known.
    pub rows: Vec<f32>,
    pub baseline: Baseline,
}

/// What the documented formula says: the answer when no model gives one, and what a model is
/// measured against.
#[derive(Debug, Clone)]
pub struct Baseline {
    pub name: &'static str,
    /// Rows × as many values as the formula has; the first of a row is the one that is measured.
    pub values: Vec<f32>,
}

/// How a model stands here, for people and for the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// Why it is so, when something is wrong or under way.
    pub note: String,
    pub bytes_missing: u64,
}

/// Models of this depot; clones share them.
#[derive(Clone)]
pub struct Models(pub(super) Arc<Inner>);

/// A bundle that is loaded, with what asking and judging it takes.
pub(super) struct Ready {
    pub(super) bundle: Arc<Verified>,
    pub(super) reference: Option<Reference>,
}

pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) site: SiteCode,
    pub(super) blobs: Blobs,
    pub(super) pointers: Pointers,
    pub(super) now: fn() -> Timestamp,
    floor_ms: AtomicI64,
    runners: [Mutex<Box<dyn Runner>>; 2],
    lives: Mutex<(Option<Stamp>, Arc<Lives>)>,
    pub(super) ready: Mutex<BTreeMap<(BlobId, Role), Arc<Ready>>>,
    pub(super) standings: Mutex<BTreeMap<ModelCode, Standing>>,
    pub(super) wanted: watch::Sender<Vec<Wanted>>,
    /// Something arrived, or was decided: look again.
    pub(super) look: Notify,
    notes: mpsc::Sender<Note>,
    pub(super) unlogged: Mutex<BTreeMap<ModelCode, u32>>,
    /// How often a bundle failed to load, since the start.
    pub(super) load_tries: Mutex<BTreeMap<BlobId, u32>>,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is replaced as a whole: a panic elsewhere leaves it sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Models {
    /// Opens the folder of models; the returned receiver is for [`Models::run`].
    ///
    /// # Errors
    /// When the folder cannot be made, or its pointers cannot be read.
    pub fn open(parts: Parts) -> Result<(Self, Notes), PointersError> {
        let blobs = Blobs::open(&parts.root, parts.disk.clone(), parts.bytes_max)?;
        let pointers = Pointers::new(&parts.root, parts.disk);
        let (notes, waiting) = mpsc::channel(NOTES_WAITING_MAX);
        let lives = (pointers.stamp(), Arc::new(pointers.read()?));
        let [active, shadow] = parts.runners;
        let inner = Inner {
            store: parts.store,
            site: parts.site,
            blobs,
            pointers,
            now: parts.now,
            floor_ms: AtomicI64::new(BUILT.ms()),
            runners: [Mutex::new(active), Mutex::new(shadow)],
            lives: Mutex::new(lives),
            ready: Mutex::default(),
            standings: Mutex::default(),
            wanted: watch::Sender::new(Vec::new()),
            look: Notify::new(),
            notes,
            unlogged: Mutex::default(),
            load_tries: Mutex::default(),
        };
        Ok((Self(Arc::new(inner)), Notes(waiting)))
    }

    /// Keeps in step with orders, files and outcomes until cancelled. Run it once.
    pub async fn run(self, notes: Notes, stop: CancellationToken) {
        let writing = tokio::spawn(self.clone().write_notes(notes.0, stop.clone()));
        let mut commits = self.0.store.commits();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.pass().await;
            loop {
                tokio::select! {
                    () = stop.cancelled() => {
                        let _ = writing.await;
                        return;
                    }
                    _ = look.tick() => break,
                    () = self.0.look.notified() => break,
                    commit = commits.recv() => match commit {
                        Ok(commit) if !commit.kinds.iter().any(|kind| kind.starts_with("model_")) => {}
                        Ok(_) | Err(_) => break,
                    },
                }
            }
        }
    }

    /// One look at orders, files and the calendar. Says in the log what could not be done, and does
    /// it at the next look.
    pub(super) async fn pass(&self) {
        if let Err(error) = self.obey_orders().await {
            tracing::warn!(%error, "models stay as they are; it is tried again");
        }
        if let Err(error) = self.report().await {
            tracing::warn!(%error, "the facts of models were not written; it is tried again");
        }
    }

    /// Asks a model. Never fails: when no model answers in time, the baseline does, and the answer
    /// says why. `deadline` bounds the model; the whole takes a quarter of a second more at most.
    pub async fn predict(&self, question: Question, deadline: Duration) -> Answer {
        let asked = self.ask_active(&question, deadline).await;
        let answer =
            Answer::or_baseline(asked, question.baseline.name, || question.baseline.values.clone());
        self.note(Note::Asked(Box::new(Asked {
            at: (self.0.now)(),
            question,
            answer: answer.clone(),
        })));
        answer
    }

    /// Tells what really came of a subject, in the unit of the first output.
    pub fn observe(&self, model: &ModelCode, subject: &str, actual: f32) {
        let (model, subject) = (model.clone(), subject.to_owned());
        self.note(Note::Outcome { model, subject, actual });
    }

    /// The tables of a model that is looked up and not run; none when there is none in use.
    #[must_use]
    pub fn table(&self, model: &ModelCode) -> Option<Arc<Verified>> {
        let held = self.life(model).answering(self.today()).ok()?;
        let ready = locked(&self.0.ready).get(&(held.manifest, Role::Active)).cloned()?;
        (ready.bundle.manifest().kind == Kind::Tables).then(|| Arc::clone(&ready.bundle))
    }

    /// Whether a version is in use, and loaded.
    #[must_use]
    pub fn is_ready(&self, model: &ModelCode) -> bool {
        let held = self.life(model).answering(self.today());
        held.is_ok_and(|held| locked(&self.0.ready).contains_key(&(held.manifest, Role::Active)))
    }

    /// How every model stands.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<ModelCode, Standing> {
        locked(&self.0.standings).clone()
    }

    /// What is still to be fetched, in turn.
    #[must_use]
    pub fn wanted(&self) -> watch::Receiver<Vec<Wanted>> {
        self.0.wanted.subscribe()
    }

    /// Where files are kept.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// A blob has arrived: look whether all is there.
    pub fn look_again(&self) {
        self.0.look.notify_one();
    }

    /// Waits until nobody has more to write down: for tests.
    #[cfg(test)]
    pub(super) async fn written(&self) {
        let (tell, told) = tokio::sync::oneshot::channel();
        self.0.notes.send(Note::Told(tell)).await.expect("the journal runs");
        told.await.expect("the journal runs");
    }

    /// The hour by which bundles are judged: a clock that went back keeps no expired one alive.
    pub(super) fn judged_now(&self) -> Timestamp {
        let floor = Timestamp::from_ms(self.0.floor_ms.load(Ordering::Relaxed));
        judged((self.0.now)(), floor)
    }

    /// Takes note of an hour that has passed for certain.
    pub(super) fn raise_floor(&self, hub_now: Timestamp) {
        self.0.floor_ms.fetch_max(hub_now.ms(), Ordering::Relaxed);
    }

    pub(super) fn today(&self) -> u32 {
        u32::try_from(self.judged_now().ms().div_euclid(DAY_MS)).unwrap_or(0)
    }

    pub(super) fn life(&self, model: &ModelCode) -> Life {
        locked(&self.0.lives).1.get(model).cloned().unwrap_or_default()
    }

    /// The lives as they are on the disk, read again only when the file is another one.
    pub(super) fn lives(&self) -> Result<Arc<Lives>, PointersError> {
        let stamp = self.0.pointers.stamp();
        let mut known = locked(&self.0.lives);
        if known.0 != stamp {
            *known = (stamp, Arc::new(self.0.pointers.read()?));
        }
        Ok(Arc::clone(&known.1))
    }

    pub(super) fn runner(&self, role: Role) -> MutexGuard<'_, Box<dyn Runner>> {
        locked(&self.0.runners[usize::from(role == Role::Shadow)])
    }

    fn note(&self, note: Note) {
        let Err(lost) = self.0.notes.try_send(note) else { return };
        let (mpsc::error::TrySendError::Full(note) | mpsc::error::TrySendError::Closed(note)) =
            lost;
        if let Some(model) = note.model() {
            let mut unlogged = locked(&self.0.unlogged);
            let count = unlogged.entry(model.clone()).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// The model's answer, or why there is none.
    async fn ask_active(&self, question: &Question, deadline: Duration) -> Result<Answer, String> {
        let life = self.life(&question.model);
        let held = life.answering(self.today()).map_err(|silent| silent.to_string())?;
        let ready = locked(&self.0.ready).get(&(held.manifest, Role::Active)).cloned();
        let ready = ready.ok_or_else(|| format!("version {} is being loaded", held.version))?;
        let (models, rows) = (self.clone(), question.rows.clone());
        let asking = tokio::task::spawn_blocking(move || {
            models.run_rows(Role::Active, held, &rows, deadline)
        });
        let values = match tokio::time::timeout(deadline + HAND_OVER, asking).await {
            Err(_) => return Err("the worker is busy".to_owned()),
            Ok(Err(_)) => return Err("the depot stops".to_owned()),
            Ok(Ok(Err(failure))) => {
                self.on_failure(&question.model, held, &failure);
                return Err(failure.to_string());
            }
            Ok(Ok(Ok(values))) => values,
        };
        let rows = question.subjects.len();
        let outputs = ready.bundle.manifest().outputs.len();
        if values.len() != rows * outputs {
            return Err(format!("{} values for {rows} rows of {outputs}", values.len()));
        }
        Ok(Answer { values, by: author(&question.model, held)? })
    }

    pub(super) fn run_rows(
        &self,
        role: Role,
        held: Held,
        rows: &[f32],
        deadline: Duration,
    ) -> Result<Vec<f32>, Failure> {
        let manifest = Sha256Hash::from_bytes(*held.manifest.as_bytes());
        self.runner(role).predict(manifest, rows, deadline)
    }

    /// A model that was asked too often in vain is gone back from.
    fn on_failure(&self, model: &ModelCode, held: Held, failure: &Failure) {
        tracing::warn!(%model, version = held.version, %failure, "the baseline answers");
        if matches!(failure, Failure::Barred { .. }) {
            self.roll_back(model, held, &failure.to_string());
        }
    }

    /// Goes back from a version that is in use; the next look loads the one before.
    pub(super) fn roll_back(&self, model: &ModelCode, left: Held, why: &str) {
        let today = self.today();
        let changed = self.0.pointers.change::<PointersError>(|lives| {
            let life = lives.entry(model.clone()).or_default();
            if life.active == Some(left)
                && let Ok(mut back) = life.roll_back(today)
            {
                let why: String = why.chars().take(WHY_CHARS_MAX).collect();
                back.refusal = Some(format!("went back from version {}: {why}", left.version));
                *life = back;
            }
            Ok(())
        });
        match changed {
            Ok(_) => tracing::warn!(%model, version = left.version, why, "went back"),
            Err(error) => tracing::error!(%model, %error, "could not go back"),
        }
        let _ = self.lives();
        self.look_again();
    }
}

/// Longest reason kept.
const WHY_CHARS_MAX: usize = 300;

/// What waits to be written down; made by [`Models::open`] for [`Models::run`].
pub struct Notes(pub(super) mpsc::Receiver<Note>);

fn author(model: &ModelCode, held: Held) -> Result<Author, String> {
    let id: ModelId = model.as_str().parse().map_err(|_| "is no model's name".to_owned())?;
    Ok(Author::Model {
        id,
        version: Version(held.version),
        manifest_sha256: Sha256Hash::from_bytes(*held.manifest.as_bytes()),
    })
}
