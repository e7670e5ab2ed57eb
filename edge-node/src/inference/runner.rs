//! Running models: in a worker process each for what is in use and for what is tried, so that a
//! trial that ends its worker leaves the other alone.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inference::{Failure, Limits, Supervisor, WorkerCommand};
use model_bundle::{Sha256Hash, Verified};

/// The hidden subcommand that makes this program a worker.
pub const WORKER_SUBCOMMAND: &str = "infer-worker";

/// A box that is busy with its start, on a slow card, takes long; the baseline answers meanwhile.
const LOAD_DEADLINE: Duration = Duration::from_secs(60);

/// In which part a version runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Active,
    Shadow,
}

impl Role {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Shadow => "shadow",
        }
    }
}

/// What runs models. Calls block: make them where that is allowed.
pub trait Runner: Send {
    /// Loads a bundle and replays its golden vectors.
    ///
    /// # Errors
    /// [`Failure`]; then it is not loaded.
    fn load(&mut self, bundle: Arc<Verified>) -> Result<(), Failure>;

    fn unload(&mut self, manifest: Sha256Hash);

    /// `rows` is rows × features; returns rows × outputs.
    ///
    /// # Errors
    /// [`Failure`].
    fn predict(
        &mut self,
        manifest: Sha256Hash,
        rows: &[f32],
        deadline: Duration,
    ) -> Result<Vec<f32>, Failure>;
}

impl Runner for Supervisor {
    fn load(&mut self, bundle: Arc<Verified>) -> Result<(), Failure> {
        Self::load(self, bundle, Instant::now()).map(|_| ())
    }

    fn unload(&mut self, manifest: Sha256Hash) {
        Self::unload(self, manifest, Instant::now());
    }

    fn predict(
        &mut self,
        manifest: Sha256Hash,
        rows: &[f32],
        deadline: Duration,
    ) -> Result<Vec<f32>, Failure> {
        Self::predict(self, manifest, rows, deadline, Instant::now())
    }
}

/// A worker process of this very program.
///
/// # Errors
/// When the system does not say where the program is.
pub fn worker() -> std::io::Result<Box<dyn Runner>> {
    Ok(worker_of(std::env::current_exe()?))
}

/// A worker process of `program`, which knows [`WORKER_SUBCOMMAND`].
#[must_use]
pub fn worker_of(program: PathBuf) -> Box<dyn Runner> {
    let command = WorkerCommand { program, arguments: vec![OsString::from(WORKER_SUBCOMMAND)] };
    let limits = Limits { load_deadline: LOAD_DEADLINE, ..Limits::default() };
    Box::new(Supervisor::new(command, limits))
}

/// Whether the model may be to blame or the box was: worth a few more tries.
#[must_use]
pub(super) const fn is_doubtful(failure: &Failure) -> bool {
    matches!(failure, Failure::TooSlow { .. } | Failure::Died { .. })
}

/// Whether the model is to blame, or whoever comes next may have more luck.
#[must_use]
pub(super) const fn is_models_fault(failure: &Failure) -> bool {
    match failure {
        Failure::Refused { .. }
        | Failure::GoldenOff(_)
        | Failure::Failed { .. }
        | Failure::Panicked { .. }
        | Failure::TooSlow { .. }
        | Failure::Died { .. }
        | Failure::Barred { .. } => true,
        Failure::NotLoaded
        | Failure::TooMany { .. }
        | Failure::BadQuestion { .. }
        | Failure::Resting { .. }
        | Failure::CannotStart { .. } => false,
    }
}
