//! What models said, in the box's own tables: bounded, local, and never part of the log. Rows are
//! written by the journal alone.

use model_bundle::histogram::Counts;
use rusqlite::{Connection, OptionalExtension};
use shared_model::blob::BlobId;
use shared_model::id::ModelCode;
use shared_model::inference::Errors;

use super::judge::Record;
use super::runner::Role;
use crate::store::StoreError;

/// Predictions kept; the oldest go first.
const PREDICTIONS_MAX: i64 = 50_000;
/// And none older than this.
const PREDICTION_AGE_MS_MAX: i64 = 60 * 24 * 60 * 60 * 1000;
/// Days whose sums are kept.
const DAYS_MAX: u32 = 400;

/// One answered row.
pub(super) struct Said<'a> {
    pub(super) at_ms: i64,
    pub(super) model: &'a ModelCode,
    pub(super) subject: &'a str,
    /// `active`, `shadow` or `baseline`.
    pub(super) role: &'a str,
    pub(super) version: Option<u32>,
    pub(super) manifest: Option<BlobId>,
    pub(super) features: [u8; 32],
    pub(super) outputs: &'a [f32],
    pub(super) baseline: &'a [f32],
    pub(super) reason: Option<&'a str>,
}

pub(super) fn insert(db: &Connection, said: &Said<'_>) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO prediction
             (at_ms, model, subject, role, version, manifest, features, outputs, baseline, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        said.at_ms,
        said.model.as_str(),
        said.subject,
        said.role,
        said.version,
        said.manifest.as_ref().map(|manifest| manifest.as_bytes().as_slice()),
        said.features,
        bytes_of(said.outputs),
        bytes_of(said.baseline),
        said.reason,
    ))?;
    Ok(())
}

/// Lets the oldest go.
pub(super) fn prune(db: &Connection, now_ms: i64, today: u32) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM prediction WHERE id <= (SELECT max(id) FROM prediction) - ?1")?
        .execute([PREDICTIONS_MAX])?;
    db.prepare_cached("DELETE FROM prediction WHERE at_ms < ?1")?
        .execute([now_ms.saturating_sub(PREDICTION_AGE_MS_MAX)])?;
    db.prepare_cached("DELETE FROM model_day WHERE day < ?1")?
        .execute([today.saturating_sub(DAYS_MAX)])?;
    Ok(())
}

/// What was said of a subject last, by a version, and not yet compared with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) role: Role,
    pub(super) manifest: BlobId,
    pub(super) outputs: Vec<f32>,
    pub(super) baseline: Vec<f32>,
}

/// The newest open answer of each role.
pub(super) fn open_of(
    db: &Connection,
    model: &ModelCode,
    subject: &str,
) -> Result<Vec<Open>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, role, manifest, outputs, baseline FROM prediction
         WHERE model = ?1 AND subject = ?2 AND role = ?3 AND actual IS NULL
         ORDER BY id DESC LIMIT 1",
    )?;
    let mut open = Vec::new();
    for role in [Role::Active, Role::Shadow] {
        let found = statement
            .query_row((model.as_str(), subject, role.as_str()), |row| {
                let manifest: [u8; 32] = row.get(2)?;
                Ok(Open {
                    id: row.get(0)?,
                    role,
                    manifest: BlobId::from_bytes(manifest),
                    outputs: values_of(&row.get::<_, Vec<u8>>(3)?),
                    baseline: values_of(&row.get::<_, Vec<u8>>(4)?),
                })
            })
            .optional()?;
        open.extend(found);
    }
    Ok(open)
}

/// Writes down what came of a subject, beside everything that was said of it.
pub(super) fn close(
    db: &Connection,
    model: &ModelCode,
    subject: &str,
    actual: f32,
    now_ms: i64,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE prediction SET actual = ?3, actual_ms = ?4
         WHERE model = ?1 AND subject = ?2 AND actual IS NULL",
    )?
    .execute((model.as_str(), subject, f64::from(actual), now_ms))?;
    Ok(())
}

/// The sums of one day, model, role and bundle.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Day {
    pub(super) rows: u64,
    pub(super) pairs: u64,
    /// Sums of absolute errors.
    pub(super) error: f64,
    pub(super) baseline_error: f64,
    pub(super) covered: u64,
    pub(super) counts: Vec<Counts>,
}

impl Day {
    pub(super) fn errors(&self, has_quantile: bool) -> Errors {
        let mean_milli = |sum: f64| (sum / (self.pairs.max(1) as f64) * 1_000.0).round() as i64;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Errors {
            pairs: count(self.pairs),
            model_milli: mean_milli(self.error),
            baseline_milli: mean_milli(self.baseline_error),
            covered: has_quantile.then(|| count(self.covered)),
        }
    }
}

pub(super) fn day(
    db: &Connection,
    day: u32,
    model: &ModelCode,
    role: &str,
    manifest: BlobId,
) -> Result<Day, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT rows, pairs, error, baseline_error, covered, counts FROM model_day
             WHERE day = ?1 AND model = ?2 AND role = ?3 AND manifest = ?4",
        )?
        .query_row((day, model.as_str(), role, manifest.as_bytes().as_slice()), |row| {
            let counts: String = row.get(5)?;
            Ok(Day {
                rows: row.get::<_, i64>(0)?.cast_unsigned(),
                pairs: row.get::<_, i64>(1)?.cast_unsigned(),
                error: row.get(2)?,
                baseline_error: row.get(3)?,
                covered: row.get::<_, i64>(4)?.cast_unsigned(),
                counts: serde_json::from_str(&counts).unwrap_or_default(),
            })
        })
        .optional()?;
    Ok(row.unwrap_or_default())
}

/// The trial of a day that has most to say of itself, on trial still or not.
pub(super) fn trial_of(
    db: &Connection,
    day: u32,
    model: &ModelCode,
) -> Result<Option<BlobId>, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT manifest FROM model_day WHERE day = ?1 AND model = ?2 AND role = ?3
             ORDER BY pairs DESC, rows DESC LIMIT 1",
        )?
        .query_row((day, model.as_str(), Role::Shadow.as_str()), |row| row.get(0))
        .optional()?;
    Ok(row.map(BlobId::from_bytes))
}

pub(super) fn put_day(
    db: &Connection,
    day: u32,
    model: &ModelCode,
    role: &str,
    manifest: BlobId,
    sums: &Day,
) -> Result<(), StoreError> {
    let counts = serde_json::to_string(&sums.counts)
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO model_day
             (day, model, role, manifest, rows, pairs, error, baseline_error, covered, counts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        day,
        model.as_str(),
        role,
        manifest.as_bytes().as_slice(),
        sums.rows.cast_signed(),
        sums.pairs.cast_signed(),
        sums.error,
        sums.baseline_error,
        sums.covered.cast_signed(),
        counts,
    ))?;
    Ok(())
}

/// What a bundle did since it got its role; none before its first pair.
pub(super) fn standing(
    db: &Connection,
    model: &ModelCode,
    manifest: BlobId,
    role: Role,
) -> Result<Option<Record>, StoreError> {
    let text: Option<String> = db
        .prepare_cached(
            "SELECT record FROM model_standing WHERE model = ?1 AND manifest = ?2 AND role = ?3",
        )?
        .query_row((model.as_str(), manifest.as_bytes().as_slice(), role.as_str()), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(super) fn put_standing(
    db: &Connection,
    model: &ModelCode,
    manifest: BlobId,
    role: Role,
    record: &Record,
) -> Result<(), StoreError> {
    let text =
        serde_json::to_string(record).map_err(|error| StoreError::Damaged(error.to_string()))?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO model_standing (model, manifest, role, record)
         VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((model.as_str(), manifest.as_bytes().as_slice(), role.as_str(), text))?;
    Ok(())
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(super) fn values_of(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
