//! The last look at an entry from elsewhere before it may change anything. What is unsound is set
//! aside with its reason; it is never dropped, and never holds up the entries behind it.

use super::body::{Body, Event};
use crate::document::CHANGE_BYTES_MAX;
use crate::id::NodeId;
use crate::inference;
use crate::ledger::InvalidPosting;
use crate::log::{AuthorPublicKey, Entry, SCHEMA_VERSION};
use crate::pricing::{self, BOOK_SIGNING_CONTEXT, book_message};

/// Why an entry is set aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    #[error("the payload cannot be read as schema {schema}")]
    Unreadable { schema: u16 },
    #[error("posting {index}: {reason}")]
    Posting { index: usize, reason: InvalidPosting },
    #[error("the entry speaks for another node's records")]
    NotItsWriter,
    #[error("an automerge change of {bytes} bytes is above the limit")]
    ChangeTooLarge { bytes: usize },
    #[error("the facts of a model are above their limits")]
    FactsTooLarge,
    #[error("a price book is not signed by the hub")]
    BookNotSigned,
}

/// Reads an entry's payload and checks what its author may say.
///
/// `hub` is the region's hub with its author key: it alone publishes and enrols.
///
/// # Errors
/// [`Unsound`]. An unknown *later* schema is no error: `Ok(None)`, keep the entry for the upgrade.
pub fn inspect(
    entry: &Entry,
    hub: Option<(NodeId, AuthorPublicKey)>,
) -> Result<Option<Body>, Unsound> {
    let Ok(body) = Body::decode(&entry.payload) else {
        if entry.schema > SCHEMA_VERSION {
            return Ok(None);
        }
        return Err(Unsound::Unreadable { schema: entry.schema });
    };
    for (index, posting) in body.postings.iter().enumerate() {
        posting.check().map_err(|reason| Unsound::Posting { index, reason })?;
    }
    for event in &body.events {
        check_writer(entry.position.node, event, hub)?;
    }
    Ok(Some(body))
}

fn check_writer(
    author: NodeId,
    event: &Event,
    hub: Option<(NodeId, AuthorPublicKey)>,
) -> Result<(), Unsound> {
    let by_hub = hub.is_some_and(|(node, _)| node == author);
    match event {
        Event::Network(_) if !by_hub => Err(Unsound::NotItsWriter),
        Event::Pricing(_) if !by_hub => Err(Unsound::NotItsWriter),
        Event::Inference(
            inference::Event::KeysPinned { .. } | inference::Event::ModelAnnounced(_),
        ) if !by_hub => Err(Unsound::NotItsWriter),
        Event::Inference(inference::Event::FactsReported(facts)) if !facts.is_bounded() => {
            Err(Unsound::FactsTooLarge)
        }
        Event::Pricing(pricing::Event::BookPublished {
            book,
            currency,
            valid_from,
            lines,
            hash,
            signature,
        }) => {
            let message = book_message(*book, *currency, *valid_from, *lines, *hash);
            let (_, key) = hub.ok_or(Unsound::BookNotSigned)?;
            key.check_signed(BOOK_SIGNING_CONTEXT, &message, signature)
                .map_err(|_| Unsound::BookNotSigned)
        }
        Event::Document(document) if document.change.len() > CHANGE_BYTES_MAX => {
            Err(Unsound::ChangeTooLarge { bytes: document.change.len() })
        }
        Event::Catalogue(_)
        | Event::Pricing(_)
        | Event::Orders(_)
        | Event::Warehouse(_)
        | Event::Gig(_)
        | Event::Payments(_)
        | Event::Rights(_)
        | Event::Document(_)
        | Event::Exceptions(_)
        | Event::Staff(_)
        | Event::Network(_)
        | Event::Dispatch(_)
        | Event::Replenishment(_)
        | Event::Inference(_) => Ok(()),
    }
}
