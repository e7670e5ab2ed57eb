//! The rules of rights, as one state machine for everything that can be lent.

use super::error::Error;
use super::event::Event;
use super::state::{Holding, PassedOn, RemoteSale, Right};
use crate::id::{ArticleCode, NodeId, OrderId, RightId};

/// What `holder` may still spend of one right: what the home site granted it and others passed on
/// to it, less what it spent, gave back and passed on.
#[must_use]
pub fn left(holder: NodeId, right: Option<&Right>, passed_in: &[PassedOn], own: &Holding) -> i64 {
    let granted = right.filter(|right| right.holder == holder).map_or(0, |right| right.granted);
    let moved_in: i64 = passed_in.iter().filter(|p| p.to == holder).map(|p| p.quantity).sum();
    granted + moved_in - own.spent - own.returned - own.passed_on
}

/// # Errors
/// [`Error::RightKnown`] or [`Error::OwnSite`]. That the stock is there is the warehouse's rule.
pub fn grant(
    known: Option<&Right>,
    right: RightId,
    article: &ArticleCode,
    quantity: i64,
    home: NodeId,
    holder: NodeId,
) -> Result<Event, Error> {
    if known.is_some() {
        return Err(Error::RightKnown { right });
    }
    if holder == home {
        return Err(Error::OwnSite);
    }
    Ok(Event::Granted { right, article: article.clone(), quantity, holder })
}

/// Divides a sale over the rights held, oldest id first. `held` pairs each right with what is left.
///
/// Returns the spends, or how much is left in all when that is too little.
///
/// # Errors
/// What is left over all rights, when less than `quantity`.
pub fn spend(
    held: &[(RightId, i64)],
    home: NodeId,
    article: &ArticleCode,
    quantity: i64,
    order: OrderId,
    number: &str,
) -> Result<Vec<Event>, i64> {
    let total: i64 = held.iter().map(|(_, left)| (*left).max(0)).sum();
    if total < quantity {
        return Err(total);
    }
    let mut missing = quantity;
    let mut events = Vec::new();
    for (right, left) in held {
        let taken = missing.min((*left).max(0));
        if taken > 0 {
            missing -= taken;
            events.push(Event::Spent {
                right: *right,
                home,
                article: article.clone(),
                quantity: taken,
                order,
                number: number.to_owned(),
            });
        }
    }
    Ok(events)
}

/// # Errors
/// [`Error::TooFewLeft`].
pub fn give_back(right: RightId, home: NodeId, left: i64, quantity: i64) -> Result<Event, Error> {
    if quantity > left {
        return Err(Error::TooFewLeft { left });
    }
    Ok(Event::Returned { right, home, quantity })
}

/// # Errors
/// [`Error::TooFewLeft`] or [`Error::OwnSite`].
pub fn pass_on(
    right: &Right,
    from: NodeId,
    to: NodeId,
    left: i64,
    quantity: i64,
) -> Result<Event, Error> {
    if to == from || to == right.home {
        return Err(Error::OwnSite);
    }
    if quantity > left {
        return Err(Error::TooFewLeft { left });
    }
    let article = right.article.clone();
    Ok(Event::PassedOn { right: right.right, home: right.home, article, quantity, to })
}

/// The home site's side of a sale elsewhere: one event per article that lies here.
///
/// # Errors
/// [`Error`] when no such sale waits, or it has left.
pub fn hand_over(
    sale: Option<&RemoteSale>,
    seller: NodeId,
    home: NodeId,
    handed_over: bool,
    order: OrderId,
) -> Result<Vec<Event>, Error> {
    let sale = sale.ok_or(Error::SaleUnknown { order })?;
    if handed_over {
        return Err(Error::AlreadyHandedOver);
    }
    let events: Vec<Event> = sale
        .items
        .iter()
        .filter(|item| item.home == home)
        .map(|item| Event::HandedOver { right: item.right, seller, order, quantity: item.quantity })
        .collect();
    if events.is_empty() { Err(Error::SaleUnknown { order }) } else { Ok(events) }
}
