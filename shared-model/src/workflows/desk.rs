//! What a step of the day works with: who asks, when, and the records of the site.

use super::body::{Body, Event};
use super::command::Kind;
use super::reply::Reply;
use crate::catalogue::{self, Article};
use crate::exceptions;
use crate::id::{ArticleCode, BinCode, EntityCode, EntryId, NodeId, RegionCode, SiteCode, StaffId};
use crate::ledger::{Account, Posting, Unit};
use crate::log::{Epoch, Scope, Seq};
use crate::money::Currency;
use crate::pricing::{self, PriceBooks, PriceLine};
use crate::records::{Balance, Load, Record, Series, View, keys};
use crate::refusal::Refusal;
use crate::staff::Role;
use crate::tax::Jurisdiction;
use crate::time::Timestamp;
use crate::warehouse::{self, ArticleStock};
use crate::{dispatch, document, gig, inference, orders, payments, replenishment, rights};

/// A site as its operator configured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub node: NodeId,
    /// The hub that publishes catalogue and prices; unknown before enrolment.
    pub hub: Option<NodeId>,
    pub site: SiteCode,
    pub region: RegionCode,
    pub entity: EntityCode,
    pub currency: Currency,
    pub jurisdiction: Jurisdiction,
    /// In walking order; empty accepts any.
    pub bins: Vec<BinCode>,
    /// Bins whose goods are not for sale yet, such as the receiving bay.
    pub unsellable: Vec<BinCode>,
    pub rider_fee_minor: i64,
    /// A count may differ by this value on one person's word.
    pub count_variance_minor_max: i64,
}

/// The circumstances of one command.
#[derive(Debug, Clone, Copy)]
pub struct Context<'s> {
    pub site: &'s Site,
    pub id: EntryId,
    pub actor: Option<StaffId>,
    pub role: Role,
    /// The hour of the entry's stamp: never before the entries it follows.
    pub now: Timestamp,
    pub epoch: Epoch,
    /// Where the entry will stand.
    pub seq: Seq,
    pub writer: document::Writer,
}

/// Why nothing was decided.
#[derive(Debug)]
pub enum Declined<E> {
    /// A rule forbids it; the person is told.
    Refused(Refusal),
    /// The store could not be read.
    Store(E),
}

macro_rules! refuses {
    ($($error:ty),*) => {$(
        impl<E> From<$error> for Declined<E> {
            fn from(error: $error) -> Self {
                Self::Refused(error.into())
            }
        }
    )*};
}

refuses!(
    Refusal,
    catalogue::Error,
    pricing::Error,
    orders::Error,
    warehouse::Error,
    gig::Error,
    payments::Error,
    rights::Error,
    document::Error,
    exceptions::Error,
    inference::Error,
    dispatch::Error,
    replenishment::Error
);

/// The facts decided on, ready for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub kind: Kind,
    pub scope: Scope,
    pub body: Body,
    pub reply: Reply,
}

/// Facts being gathered.
#[derive(Debug, Default)]
pub(super) struct Draft {
    body: Body,
    exceptions: usize,
}

impl Draft {
    pub(super) fn event(&mut self, event: impl Into<Event>) {
        self.body.events.push(event.into());
    }

    pub(super) fn post(&mut self, posting: Option<Posting>) {
        self.body.postings.extend(posting);
    }

    /// Raises something a person must look at.
    pub(super) fn raise(
        &mut self,
        context: &Context<'_>,
        kind: exceptions::Kind,
        subject: impl Into<String>,
        detail: impl Into<String>,
        concerns: Option<StaffId>,
    ) {
        let exception = exceptions::exception_id(context.id, self.exceptions);
        self.exceptions += 1;
        self.event(exceptions::raise(exception, kind, subject.into(), detail.into(), concerns));
    }

    pub(super) fn decision(self, kind: Kind, scope: Scope, reply: Reply) -> Decision {
        Decision { kind, scope, body: self.body, reply }
    }

    /// The common case: the site's own detail, nothing to tell but that it is done.
    pub(super) fn done(self, kind: Kind) -> Decision {
        self.decision(kind, Scope::Site, Reply::Done {})
    }

    /// Pairs what pays with what is paid for, so that every posting has two sides.
    pub(super) fn settle(
        &mut self,
        currency: Currency,
        sources: &[(Account, i64)],
        sinks: &[(Account, i64)],
    ) {
        let mut sources =
            sources.iter().map(|(account, minor)| (account, *minor)).collect::<Vec<_>>();
        let mut from = 0;
        for (sink, minor) in sinks {
            let mut due = *minor;
            while due > 0 && from < sources.len() {
                let (source, left) = &mut sources[from];
                let moved = due.min(*left);
                self.post(Posting::money((*source).clone(), sink.clone(), currency, moved));
                *left -= moved;
                due -= moved;
                if *left == 0 {
                    from += 1;
                }
            }
        }
    }
}

/// The records of a site, and the circumstances of the command.
pub struct Desk<'a, 'v, L> {
    view: &'a mut View<'v, L>,
    pub context: Context<'a>,
}

type Found<T, L> = Result<T, Declined<<L as Load>::Error>>;

impl<'a, 'v, L: Load> Desk<'a, 'v, L> {
    pub const fn new(view: &'a mut View<'v, L>, context: Context<'a>) -> Self {
        Self { view, context }
    }

    pub(super) const fn node(&self) -> NodeId {
        self.context.site.node
    }

    pub(super) const fn currency(&self) -> Currency {
        self.context.site.currency
    }

    /// A record of any author.
    pub(super) fn of<R: Record>(&mut self, author: NodeId, key: &str) -> Found<Option<R>, L> {
        Ok(self.view.get::<R>(author, key).map_err(Declined::Store)?.cloned())
    }

    /// A record of this node.
    pub(super) fn own<R: Record>(&mut self, key: &str) -> Found<Option<R>, L> {
        self.of(self.node(), key)
    }

    /// A record that the hub published.
    pub(super) fn published<R: Record>(&mut self, key: &str) -> Found<Option<R>, L> {
        match self.context.site.hub {
            Some(hub) => self.of(hub, key),
            None => Ok(None),
        }
    }

    pub(super) fn authors<R: Record>(&mut self, key: &str) -> Found<Vec<NodeId>, L> {
        self.view.authors::<R>(key).map_err(Declined::Store)
    }

    pub(super) fn document(
        &mut self,
        document: crate::id::DocumentId,
    ) -> Found<Option<Vec<u8>>, L> {
        self.view.document(document).map_err(Declined::Store)
    }

    /// An article as the hub lists it; else as this site does.
    pub(super) fn article(&mut self, code: &ArticleCode) -> Found<Article, L> {
        if let Some(article) = self.known_article(code)? {
            return Ok(article);
        }
        Err(catalogue::Error::ArticleUnknown { article: code.clone() }.into())
    }

    pub(super) fn known_article(&mut self, code: &ArticleCode) -> Found<Option<Article>, L> {
        match self.published(code.as_str())? {
            Some(article) => Ok(Some(article)),
            None => self.own(code.as_str()),
        }
    }

    /// Looks at a record without taking a copy of it.
    fn peek<R: Record, T>(
        &mut self,
        author: NodeId,
        key: &str,
        look: impl FnOnce(&R) -> T,
    ) -> Found<Option<T>, L> {
        Ok(self.view.get::<R>(author, key).map_err(Declined::Store)?.map(look))
    }

    /// The price in force for one base unit.
    pub(super) fn unit_price_minor(&mut self, code: &ArticleCode) -> Found<i64, L> {
        let (now, currency) = (self.context.now, self.currency());
        let hub = self.context.site.hub.ok_or(pricing::Error::NoBookInForce)?;
        let in_force = |books: &PriceBooks| books.in_force(now, currency).map(|book| book.book);
        let book = self.peek(hub, keys::ONLY, in_force)?.flatten();
        let book = book.ok_or(pricing::Error::NoBookInForce)?;
        let price = |line: &PriceLine| line.unit_price_minor;
        let price = self.peek(hub, &keys::price(book, code), price)?;
        Ok(price.ok_or_else(|| pricing::Error::NoPrice { article: code.clone() })?)
    }

    /// Whether the sale of an article was stopped here.
    pub(super) fn is_blocked(&mut self, code: &ArticleCode) -> Found<bool, L> {
        let blocked = |stock: &ArticleStock| stock.blocked;
        Ok(self.peek(self.node(), code.as_str(), blocked)?.unwrap_or(false))
    }

    pub(super) fn stock(&mut self, code: &ArticleCode) -> Found<ArticleStock, L> {
        Ok(self.own(code.as_str())?.unwrap_or_default())
    }

    pub(super) fn money(&mut self, account: &Account) -> Found<i64, L> {
        let key = keys::balance(account, &Unit::Money(self.currency()));
        Ok(self.own::<Balance>(&key)?.unwrap_or_default().0)
    }

    pub(super) fn order(&mut self, order: crate::id::OrderId) -> Found<orders::Order, L> {
        let known = self.own(&order.to_string())?;
        Ok(known.ok_or(orders::Error::OrderUnknown { order })?)
    }

    pub(super) fn check_bin(&self, bin: &BinCode) -> Result<(), warehouse::Error> {
        let bins = &self.context.site.bins;
        if bins.is_empty() || bins.contains(bin) {
            return Ok(());
        }
        Err(warehouse::Error::BinUnknown { bin: bin.clone() })
    }

    /// The next number of this site's order series. A restored box starts a series of its own, so
    /// a number that the lost time gave out is never given twice.
    pub(super) fn order_number(&mut self) -> Found<String, L> {
        let series = self.series_name();
        let given = self.own::<Series>(&series)?.unwrap_or_default().orders;
        Ok(format!("{series}-{:06}", given + 1))
    }

    pub(super) fn credit_note_number(&mut self) -> Found<String, L> {
        let series = self.series_name();
        let given = self.own::<Series>(&series)?.unwrap_or_default().credit_notes;
        Ok(format!("{}{series}-{:06}", keys::CREDIT_NOTE_PREFIX, given + 1))
    }

    fn series_name(&self) -> String {
        let Site { site, .. } = self.context.site;
        match self.context.epoch {
            Epoch(1) => site.to_string(),
            Epoch(epoch) => format!("{site}.{epoch}"),
        }
    }

    /// Value at cost of `units` of an article that leave stock.
    pub(super) fn cost(&mut self, code: &ArticleCode, units: i64) -> Found<i64, L> {
        let held = self.stock(code)?.valued();
        let value = self.money(&Account::StockValue(code.clone()))?;
        Ok(warehouse::cost_of(units, held, value))
    }
}
