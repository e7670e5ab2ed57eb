//! `/api/v1/exceptions`: what a person must look at, of all sites. One that its depot or the hub
//! resolved is resolved.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::exceptions::{Exception, Kind, Resolution};
use shared_model::id::{ExceptionId, NodeId, SiteCode};
use tokio_postgres::Row;
use uuid::Uuid;

use super::paging::{After, Limit, Page, Search};
use super::{SITE_OF_AUTHOR, reading};
use crate::console::body::{Json, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::StoreError;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Resolved,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    search: Search,
    status: Option<Status>,
    site: Option<SiteCode>,
    after: Option<After>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    site: String,
    node: NodeId,
    exception: ExceptionId,
    kind: Kind,
    subject: String,
    detail: String,
    raised_ms: i64,
    status: &'static str,
    resolution: Option<Resolution>,
    note: Option<String>,
    /// The hub's user who resolved it; none when its depot did.
    resolved_by: Option<String>,
    travelled: &'static str,
}

pub(super) async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Item>>, Problem> {
    let rows = rows(&console, &asked).await?;
    let cursor = |row: &(Row, Exception)| {
        let after = After { sort: row.0.get(3), author: row.0.get(1), key: row.0.get(2) };
        after.to_string()
    };
    Ok(Json(Page::cut(rows, asked.limit, cursor, item)))
}

async fn rows(console: &Console, asked: &Asked) -> Result<Vec<(Row, Exception)>, StoreError> {
    let client = console.store.client().await?;
    let sql = format!(
        "SELECT {SITE_OF_AUTHOR}, e.author, e.key, e.sort, e.body, r.resolution, r.note, r.who
         FROM exceptions e
         LEFT JOIN node n ON n.node = e.author
         LEFT JOIN exception_resolution r ON r.node = e.author AND r.exception = e.key
         WHERE ($1::text IS NULL
                OR CASE WHEN r.exception IS NULL THEN e.status ELSE 'resolved' END = $1)
           AND ($2::text IS NULL OR n.site = $2)
           AND ($3 = '' OR strpos(e.text, $3) > 0)
           AND (e.sort < $4 OR (e.sort = $4 AND (e.key, e.author) > ($5, $6)))
         ORDER BY e.sort DESC, e.key, e.author LIMIT $7"
    );
    let statement = client.prepare_cached(&sql).await?;
    let status = asked.status.map(Status::as_str);
    let site = asked.site.as_ref().map(SiteCode::as_str);
    let search = asked.search.as_str();
    let after = asked.after.clone().unwrap_or(After::start());
    let limit = asked.limit.rows();
    let rows = client
        .query(
            &statement,
            &[&status, &site, &search, &after.sort, &after.key, &after.author, &limit],
        )
        .await?;
    let read = |row: Row| {
        let exception = reading::body(&row, 4)?;
        Ok((row, exception))
    };
    rows.into_iter().map(read).collect()
}

fn item((row, exception): (Row, Exception)) -> Item {
    let by_hub: Option<Resolution> = row.get::<_, Option<&str>>(5).and_then(resolution);
    let by_depot = exception.status == shared_model::exceptions::Status::Resolved;
    let resolved = by_hub.is_some() || by_depot;
    let status = if resolved { Status::Resolved } else { Status::Open };
    Item {
        site: row.get(0),
        node: NodeId::new(row.get::<_, Uuid>(1)),
        exception: exception.exception,
        kind: exception.kind,
        subject: exception.subject,
        detail: exception.detail,
        raised_ms: exception.raised.ms(),
        status: status.as_str(),
        resolution: by_hub.or(exception.resolution),
        note: row.get::<_, Option<String>>(6).or(exception.note),
        resolved_by: row.get(7),
        travelled: "hub",
    }
}

/// The words in which the hub keeps what its people decided.
pub(in crate::console) const fn word(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Accept => "accept",
        Resolution::Compensate => "compensate",
        Resolution::Reverse => "reverse",
    }
}

fn resolution(kept: &str) -> Option<Resolution> {
    let all = [Resolution::Accept, Resolution::Compensate, Resolution::Reverse];
    all.into_iter().find(|resolution| word(*resolution) == kept)
}
