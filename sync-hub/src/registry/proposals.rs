//! Proposals as they are kept: what was asked, by whom, and who decided.

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use shared_model::id::EntryId;
use shared_model::inference::Step;
use tokio_postgres::Row;
use uuid::Uuid;

use super::orders::Ask;
use crate::store::{HubStore, StoreError};

/// How far a proposal got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    Open,
    Approved,
    Rejected,
    /// By one person, for it needed no second.
    Ordered,
}

impl ProposalStatus {
    const ALL: [Self; 4] = [Self::Open, Self::Approved, Self::Rejected, Self::Ordered];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Ordered => "ordered",
        }
    }
}

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    pub proposal: Uuid,
    pub model: String,
    pub version: i64,
    pub step: String,
    pub ring: String,
    pub note: String,
    pub status: ProposalStatus,
    pub proposed_by: String,
    pub proposed_ms: i64,
    pub decided_by: Option<String>,
    pub decided_ms: Option<i64>,
    pub decision_note: String,
    /// Of the order in the hub's log.
    pub number: Option<i64>,
}

impl Proposal {
    /// Whether it is the same request, sent again.
    pub(super) fn is_of(&self, ask: &Ask, who: &str) -> bool {
        self.model == ask.model.as_str()
            && self.version == i64::from(ask.version)
            && self.step == ask.step.as_str()
            && self.ring == ask.ring.as_str()
            && self.note == ask.note.as_str()
            && self.proposed_by == who
    }

    /// The request as it was made.
    pub(super) fn ask(&self) -> Result<Ask, String> {
        let steps = [Step::Shadow, Step::Activate, Step::Pause, Step::Resume, Step::Rollback];
        let step = steps.into_iter().find(|step| step.as_str() == self.step);
        Ok(Ask {
            id: EntryId::new(self.proposal),
            model: self.model.parse().map_err(|error| format!("a model's name {error}"))?,
            version: u32::try_from(self.version).map_err(|error| error.to_string())?,
            step: step.ok_or_else(|| format!("{} is no step", self.step))?,
            ring: self.ring.parse().map_err(|error| format!("a ring's name {error}"))?,
            note: shared_model::text::Remark::new(&self.note)
                .map_err(|error| format!("a note {error}"))?,
        })
    }

    fn of(row: &Row) -> Result<Self, StoreError> {
        let status: &str = row.get(6);
        let known = ProposalStatus::ALL.into_iter().find(|known| known.as_str() == status);
        Ok(Self {
            proposal: row.get(0),
            model: row.get(1),
            version: row.get(2),
            step: row.get(3),
            ring: row.get(4),
            note: row.get(5),
            status: known.ok_or_else(|| StoreError::Broken(format!("{status} is no status")))?,
            proposed_by: row.get(7),
            proposed_ms: row.get(8),
            decided_by: row.get(9),
            decided_ms: row.get(10),
            decision_note: row.get(11),
            number: row.get(12),
        })
    }
}

const COLUMNS: &str = "id, model, version, step, ring, note, status, proposed_by, proposed_ms,
    decided_by, decided_ms, decision_note, number";

/// Proposals, newest first; only those of a status or of a model when one is named.
///
/// # Errors
/// When the database fails.
pub async fn proposals(
    store: &HubStore,
    model: Option<&str>,
    status: Option<&str>,
    after: Option<(i64, Uuid)>,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let client = store.client().await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM model_proposal
         WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR status = $2)
           AND ($3::int8 IS NULL OR (-proposed_ms, id) > (-$3, $4))
         ORDER BY proposed_ms DESC, id LIMIT $5"
    );
    let (at, id) = after.unzip();
    let id = id.unwrap_or_default();
    let rows = client.query(&sql, &[&model, &status, &at, &id, &limit]).await?;
    rows.iter().map(Proposal::of).collect()
}

pub(super) async fn proposal(
    client: &impl GenericClient,
    id: EntryId,
) -> Result<Option<Proposal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM model_proposal WHERE id = $1");
    let row = client.query_opt(&sql, &[id.as_uuid()]).await?;
    row.as_ref().map(Proposal::of).transpose()
}

/// The same, and nobody else may decide until the transaction ends.
pub(super) async fn lock(
    tx: &Transaction<'_>,
    id: EntryId,
) -> Result<Option<Proposal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM model_proposal WHERE id = $1 FOR UPDATE");
    let row = tx.query_opt(&sql, &[id.as_uuid()]).await?;
    row.as_ref().map(Proposal::of).transpose()
}
