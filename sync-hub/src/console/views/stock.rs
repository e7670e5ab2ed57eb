//! `/api/v1/stock`: where the articles are, depot by depot.

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::id::NodeId;
use shared_model::warehouse::ArticleStock;
use uuid::Uuid;

use super::paging::{AfterKey, Limit, Page, Search};
use super::{SITE_OF_AUTHOR, reading};
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::{HubStore, StoreError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    search: Search,
    #[serde(default)]
    after: AfterKey,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    article: String,
    name: String,
    sites: Vec<AtSite>,
}

#[derive(Debug, Serialize)]
struct AtSite {
    site: String,
    /// A site whose box was replaced has one entry for each log.
    node: NodeId,
    on_hand: i64,
    reserved: i64,
    lent: i64,
    in_transit: i64,
    staged: i64,
    quarantined: i64,
    blocked: bool,
}

pub(super) async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Item>>, Problem> {
    let store = &console.store;
    let codes = codes(store, &asked).await?;
    let wanted: Vec<&str> = codes.iter().map(String::as_str).collect();
    let client = store.client().await.map_err(Problem::from)?;
    let names = reading::article_names(&client, store.identity().node, &wanted).await?;
    drop(client);
    let mut sites = at_sites(store, &wanted).await?;
    let item = |article: String| Item {
        name: names.get(&article).cloned().unwrap_or_default(),
        sites: sites.remove(&article).unwrap_or_default(),
        article,
    };
    Ok(Json(Page::cut(codes, asked.limit, String::clone, item)))
}

/// The articles of the page: those that some depot has a record of.
async fn codes(store: &HubStore, asked: &Asked) -> Result<Vec<String>, StoreError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached(
            "SELECT DISTINCT s.key FROM stock s
             WHERE s.key > $1 AND ($2 = '' OR strpos(lower(s.key), $2) > 0 OR EXISTS (
                 SELECT FROM articles a WHERE a.key = s.key AND strpos(a.text, $2) > 0
             ))
             ORDER BY s.key LIMIT $3",
        )
        .await?;
    let (after, search) = (asked.after.as_str(), asked.search.as_str());
    let limit = asked.limit.rows();
    let rows = client.query(&statement, &[&after, &search, &limit]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn at_sites(
    store: &HubStore,
    codes: &[&str],
) -> Result<HashMap<String, Vec<AtSite>>, StoreError> {
    let client = store.client().await?;
    let sql = format!(
        "SELECT s.key, {SITE_OF_AUTHOR} AS site, s.author, s.body
         FROM stock s LEFT JOIN node n ON n.node = s.author
         WHERE s.key = ANY($1) ORDER BY s.key, site, s.author"
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&codes]).await?;
    let mut sites: HashMap<String, Vec<AtSite>> = HashMap::new();
    for row in &rows {
        let stock: ArticleStock = reading::body(row, 3)?;
        sites.entry(row.get(0)).or_default().push(AtSite {
            site: row.get(1),
            node: NodeId::new(row.get::<_, Uuid>(2)),
            on_hand: stock.on_hand(),
            reserved: stock.reserved,
            lent: stock.lent,
            in_transit: stock.with_riders,
            staged: stock.staged,
            quarantined: stock.quarantined,
            blocked: stock.blocked,
        });
    }
    Ok(sites)
}
