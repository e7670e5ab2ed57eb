//! Money goes back to a customer, and perhaps goods to a bin.

use super::command::Kind;
use super::counter::at_line;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::exceptions;
use crate::id::{ArticleCode, BinCode};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::money::mul_div_half_up;
use crate::orders::{self, RefundOrder};
use crate::payments;
use crate::records::Load;
use crate::refusal::Refusal;
use crate::rights::RemoteSale;

pub(super) fn refund<L: Load>(
    command: &RefundOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let lines: Vec<(u32, i64)> =
        command.lines.iter().map(|line| (line.line, line.quantity.units())).collect();
    let credit_note = desk.credit_note_number()?;
    let reason = command.reason.as_str();
    let (event, sum) = orders::refund(&order, &lines, credit_note.clone(), reason)?;
    let mut draft = Draft::default();
    draft.event(event);
    let refund_minor = sum.net_minor + sum.tax_minor;
    draft.event(payments::Event::CashReturned { order: order.order, amount_minor: refund_minor });
    let currency = desk.currency();
    draft.post(Posting::money(Account::Sales, Account::Till, currency, sum.net_minor));
    draft.post(Posting::money(Account::VatOutput, Account::Till, currency, sum.tax_minor));
    let elsewhere: Option<RemoteSale> = desk.own(&order.order.to_string())?;
    for (index, refunded) in command.lines.iter().enumerate() {
        let (Some(bin), Some(line)) = (&refunded.restock_bin, order.line(refunded.line)) else {
            continue;
        };
        at_line(index, check_ours(elsewhere.as_ref(), &line.article))?;
        at_line(index, check_restock(desk, bin))?;
        let (article, units) = (&line.article, refunded.quantity.units());
        let (bin, customer) = (Account::Bin(bin.clone()), Account::Customer);
        draft.post(Posting::goods(bin, customer, article, units));
        // Returned goods come in at today's average, so that they do not move it.
        let held = desk.stock(article)?.valued();
        let value = desk.money(&Account::StockValue(article.clone()))?;
        let back = if held > 0 { mul_div_half_up(value.max(0), units, held) } else { 0 };
        let stock = Account::StockValue(article.clone());
        draft.post(Posting::money(stock, Account::CostOfGoods, currency, back));
    }
    let reply = Reply::Refunded { refund_minor, credit_note };
    // The depot that keeps the goods must hear of it, or it would still give them out.
    let scope = order.sold_from.map_or(Scope::Site, Scope::Node);
    if order.sold_from.is_some() {
        let detail = "sold from another depot's stock; see that the goods stay or return there";
        let kind = exceptions::Kind::Refunded;
        draft.raise(&desk.context, kind, order.number.as_str(), detail, None);
    }
    Ok(draft.decision(Kind::RefundOrder, scope, reply))
}

/// Goods of another depot were never in our books: they cannot come back into them.
fn check_ours<E>(elsewhere: Option<&RemoteSale>, article: &ArticleCode) -> Result<(), Declined<E>> {
    let is_it = |sale: &RemoteSale| sale.items.iter().any(|item| item.article == *article);
    if elsewhere.is_some_and(is_it) {
        let article = article.clone();
        return Err(orders::Error::GoodsElsewhere { article }.into());
    }
    Ok(())
}

fn check_restock<L: Load>(desk: &Desk<'_, '_, L>, bin: &BinCode) -> Result<(), Declined<L::Error>> {
    desk.check_bin(bin).map_err(|error| {
        let refusal = Refusal { field: "restock_bin".into(), ..error.into() };
        refusal.into()
    })
}
