//! The text that people write together: customers and delivery notes, as automerge documents.
//!
//! No money, stock, status or number lives here, and no counter: merging would add them. Names,
//! phones and addresses are scalar strings (two writers: both kept, one shown); notes are text
//! that merges letter by letter. Reading bytes from elsewhere may panic inside automerge
//! (automerge issue 476): whoever calls [`merge`] with another node's bytes contains that.

mod customer;
mod note;

pub use customer::{
    Customer, CustomerFields, create_customer, edit_customer, locate_customer, read_customer,
};
pub use note::{read_note, write_note};

use automerge::{ActorId, AutoCommit, AutomergeError, transaction::CommitOptions};
use minicbor::{Decode, Encode};

use crate::id::DocumentId;
use crate::refusal::refusals;

/// Largest single change accepted, in bytes: a person's edit of a short text.
pub const CHANGE_BYTES_MAX: usize = 16 * 1024;
/// Largest saved document, in bytes; above it the document is frozen.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// Largest text of a document, in bytes, all fields together.
pub const CONTENT_BYTES_MAX: usize = 128 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum DocumentKind {
    #[n(0)]
    Customer,
    #[n(1)]
    DeliveryNote,
}

impl DocumentKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::DeliveryNote => "delivery_note",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Customer, Self::DeliveryNote].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a document says: kept beside its bytes by whoever must not read a stranger's bytes twice.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Content {
    #[n(0)]
    Customer(#[n(0)] Customer),
    #[n(1)]
    DeliveryNote(#[n(0)] String),
}

impl Content {
    fn bytes(&self) -> usize {
        match self {
            Self::Customer(customer) => {
                let texts = [&customer.name, &customer.phone, &customer.address, &customer.note];
                texts.into_iter().chain(&customer.other_phones).map(String::len).sum()
            }
            Self::DeliveryNote(text) => text.len(),
        }
    }
}

/// A person's edit, as automerge change bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Event {
    #[n(0)]
    pub document: DocumentId,
    #[n(1)]
    pub kind: DocumentKind,
    #[n(2)]
    pub change: minicbor::bytes::ByteVec,
}

refusals! {
    /// Why an edit is refused.
    Error {
        DocumentUnknown { document: DocumentId }
            => "customer-unknown", "customer",
               "no customer {document} is known here",
               "register the customer first";
        DocumentKnown { document: DocumentId }
            => "customer-known", "customer",
               "customer {document} was registered before by another command",
               "open the customer; mint a new id for a new one";
        NothingToEdit
            => "nothing-to-edit", "",
               "the edit names nothing to change",
               "send at least one of name, phone, address and note";
        DocumentFrozen
            => "document-frozen", "",
               "the text has grown to the largest size kept",
               "start a new note";
        DocumentUnreadable
            => "document-unreadable", "",
               "the stored text cannot be read",
               "run the verify command and call support";
    }
}

impl From<AutomergeError> for Error {
    fn from(_: AutomergeError) -> Self {
        Self::DocumentUnreadable
    }
}

/// Who writes: derived by the shell from node, epoch and process start, never from a person, so
/// that a cloned box cannot write under the same actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer(pub [u8; 16]);

/// Takes a change into a saved document (none: a new one). The same change twice is no change.
///
/// # Errors
/// [`Error`] when the bytes are no change of this document, or it would grow above
/// [`DOCUMENT_BYTES_MAX`].
///
/// # Panics
/// Inside automerge, on hostile bytes: contain it.
pub fn merge(saved: Option<&[u8]>, change: &[u8]) -> Result<Vec<u8>, Error> {
    if change.len() > CHANGE_BYTES_MAX {
        return Err(Error::DocumentFrozen);
    }
    let mut document = open(saved)?;
    document.load_incremental(change)?;
    let bytes = document.save();
    if bytes.len() > DOCUMENT_BYTES_MAX { Err(Error::DocumentFrozen) } else { Ok(bytes) }
}

/// Reads a saved document.
///
/// # Errors
/// [`Error::DocumentUnreadable`] when the bytes are no document; [`Error::DocumentFrozen`] when it says more than
/// [`CONTENT_BYTES_MAX`]: a few bytes can unfold to very many.
///
/// # Panics
/// Inside automerge, on hostile bytes: contain it.
pub fn read(kind: DocumentKind, saved: &[u8]) -> Result<Content, Error> {
    let content = match kind {
        DocumentKind::Customer => Content::Customer(read_customer(saved)?),
        DocumentKind::DeliveryNote => Content::DeliveryNote(read_note(saved)?),
    };
    if content.bytes() > CONTENT_BYTES_MAX { Err(Error::DocumentFrozen) } else { Ok(content) }
}

fn open(saved: Option<&[u8]>) -> Result<AutoCommit, Error> {
    Ok(match saved {
        Some(bytes) => AutoCommit::load(bytes)?,
        None => AutoCommit::new(),
    })
}

/// Runs one edit and returns its change bytes.
fn edited(
    saved: Option<&[u8]>,
    writer: Writer,
    edit: impl FnOnce(&mut AutoCommit) -> Result<(), AutomergeError>,
) -> Result<Vec<u8>, Error> {
    let mut document = open(saved)?.with_actor(ActorId::from(writer.0));
    let heads = document.get_heads();
    edit(&mut document)?;
    // The hour of an edit stands in its log entry; a second one here would only disagree.
    if document.commit_with(CommitOptions::default().with_time(0)).is_none() {
        return Err(Error::NothingToEdit);
    }
    let change = document.save_after(&heads);
    if change.len() > CHANGE_BYTES_MAX {
        return Err(Error::DocumentFrozen);
    }
    if saved.map_or(0, <[u8]>::len) + change.len() > DOCUMENT_BYTES_MAX {
        return Err(Error::DocumentFrozen);
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, phone: &str) -> CustomerFields {
        CustomerFields {
            name: Some(name.into()),
            phone: Some(phone.into()),
            ..CustomerFields::default()
        }
    }

    #[test]
    fn two_edits_of_one_phone_keep_both_and_show_one() {
        let first = create_customer(Writer([1; 16]), &fields("Wanjiru", "0700")).unwrap();
        let base = merge(None, &first).unwrap();
        let ours = edit_customer(&base, Writer([2; 16]), &fields("Wanjiru", "0711")).unwrap();
        let theirs = edit_customer(&base, Writer([3; 16]), &fields("Wanjiru", "0722")).unwrap();
        let a = merge(Some(&merge(Some(&base), &ours).unwrap()), &theirs).unwrap();
        let b = merge(Some(&merge(Some(&base), &theirs).unwrap()), &ours).unwrap();
        let (a, b) = (read_customer(&a).unwrap(), read_customer(&b).unwrap());
        assert_eq!(a, b);
        assert_eq!(a.other_phones.len(), 1);
        assert_eq!(a.name, "Wanjiru");
    }

    #[test]
    fn the_same_change_twice_is_no_change() {
        let change = create_customer(Writer([1; 16]), &fields("Musa", "0700")).unwrap();
        let once = merge(None, &change).unwrap();
        assert_eq!(merge(Some(&once), &change).unwrap(), once);
    }

    #[test]
    fn a_delivery_note_keeps_both_writers_words() {
        let base = merge(None, &write_note(None, Writer([1; 16]), "Ring twice").unwrap()).unwrap();
        let ours = write_note(Some(&base), Writer([2; 16]), "Ring twice. Blue gate").unwrap();
        let theirs = write_note(Some(&base), Writer([3; 16]), "Please: Ring twice").unwrap();
        let both = merge(Some(&merge(Some(&base), &ours).unwrap()), &theirs).unwrap();
        assert_eq!(read_note(&both).unwrap(), "Please: Ring twice. Blue gate");
    }
}
