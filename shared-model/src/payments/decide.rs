//! The rules of cash.

use super::command::{CosignHandover, CountHandover, DeclareHandover, DepositCash};
use super::error::Error;
use super::event::Event;
use super::state::{Deposit, Handover, HandoverStatus};
use crate::id::{NodeId, RiderId, StaffId};

/// # Errors
/// [`Error`] when the id is taken or nothing is declared.
pub fn declare(known: Option<&Handover>, command: &DeclareHandover) -> Result<Event, Error> {
    if known.is_some() {
        return Err(Error::HandoverKnown { handover: command.handover });
    }
    if command.declared_minor.minor() == 0 {
        return Err(Error::NothingDeclared);
    }
    Ok(Event::HandoverDeclared {
        handover: command.handover,
        rider: command.rider,
        declared_minor: command.declared_minor.minor(),
    })
}

fn require(handover: &Handover, status: HandoverStatus) -> Result<(), Error> {
    if handover.status == status {
        return Ok(());
    }
    Err(Error::HandoverStep { status: handover.status.as_str(), wanted: status.as_str() })
}

/// # Errors
/// [`Error::SamePerson`] when the counter declared it.
pub fn count(
    known: Option<&Handover>,
    command: &CountHandover,
    actor: Option<StaffId>,
) -> Result<Event, Error> {
    let handover = known.ok_or(Error::HandoverUnknown { handover: command.handover })?;
    require(handover, HandoverStatus::Declared)?;
    if handover.declared_by == actor {
        return Err(Error::SamePerson);
    }
    Ok(Event::HandoverCounted {
        handover: command.handover,
        counted_minor: command.counted_minor.minor(),
    })
}

/// # Errors
/// [`Error::NotDeclarer`] unless the declarer agrees.
pub fn cosign(
    known: Option<&Handover>,
    command: &CosignHandover,
    actor: Option<StaffId>,
) -> Result<Event, Error> {
    let handover = known.ok_or(Error::HandoverUnknown { handover: command.handover })?;
    require(handover, HandoverStatus::Counted)?;
    if handover.declared_by != actor {
        return Err(Error::NotDeclarer);
    }
    Ok(Event::HandoverCosigned { handover: command.handover, accepted: command.accept_shortage })
}

/// # Errors
/// [`Error`] when the slip was used, or the safe's book holds less.
pub fn deposit(
    known: Option<&Deposit>,
    held_minor: i64,
    command: &DepositCash,
) -> Result<Event, Error> {
    let slip = command.slip.as_str().to_owned();
    if known.is_some() {
        return Err(Error::SlipKnown { slip });
    }
    let amount_minor = command.amount_minor.minor();
    if amount_minor == 0 || amount_minor > held_minor {
        return Err(Error::SafeTooLittle { held_minor });
    }
    Ok(Event::CashDeposited { slip, amount_minor })
}

/// Matches a bank statement's line with a deposit. Decided at the hub.
///
/// # Errors
/// [`Error`] when no such deposit is on its way, or the sums differ.
pub fn match_statement(
    known: Option<&Deposit>,
    depot: NodeId,
    slip: &str,
    amount_minor: i64,
    fee_minor: i64,
) -> Result<Event, Error> {
    let unknown = || Error::SlipUnknown { slip: slip.to_owned() };
    let deposit = known.filter(|deposit| !deposit.matched).ok_or_else(unknown)?;
    let agrees = amount_minor > 0
        && fee_minor >= 0
        && amount_minor.checked_add(fee_minor) == Some(deposit.amount_minor);
    if !agrees {
        return Err(Error::AmountDiffers);
    }
    Ok(Event::StatementMatched { slip: slip.to_owned(), amount_minor, fee_minor, depot })
}

/// Pays a rider what was earned, less what the rider acknowledged to owe. Decided at the hub.
///
/// # Errors
/// [`Error::NothingPayable`].
pub fn pay_rider(
    rider: RiderId,
    payable_minor: i64,
    receivable_minor: i64,
) -> Result<Event, Error> {
    if payable_minor <= 0 {
        return Err(Error::NothingPayable);
    }
    let offset_minor = receivable_minor.clamp(0, payable_minor);
    Ok(Event::RiderPaid { rider, earned_minor: payable_minor, offset_minor })
}
