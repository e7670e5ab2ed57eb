//! Customers, riders, staff, notes and the exceptions inbox.

use serde::Deserialize;

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use crate::document::{self, CustomerFields, DocumentKind};
use crate::exceptions::{self, Exception, ResolveException};
use crate::gig::{self, RegisterRider, Rider};
use crate::id::{CustomerId, DocumentId, EntryId, StaffId};
use crate::orders::WriteDeliveryNote;
use crate::records::Load;
use crate::staff::{self, Role};
use crate::text::{Name, Reference, Remark, Text};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterCustomer {
    pub id: EntryId,
    pub customer: CustomerId,
    pub name: Name,
    pub phone: Reference,
    pub address: Option<Text<300>>,
    pub note: Option<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditCustomer {
    pub id: EntryId,
    pub customer: CustomerId,
    pub name: Option<Name>,
    pub phone: Option<Reference>,
    pub address: Option<Text<300>>,
    pub note: Option<Remark>,
}

/// Puts a person on the staff list. Asked by the operator; the PIN is set apart from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolStaff {
    pub id: EntryId,
    pub staff: StaffId,
    pub name: Name,
    pub role: Role,
}

fn owned<const MAX: usize>(text: Option<&Text<MAX>>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

pub(super) fn register_customer<L: Load>(
    command: &RegisterCustomer,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let document = DocumentId::from(command.customer);
    if desk.document(document)?.is_some() {
        return Err(document::Error::DocumentKnown { document }.into());
    }
    let fields = CustomerFields {
        name: Some(command.name.as_str().to_owned()),
        phone: Some(command.phone.as_str().to_owned()),
        address: owned(command.address.as_ref()),
        note: owned(command.note.as_ref()),
    };
    let change = document::create_customer(desk.context.writer, &fields)?.into();
    let mut draft = Draft::default();
    draft.event(document::Event { document, kind: DocumentKind::Customer, change });
    Ok(draft.done(Kind::RegisterCustomer))
}

pub(super) fn edit_customer<L: Load>(
    command: &EditCustomer,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let document = DocumentId::from(command.customer);
    let saved = desk.document(document)?;
    let saved = saved.ok_or(document::Error::DocumentUnknown { document })?;
    let fields = CustomerFields {
        name: owned(command.name.as_ref()),
        phone: owned(command.phone.as_ref()),
        address: owned(command.address.as_ref()),
        note: owned(command.note.as_ref()),
    };
    let change = document::edit_customer(&saved, desk.context.writer, &fields)?.into();
    let mut draft = Draft::default();
    draft.event(document::Event { document, kind: DocumentKind::Customer, change });
    Ok(draft.done(Kind::EditCustomer))
}

pub(super) fn write_delivery_note<L: Load>(
    command: &WriteDeliveryNote,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let document = DocumentId::from(order.order);
    let saved = desk.document(document)?;
    let text = command.text.as_str();
    let change = document::write_note(saved.as_deref(), desk.context.writer, text)?.into();
    let mut draft = Draft::default();
    draft.event(document::Event { document, kind: DocumentKind::DeliveryNote, change });
    Ok(draft.done(Kind::WriteDeliveryNote))
}

pub(super) fn register_rider<L: Load>(
    command: &RegisterRider,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Rider> = desk.own(&command.rider.to_string())?;
    let mut draft = Draft::default();
    draft.event(gig::register(known.as_ref(), command)?);
    Ok(draft.done(Kind::RegisterRider))
}

pub(super) fn resolve_exception<L: Load>(
    command: &ResolveException,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Exception> = desk.own(&command.exception.to_string())?;
    let mut draft = Draft::default();
    draft.event(exceptions::resolve(known.as_ref(), command, desk.context.actor)?);
    Ok(draft.done(Kind::ResolveException))
}

#[expect(clippy::unnecessary_wraps, reason = "every step of the day has this shape")]
pub(super) fn enrol_staff<L: Load>(
    command: &EnrolStaff,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    draft.event(staff::Event::StaffEnrolled {
        staff: command.staff,
        name: command.name.as_str().to_owned(),
        role: command.role,
    });
    Ok(draft.done(Kind::EnrolStaff))
}
