//! Picking and packing: goods leave their bins for the staging area, and the order is totalled
//! over what was found.

use super::command::Kind;
use super::counter::{quote_of, totals_of};
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::exceptions;
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::orders::{self, Line, OrderIntake, PackOrder, Terms};
use crate::records::Load;
use crate::refusal::Refusal;
use crate::warehouse::{self, PickLine};

pub(super) fn pick<L: Load>(
    command: &PickLine,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let quantity = command.quantity.units();
    let short = command.short_reason.as_ref().map(crate::text::Text::as_str);
    if quantity == 0 && short.is_none() {
        return Err(nothing_picked().into());
    }
    let picked = orders::pick(&order, command.line, &command.article, quantity, short)?;
    desk.check_bin(&command.bin)?;
    let held = desk.stock(&command.article)?.bins.get(&command.bin).copied().unwrap_or(0);
    if quantity > held {
        let (article, bin) = (command.article.clone(), command.bin.clone());
        return Err(warehouse::Error::NotInBin { article, bin, held }.into());
    }
    let line = order.line(command.line).map_or(0, |line| line.quantity - line.picked);
    let ended = short.is_some() && quantity < line;
    let released = if ended { line } else { quantity };
    let mut draft = Draft::default();
    draft.event(picked);
    let lines = vec![(command.article.clone(), released)];
    draft.event(warehouse::Event::ReservationReleased { lines });
    let bin = Account::Bin(command.bin.clone());
    draft.post(Posting::goods(Account::Staging, bin, &command.article, quantity));
    if let (true, Some(reason)) = (ended, short) {
        let detail = format!("{} of {} picked of {}: {reason}", quantity, line, command.article);
        let kind = exceptions::Kind::PickedShort;
        draft.raise(&desk.context, kind, order.number.as_str(), detail, None);
    }
    let left_on_line = line - released;
    let others = order.lines.iter().filter(|l| l.line != command.line && !l.is_done()).count();
    let lines_left = others + usize::from(left_on_line > 0);
    let reply = Reply::Picked { left_on_line, lines_left };
    Ok(draft.decision(Kind::PickLine, Scope::Site, reply))
}

fn nothing_picked() -> Refusal {
    Refusal {
        code: "nothing-picked",
        field: "quantity".into(),
        detail: "nothing was picked, and no reason ends the line".into(),
        remedy: "pick at least one, or say in short_reason why the line ends".into(),
    }
}

pub(super) fn pack<L: Load>(
    command: &PackOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let intake = |line: &Line| OrderIntake {
        article: line.article.clone(),
        name: line.name.clone(),
        quantity: line.picked,
        unit_price_minor: line.unit_price_minor,
        tax_class: line.tax_class,
    };
    let lines: Vec<OrderIntake> = order.lines.iter().map(intake).collect();
    let totals = totals_of(&quote_of(desk, &lines, order.totals.delivery_fee_minor)?);
    let mut draft = Draft::default();
    draft.event(orders::pack(&order, command.parcels.units(), totals)?);
    let overpaid = order.paid_minor - totals.total_minor;
    if order.terms == Terms::PrepaidCash && overpaid > 0 {
        let detail = format!("{overpaid} in minor units were paid for goods that were not found");
        let kind = exceptions::Kind::Refunded;
        draft.raise(&desk.context, kind, order.number.as_str(), detail, None);
        draft.event(crate::payments::Event::CashReturned {
            order: order.order,
            amount_minor: overpaid,
        });
        let (deposit, till) = (Account::CustomerDeposit, Account::Till);
        draft.post(Posting::money(deposit, till, desk.currency(), overpaid));
    }
    let reply = Reply::Packed { total_minor: totals.total_minor, tax_minor: totals.tax_minor };
    Ok(draft.decision(Kind::PackOrder, Scope::Site, reply))
}
