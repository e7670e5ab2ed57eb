//! What only the hub does: catalogue, prices, the list of nodes, the bank's statement, payouts.

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::catalogue::{self, Article, ListArticle};
use crate::gig::Rider;
use crate::id::{BookId, EntityCode, EntryId, NodeId, RiderId, SiteCode};
use crate::ledger::{Account, Posting, Unit};
use crate::log::{AuthorPublicKey, Scope, Seq};
use crate::network;
use crate::payments::{self, Deposit};
use crate::pricing::{self, PriceBooks, PriceLine, PublishBook};
use crate::records::{Balance, Load, keys};

/// Lists some articles: at most a few hundred, to keep the entry small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListArticles {
    pub id: EntryId,
    pub articles: Vec<ListArticle>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPrices {
    pub id: EntryId,
    pub book: BookId,
    pub lines: Vec<PriceLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPrices {
    pub id: EntryId,
    pub book: PublishBook,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolNode {
    pub id: EntryId,
    pub node: NodeId,
    pub site: SiteCode,
    pub entity: EntityCode,
    pub author_key: AuthorPublicKey,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeNode {
    pub id: EntryId,
    pub node: NodeId,
    pub cut: Seq,
    pub reason: String,
}

/// The bank's statement shows a deposit of `depot`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchStatement {
    pub id: EntryId,
    pub depot: NodeId,
    pub slip: String,
    pub amount_minor: i64,
    pub fee_minor: i64,
}

/// Pays a rider of `depot` all that was earned, less what the rider owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayRider {
    pub id: EntryId,
    pub depot: NodeId,
    pub rider: RiderId,
}

fn for_region(draft: Draft, kind: Kind) -> Decision {
    draft.decision(kind, Scope::Region, Reply::Done {})
}

pub(super) fn list_articles<L: Load>(
    command: &ListArticles,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    for listing in &command.articles {
        let known: Option<Article> = desk.own(listing.article.as_str())?;
        match catalogue::list(known.as_ref(), listing) {
            Ok(event) => draft.event(event),
            Err(catalogue::Error::NothingNew { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(for_region(draft, Kind::ListArticles))
}

#[expect(clippy::unnecessary_wraps, reason = "every step of the day has this shape")]
pub(super) fn list_prices<L: Load>(
    command: &ListPrices,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    draft.event(pricing::Event::PricesListed { book: command.book, lines: command.lines.clone() });
    Ok(for_region(draft, Kind::ListPrices))
}

pub(super) fn publish_prices<L: Load>(
    command: &PublishPrices,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let books: PriceBooks = desk.own(keys::ONLY)?.unwrap_or_default();
    let mut draft = Draft::default();
    draft.event(pricing::publish(&books, &command.book)?);
    Ok(for_region(draft, Kind::PublishPrices))
}

#[expect(clippy::unnecessary_wraps, reason = "every step of the day has this shape")]
pub(super) fn enrol_node<L: Load>(
    command: &EnrolNode,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    draft.event(network::Event::NodeEnrolled {
        node: command.node,
        site: command.site.clone(),
        entity: command.entity.clone(),
        author_key: command.author_key,
    });
    Ok(for_region(draft, Kind::EnrolNode))
}

#[expect(clippy::unnecessary_wraps, reason = "every step of the day has this shape")]
pub(super) fn revoke_node<L: Load>(
    command: &RevokeNode,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    draft.event(network::Event::NodeRevoked {
        node: command.node,
        cut: command.cut,
        reason: command.reason.clone(),
    });
    Ok(for_region(draft, Kind::RevokeNode))
}

pub(super) fn match_statement<L: Load>(
    command: &MatchStatement,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    // The depot wrote the deposit; whether it was matched stands in the hub's own copy.
    let matched: Option<Deposit> =
        desk.own(&keys::matched_deposit(command.depot, &command.slip))?;
    let known: Option<Deposit> = match matched {
        Some(deposit) => Some(deposit),
        None => desk.of(command.depot, &command.slip)?,
    };
    let (amount, fee) = (command.amount_minor, command.fee_minor);
    let mut draft = Draft::default();
    draft.event(payments::match_statement(
        known.as_ref(),
        command.depot,
        &command.slip,
        amount,
        fee,
    )?);
    let currency = desk.currency();
    draft.post(Posting::money(Account::Bank, Account::BankInTransit, currency, amount));
    draft.post(Posting::money(Account::BankFees, Account::BankInTransit, currency, fee));
    Ok(draft.decision(Kind::MatchStatement, Scope::Node(command.depot), Reply::Done {}))
}

pub(super) fn pay_rider<L: Load>(
    command: &PayRider,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let rider: Option<Rider> = desk.of(command.depot, &command.rider.to_string())?;
    rider.ok_or(crate::gig::Error::RiderUnknown { rider: command.rider })?;
    // Earned and owed stand in the depot's books, paid and offset in the hub's: the sum counts.
    let mut open = |account: &Account| -> Result<i64, Declined<L::Error>> {
        let key = keys::balance(account, &Unit::Money(desk.currency()));
        let depot: Balance = desk.of(command.depot, &key)?.unwrap_or_default();
        let own: Balance = desk.own(&key)?.unwrap_or_default();
        Ok(depot.0.saturating_add(own.0))
    };
    let payable = Account::RiderPayable(command.rider);
    let receivable = Account::RiderReceivable(command.rider);
    let (earned, owed) = (-open(&payable)?, open(&receivable)?);
    let paid = payments::pay_rider(command.rider, earned, owed)?;
    let offset = owed.clamp(0, earned);
    let currency = desk.currency();
    let mut draft = Draft::default();
    draft.event(paid);
    draft.post(Posting::money(payable.clone(), receivable, currency, offset));
    draft.post(Posting::money(payable, Account::Bank, currency, earned - offset));
    Ok(draft.decision(Kind::PayRider, Scope::Node(command.depot), Reply::Done {}))
}
