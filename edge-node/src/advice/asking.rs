//! Questions of advice to the models of this box, and their answers in the terms of advice. Decides
//! nothing and keeps nothing.

use std::sync::Arc;
use std::time::Duration;

use features::demand::{OUTPUTS, WIDTH};
use features::discover::Table;
use inference::Author;
use model_bundle::Part;
use shared_model::id::ModelCode;

use super::forecasts::{By, Forecasts, Question};
use crate::inference::{Baseline, Models, Question as Asked};

/// The models that advice asks.
const DEMAND: &str = "demand";
const DISCOVER: &str = "discover";
/// Articles in one question to the worker.
const ROWS_AT_ONCE: usize = 1_024;
/// Of one such question; a thousand rows take a few milliseconds.
const DEADLINE: Duration = Duration::from_millis(500);

pub(super) fn code(id: &str) -> ModelCode {
    id.parse().expect("ids of models are constants of this build")
}

pub(super) fn by(author: Author) -> By {
    match author {
        Author::Model { id, version, .. } => {
            By::Model { id: id.to_string(), version: u64::from(version.0) }
        }
        Author::Baseline { name, reason } => By::Baseline { name, reason },
    }
}

/// Tomorrow's demand of every article; and what came of the forecasts of a period ago is told.
pub(super) async fn forecasts(models: &Models, question: &Question) -> Forecasts {
    let demand = code(DEMAND);
    for outcome in question.outcomes() {
        models.observe(&demand, &outcome.subject, outcome.ratio);
    }
    let (subjects, ratios) = (question.subjects(), question.baseline_ratios());
    let mut outputs: Vec<[f32; OUTPUTS.len()]> = Vec::with_capacity(subjects.len());
    let mut said = None;
    for (index, rows) in question.rows.chunks(ROWS_AT_ONCE).enumerate() {
        let from = index * ROWS_AT_ONCE;
        let asked = Asked {
            model: demand.clone(),
            subjects: subjects[from..from + rows.len()].to_vec(),
            rows: rows.iter().flatten().copied().collect(),
            baseline: Baseline {
                name: "ses",
                values: ratios[from * OUTPUTS.len()..(from + rows.len()) * OUTPUTS.len()].to_vec(),
            },
        };
        debug_assert_eq!(asked.rows.len(), rows.len() * WIDTH);
        let answer = models.predict(asked, DEADLINE).await;
        let (values, _) = answer.values.as_chunks::<{ OUTPUTS.len() }>();
        outputs.extend_from_slice(values);
        // One part answered by the formula makes the whole the formula's: nothing is claimed too much.
        if !matches!(said, Some(Author::Baseline { .. })) {
            said = Some(answer.by);
        }
    }
    match said {
        Some(author) => question.answered(&outputs, by(author)),
        None => question.unanswered("nothing was asked for yet".to_owned()),
    }
}

/// The table of what is bought together that is in use.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn table(models: &Models) -> Result<(Arc<Table>, By), String> {
    let bundle = models.table(&code(DISCOVER)).ok_or("no version is in use")?;
    let table = Table::decode(bundle.bytes(Part::Tables)).map_err(|error| error.to_string())?;
    let manifest = bundle.manifest();
    let by = By::Model { id: manifest.id.to_string(), version: u64::from(manifest.version.0) };
    Ok((Arc::new(table), by))
}
