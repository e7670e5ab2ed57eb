//! What the hub may order and a depot may report.

use super::announcement::{Announcement, RING_SITES_MAX};
use super::command::{AnnounceModel, PinModelKeys, ReportModels};
use super::error::Error;
use super::event::Event;
use super::facts::FACTS_MODELS_MAX;
use super::keys::ModelKeys;
use super::state::{ModelLine, PublishedModel};

/// Names new keys.
///
/// # Errors
/// [`Error::KeysNotSigned`] unless a pinned key vouches for them.
pub fn pin(known: Option<&ModelKeys>, command: &PinModelKeys) -> Result<Event, Error> {
    let event = Event::KeysPinned {
        current: command.current,
        next: command.next,
        generation: command.generation,
        signed_by: command.signed_by,
        signature: command.signature,
    };
    ModelKeys::after(known, &event).ok_or(Error::KeysNotSigned)?;
    Ok(event)
}

/// Gives an order to a ring.
///
/// # Errors
/// [`Error`] when it is not signed by a pinned key, not newer than the last one, or names another
/// manifest than its version had before.
pub fn announce(
    keys: Option<&ModelKeys>,
    line: &ModelLine,
    published: Option<&PublishedModel>,
    command: &AnnounceModel,
) -> Result<Event, Error> {
    let order: &Announcement = &command.announcement;
    if !keys.is_some_and(|keys| keys.accepts(&order.key)) || !order.is_signed() {
        return Err(Error::KeyNotPinned);
    }
    if order.number <= line.number {
        return Err(Error::OrderNotNewer { model: order.model.clone(), number: order.number });
    }
    if published.is_some_and(|published| published.manifest != order.manifest) {
        let (model, version) = (order.model.clone(), order.version);
        return Err(Error::OtherManifest { model, version });
    }
    if order.sites.len() > RING_SITES_MAX {
        return Err(Error::RingTooLarge);
    }
    Ok(Event::ModelAnnounced(Box::new(order.clone())))
}

/// Reports the facts of some models.
///
/// # Errors
/// [`Error`] when there are none, too many, or they are too large.
pub fn report(command: &ReportModels) -> Result<Vec<Event>, Error> {
    if command.facts.is_empty() || command.facts.len() > FACTS_MODELS_MAX {
        return Err(Error::NothingToReport);
    }
    if let Some(large) = command.facts.iter().find(|facts| !facts.is_bounded()) {
        return Err(Error::FactsTooLarge { model: large.model.clone() });
    }
    Ok(command.facts.iter().cloned().map(Box::new).map(Event::FactsReported).collect())
}
