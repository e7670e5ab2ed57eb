//! The rules of the exceptions inbox.

use super::command::ResolveException;
use super::error::Error;
use super::event::{Event, Kind};
use super::state::{Exception, Status};
use crate::id::{EntryId, ExceptionId, StaffId};

/// The id of the `index`-th exception that an entry raises: the same on every node.
#[must_use]
pub fn exception_id(entry: EntryId, index: usize) -> ExceptionId {
    let mut input = entry.as_uuid().as_bytes().to_vec();
    input.extend_from_slice(&(index as u64).to_be_bytes());
    let hash = blake3::derive_key("omniroute exception of an entry v1", &input);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    ExceptionId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// An exception about something that happened.
#[must_use]
pub fn raise(
    exception: ExceptionId,
    kind: Kind,
    subject: String,
    detail: String,
    concerns: Option<StaffId>,
) -> Event {
    Event::Raised { exception, kind, subject, detail, concerns }
}

/// # Errors
/// [`Error`] when unknown, resolved, or about the person's own custody.
pub fn resolve(
    known: Option<&Exception>,
    command: &ResolveException,
    actor: Option<StaffId>,
) -> Result<Event, Error> {
    let exception = known.ok_or(Error::ExceptionUnknown { exception: command.exception })?;
    if exception.status == Status::Resolved {
        return Err(Error::AlreadyResolved);
    }
    if exception.concerns.is_some() && exception.concerns == actor {
        return Err(Error::OwnCustody);
    }
    let note = command.note.as_str().to_owned();
    Ok(Event::Resolved { exception: command.exception, resolution: command.resolution, note })
}
