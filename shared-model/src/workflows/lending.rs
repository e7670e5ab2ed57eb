//! Stock is promised to other sites, given back, passed on, and handed over when they sold it.

use std::collections::BTreeMap;

use super::command::Kind;
use super::counter::right_left;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::id::{ArticleCode, EntryId, NodeId, RightId, SiteCode};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::network::Peer;
use crate::orders::{Line, Order};
use crate::records::{Load, keys};
use crate::rights::{
    self, AbsorbReturns, Error, GrantRight, HandOverRemoteSale, Holding, PassedIn, PassedOn,
    RemoteHandover, RemoteSale, ReturnRight, Right, TransferRight,
};
use crate::warehouse;

fn node_of<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    site: &SiteCode,
) -> Result<NodeId, Declined<L::Error>> {
    let peer: Option<Peer> = desk.published(site.as_str())?;
    let enrolled = peer.filter(|peer| !peer.revoked);
    Ok(enrolled.ok_or_else(|| Error::SiteUnknown { site: site.clone() })?.node)
}

pub(super) fn grant<L: Load>(
    command: &GrantRight,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    desk.article(&command.article)?;
    let holder = node_of(desk, &command.to_site)?;
    let known: Option<Right> = desk.own(&command.right.to_string())?;
    let quantity = command.quantity.units();
    let node = desk.node();
    let granted =
        rights::grant(known.as_ref(), command.right, &command.article, quantity, node, holder)?;
    let stock = desk.stock(&command.article)?;
    warehouse::reserve(&command.article, &stock, &desk.context.site.unsellable, quantity)?;
    let mut draft = Draft::default();
    draft.event(granted);
    draft.event(warehouse::Event::StockLent { article: command.article.clone(), quantity });
    Ok(draft.decision(Kind::GrantRight, Scope::Region, Reply::Done {}))
}

/// The right as its home wrote it, and what this site still holds of it.
fn holding<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    id: RightId,
) -> Result<(Right, i64), Declined<L::Error>> {
    let key = id.to_string();
    let mut found = None;
    for home in desk.authors::<Right>(&key)? {
        found = desk.of::<Right>(home, &key)?;
    }
    let right = found.ok_or(Error::RightUnknown { right: id })?;
    let in_key = keys::passed_in(desk.node(), right.home, &right.article);
    let mut passed: Vec<PassedOn> = Vec::new();
    for giver in desk.authors::<PassedIn>(&in_key)? {
        passed.extend(desk.of::<PassedIn>(giver, &in_key)?.unwrap_or_default().passed);
    }
    let left = right_left(desk, right.home, id, &passed)?;
    Ok((right, left))
}

pub(super) fn give_back<L: Load>(
    command: &ReturnRight,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let (right, left) = holding(desk, command.right)?;
    let mut draft = Draft::default();
    draft.event(rights::give_back(right.right, right.home, left, command.quantity.units())?);
    Ok(draft.decision(Kind::ReturnRight, Scope::Node(right.home), Reply::Done {}))
}

pub(super) fn pass_on<L: Load>(
    command: &TransferRight,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let to = node_of(desk, &command.to_site)?;
    let (right, left) = holding(desk, command.right)?;
    let mut draft = Draft::default();
    draft.event(rights::pass_on(&right, desk.node(), to, left, command.quantity.units())?);
    Ok(draft.decision(Kind::TransferRight, Scope::Region, Reply::Done {}))
}

/// The id of the entry that takes note of a return: one for each return, whoever asks how often.
#[must_use]
pub fn absorb_id(returned: EntryId) -> EntryId {
    let input = returned.as_uuid().as_bytes();
    let hash = blake3::derive_key("omniroute absorption of a returned right v1", input);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    EntryId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Takes note of returns that holders have signed: only now is the stock free to promise again.
pub(super) fn absorb<L: Load>(
    command: &AbsorbReturns,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let key = command.right.to_string();
    let right: Option<Right> = desk.own(&key)?;
    let right = right.ok_or(Error::RightUnknown { right: command.right })?;
    let mut returned = 0;
    let mut last = right.holder;
    for holder in desk.authors::<Holding>(&key)? {
        returned += desk.of::<Holding>(holder, &key)?.unwrap_or_default().returned;
        last = holder;
    }
    let quantity = returned - right.absorbed;
    if quantity <= 0 {
        return Err(Error::TooFewLeft { left: 0 }.into());
    }
    let mut draft = Draft::default();
    draft.event(rights::Event::ReturnAbsorbed { right: right.right, holder: last, quantity });
    let article = right.article;
    draft.event(warehouse::Event::StockLent { article, quantity: -quantity });
    Ok(draft.decision(Kind::AbsorbReturns, Scope::Region, Reply::Done {}))
}

/// What the seller has taken back of an article since: paid back, so not to be given out.
fn refunded_of(sold: Option<&Order>, article: &ArticleCode) -> i64 {
    let of_it = |line: &&Line| line.article == *article;
    sold.map_or(0, |order| order.lines.iter().filter(of_it).map(|line| line.refunded).sum())
}

/// Goods that another site sold leave here: the promise is fulfilled, or was taken back.
pub(super) fn hand_over<L: Load>(
    command: &HandOverRemoteSale,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let key = command.order.to_string();
    let seller = desk.authors::<RemoteSale>(&key)?.first().copied();
    let seller = seller.ok_or(Error::SaleUnknown { order: command.order })?;
    let sale: Option<RemoteSale> = desk.of(seller, &key)?;
    let gone = desk.own::<RemoteHandover>(&key)?.is_some();
    let node = desk.node();
    let events = rights::hand_over(sale.as_ref(), seller, node, gone, command.order)?;
    desk.check_bin(&command.bin)?;
    let mut draft = Draft::default();
    for event in events {
        draft.event(event);
    }
    // Two rights on one article are two items, and leave one bin together.
    let mut leaving: BTreeMap<ArticleCode, i64> = BTreeMap::new();
    let items = sale.map_or_else(Vec::new, |sale| sale.items);
    for item in items.into_iter().filter(|item| item.home == node) {
        *leaving.entry(item.article).or_insert(0) += item.quantity;
    }
    let sold: Option<Order> = desk.of(seller, &key)?;
    for (article, promised) in leaving {
        let quantity = (promised - refunded_of(sold.as_ref(), &article)).max(0);
        let held = desk.stock(&article)?.bins.get(&command.bin).copied().unwrap_or(0);
        if quantity > held {
            let bin = command.bin.clone();
            return Err(warehouse::Error::NotInBin { article, bin, held }.into());
        }
        let cost = desk.cost(&article, quantity)?;
        let bin = Account::Bin(command.bin.clone());
        draft.post(Posting::goods(Account::Customer, bin, &article, quantity));
        let stock = Account::StockValue(article.clone());
        draft.post(Posting::money(Account::CostOfGoods, stock, desk.currency(), cost));
        let quantity = -promised;
        draft.event(warehouse::Event::StockLent { article, quantity });
    }
    Ok(draft.decision(Kind::HandOverRemoteSale, Scope::Node(seller), Reply::Done {}))
}
