//! What hub and depots write about models. None of it moves goods or money.

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::inference::{
    self, AnnounceModel, ModelKeys, ModelLine, PinModelKeys, PublishedModel, ReportModels,
    version_key,
};
use crate::log::Scope;
use crate::records::{Load, keys};

pub(super) fn pin_keys<L: Load>(
    command: &PinModelKeys,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<ModelKeys> = desk.own(keys::ONLY)?;
    let mut draft = Draft::default();
    draft.event(inference::pin(known.as_ref(), command)?);
    Ok(draft.decision(Kind::PinModelKeys, Scope::Region, Reply::Done {}))
}

pub(super) fn announce<L: Load>(
    command: &AnnounceModel,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = &command.announcement;
    let known: Option<ModelKeys> = desk.own(keys::ONLY)?;
    let line: ModelLine = desk.own(order.model.as_str())?.unwrap_or_default();
    let published: Option<PublishedModel> = desk.own(&version_key(&order.model, order.version))?;
    let mut draft = Draft::default();
    draft.event(inference::announce(known.as_ref(), &line, published.as_ref(), command)?);
    Ok(draft.decision(Kind::AnnounceModel, Scope::Region, Reply::Done {}))
}

pub(super) fn report<L: Load>(
    command: &ReportModels,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    for event in inference::report(command)? {
        draft.event(event);
    }
    Ok(draft.done(Kind::ReportModels))
}
