//! Taking entries into records: the same step runs until it asks for nothing that is not at hand; the
//! store fetches what was asked for between two runs. An entry that breaks the step is left out with
//! its reason, and the others go on without it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::shelf::{Asked, Shelf};
use crate::document::DocumentKind;
use crate::id::DocumentId;
use crate::log::Position;
use crate::records::{Saved, View, WorkingSet};
use crate::workflows::{Body, Stamp, project};

/// A step that still asks for more after so many rounds never ends.
pub const ROUNDS_MAX: usize = 16;
/// One sound entry.
#[derive(Debug)]
pub struct Step {
    pub position: Position,
    pub stamp: Stamp,
    pub body: Body,
}

/// An automerge change, to be taken into its document later.
#[derive(Debug)]
pub struct DocumentChange {
    pub position: Position,
    pub document: DocumentId,
    pub kind: DocumentKind,
    pub change: Vec<u8>,
}

/// What the steps came to.
#[derive(Debug, Default)]
pub struct Gathered {
    pub saved: Vec<Saved>,
    pub document_changes: Vec<DocumentChange>,
    /// Entries that broke the step, with the reason.
    pub broken: Vec<(Position, String)>,
    /// The records as they were before.
    pub shelf: Shelf,
}

/// Steps under way.
#[derive(Debug)]
pub struct Work {
    steps: Vec<Step>,
    shelf: Shelf,
    broken: Vec<(Position, String)>,
}

impl Work {
    /// `shelf` holds what is at hand.
    #[must_use]
    pub const fn new(steps: Vec<Step>, shelf: Shelf) -> Self {
        Self { steps, shelf, broken: Vec::new() }
    }

    /// Steps to be taken.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.steps.len()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What the last run asked for and was not at hand.
    pub fn take_asked(&mut self) -> Asked {
        self.shelf.take_asked()
    }

    /// Where what was asked for is put.
    pub const fn shelf(&mut self) -> &mut Shelf {
        &mut self.shelf
    }

    /// The last run asked for nothing more: what it gathered stands.
    #[must_use]
    pub fn done(self, gathered: Gathered) -> Gathered {
        Gathered { broken: self.broken, shelf: self.shelf, ..gathered }
    }

    /// Runs all steps in order. When one breaks it is taken out, and the rest runs anew: what it
    /// had changed so far must not stay.
    #[must_use]
    pub fn run(&mut self) -> Gathered {
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
///
/// # Errors
/// The reason.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
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
