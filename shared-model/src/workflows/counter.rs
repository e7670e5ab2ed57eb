//! A sale over the counter: priced, checked against what may be promised, paid and handed out in
//! one entry. Goods of another depot are sold only under a right held here.

use std::collections::BTreeMap;

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::catalogue;
use crate::id::{ArticleCode, NodeId, OrderId, RightId, SiteCode};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::network::Peer;
use crate::orders::{self, Channel, NewOrder, Order, OrderIntake, Sell, Terms, Totals};
use crate::payments;
use crate::pricing::{self, PricedLine, Quote};
use crate::records::{Load, keys};
use crate::refusal::Refusal;
use crate::rights::{self, Grants, Holding, PassedIn, PassedOn, Right};
use crate::warehouse;

pub(super) fn sell<L: Load>(
    command: &Sell,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    let number = desk.order_number()?;
    let mut lines = Vec::with_capacity(command.lines.len());
    for (index, line) in command.lines.iter().enumerate() {
        let quantity = line.quantity.units();
        lines.push(at_line(index, priced(&line.article, quantity, desk))?);
    }
    let sold_from = draw_goods(&mut draft, desk, command, &number)?;
    let quote = quote_of(desk, &lines, 0)?;
    let (tendered_minor, total_minor) = (command.tendered_minor.minor(), quote.total_minor);
    if tendered_minor < total_minor {
        return Err(orders::Error::TenderedTooLittle { total_minor }.into());
    }
    let totals = totals_of(&quote);
    let new = NewOrder {
        order: command.order,
        number: number.clone(),
        channel: Channel::Counter,
        customer: command.customer,
        terms: Terms::PrepaidCash,
        currency: desk.currency(),
        lines,
        totals,
        paid_minor: total_minor,
        reference: None,
        address: None,
        sold_from,
        placed: desk.context.now,
        staff: desk.context.actor,
    };
    let known: Option<Order> = desk.own(&command.order.to_string())?;
    draft.event(orders::place(known.as_ref(), new)?);
    draft.event(payments::Event::CashTaken {
        order: command.order,
        amount_minor: total_minor,
        tendered_minor,
    });
    post_revenue(&mut draft, desk, &[(Account::Till, total_minor)], &totals);
    let scope = sold_from.map_or(Scope::Site, Scope::Node);
    let reply = Reply::Sold {
        number,
        total_minor,
        tax_minor: quote.tax_minor,
        change_minor: tendered_minor - total_minor,
    };
    Ok(draft.decision(Kind::Sell, scope, reply))
}

/// Takes the goods of a sale from own stock, or spends rights on another depot's. Each article is
/// summed over the basket first, so that two lines cannot promise the same carton. Returns the
/// other depot, if one is drawn on.
fn draw_goods<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    command: &Sell,
    number: &str,
) -> Result<Option<NodeId>, Declined<L::Error>> {
    let mut local: BTreeMap<&ArticleCode, (i64, usize)> = BTreeMap::new();
    let mut remote: BTreeMap<(&SiteCode, &ArticleCode), (i64, usize)> = BTreeMap::new();
    for (index, line) in command.lines.iter().enumerate() {
        let wanted = match &line.from_site {
            Some(site) if *site != desk.context.site.site => {
                remote.entry((site, &line.article)).or_insert((0, index))
            }
            Some(_) | None => local.entry(&line.article).or_insert((0, index)),
        };
        wanted.0 += line.quantity.units();
    }
    for (article, (quantity, index)) in local {
        at_line(index, take_from_stock(draft, desk, article, quantity))?;
    }
    let mut sold_from = None;
    for ((site, article), (quantity, index)) in remote {
        let sale = RemoteSaleOf { order: command.order, number, site, article, quantity };
        let home = at_line(index, spend_rights(draft, desk, &sale))?;
        if sold_from.is_some_and(|other| other != home) {
            let two_sites = Refusal::from(rights::Error::TwoSites);
            return Err(two_sites.at("lines", index).into());
        }
        sold_from = Some(home);
    }
    Ok(sold_from)
}

/// Says which line of the basket a refusal is about.
pub(super) fn at_line<T, E>(
    index: usize,
    result: Result<T, Declined<E>>,
) -> Result<T, Declined<E>> {
    result.map_err(|declined| match declined {
        Declined::Refused(refusal) => Declined::Refused(refusal.at("lines", index)),
        Declined::Store(error) => Declined::Store(error),
    })
}

/// A basket's line at the price in force.
pub(super) fn priced<L: Load>(
    code: &ArticleCode,
    quantity: i64,
    desk: &mut Desk<'_, '_, L>,
) -> Result<OrderIntake, Declined<L::Error>> {
    let article = desk.article(code)?;
    if desk.is_blocked(code)? {
        return Err(catalogue::Error::ArticleBlocked { article: code.clone() }.into());
    }
    let unit_price_minor = desk.unit_price_minor(code)?;
    Ok(OrderIntake {
        article: code.clone(),
        name: article.name,
        quantity,
        unit_price_minor,
        tax_class: article.tax_class,
    })
}

pub(super) fn quote_of<L: Load>(
    desk: &Desk<'_, '_, L>,
    lines: &[OrderIntake],
    fee_minor: i64,
) -> Result<Quote, pricing::Error> {
    let priced: Vec<PricedLine> = lines
        .iter()
        .map(|line| PricedLine {
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            tax_class: line.tax_class,
        })
        .collect();
    pricing::quote(desk.context.site.jurisdiction, desk.context.now, &priced, fee_minor)
}

pub(super) const fn totals_of(quote: &Quote) -> Totals {
    Totals {
        net_minor: quote.net_minor,
        delivery_fee_minor: quote.fee_minor,
        tax_minor: quote.tax_minor,
        total_minor: quote.total_minor,
    }
}

/// Revenue and tax against whatever pays for them.
pub(super) fn post_revenue<L: Load>(
    draft: &mut Draft,
    desk: &Desk<'_, '_, L>,
    sources: &[(Account, i64)],
    totals: &Totals,
) {
    let sinks = [
        (Account::Sales, totals.net_minor),
        (Account::DeliveryFees, totals.delivery_fee_minor),
        (Account::VatOutput, totals.tax_minor),
    ];
    draft.settle(desk.currency(), sources, &sinks);
}

fn take_from_stock<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    article: &ArticleCode,
    quantity: i64,
) -> Result<(), Declined<L::Error>> {
    let stock = desk.stock(article)?;
    let site = desk.context.site;
    warehouse::reserve(article, &stock, &site.unsellable, quantity)?;
    for (bin, units) in warehouse::choose_bins(&stock, &site.unsellable, quantity) {
        draft.post(Posting::goods(Account::Customer, Account::Bin(bin), article, units));
    }
    let cost = desk.cost(article, quantity)?;
    let value = Account::StockValue(article.clone());
    draft.post(Posting::money(Account::CostOfGoods, value, desk.currency(), cost));
    Ok(())
}

struct RemoteSaleOf<'a> {
    order: OrderId,
    number: &'a str,
    site: &'a SiteCode,
    article: &'a ArticleCode,
    quantity: i64,
}

fn spend_rights<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    sale: &RemoteSaleOf<'_>,
) -> Result<NodeId, Declined<L::Error>> {
    let peer: Option<Peer> = desk.published(sale.site.as_str())?;
    let home = peer.ok_or_else(|| rights::Error::SiteUnknown { site: sale.site.clone() })?.node;
    let held = rights_held(desk, home, sale.article)?;
    let spends = rights::spend(&held, home, sale.article, sale.quantity, sale.order, sale.number)
        .map_err(|left| rights::Error::NoRight {
        article: sale.article.clone(),
        site: sale.site.clone(),
        left,
    })?;
    for spend in spends {
        draft.event(spend);
    }
    Ok(home)
}

/// The rights this site holds on an article of another site, with what is left of each.
pub(super) fn rights_held<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    home: NodeId,
    article: &ArticleCode,
) -> Result<Vec<(RightId, i64)>, Declined<L::Error>> {
    let me = desk.node();
    let granted: Option<Grants> = desk.of(home, &keys::grants(me, article))?;
    let key = keys::passed_in(me, home, article);
    let mut passed: Vec<PassedOn> = Vec::new();
    for giver in desk.authors::<PassedIn>(&key)? {
        passed.extend(desk.of::<PassedIn>(giver, &key)?.unwrap_or_default().passed);
    }
    let mut ids: Vec<RightId> = granted.unwrap_or_default().rights;
    ids.extend(passed.iter().map(|passed| passed.right));
    ids.sort_unstable();
    ids.dedup();
    let mut held = Vec::with_capacity(ids.len());
    for id in ids {
        held.push((id, right_left(desk, home, id, &passed)?));
    }
    Ok(held)
}

/// What this site may still spend of one right.
pub(super) fn right_left<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    home: NodeId,
    id: RightId,
    passed: &[PassedOn],
) -> Result<i64, Declined<L::Error>> {
    let key = id.to_string();
    let right: Option<Right> = desk.of(home, &key)?;
    let own: Holding = desk.own(&key)?.unwrap_or_default();
    let of_it: Vec<PassedOn> = passed.iter().filter(|p| p.right == id).cloned().collect();
    Ok(rights::left(desk.node(), right.as_ref(), &of_it, &own))
}
