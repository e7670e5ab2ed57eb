//! What people read of the registry: versions with their cards, and what depots report of them.

use std::collections::BTreeMap;

use model_bundle::Manifest;
use model_bundle::histogram::Reference;
use serde::Serialize;
use serde_json::Value;
use shared_model::id::NodeId;
use shared_model::inference::{Errors, ModelFacts, State, Verdict};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::store::{HubStore, StoreError};

/// A model with its versions, the newest first.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub model: String,
    pub champion: Option<i64>,
    pub challenger: Option<i64>,
    pub proposals_open: i64,
    pub versions: Vec<ListedVersion>,
}

#[derive(Debug, Serialize)]
pub struct ListedVersion {
    pub version: i64,
    pub manifest: String,
    pub kind: Value,
    pub title: String,
    pub outputs: Vec<String>,
    pub trained_from: String,
    pub trained_until: String,
    pub expires_on: String,
    pub bundle_bytes: i64,
    pub signer: String,
    /// The key that everybody has: such a bundle is for trials.
    pub signed_by_development_key: bool,
    pub imported_by: String,
    pub imported_ms: i64,
    /// Sites that use it, and sites that try it, by their last report.
    pub active_at: Vec<String>,
    pub shadow_at: Vec<String>,
}

/// One version whole.
#[derive(Debug, Serialize)]
pub struct VersionCard {
    pub model: String,
    pub version: i64,
    pub manifest: Value,
    pub card: Value,
    /// Names of the columns whose drift is reported, features first.
    pub columns: Vec<String>,
}

/// What a depot last said of a model.
#[derive(Debug, Serialize)]
pub struct DepotModel {
    pub site: String,
    pub node: NodeId,
    pub reported_ms: i64,
    #[serde(flatten)]
    pub day: ModelDay,
}

/// A depot's day with a model.
#[derive(Debug, Serialize)]
pub struct ModelDay {
    /// Days since 1970-01-01 UTC.
    pub day: u32,
    pub state: State,
    pub active: Option<u32>,
    pub shadow: Option<u32>,
    /// The last order that the depot obeyed or refused.
    pub order: u64,
    pub by_model: u32,
    pub by_baseline: u32,
    pub active_errors: Errors,
    pub shadow_errors: Errors,
    pub rollbacks: u32,
    pub note: String,
    pub unlogged: u32,
    pub drift: Vec<ColumnDrift>,
}

#[derive(Debug, Serialize)]
pub struct ColumnDrift {
    pub column: String,
    pub seen: u32,
    pub psi_milli: u32,
    pub verdict: Verdict,
}

/// All models.
///
/// # Errors
/// When the database fails, or the registry holds what it should not.
pub async fn versions(store: &HubStore) -> Result<Vec<Listed>, StoreError> {
    let client = store.client().await?;
    let rows = client
        .query(
            "SELECT model, version, manifest, manifest_text, card, bundle_bytes, signer,
                    imported_by, imported_ms
             FROM model_version ORDER BY model, version DESC",
            &[],
        )
        .await?;
    let aliases = client.query("SELECT model, alias, version FROM model_alias", &[]).await?;
    let open = "SELECT model, count(*) FROM model_proposal WHERE status = 'open' GROUP BY model";
    let open = client.query(open, &[]).await?;
    let reported = last_reports(&client, None).await?;
    drop(client);
    let mut models: BTreeMap<String, Listed> = BTreeMap::new();
    for row in &rows {
        let model: String = row.get(0);
        let version = listed_version(&model, row, &reported)?;
        let listed = models.entry(model.clone()).or_insert_with(|| Listed {
            model,
            champion: None,
            challenger: None,
            proposals_open: 0,
            versions: Vec::new(),
        });
        listed.versions.push(version);
    }
    for row in aliases {
        let Some(listed) = models.get_mut(row.get::<_, &str>(0)) else { continue };
        let version = Some(row.get(2));
        match row.get(1) {
            "champion" => listed.champion = version,
            _ => listed.challenger = version,
        }
    }
    for row in open {
        if let Some(listed) = models.get_mut(row.get::<_, &str>(0)) {
            listed.proposals_open = row.get(1);
        }
    }
    Ok(models.into_values().collect())
}

fn listed_version(
    model: &str,
    row: &Row,
    reported: &[Report],
) -> Result<ListedVersion, StoreError> {
    let version: i64 = row.get(1);
    let manifest = manifest(row.get(3))?;
    let card: Value = json(row.get(4))?;
    let signer: &[u8] = row.get(6);
    let development = model_bundle::PublicKey::development();
    let sites = |of: fn(&ModelFacts) -> Option<u32>| {
        let here = reported.iter().filter(|report| {
            report.facts.facts.model.as_str() == model
                && of(&report.facts).map(i64::from) == Some(version)
        });
        here.map(|report| report.site.clone()).collect()
    };
    Ok(ListedVersion {
        version,
        manifest: data_encoding::HEXLOWER.encode(row.get(2)),
        kind: serde_json::to_value(manifest.kind).unwrap_or_default(),
        title: card["title"].as_str().unwrap_or_default().to_owned(),
        outputs: manifest.outputs,
        trained_from: manifest.trained.from.to_string(),
        trained_until: manifest.trained.until.to_string(),
        expires_on: manifest.expires_on.to_string(),
        bundle_bytes: row.get(5),
        signer: data_encoding::HEXLOWER.encode(signer),
        signed_by_development_key: signer == development.as_bytes(),
        imported_by: row.get(7),
        imported_ms: row.get(8),
        active_at: sites(|day| day.facts.active),
        shadow_at: sites(|day| day.facts.shadow),
    })
}

/// One version with its card; none when the registry has no such.
///
/// # Errors
/// When the database fails, or the registry holds what it should not.
pub async fn version_card(
    store: &HubStore,
    model: &str,
    version: i64,
) -> Result<Option<VersionCard>, StoreError> {
    let client = store.client().await?;
    let row = client
        .query_opt(
            "SELECT manifest_text, card, reference FROM model_version
             WHERE model = $1 AND version = $2",
            &[&model, &version],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(VersionCard {
        model: model.to_owned(),
        version,
        manifest: json(row.get(0))?,
        card: json(row.get(1))?,
        columns: columns(row.get(2))?,
    }))
}

/// What every depot last said of a model.
///
/// # Errors
/// When the database fails.
pub async fn depots(store: &HubStore, model: &str) -> Result<Vec<DepotModel>, StoreError> {
    let client = store.client().await?;
    let reports = last_reports(&client, Some(model)).await?;
    let names = column_names(&client, model).await?;
    let mut depots: Vec<DepotModel> = reports
        .into_iter()
        .map(|report| DepotModel {
            site: report.site,
            node: report.node,
            reported_ms: report.facts.at.ms(),
            day: model_day(report.facts, &names),
        })
        .collect();
    depots.sort_by(|a, b| a.site.cmp(&b.site));
    Ok(depots)
}

/// The days of a model from `since` on, oldest first; those of one site when it is named.
///
/// # Errors
/// When the database fails.
pub async fn series(
    store: &HubStore,
    model: &str,
    site: Option<&str>,
    since: u32,
    limit: i64,
) -> Result<Vec<(String, ModelDay)>, StoreError> {
    let client = store.client().await?;
    let names = column_names(&client, model).await?;
    let rows = client
        .query(
            "SELECT coalesce(n.site, ''), f.body FROM model_facts f
             LEFT JOIN node n ON n.node = f.author
             WHERE f.text = $1 AND f.sort >= $2 AND ($3::text IS NULL OR n.site = $3)
             ORDER BY f.sort DESC, n.site LIMIT $4",
            &[&model, &i64::from(since), &site, &limit],
        )
        .await?;
    let mut days = rows
        .iter()
        .map(|row| Ok((row.get(0), model_day(body(row, 1)?, &names))))
        .collect::<Result<Vec<_>, StoreError>>()?;
    days.reverse();
    Ok(days)
}

fn model_day(day: ModelFacts, names: &[String]) -> ModelDay {
    let facts = day.facts;
    let name = |index: u16| {
        names.get(usize::from(index)).cloned().unwrap_or_else(|| format!("column {index}"))
    };
    ModelDay {
        day: facts.day,
        state: facts.state,
        active: facts.active,
        shadow: facts.shadow,
        order: facts.order,
        by_model: facts.by_model,
        by_baseline: facts.by_baseline,
        active_errors: facts.active_errors,
        shadow_errors: facts.shadow_errors,
        rollbacks: facts.rollbacks,
        note: facts.note,
        unlogged: facts.unlogged,
        drift: facts
            .columns
            .iter()
            .map(|column| ColumnDrift {
                column: name(column.index),
                seen: column.seen,
                psi_milli: column.psi_milli,
                verdict: column.verdict,
            })
            .collect(),
    }
}

struct Report {
    site: String,
    node: NodeId,
    facts: ModelFacts,
}

/// The newest report of each depot that is still one, about one model or all.
async fn last_reports(
    client: &impl deadpool_postgres::GenericClient,
    model: Option<&str>,
) -> Result<Vec<Report>, StoreError> {
    let rows = client
        .query(
            "SELECT DISTINCT ON (f.text, f.author) n.site, f.author, f.body
             FROM model_facts f JOIN node n ON n.node = f.author AND n.status <> 'revoked'
             WHERE $1::text IS NULL OR f.text = $1
             ORDER BY f.text, f.author, f.sort DESC",
            &[&model],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let node = NodeId::new(row.get::<_, Uuid>(1));
            Ok(Report { site: row.get(0), node, facts: body(row, 2)? })
        })
        .collect()
}

/// The columns of a model's newest version; its versions have the same while their schema is.
async fn column_names(
    client: &impl deadpool_postgres::GenericClient,
    model: &str,
) -> Result<Vec<String>, StoreError> {
    let row = client
        .query_opt(
            "SELECT reference FROM model_version WHERE model = $1 ORDER BY version DESC LIMIT 1",
            &[&model],
        )
        .await?;
    row.map_or_else(|| Ok(Vec::new()), |row| columns(row.get(0)))
}

fn columns(reference: Option<&str>) -> Result<Vec<String>, StoreError> {
    let Some(text) = reference else { return Ok(Vec::new()) };
    let reference = Reference::parse(text.as_bytes())
        .map_err(|error| StoreError::Broken(format!("a histogram of the registry: {error}")))?;
    let all = reference.features.into_iter().chain(reference.predictions);
    Ok(all.map(|histogram| histogram.name).collect())
}

fn manifest(text: &str) -> Result<Manifest, StoreError> {
    Manifest::parse(text.as_bytes())
        .map_err(|error| StoreError::Broken(format!("a manifest of the registry: {error}")))
}

fn json(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Broken(format!("a text of the registry: {error}")))
}

fn body(row: &Row, column: usize) -> Result<ModelFacts, StoreError> {
    minicbor::decode(row.get(column))
        .map_err(|error| StoreError::Broken(format!("a record of model_facts: {error}")))
}
