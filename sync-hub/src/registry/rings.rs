//! Rings: depots that get a model together, a few before the many. A ring names sites, whichever
//! box stands there. A change counts for the orders given after it.

use serde::Serialize;
use shared_model::id::{RingCode, SiteCode};
use shared_model::inference::RING_SITES_MAX;
use shared_model::time::Timestamp;

use super::refused;
use crate::store::{AppendError, HubStore, StoreError};

/// The ring of every depot of the region; it is always there.
pub const ALL: &str = "all";

/// A ring and its sites; those of [`ALL`] are all there are and ever will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ring {
    pub ring: String,
    pub sites: Vec<String>,
    /// None of [`ALL`].
    pub changed_by: Option<String>,
    pub changed_ms: Option<i64>,
}

/// All rings, [`ALL`] first.
///
/// # Errors
/// When the database fails.
pub async fn rings(store: &HubStore) -> Result<Vec<Ring>, StoreError> {
    let client = store.client().await?;
    let rows = client
        .query(
            "SELECT r.ring, r.who, r.changed_ms,
                    array(SELECT s.site FROM model_ring_site s WHERE s.ring = r.ring ORDER BY 1)
             FROM model_ring r ORDER BY r.ring",
            &[],
        )
        .await?;
    let all = "SELECT DISTINCT site FROM node WHERE status <> 'revoked' ORDER BY site";
    let sites = client.query(all, &[]).await?;
    let sites = sites.iter().map(|row| row.get(0)).collect();
    let mut rings = vec![Ring { ring: ALL.to_owned(), sites, changed_by: None, changed_ms: None }];
    rings.extend(rows.iter().map(|row| Ring {
        ring: row.get(0),
        sites: row.get(3),
        changed_by: row.get(1),
        changed_ms: row.get(2),
    }));
    Ok(rings)
}

/// Says which sites are in a ring; none of them makes the ring go.
///
/// # Errors
/// [`AppendError::Refused`] for [`ALL`], too many sites, or one where no box is enrolled.
pub async fn set_ring(
    store: &HubStore,
    ring: &RingCode,
    sites: &[SiteCode],
    who: &str,
    now: Timestamp,
) -> Result<(), AppendError> {
    if ring.as_str() == ALL {
        let detail = "the ring all is every depot of the region";
        return Err(refused("ring-is-all", "ring", detail, "choose another name"));
    }
    if sites.len() > RING_SITES_MAX {
        let detail = format!("a ring has at most {RING_SITES_MAX} sites");
        return Err(refused("ring-too-large", "sites", detail, "split it into two"));
    }
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let names: Vec<&str> = sites.iter().map(SiteCode::as_str).collect();
    let known = tx
        .query("SELECT site FROM node WHERE status <> 'revoked' AND site = ANY($1)", &[&names])
        .await?;
    let known: Vec<&str> = known.iter().map(|row| row.get(0)).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        let detail = format!("no box is enrolled at site {unknown}");
        return Err(refused("site-unknown", "sites", detail, "choose from the fleet"));
    }
    tx.execute("DELETE FROM model_ring WHERE ring = $1", &[&ring.as_str()]).await?;
    if !names.is_empty() {
        tx.execute(
            "INSERT INTO model_ring (ring, who, changed_ms) VALUES ($1, $2, $3)",
            &[&ring.as_str(), &who, &now.ms()],
        )
        .await?;
        tx.execute(
            "INSERT INTO model_ring_site (ring, site)
             SELECT DISTINCT $1, site FROM unnest($2::text[]) AS site",
            &[&ring.as_str(), &names],
        )
        .await?;
    }
    tx.commit().await?;
    store.tell_changed();
    Ok(())
}
