//! `/api/v1/quarantine`: what came and could not be taken in. Its bytes are kept.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::id::{NodeId, SiteCode};
use tokio_postgres::Row;
use uuid::Uuid;

use super::SITE_OF_AUTHOR;
use super::paging::{After, Limit, Page};
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::StoreError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    site: Option<SiteCode>,
    after: Option<After>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    id: Uuid,
    site: String,
    node: NodeId,
    epoch: u32,
    seq: u64,
    reason: String,
    detail: String,
    /// How many are kept.
    bytes: i32,
    received_ms: i64,
}

pub(super) async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Item>>, Problem> {
    let rows = rows(&console, &asked).await?;
    let cursor = |row: &Row| {
        let after = After { sort: row.get(8), author: row.get(0), key: String::new() };
        after.to_string()
    };
    Ok(Json(Page::cut(rows, asked.limit, cursor, item)))
}

async fn rows(console: &Console, asked: &Asked) -> Result<Vec<Row>, StoreError> {
    let client = console.store.client().await?;
    let sql = format!(
        "SELECT q.id, {SITE_OF_AUTHOR}, q.node, q.epoch, q.seq, q.reason, q.detail,
                length(q.bytes), q.received_ms
         FROM quarantine q LEFT JOIN node n ON n.node = q.node
         WHERE q.resolved_ms IS NULL AND ($1::text IS NULL OR n.site = $1)
           AND (q.received_ms < $2 OR (q.received_ms = $2 AND q.id > $3))
         ORDER BY q.received_ms DESC, q.id LIMIT $4"
    );
    let statement = client.prepare_cached(&sql).await?;
    let site = asked.site.as_ref().map(SiteCode::as_str);
    let after = asked.after.clone().unwrap_or(After::start());
    let limit = asked.limit.rows();
    Ok(client.query(&statement, &[&site, &after.sort, &after.author, &limit]).await?)
}

fn item(row: Row) -> Item {
    Item {
        id: row.get(0),
        site: row.get(1),
        node: NodeId::new(row.get::<_, Uuid>(2)),
        epoch: row.get::<_, i32>(3).cast_unsigned(),
        seq: row.get::<_, i64>(4).cast_unsigned(),
        reason: row.get(5),
        detail: row.get(6),
        bytes: row.get(7),
        received_ms: row.get(8),
    }
}
