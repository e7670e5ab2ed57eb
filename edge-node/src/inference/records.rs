//! What the hub wrote about models, as far as this node's log has it. Reads only.

use std::collections::BTreeMap;

use rusqlite::Connection;
use shared_model::id::{ModelCode, SiteCode};
use shared_model::inference::{Announcement, ModelKeys, ModelOrder, PublishedModel};
use shared_model::records::keys::ONLY;

use crate::store::{Meta, StoreError, record, records_beginning};

/// Keys, versions and orders.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) keys: Option<ModelKeys>,
    /// By model and version.
    pub(super) published: BTreeMap<(ModelCode, u32), PublishedModel>,
    /// Those that concern this site.
    pub(super) orders: BTreeMap<ModelCode, Vec<Announcement>>,
}

impl Records {
    pub(super) fn read(db: &Connection, site: &SiteCode) -> Result<Self, StoreError> {
        let Some(hub) = Meta::read(db)?.hub else { return Ok(Self::default()) };
        let published = records_beginning::<PublishedModel>(db, hub.node, "")?;
        let mut orders: BTreeMap<ModelCode, Vec<Announcement>> = BTreeMap::new();
        for (_, ModelOrder { order, .. }) in records_beginning(db, hub.node, "")? {
            if order.concerns(site) {
                orders.entry(order.model.clone()).or_default().push(order);
            }
        }
        Ok(Self {
            keys: record(db, hub.node, ONLY)?,
            published: published
                .into_iter()
                .map(|(_, published)| ((published.model.clone(), published.version), published))
                .collect(),
            orders,
        })
    }
}
