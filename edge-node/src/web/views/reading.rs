//! What a page reads with: one consistent snapshot, the site, and names looked up once.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;
use shared_model::catalogue::Article;
use shared_model::document::{Customer, read_customer};
use shared_model::gig::Rider;
use shared_model::id::{ArticleCode, CustomerId, DocumentId, NodeId, RiderId, StaffId};
use shared_model::ledger::{Account, Unit};
use shared_model::log::{Epoch, Seq};
use shared_model::network::Peer;
use shared_model::records::{Balance, Record, keys};
use shared_model::staff::Staff;
use shared_model::workflows::Site;

use crate::store::{
    Meta, StoreError, Travelled, Wanted, document, document_name, record, records_listed,
};
use crate::web::app::App;
use crate::web::body::Json;
use crate::web::problem::Problem;

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reached {
    Here,
    Hub,
}

/// Reads from one snapshot and answers as JSON.
///
/// # Errors
/// The store's, as a problem document.
pub(super) async fn read<T, F>(app: &App, show: F) -> Result<Json<T>, Problem>
where
    T: Send + 'static,
    F: FnOnce(&mut Reading<'_>) -> Result<T, StoreError> + Send + 'static,
{
    let place = Arc::clone(&app.place);
    let shown = app.store.read(move |db| show(&mut Reading::open(db, &place.site)?)).await?;
    Ok(Json(shown))
}

/// As [`read`], of one thing that may not be there.
///
/// # Errors
/// 404 naming `what`, or the store's.
pub(super) async fn read_one<T, F>(
    app: &App,
    what: &'static str,
    show: F,
) -> Result<Json<T>, Problem>
where
    T: Send + 'static,
    F: FnOnce(&mut Reading<'_>) -> Result<Option<T>, StoreError> + Send + 'static,
{
    let Json(found) = read(app, show).await?;
    found.map(Json).ok_or_else(|| {
        Problem::not_found(format!("there is no such {what} at this depot"))
            .remedy("take one from the list")
    })
}

/// One snapshot of the store, seen from one site.
pub(super) struct Reading<'c> {
    pub(super) db: &'c Connection,
    pub(super) site: &'c Site,
    pub(super) hub: Option<NodeId>,
    travelled: Travelled,
    articles: BTreeMap<ArticleCode, String>,
    staff: BTreeMap<StaffId, Option<String>>,
    riders: BTreeMap<RiderId, Option<String>>,
    peers: Option<Vec<Peer>>,
}

impl<'c> Reading<'c> {
    pub(super) fn open(db: &'c Connection, site: &'c Site) -> Result<Self, StoreError> {
        // Read anew: a depot may be enrolled while it runs.
        let hub = Meta::read(db)?.hub.map(|hub| hub.node);
        Ok(Self {
            db,
            site,
            hub,
            travelled: Travelled::read(db, site.node)?,
            articles: BTreeMap::new(),
            staff: BTreeMap::new(),
            riders: BTreeMap::new(),
            peers: None,
        })
    }

    pub(super) const fn me(&self) -> NodeId {
        self.site.node
    }

    /// A record of this node.
    pub(super) fn own<R: Record>(&self, key: &str) -> Result<Option<R>, StoreError> {
        record(self.db, self.me(), key)
    }

    /// A record that the hub published.
    pub(super) fn published<R: Record>(&self, key: &str) -> Result<Option<R>, StoreError> {
        self.hub.map_or(Ok(None), |hub| record(self.db, hub, key))
    }

    /// How far what `author` wrote has come; `at` is the own entry after which it was so.
    pub(super) fn reached(&self, author: NodeId, at: (Epoch, Seq)) -> Reached {
        if author != self.me() || self.travelled.at_hub(at) { Reached::Hub } else { Reached::Here }
    }

    /// An article as the hub lists it; else as this site does.
    pub(super) fn article(&self, code: &str) -> Result<Option<Article>, StoreError> {
        match self.published(code)? {
            Some(article) => Ok(Some(article)),
            None => self.own(code),
        }
    }

    /// The article's name; its code when nobody lists it.
    pub(super) fn article_name(&mut self, code: &ArticleCode) -> Result<String, StoreError> {
        if let Some(name) = self.articles.get(code) {
            return Ok(name.clone());
        }
        let article = self.article(code.as_str())?;
        let name = article.map_or_else(|| code.to_string(), |article| article.name);
        self.articles.insert(code.clone(), name.clone());
        Ok(name)
    }

    pub(super) fn staff_name(
        &mut self,
        staff: Option<StaffId>,
    ) -> Result<Option<String>, StoreError> {
        let Some(staff) = staff else { return Ok(None) };
        if let Some(name) = self.staff.get(&staff) {
            return Ok(name.clone());
        }
        let name = self.own::<Staff>(&staff.to_string())?.map(|person| person.name);
        self.staff.insert(staff, name.clone());
        Ok(name)
    }

    pub(super) fn rider_name(&mut self, rider: RiderId) -> Result<String, StoreError> {
        if let Some(name) = self.riders.get(&rider) {
            return Ok(name.clone().unwrap_or_default());
        }
        let name = self.own::<Rider>(&rider.to_string())?.map(|rider| rider.name);
        self.riders.insert(rider, name.clone());
        Ok(name.unwrap_or_default())
    }

    pub(super) fn customer_name(
        &self,
        customer: Option<CustomerId>,
    ) -> Result<Option<String>, StoreError> {
        customer.map_or(Ok(None), |customer| document_name(self.db, DocumentId::from(customer)))
    }

    pub(super) fn customer(
        &self,
        customer: Option<CustomerId>,
    ) -> Result<Option<Customer>, StoreError> {
        let Some(customer) = customer else { return Ok(None) };
        let saved = document(self.db, DocumentId::from(customer))?;
        saved.map(|saved| opened_customer(&saved)).transpose()
    }

    /// What stands on an account in the site's currency, debit positive.
    pub(super) fn money(&self, account: &Account) -> Result<i64, StoreError> {
        let key = keys::balance(account, &Unit::Money(self.site.currency));
        Ok(self.own::<Balance>(&key)?.unwrap_or_default().0)
    }

    /// The region's nodes that the hub has enrolled.
    pub(super) fn peers(&mut self) -> Result<Vec<Peer>, StoreError> {
        if self.peers.is_none() {
            let wanted = Wanted { author: self.hub, limit: PEERS_MAX, ..Wanted::default() };
            let rows = match self.hub {
                Some(_) => records_listed::<Peer>(self.db, &wanted)?,
                None => Vec::new(),
            };
            self.peers = Some(rows.into_iter().map(|row| row.record).collect());
        }
        Ok(self.peers.clone().unwrap_or_default())
    }

    /// The site of a node, as people call it; the node's id when the hub has not told.
    pub(super) fn site_of(&mut self, node: NodeId) -> Result<String, StoreError> {
        if node == self.me() {
            return Ok(self.site.site.to_string());
        }
        let peer = self.peers()?.into_iter().find(|peer| peer.node == node);
        Ok(peer.map_or_else(|| node.to_string(), |peer| peer.site.to_string()))
    }
}

/// Nodes of one region that are looked at: far more than any region has.
const PEERS_MAX: u32 = 10_000;

pub(super) fn opened_customer(saved: &[u8]) -> Result<Customer, StoreError> {
    read_customer(saved).map_err(|error| StoreError::Damaged(format!("a customer: {error}")))
}

/// A text that was never entered is nothing, not an empty text.
pub(super) fn entered(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
