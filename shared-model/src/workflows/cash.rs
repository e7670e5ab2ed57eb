//! Cash goes from a rider's pocket to the safe and on to the bank.

use super::command::Kind;
use super::delivery::check_own;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::exceptions;
use crate::gig::{self, Rider};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::payments::{
    self, CosignHandover, CountHandover, DeclareHandover, Deposit, DepositCash, Handover,
};
use crate::records::Load;

pub(super) fn declare<L: Load>(
    command: &DeclareHandover,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let rider: Option<Rider> = desk.own(&command.rider.to_string())?;
    let rider = rider.ok_or(gig::Error::RiderUnknown { rider: command.rider })?;
    check_own(&desk.context, &rider)?;
    let known: Option<Handover> = desk.own(&command.handover.to_string())?;
    let mut draft = Draft::default();
    draft.event(payments::declare(known.as_ref(), command)?);
    Ok(draft.done(Kind::DeclareHandover))
}

pub(super) fn count<L: Load>(
    command: &CountHandover,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Handover> = desk.own(&command.handover.to_string())?;
    let mut draft = Draft::default();
    draft.event(payments::count(known.as_ref(), command, desk.context.actor)?);
    Ok(draft.done(Kind::CountHandover))
}

/// Both agree: the counted amount moves to the safe, and only that. What is missing is owed by the
/// rider if accepted, and else stays in the rider's custody as a dispute.
pub(super) fn cosign<L: Load>(
    command: &CosignHandover,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Handover> = desk.own(&command.handover.to_string())?;
    let mut draft = Draft::default();
    draft.event(payments::cosign(known.as_ref(), command, desk.context.actor)?);
    let unknown = payments::Error::HandoverUnknown { handover: command.handover };
    let handover = known.ok_or(unknown)?;
    let counted = handover.counted_minor.unwrap_or(0);
    let shortage = handover.shortage_minor().unwrap_or(0);
    let (currency, rider) = (desk.currency(), handover.rider);
    let custody = Account::RiderCustody(rider);
    draft.post(Posting::money(Account::Safe, custody.clone(), currency, counted));
    if shortage > 0 && command.accept_shortage {
        draft.post(Posting::money(Account::RiderReceivable(rider), custody, currency, shortage));
    }
    if shortage != 0 {
        let who: Option<Rider> = desk.own(&rider.to_string())?;
        let (name, staff) = who.map_or_else(Default::default, |rider| (rider.name, rider.staff));
        let detail = format!(
            "{} declared, {counted} counted (minor units){}",
            handover.declared_minor,
            if command.accept_shortage { "; the rider accepts" } else { "; the rider disputes" },
        );
        let kind =
            if shortage > 0 { exceptions::Kind::CashShort } else { exceptions::Kind::CashOver };
        draft.raise(&desk.context, kind, name, detail, staff);
    }
    let reply = Reply::HandoverClosed { counted_minor: counted, shortage_minor: shortage };
    Ok(draft.decision(Kind::CosignHandover, Scope::Site, reply))
}

pub(super) fn deposit<L: Load>(
    command: &DepositCash,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let held = desk.money(&Account::Safe)?;
    let known: Option<Deposit> = desk.own(command.slip.as_str())?;
    let mut draft = Draft::default();
    draft.event(payments::deposit(known.as_ref(), held, command)?);
    draft.post(Posting::money(
        Account::BankInTransit,
        Account::Safe,
        desk.currency(),
        command.amount_minor.minor(),
    ));
    Ok(draft.done(Kind::DepositCash))
}
