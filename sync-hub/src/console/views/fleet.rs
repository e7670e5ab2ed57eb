//! `/api/v1/fleet`: every box of the region, when it was last heard, and whether it agrees.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::time::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::clock;
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::{HubStore, StoreError};

/// A box with a link says so every twenty seconds; one that missed three of them has none.
const SEEN_WITHIN_MS: i64 = 60_000;

/// The list is short and shown whole: nothing can be asked of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {}

#[derive(Debug, Serialize)]
pub struct Fleet {
    pub region: String,
    pub items: Vec<FleetItem>,
}

#[derive(Debug, Serialize)]
pub struct FleetItem {
    /// The box's id; `invited:SITE` while a site is only invited, for a list needs a key.
    pub node: String,
    pub site: String,
    pub entity: String,
    pub status: String,
    pub last_seen_ms: Option<i64>,
    /// How old what we know of it is: 0 while it is linked and has sent everything.
    pub lag_ms: Option<i64>,
    pub unsent: Option<i64>,
    pub version: String,
    pub epoch: u32,
    pub head_seq: i64,
    pub quarantined: i64,
    pub exceptions_open: i64,
    pub clock_trusted: Option<bool>,
    pub digest_agrees: Option<bool>,
    pub agreed_ms: Option<i64>,
    /// Until when the invitation holds; none once there is a box.
    pub expires_ms: Option<i64>,
}

pub(super) async fn show(
    _: SignedIn,
    State(console): State<Console>,
    Query(Asked {}): Query<Asked>,
) -> Result<Json<Fleet>, Problem> {
    Ok(Json(fleet(&console.store, clock::now()).await?))
}

const NODES: &str = "
    SELECT n.node, n.site, n.entity, n.status, n.last_seen_ms, n.unsent, n.software,
           coalesce(head.epoch, 0), coalesce(head.seq, 0),
           (SELECT count(*) FROM quarantine q WHERE q.node = n.node AND q.resolved_ms IS NULL),
           (SELECT count(*) FROM exceptions e
            WHERE e.author = n.node AND e.status = 'open' AND NOT EXISTS (
                SELECT FROM exception_resolution r
                WHERE r.node = e.author AND r.exception = e.key
            )),
           n.clock_trusted, n.agrees, n.agreed_ms
    FROM node n
    LEFT JOIN LATERAL (
        SELECT c.epoch, c.seq FROM chain c WHERE c.node = n.node AND c.seq > 0
        ORDER BY c.epoch DESC LIMIT 1
    ) head ON true
    ORDER BY n.site, n.status = 'revoked', n.node";

/// Sites with a token that may still be used, and no box.
const INVITED: &str = "
    SELECT t.site, min(t.entity), max(t.expires_ms) FROM enrolment_token t
    WHERE t.used_by IS NULL AND t.expires_ms > $1 AND NOT EXISTS (
        SELECT FROM node n WHERE n.site = t.site AND n.status <> 'revoked'
    )
    GROUP BY t.site ORDER BY t.site";

/// Every box of the region, and every site that waits for one.
///
/// # Errors
/// When the database fails.
pub async fn fleet(store: &HubStore, now: Timestamp) -> Result<Fleet, StoreError> {
    let client = store.client().await?;
    let nodes = client.prepare_cached(NODES).await?;
    let invited = client.prepare_cached(INVITED).await?;
    let nodes = client.query(&nodes, &[]).await?;
    let invited = client.query(&invited, &[&now.ms()]).await?;
    let boxes = nodes.iter().map(|row| of_node(row, now));
    let items = boxes.chain(invited.iter().map(of_invitation));
    Ok(Fleet { region: store.identity().region.to_string(), items: items.collect() })
}

fn of_node(row: &Row, now: Timestamp) -> FleetItem {
    let (last_seen_ms, unsent): (Option<i64>, Option<i64>) = (row.get(4), row.get(5));
    FleetItem {
        node: row.get::<_, Uuid>(0).to_string(),
        site: row.get(1),
        entity: row.get(2),
        status: row.get(3),
        last_seen_ms,
        lag_ms: last_seen_ms.map(|seen| lag_ms(now.ms().saturating_sub(seen), unsent)),
        unsent,
        version: row.get(6),
        epoch: row.get::<_, i32>(7).cast_unsigned(),
        head_seq: row.get(8),
        quarantined: row.get(9),
        exceptions_open: row.get(10),
        clock_trusted: row.get(11),
        digest_agrees: row.get(12),
        agreed_ms: row.get(13),
        expires_ms: None,
    }
}

fn lag_ms(since_seen_ms: i64, unsent: Option<i64>) -> i64 {
    let silent = since_seen_ms > SEEN_WITHIN_MS;
    if silent || unsent != Some(0) { since_seen_ms.max(0) } else { 0 }
}

fn of_invitation(row: &Row) -> FleetItem {
    let site: String = row.get(0);
    FleetItem {
        node: format!("invited:{site}"),
        site,
        entity: row.get(1),
        status: "invited".to_owned(),
        last_seen_ms: None,
        lag_ms: None,
        unsent: None,
        version: String::new(),
        epoch: 0,
        head_seq: 0,
        quarantined: 0,
        exceptions_open: 0,
        clock_trusted: None,
        digest_agrees: None,
        agreed_ms: None,
        expires_ms: Some(row.get(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linked_box_with_nothing_unsent_has_no_lag() {
        assert_eq!(lag_ms(19_000, Some(0)), 0);
        assert_eq!(lag_ms(19_000, Some(3)), 19_000);
        assert_eq!(lag_ms(19_000, None), 19_000);
        assert_eq!(lag_ms(61_000, Some(0)), 61_000);
        assert_eq!(lag_ms(-5, None), 0);
    }
}
