//! `/api/v1/rights`: who may sell what another site keeps, and what is left of it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::id::{ArticleCode, NodeId, RightId};
use shared_model::rights::{Holding, Right};
use std::collections::HashMap;
use tokio_postgres::Row;

use super::paging::{AfterKey, Limit, Page};
use super::reading;
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::{HubStore, StoreError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    after: AfterKey,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    right: RightId,
    article: ArticleCode,
    name: String,
    home_site: String,
    holder_site: String,
    granted: i64,
    spent: i64,
    returned: i64,
    left: i64,
}

pub(super) async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Item>>, Problem> {
    let store = &console.store;
    let rights = rights(store, &asked).await?;
    let keys: Vec<String> = rights.iter().map(|right| right.right.to_string()).collect();
    let held = holdings(store, &keys).await?;
    let client = store.client().await.map_err(Problem::from)?;
    let sites = reading::sites(&client).await?;
    let codes: Vec<&str> = rights.iter().map(|right| right.article.as_str()).collect();
    let names = reading::article_names(&client, store.identity().node, &codes).await?;
    let site = |node: NodeId| sites.get(&node).cloned().unwrap_or_default();
    let item = |right: Right| {
        let all = held.get(&right.right.to_string());
        let (spent, returned) = all.map_or((0, 0), |held| (held.spent, held.returned));
        Item {
            right: right.right,
            name: names.get(right.article.as_str()).cloned().unwrap_or_default(),
            article: right.article,
            home_site: site(right.home),
            holder_site: site(right.holder),
            granted: right.granted,
            spent,
            returned,
            left: right.granted.saturating_sub(spent).saturating_sub(returned),
        }
    };
    let cursor = |right: &Right| right.right.to_string();
    Ok(Json(Page::cut(rights, asked.limit, cursor, item)))
}

async fn rights(store: &HubStore, asked: &Asked) -> Result<Vec<Right>, StoreError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached("SELECT body FROM rights WHERE key > $1 ORDER BY key, author LIMIT $2")
        .await?;
    let (after, limit) = (asked.after.as_str(), asked.limit.rows());
    let rows = client.query(&statement, &[&after, &limit]).await?;
    rows.iter().map(|row| reading::body(row, 0)).collect()
}

/// What all holders of each right have spent and given back: it may have been passed on.
async fn holdings(
    store: &HubStore,
    keys: &[String],
) -> Result<HashMap<String, Holding>, StoreError> {
    let client = store.client().await?;
    let statement =
        client.prepare_cached("SELECT key, body FROM holdings WHERE key = ANY($1)").await?;
    let rows: Vec<Row> = client.query(&statement, &[&keys]).await?;
    let mut held: HashMap<String, Holding> = HashMap::new();
    for row in &rows {
        let one: Holding = reading::body(row, 1)?;
        let all = held.entry(row.get(0)).or_default();
        all.spent = all.spent.saturating_add(one.spent);
        all.returned = all.returned.saturating_add(one.returned);
    }
    Ok(held)
}
