//! Rights: each side's own account of them.

use super::Stamp;
use crate::id::{NodeId, OrderId, RightId};
use crate::records::{Load, View, keys};
use crate::rights::{
    self, Grants, Holding, PassedIn, PassedOn, RemoteHandover, RemoteItem, RemoteSale, Right,
};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &rights::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        rights::Event::Granted { right, article, quantity, holder } => {
            let granted = Right {
                right: *right,
                article: article.clone(),
                home: author,
                holder: *holder,
                granted: *quantity,
                absorbed: 0,
                handed_over: 0,
            };
            note_granted(view, granted)
        }
        rights::Event::Spent { right, home, article, quantity, order, number } => {
            note_spent(view, author, *right, *quantity)?;
            let item = RemoteItem {
                right: *right,
                home: *home,
                article: article.clone(),
                quantity: *quantity,
            };
            note_remote_sale(view, author, *order, number, item)
        }
        rights::Event::Returned { right, quantity, .. } => {
            view.update(author, &right.to_string(), Holding::default, |holding| {
                holding.returned = holding.returned.saturating_add(*quantity);
            })
        }
        rights::Event::PassedOn { right, home, article, quantity, to } => {
            let (right, home, to, quantity) = (*right, *home, *to, *quantity);
            let article = article.clone();
            note_passed_on(view, author, PassedOn { right, home, article, to, quantity })
        }
        rights::Event::ReturnAbsorbed { right, quantity, .. } => {
            view.amend::<Right>(author, &right.to_string(), |right| {
                right.absorbed = right.absorbed.saturating_add(*quantity);
            })
        }
        rights::Event::HandedOver { right, seller, order, quantity } => {
            note_handed_over(view, author, *right, *quantity)?;
            let (order, seller) = (*order, *seller);
            let handover = RemoteHandover { order, seller };
            view.put(author, &order.to_string(), handover)
        }
    }
}

fn note_granted<L: Load>(view: &mut View<'_, L>, granted: Right) -> Result<(), L::Error> {
    let (home, id) = (granted.home, granted.right);
    let key = keys::grants(granted.holder, &granted.article);
    view.put(home, &id.to_string(), granted)?;
    view.update(home, &key, Grants::default, |grants| grants.rights.push(id))
}

fn note_handed_over<L: Load>(
    view: &mut View<'_, L>,
    home: NodeId,
    right: RightId,
    quantity: i64,
) -> Result<(), L::Error> {
    view.amend::<Right>(home, &right.to_string(), |right| {
        right.handed_over = right.handed_over.saturating_add(quantity);
    })
}

fn note_spent<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    right: RightId,
    quantity: i64,
) -> Result<(), L::Error> {
    view.update(author, &right.to_string(), Holding::default, |holding| {
        holding.spent = holding.spent.saturating_add(quantity);
    })
}

fn note_remote_sale<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    order: OrderId,
    number: &str,
    item: RemoteItem,
) -> Result<(), L::Error> {
    let empty = || RemoteSale { order, number: number.to_owned(), items: Vec::new() };
    view.update(author, &order.to_string(), empty, |sale| {
        sale.items.push(item);
    })
}

fn note_passed_on<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    passed: PassedOn,
) -> Result<(), L::Error> {
    view.update(author, &passed.right.to_string(), Holding::default, |holding| {
        holding.passed_on = holding.passed_on.saturating_add(passed.quantity)
    })?;
    let key = keys::passed_in(passed.to, passed.home, &passed.article);
    view.update(author, &key, PassedIn::default, |list| {
        list.passed.push(passed);
    })
}
