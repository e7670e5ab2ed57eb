//! Goods arrive and move between bins.

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use crate::catalogue::{self, BlockArticle};
use crate::exceptions;
use crate::ledger::{Account, Posting};
use crate::quantity::{Pack, Quantity};
use crate::records::Load;
use crate::refusal::Refusal;
use crate::warehouse::{Error, Event, MoveStock, Receipt, ReceiveGoods, ReceiveLine, ReceivedLine};

pub(super) fn receive<L: Load>(
    command: &ReceiveGoods,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    if desk.own::<Receipt>(&command.receipt.to_string())?.is_some() {
        return Err(Error::AlreadyReceived.into());
    }
    let mut draft = Draft::default();
    let mut lines = Vec::with_capacity(command.lines.len());
    for (index, line) in command.lines.iter().enumerate() {
        let received = received_line(line, desk).map_err(|declined| match declined {
            Declined::Refused(refusal) => Declined::Refused(refusal.at("lines", index)),
            Declined::Store(error) => Declined::Store(error),
        })?;
        post_arrival(&mut draft, desk, &received, index)?;
        raise_differences(&mut draft, desk, &received, command.reference.as_str());
        lines.push(received);
    }
    let reference = command.reference.as_str().to_owned();
    draft.event(Event::GoodsReceived { receipt: command.receipt, reference, lines });
    Ok(draft.done(Kind::ReceiveGoods))
}

fn received_line<L: Load>(
    line: &ReceiveLine,
    desk: &mut Desk<'_, '_, L>,
) -> Result<ReceivedLine, Declined<L::Error>> {
    let article = desk.article(&line.article)?;
    desk.check_bin(&line.bin)?;
    let units = |count: Quantity| -> Result<i64, Error> {
        let Some(name) = &line.pack else {
            return Ok(count.units());
        };
        let unknown = || Error::PackUnknown { pack: name.to_string() };
        let is_it = |pack: &&Pack| pack.name == name.as_str();
        let pack = article.packs.iter().find(is_it).ok_or_else(unknown)?;
        pack.units(count).map(Quantity::units).ok_or_else(unknown)
    };
    let quantity = units(line.quantity)?;
    if line.damaged.units() > quantity {
        return Err(Error::DamagedAboveQuantity.into());
    }
    Ok(ReceivedLine {
        article: line.article.clone(),
        quantity,
        damaged: line.damaged.units(),
        expected: line.expected.map(|expected| expected.units()),
        bin: line.bin.clone(),
        unit_cost_minor: line.unit_cost_minor.minor(),
    })
}

fn post_arrival<L: Load>(
    draft: &mut Draft,
    desk: &Desk<'_, '_, L>,
    line: &ReceivedLine,
    index: usize,
) -> Result<(), Refusal> {
    let too_dear = || Refusal {
        code: "cost-too-large",
        field: "unit_cost_minor".into(),
        detail: "the value of this line is above the largest amount that can be booked".into(),
        remedy: "check the cost of one base unit, or split the line".into(),
    };
    let value = line
        .unit_cost_minor
        .checked_mul(line.quantity)
        .filter(|value| *value <= crate::money::AMOUNT_MINOR_MAX)
        .ok_or_else(|| too_dear().at("lines", index))?;
    let sound = line.quantity - line.damaged;
    let bin = Account::Bin(line.bin.clone());
    draft.post(Posting::goods(bin, Account::Supplier, &line.article, sound));
    draft.post(Posting::goods(Account::Quarantine, Account::Supplier, &line.article, line.damaged));
    draft.post(Posting::money(
        Account::StockValue(line.article.clone()),
        Account::GoodsReceivedNotInvoiced,
        desk.currency(),
        value,
    ));
    Ok(())
}

fn raise_differences<L: Load>(
    draft: &mut Draft,
    desk: &Desk<'_, '_, L>,
    line: &ReceivedLine,
    reference: &str,
) {
    let mut raise = |kind, detail: String| {
        draft.raise(&desk.context, kind, line.article.as_str(), detail, None);
    };
    if line.damaged > 0 {
        let detail = format!("{reference}: {} of {} arrived damaged", line.damaged, line.quantity);
        raise(exceptions::Kind::ReceivedDamaged, detail);
    }
    if let Some(expected) = line.expected {
        let detail = format!("{reference}: {expected} announced, {} arrived", line.quantity);
        if line.quantity < expected {
            raise(exceptions::Kind::ReceivedShort, detail);
        } else if line.quantity > expected {
            raise(exceptions::Kind::ReceivedOver, detail);
        }
    }
}

pub(super) fn move_stock<L: Load>(
    command: &MoveStock,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    desk.article(&command.article)?;
    desk.check_bin(&command.to_bin)
        .map_err(|error| Refusal { field: "to_bin".into(), ..error.into() })?;
    if command.from_bin == command.to_bin {
        return Err(Error::SameBin.into());
    }
    let held = desk.stock(&command.article)?.bins.get(&command.from_bin).copied().unwrap_or(0);
    let quantity = command.quantity.units();
    if quantity > held {
        let refusal: Refusal = Error::NotInBin {
            article: command.article.clone(),
            bin: command.from_bin.clone(),
            held,
        }
        .into();
        return Err(Refusal { field: "from_bin".into(), ..refusal }.into());
    }
    let mut draft = Draft::default();
    draft.event(Event::StockMoved {
        article: command.article.clone(),
        quantity,
        from: command.from_bin.clone(),
        to: command.to_bin.clone(),
    });
    draft.post(Posting::goods(
        Account::Bin(command.to_bin.clone()),
        Account::Bin(command.from_bin.clone()),
        &command.article,
        quantity,
    ));
    Ok(draft.done(Kind::MoveStock))
}

pub(super) fn block_article<L: Load>(
    command: &BlockArticle,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known = desk.known_article(&command.article)?.is_some();
    let blocked = desk.stock(&command.article)?.blocked;
    let mut draft = Draft::default();
    draft.event(catalogue::block(known, blocked, command)?);
    Ok(draft.done(Kind::BlockArticle))
}
