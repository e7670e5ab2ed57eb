//! Who reads the texts of other nodes. The store merges what this node's own people wrote itself; a
//! stranger's bytes go to a [`ReadDocuments`], which a depot that serves gives a process with limits.
//! Bytes that ended a reader are a strike against their author, and after [`STRIKES_MAX`] nothing of
//! that author is read until the process starts anew.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use shared_model::document::{self, Content, DocumentKind};
use shared_model::id::NodeId;

/// Times that an author's changes may end a reader before they are set aside unread.
pub const STRIKES_MAX: u32 = 3;

/// A document after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedDocument {
    pub saved: Vec<u8>,
    pub content: Content,
}

/// Why a change is not in its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnreadChange {
    /// The bytes are no change of this document, and that was noticed in time.
    Unsound { reason: String },
    /// They cost a reader: too much memory, or too long.
    Strike { reason: String },
    /// Nobody's fault: the same bytes may be read later.
    Later { reason: String },
}

/// Takes one change into a saved document (none: a new one). Called in the writer's transaction, so it
/// answers within a bound of its own.
pub trait ReadDocuments: Send {
    /// # Errors
    /// [`UnreadChange`]; the document is as it was.
    fn merge(
        &mut self,
        kind: DocumentKind,
        saved: Option<&[u8]>,
        change: &[u8],
    ) -> Result<MergedDocument, UnreadChange>;
}

/// Reads in this process, where no stranger's bytes come: a panic is contained, memory and time are not.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl ReadDocuments for InProcess {
    fn merge(
        &mut self,
        kind: DocumentKind,
        saved: Option<&[u8]>,
        change: &[u8],
    ) -> Result<MergedDocument, UnreadChange> {
        let work = || -> Result<_, document::Error> {
            let saved = document::merge(saved, change)?;
            let content = document::read(kind, &saved)?;
            Ok(MergedDocument { saved, content })
        };
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(merged)) => Ok(merged),
            Ok(Err(error)) => Err(UnreadChange::Unsound { reason: error.to_string() }),
            Err(_) => {
                Err(UnreadChange::Unsound { reason: "the change makes automerge panic".to_owned() })
            }
        }
    }
}

/// Own and foreign readers, and the strikes since the process began.
pub(super) struct Documents {
    own: NodeId,
    strangers: Box<dyn ReadDocuments>,
    strikes: BTreeMap<NodeId, u32>,
}

impl Documents {
    pub(super) fn new(own: NodeId, strangers: Box<dyn ReadDocuments>) -> Self {
        Self { own, strangers, strikes: BTreeMap::new() }
    }

    /// Merges a change of `author`'s.
    pub(super) fn merge(
        &mut self,
        author: NodeId,
        kind: DocumentKind,
        saved: Option<&[u8]>,
        change: &[u8],
    ) -> Result<MergedDocument, UnreadChange> {
        if author == self.own {
            return InProcess.merge(kind, saved, change);
        }
        let strikes = self.strikes.get(&author).copied().unwrap_or(0);
        if strikes >= STRIKES_MAX {
            let reason = format!("not read: changes of this node ended {strikes} readers");
            return Err(UnreadChange::Unsound { reason });
        }
        let merged = self.strangers.merge(kind, saved, change);
        if let Err(UnreadChange::Strike { .. }) = merged {
            self.strikes.insert(author, strikes + 1);
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const OWN: NodeId = NodeId::new(Uuid::from_u128(1));
    const OTHER: NodeId = NodeId::new(Uuid::from_u128(2));
    const THIRD: NodeId = NodeId::new(Uuid::from_u128(3));

    /// Says of everything that it cost a reader, and counts how often it was asked.
    struct Costly(std::sync::Arc<std::sync::atomic::AtomicU32>);

    impl ReadDocuments for Costly {
        fn merge(
            &mut self,
            _: DocumentKind,
            _: Option<&[u8]>,
            _: &[u8],
        ) -> Result<MergedDocument, UnreadChange> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err(UnreadChange::Strike { reason: "too large".to_owned() })
        }
    }

    #[test]
    fn an_author_who_costs_readers_is_read_no_more_and_the_others_are() {
        let asked = std::sync::Arc::default();
        let mut documents = Documents::new(OWN, Box::new(Costly(std::sync::Arc::clone(&asked))));
        for _ in 0..10 {
            assert!(documents.merge(OTHER, DocumentKind::Customer, None, b"x").is_err());
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), STRIKES_MAX);
        assert!(documents.merge(THIRD, DocumentKind::Customer, None, b"x").is_err());
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), STRIKES_MAX + 1);
    }

    #[test]
    fn what_the_own_people_wrote_needs_no_other_reader() {
        let mut documents = Documents::new(OWN, Box::new(Costly(std::sync::Arc::default())));
        let fields = document::CustomerFields {
            name: Some("Duka la Otieno".to_owned()),
            phone: Some("+254700000001".to_owned()),
            ..document::CustomerFields::default()
        };
        let change = document::create_customer(document::Writer([1; 16]), &fields).unwrap();
        let merged = documents.merge(OWN, DocumentKind::Customer, None, &change).unwrap();
        assert!(
            matches!(merged.content, Content::Customer(customer) if customer.name == "Duka la Otieno")
        );
    }
}
