//! Other nodes' texts, read by a process of their own with limits on memory and time: this one never
//! reads a stranger's automerge bytes before that one has. It decides nothing.

use depot_store::{MergedDocument, ReadDocuments, UnreadChange};
use shared_model::document::DocumentKind;
use worker::WorkerCommand;
pub use worker::documents::WORKER_SUBCOMMAND;
use worker::documents::{Decoder, Limits};

/// The reader of a depot that serves. The process is started when the first text comes.
pub struct Apart(Decoder);

impl Apart {
    /// The worker is this program under its hidden subcommand.
    ///
    /// # Errors
    /// When this program's place is unknown.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Self::new(WorkerCommand::of_this_program(WORKER_SUBCOMMAND)?))
    }

    #[must_use]
    pub const fn new(command: WorkerCommand) -> Self {
        Self(Decoder::new(command, Limits::DEFAULT))
    }
}

impl ReadDocuments for Apart {
    fn merge(
        &mut self,
        kind: DocumentKind,
        saved: Option<&[u8]>,
        change: &[u8],
    ) -> Result<MergedDocument, UnreadChange> {
        match self.0.merge(kind, saved, change) {
            Ok(merged) => Ok(MergedDocument { saved: merged.saved, content: merged.content }),
            Err(unread) if unread.is_transient() => {
                Err(UnreadChange::Later { reason: unread.to_string() })
            }
            Err(unread) if unread.is_strike() => {
                Err(UnreadChange::Strike { reason: unread.to_string() })
            }
            Err(unread) => Err(UnreadChange::Unsound { reason: unread.to_string() }),
        }
    }
}
