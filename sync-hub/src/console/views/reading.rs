//! Reading bodies and names: what several pages need of the database.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::GenericClient;
use shared_model::document::{Content, Customer};
use shared_model::id::{CustomerId, NodeId};
use shared_model::records::Record;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::store::{HubStore, StoreError};

/// Reads a record's body.
pub(super) fn body<R: Record>(row: &Row, column: usize) -> Result<R, StoreError> {
    minicbor::decode(row.get(column))
        .map_err(|error| StoreError::Broken(format!("a record of {}: {error}", R::KIND.table())))
}

/// The sites of all nodes, revoked ones included.
pub(super) async fn sites(
    client: &impl GenericClient,
) -> Result<HashMap<NodeId, String>, StoreError> {
    let rows = client.query("SELECT node, site FROM node", &[]).await?;
    let site = |row: Row| (NodeId::new(row.get::<_, Uuid>(0)), row.get(1));
    Ok(rows.into_iter().map(site).collect())
}

/// Names of articles by code: the hub's own where it has one, else a depot's.
pub(super) async fn article_names(
    client: &impl GenericClient,
    hub: NodeId,
    codes: &[&str],
) -> Result<HashMap<String, String>, StoreError> {
    let statement = client
        .prepare_cached(
            "SELECT DISTINCT ON (key) key, body FROM articles WHERE key = ANY($1)
             ORDER BY key, author <> $2, author",
        )
        .await?;
    let rows = client.query(&statement, &[&codes, hub.as_uuid()]).await?;
    rows.iter()
        .map(|row| {
            let article: shared_model::catalogue::Article = body(row, 1)?;
            Ok((row.get(0), article.name))
        })
        .collect()
}

/// Customers as their documents have them. One whose document has not come yet, or cannot be read,
/// is left out.
pub(super) async fn customers(
    store: &HubStore,
    wanted: impl Iterator<Item = CustomerId>,
) -> Result<HashMap<CustomerId, Customer>, StoreError> {
    let wanted: BTreeSet<Uuid> = wanted.map(|customer| *customer.as_uuid()).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<Uuid> = wanted.into_iter().collect();
    let client = store.client().await?;
    let statement = client
        .prepare_cached("SELECT document, content FROM document WHERE document = ANY($1)")
        .await?;
    let rows = client.query(&statement, &[&wanted]).await?;
    let customer = |row: &Row| match minicbor::decode(row.get::<_, &[u8]>(1)) {
        Ok(Content::Customer(customer)) => Some((CustomerId::new(row.get(0)), customer)),
        Ok(Content::DeliveryNote(_)) | Err(_) => None,
    };
    Ok(rows.iter().filter_map(customer).collect())
}
