//! Questions of advice to the models of this box, and their answers in the terms of advice. Decides
//! nothing and keeps nothing.

use std::sync::Arc;
use std::time::Duration;

use features::arrival_time::{self, Promise, Trip};
use features::demand::{OUTPUTS, WIDTH};
use features::discover::Table;
use features::pace::PaceBook;
use inference::Author;
use model_bundle::Part;
use shared_model::id::ModelCode;

use super::forecasts::{By, Forecasts, Question};
use crate::inference::{Baseline, Models, Question as Asked};

/// The models that advice asks.
const ARRIVAL_TIME: &str = "arrival-time";
const DEMAND: &str = "demand";
const DISCOVER: &str = "discover";
/// As crate `features` has it.
const ARRIVAL_FORMULA: &str = "599 s + 101 s/km";
/// Articles in one question to the worker.
const ROWS_AT_ONCE: usize = 1_024;
/// Of one such question; a thousand rows take a few milliseconds.
const DEADLINE: Duration = Duration::from_millis(500);

pub(super) fn code(id: &str) -> ModelCode {
    id.parse().expect("ids of models are constants of this build")
}

/// Every model that advice asks.
pub(super) fn asked() -> [ModelCode; 3] {
    [ARRIVAL_TIME, DEMAND, DISCOVER].map(code)
}

pub(super) fn by(author: Author) -> By {
    match author {
        Author::Model { id, version, .. } => {
            By::Model { id: id.to_string(), version: u64::from(version.0) }
        }
        Author::Baseline { name, reason } => By::Baseline { name, reason },
    }
}

/// Whether a model would answer for demand now.
pub(super) fn can_forecast(models: &Models) -> bool {
    models.is_ready(&code(DEMAND))
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

/// When the stops of a tour are reached, and who says so.
pub(super) async fn arrivals(
    models: &Models,
    trips: &[(String, Trip)],
    book: &PaceBook,
) -> (Vec<(f64, f64)>, By) {
    let formula: Vec<Promise> =
        trips.iter().map(|(_, trip)| arrival_time::baseline(trip)).collect();
    let asked = Asked {
        model: code(ARRIVAL_TIME),
        subjects: trips.iter().map(|(subject, _)| subject.clone()).collect(),
        rows: trips.iter().flat_map(|(_, trip)| arrival_time::row(trip, book)).collect(),
        baseline: Baseline {
            name: ARRIVAL_FORMULA,
            values: formula.iter().flat_map(|p| [p.mean_s, p.q50_s, p.q90_s].map(narrow)).collect(),
        },
    };
    let answer = models.predict(asked, DEADLINE).await;
    let (values, _) = answer.values.as_chunks::<{ arrival_time::OUTPUTS.len() }>();
    let promises = formula.iter().enumerate().map(|(at, formula)| {
        let told = values.get(at).and_then(|outputs| arrival_time::settle(*outputs));
        let promise = told.unwrap_or(*formula);
        (promise.mean_s, promise.q90_s)
    });
    (promises.collect(), by(answer.by))
}

/// The formula alone.
pub(super) fn by_formula(trips: &[(String, Trip)], reason: &str) -> (Vec<(f64, f64)>, By) {
    let promises = trips.iter().map(|(_, trip)| {
        let promise = arrival_time::baseline(trip);
        (promise.mean_s, promise.q90_s)
    });
    let by = By::Baseline { name: ARRIVAL_FORMULA.to_owned(), reason: reason.to_owned() };
    (promises.collect(), by)
}

/// A trip took so long.
pub(super) fn arrived(models: &Models, subject: &str, actual_s: f64) {
    models.observe(&code(ARRIVAL_TIME), subject, narrow(actual_s));
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a trip; a cast of f64 saturates")]
const fn narrow(value: f64) -> f32 {
    value as f32
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
