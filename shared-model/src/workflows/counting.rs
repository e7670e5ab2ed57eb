//! Counting a bin: the difference is taken against the book at the moment the count began, and one
//! above the limit waits for a second person.

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::exceptions;
use crate::id::CountId;
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::records::Load;
use crate::refusal::Refusal;
use crate::warehouse::{self, ApproveCount, Count, CountStatus, Error, RecordCount, StartCount};

pub(super) fn start<L: Load>(
    command: &StartCount,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    if desk.own::<Count>(&command.count.to_string())?.is_some() {
        return Err(Refusal {
            code: "count-known",
            field: "count".into(),
            detail: "this count was started before by another command".into(),
            remedy: "open it; mint a new id for a new count".into(),
        }
        .into());
    }
    desk.article(&command.article)?;
    desk.check_bin(&command.bin)?;
    let stock = desk.stock(&command.article)?;
    let position = desk.context.seq;
    let (bin, article) = (command.bin.clone(), command.article.clone());
    let mut draft = Draft::default();
    draft.event(warehouse::start_count(command.count, bin, article, position, &stock));
    let reply = Reply::CountStarted { position: position.0 };
    Ok(draft.decision(Kind::StartCount, Scope::Site, reply))
}

pub(super) fn record<L: Load>(
    command: &RecordCount,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Count> = desk.own(&command.count.to_string())?;
    let counted = command.quantity.units();
    let recorded = warehouse::record_count(known.as_ref(), command.count, counted)?;
    let count = known.ok_or(Error::CountUnknown { count: command.count })?;
    let variance = counted - count.book;
    let value = value_of(desk, &count, variance)?;
    let mut draft = Draft::default();
    draft.event(recorded);
    let limit = desk.context.site.count_variance_minor_max;
    // Goods found where the book has none have no value to judge the difference by.
    let unvalued = variance > 0 && desk.stock(&count.article)?.valued() <= 0;
    let status = if unvalued || warehouse::count_variance_due(value, limit) {
        let detail = format!("{counted} counted in {}, {} by the book", count.bin, count.book);
        let kind = exceptions::Kind::CountDiffers;
        draft.raise(&desk.context, kind, count.article.as_str(), detail, desk.context.actor);
        CountStatus::Counted
    } else {
        approve_and_post(&mut draft, desk, &count, variance, value);
        CountStatus::Approved
    };
    let reply = Reply::CountRecorded { status };
    Ok(draft.decision(Kind::RecordCount, Scope::Site, reply))
}

pub(super) fn approve<L: Load>(
    command: &ApproveCount,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Count> = desk.own(&command.count.to_string())?;
    warehouse::approve_count(known.as_ref(), command.count, desk.context.actor)?;
    let count = known.ok_or(Error::CountUnknown { count: command.count })?;
    let variance = count.variance().ok_or(Error::CountNotRecorded)?;
    let value = value_of(desk, &count, variance)?;
    let mut draft = Draft::default();
    approve_and_post(&mut draft, desk, &count, variance, value);
    let reply = Reply::CountApproved { variance };
    Ok(draft.decision(Kind::ApproveCount, Scope::Site, reply))
}

/// Value at cost of a difference: signed like it.
fn value_of<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    count: &Count,
    variance: i64,
) -> Result<i64, Declined<L::Error>> {
    let held = desk.stock(&count.article)?.valued();
    let value = desk.money(&Account::StockValue(count.article.clone()))?.max(0);
    Ok(match variance {
        0 => 0,
        missing if missing < 0 => -warehouse::cost_of(-missing, held, value),
        _ if held <= 0 => 0,
        surplus => crate::money::mul_div_half_up(value, surplus, held),
    })
}

fn approve_and_post<L: Load>(
    draft: &mut Draft,
    desk: &Desk<'_, '_, L>,
    count: &Count,
    variance: i64,
    value: i64,
) {
    let approved: CountId = count.count;
    draft.event(warehouse::Event::CountApproved { count: approved });
    let bin = Account::Bin(count.bin.clone());
    draft.post(Posting::goods(bin, Account::CountVariance, &count.article, variance));
    let stock = Account::StockValue(count.article.clone());
    draft.post(Posting::money(stock, Account::StockVariance, desk.currency(), value));
}
