//! Taking entries into records: the same step runs until it asks for nothing that is not at hand.
//! An entry that breaks the step is left out with its reason, and the others go on without it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use deadpool_postgres::Transaction;
use shared_model::document::DocumentKind;
use shared_model::id::DocumentId;
use shared_model::log::Position;
use shared_model::records::{Saved, View, WorkingSet};
use shared_model::workflows::{Body, Stamp, project};

use super::error::StoreError;
use super::fetch::fetch;
use super::shelf::Shelf;

/// A step that still asks for more after so many rounds never ends.
pub(super) const ROUNDS_MAX: usize = 16;
/// Shorter work is not worth handing to another thread.
const STEPS_INLINE_MAX: usize = 32;

/// One sound entry.
pub(super) struct Step {
    pub(super) position: Position,
    pub(super) stamp: Stamp,
    pub(super) body: Body,
}

/// An automerge change, to be taken into its document later.
pub(super) struct DocumentChange {
    pub(super) position: Position,
    pub(super) document: DocumentId,
    pub(super) kind: DocumentKind,
    pub(super) change: Vec<u8>,
}

/// What the steps came to.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) saved: Vec<Saved>,
    pub(super) document_changes: Vec<DocumentChange>,
    /// Entries that broke the step, with the reason.
    pub(super) broken: Vec<(Position, String)>,
    /// The records as they were before.
    pub(super) shelf: Shelf,
}

/// Runs the steps over the records of the database.
pub(super) async fn gather(
    tx: &Transaction<'_>,
    steps: Vec<Step>,
    shelf: Shelf,
) -> Result<Gathered, StoreError> {
    let mut work = Work { steps, shelf, broken: Vec::new() };
    for _ in 0..ROUNDS_MAX {
        let gathered;
        (work, gathered) = run_apart(work).await?;
        let asked = work.shelf.take_asked();
        // What was taken for absent and is absent needs no second look.
        if asked.is_empty() || !fetch(tx, &mut work.shelf, asked).await? {
            return Ok(Gathered { broken: work.broken, shelf: work.shelf, ..gathered });
        }
    }
    Err(StoreError::Broken("taking entries in asks for ever more records".to_owned()))
}

/// A large batch must not hold up the other tasks of its thread.
async fn run_apart(mut work: Work) -> Result<(Work, Gathered), StoreError> {
    if work.steps.len() <= STEPS_INLINE_MAX {
        let gathered = work.run();
        return Ok((work, gathered));
    }
    tokio::task::spawn_blocking(move || {
        let gathered = work.run();
        (work, gathered)
    })
    .await
    .map_err(|error| StoreError::Broken(error.to_string()))
}

struct Work {
    steps: Vec<Step>,
    shelf: Shelf,
    broken: Vec<(Position, String)>,
}

impl Work {
    /// Runs all steps in order. When one breaks it is taken out, and the rest runs anew: what it
    /// had changed so far must not stay.
    fn run(&mut self) -> Gathered {
        loop {
            match self.attempt() {
                Ok(gathered) => return gathered,
                Err((index, reason)) => {
                    let step = self.steps.remove(index);
                    self.broken.push((step.position, reason));
                    self.shelf.forget_asked();
                }
            }
        }
    }

    fn attempt(&mut self) -> Result<Gathered, (usize, String)> {
        let mut set = WorkingSet::default();
        let mut document_changes = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let shelf = &mut self.shelf;
            contained(|| {
                let mut view = View::new(&mut set, shelf);
                let Ok(()) = project(&mut view, &step.stamp, &step.body);
            })
            .map_err(|reason| (index, reason))?;
            if self.shelf.take_unfit_key() {
                return Err((index, "a name in it is too long to be kept".to_owned()));
            }
            let changes = set.take_document_changes();
            document_changes.extend(changes.into_iter().map(|(document, kind, change)| {
                DocumentChange { position: step.position, document, kind, change }
            }));
        }
        Ok(Gathered { saved: set.take_changed(), document_changes, ..Gathered::default() })
    }
}

/// Runs what reads bytes from elsewhere; a panic becomes its reason.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| reason_of(&*panic))
}

fn reason_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    match text {
        Some(text) => format!("reading it failed: {text}"),
        None => "reading it failed".to_owned(),
    }
}
