//! Taking an entry's facts into the records of its author. Cannot refuse and cannot fail but for
//! the store: what does not fit (an order that is not known) is left out, and stays in the log.

mod dispatch;
mod gig;
mod inference;
mod payments;
mod replenishment;
mod rights;
mod warehouse;

use super::body::{Body, Event};
use crate::catalogue;
use crate::exceptions::{self, Exception};
use crate::id::{ArticleCode, NodeId, StaffId};
use crate::ledger::{Account, Posting, Unit};
use crate::network::{self, Peer};
use crate::orders::{self, Order};
use crate::pricing::{self, PriceBooks};
use crate::records::{Balance, Load, Series, View, keys};
use crate::staff::{self, Staff};
use crate::time::Timestamp;
use crate::warehouse::ArticleStock;

/// When and by whom an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub author: NodeId,
    pub at: Timestamp,
    pub staff: Option<StaffId>,
}

/// Applies all facts of an entry.
///
/// # Errors
/// When the store cannot be read; then nothing may be saved.
pub fn project<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    body: &Body,
) -> Result<(), L::Error> {
    for event in &body.events {
        match event {
            Event::Catalogue(event) => of_catalogue(view, stamp, event)?,
            Event::Pricing(event) => of_pricing(view, stamp, event)?,
            Event::Orders(event) => of_orders(view, stamp, event)?,
            Event::Warehouse(event) => warehouse::apply(view, stamp, event)?,
            Event::Gig(event) => gig::apply(view, stamp, event)?,
            Event::Payments(event) => payments::apply(view, stamp, event)?,
            Event::Rights(event) => rights::apply(view, stamp, event)?,
            Event::Document(event) => {
                view.push_document_change(event.document, event.kind, &event.change);
            }
            Event::Exceptions(event) => of_exceptions(view, stamp, event)?,
            Event::Staff(event) => of_staff(view, stamp, event)?,
            Event::Network(event) => of_network(view, stamp, event)?,
            Event::Dispatch(event) => dispatch::apply(view, stamp, event)?,
            Event::Inference(event) => inference::apply(view, stamp, event)?,
            Event::Replenishment(event) => replenishment::apply(view, stamp, event)?,
        }
    }
    for posting in &body.postings {
        post(view, stamp.author, posting)?;
    }
    Ok(())
}

fn post<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    posting: &Posting,
) -> Result<(), L::Error> {
    for (account, amount) in [(&posting.debit, posting.amount), (&posting.credit, -posting.amount)]
    {
        let key = keys::balance(account, &posting.unit);
        view.update(author, &key, Balance::default, |balance| {
            balance.0 = balance.0.saturating_add(amount);
        })?;
        if let Unit::Goods(article) = &posting.unit {
            move_goods(view, author, article, account, amount)?;
        }
    }
    Ok(())
}

fn move_goods<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    article: &ArticleCode,
    account: &Account,
    units: i64,
) -> Result<(), L::Error> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other accounts hold no stock of ours")]
    let change: Box<dyn FnOnce(&mut ArticleStock)> = match account {
        Account::Bin(bin) => Box::new(move |stock| stock.move_bin(bin, units)),
        Account::Staging => {
            Box::new(move |stock| stock.staged = stock.staged.saturating_add(units))
        }
        Account::Quarantine => {
            Box::new(move |stock| stock.quarantined = stock.quarantined.saturating_add(units))
        }
        Account::WithRider(_) => {
            Box::new(move |stock| stock.with_riders = stock.with_riders.saturating_add(units))
        }
        _ => return Ok(()),
    };
    view.update(author, article.as_str(), ArticleStock::default, change)
}

fn of_catalogue<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &catalogue::Event,
) -> Result<(), L::Error> {
    match event {
        catalogue::Event::ArticleListed(article) => {
            view.put(stamp.author, article.code.as_str(), article.clone())
        }
        catalogue::Event::ArticleBlocked { article, blocked, .. } => {
            view.update(stamp.author, article.as_str(), ArticleStock::default, |stock| {
                stock.blocked = *blocked;
            })
        }
    }
}

fn of_pricing<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &pricing::Event,
) -> Result<(), L::Error> {
    if let pricing::Event::PricesListed { book, lines } = event {
        for line in lines {
            view.put(stamp.author, &keys::price(*book, &line.article), line.clone())?;
        }
    }
    view.update(stamp.author, keys::ONLY, PriceBooks::default, |books| books.apply(event))
}

fn of_orders<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &orders::Event,
) -> Result<(), L::Error> {
    let key = event.order().to_string();
    let count = |given: fn(&mut Series) -> &mut u64| {
        move |series: &mut Series| {
            let given = given(series);
            *given = given.saturating_add(1);
        }
    };
    match event {
        orders::Event::Placed(placed) => {
            let order: Order = (**placed).clone();
            view.put(stamp.author, &key, order)?;
            let series = keys::series(&placed.number);
            let orders = count(|series| &mut series.orders);
            view.update(stamp.author, series, Series::default, orders)
        }
        orders::Event::Refunded { credit_note, .. } => {
            view.amend::<Order>(stamp.author, &key, |o| o.apply(event, stamp.at, stamp.staff))?;
            let notes = count(|series| &mut series.credit_notes);
            let series = keys::credit_note_series(credit_note);
            view.update(stamp.author, series, Series::default, notes)
        }
        orders::Event::Reserved { .. }
        | orders::Event::LinePicked { .. }
        | orders::Event::Packed { .. }
        | orders::Event::Dispatched { .. }
        | orders::Event::Delivered { .. }
        | orders::Event::DeliveryFailed { .. }
        | orders::Event::Returned { .. }
        | orders::Event::Cancelled { .. } => {
            view.amend::<Order>(stamp.author, &key, |o| o.apply(event, stamp.at, stamp.staff))
        }
    }
}

fn of_exceptions<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &exceptions::Event,
) -> Result<(), L::Error> {
    match event {
        exceptions::Event::Raised { exception, .. } => {
            match Exception::raised_by(event, stamp.at) {
                Some(raised) => view.put(stamp.author, &exception.to_string(), raised),
                None => Ok(()),
            }
        }
        exceptions::Event::Resolved { exception, resolution, note } => {
            view.amend::<Exception>(stamp.author, &exception.to_string(), |exception| {
                exception.resolve(*resolution, note);
            })
        }
    }
}

fn of_staff<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &staff::Event,
) -> Result<(), L::Error> {
    match event {
        staff::Event::StaffEnrolled { staff, name, role } => {
            let person = Staff { staff: *staff, name: name.clone(), role: *role, active: true };
            view.put(stamp.author, &staff.to_string(), person)
        }
        staff::Event::StaffLeft { staff } => {
            view.amend::<Staff>(stamp.author, &staff.to_string(), |person| person.active = false)
        }
    }
}

fn of_network<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &network::Event,
) -> Result<(), L::Error> {
    match event {
        network::Event::NodeEnrolled { node, site, entity, author_key } => {
            view.put(
                stamp.author,
                site.as_str(),
                Peer {
                    node: *node,
                    site: site.clone(),
                    entity: entity.clone(),
                    author_key: *author_key,
                    revoked: false,
                },
            )?;
            // Found by node as well: entries name their author by it.
            view.put(
                stamp.author,
                &node.to_string(),
                Peer {
                    node: *node,
                    site: site.clone(),
                    entity: entity.clone(),
                    author_key: *author_key,
                    revoked: false,
                },
            )
        }
        network::Event::NodeRevoked { node, .. } => {
            let known = view.get::<Peer>(stamp.author, &node.to_string())?.cloned();
            let Some(peer) = known else { return Ok(()) };
            for key in [node.to_string(), peer.site.to_string()] {
                view.amend::<Peer>(stamp.author, &key, |peer| peer.revoked = true)?;
            }
            Ok(())
        }
    }
}
