//! Writes down what models said and what came of it, off the way of whoever asked; asks the version
//! on trial the same, silently; and has a version gone back from that does worse than the baseline.

use std::sync::Arc;
use std::time::Duration;

use inference::{Answer, Author};
use rusqlite::Connection;
use shared_model::blob::BlobId;
use shared_model::id::ModelCode;
use shared_model::inference::Held;
use shared_model::time::Timestamp;
use tokio::sync::mpsc;
#[cfg(test)]
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::drift;
use super::judge::{Judgement, Record};
use super::runner::Role;
use super::service::{DAY_MS, Models, Question, Ready, locked};
use super::sums::{self, Day, Said};
use crate::store::StoreError;

/// Notes written in one transaction.
const NOTES_TOGETHER_MAX: usize = 64;
/// Nobody waits for the version on trial; it must end all the same.
const SHADOW_DEADLINE: Duration = Duration::from_secs(5);
/// Longest name of a subject kept, in bytes.
const SUBJECT_BYTES_MAX: usize = 64;
/// Where no reference says how large values are.
const ERROR_MAX: f64 = 86_400.0;

/// A question that was answered.
pub(super) struct Asked {
    pub(super) at: Timestamp,
    pub(super) question: Question,
    pub(super) answer: Answer,
}

pub(super) enum Note {
    Asked(Box<Asked>),
    Outcome {
        model: ModelCode,
        subject: String,
        actual: f32,
    },
    #[cfg(test)]
    Told(oneshot::Sender<()>),
}

impl Note {
    pub(super) fn model(&self) -> Option<&ModelCode> {
        match self {
            Self::Asked(asked) => Some(&asked.question.model),
            Self::Outcome { model, .. } => Some(model),
            #[cfg(test)]
            Self::Told(_) => None,
        }
    }
}

/// What one version said to a question.
struct Version {
    role: &'static str,
    held: Option<Held>,
    ready: Option<Arc<Ready>>,
    values: Vec<f32>,
    reason: Option<String>,
}

/// A version that must go.
struct Gone {
    model: ModelCode,
    role: Role,
    manifest: BlobId,
    reason: String,
}

impl Models {
    pub(super) async fn write_notes(
        self,
        mut notes: mpsc::Receiver<Note>,
        stop: CancellationToken,
    ) {
        let mut together = Vec::with_capacity(NOTES_TOGETHER_MAX);
        loop {
            tokio::select! {
                count = notes.recv_many(&mut together, NOTES_TOGETHER_MAX) => {
                    if count == 0 {
                        return;
                    }
                }
                () = stop.cancelled() => return,
            }
            self.write_together(std::mem::take(&mut together)).await;
        }
    }

    async fn write_together(&self, notes: Vec<Note>) {
        #[cfg(test)]
        let mut told = Vec::new();
        let mut work = Vec::with_capacity(notes.len());
        for note in notes {
            match note {
                Note::Asked(asked) => {
                    let versions = self.versions_of(&asked).await;
                    work.push(Work::Said(asked, versions));
                }
                Note::Outcome { model, subject, actual } => {
                    work.push(Work::Came { model, subject, actual });
                }
                #[cfg(test)]
                Note::Told(tell) => told.push(tell),
            }
        }
        let (models, now) = (self.clone(), (self.0.now)());
        let written = self.0.store.write_local(move |db| models.write(db, &work, now)).await;
        match written {
            Ok(gone) => gone.into_iter().for_each(|gone| self.let_go(&gone)),
            Err(error) => tracing::warn!(%error, "what models said was not written down"),
        }
        #[cfg(test)]
        for tell in told {
            let _ = tell.send(());
        }
    }

    /// What was answered, and what the version on trial says to the same.
    async fn versions_of(&self, asked: &Asked) -> Vec<Version> {
        let model = &asked.question.model;
        let life = self.life(model);
        let answered = match &asked.answer.by {
            Author::Model { manifest_sha256, .. } => {
                let manifest = BlobId::from_bytes(*manifest_sha256.as_bytes());
                let active = life.active.filter(|held| held.manifest == manifest);
                let ready = locked(&self.0.ready).get(&(manifest, Role::Active)).cloned();
                let values = asked.answer.values.clone();
                Version { role: "active", held: active, ready, values, reason: None }
            }
            Author::Baseline { reason, .. } => Version {
                role: "baseline",
                held: None,
                ready: None,
                values: asked.answer.values.clone(),
                reason: Some(reason.clone()),
            },
        };
        let mut versions = vec![answered];
        let Some(shadow) = life.shadow.filter(|held| !held.is_expired(self.today())) else {
            return versions;
        };
        let Some(ready) = locked(&self.0.ready).get(&(shadow.manifest, Role::Shadow)).cloned()
        else {
            return versions;
        };
        let (models, rows) = (self.clone(), asked.question.rows.clone());
        let asking = tokio::task::spawn_blocking(move || {
            models.run_rows(Role::Shadow, shadow, &rows, SHADOW_DEADLINE)
        });
        let outputs = ready.bundle.manifest().outputs.len();
        match asking.await {
            Ok(Ok(values)) if values.len() == outputs * asked.question.subjects.len() => {
                let (held, ready) = (Some(shadow), Some(ready));
                versions.push(Version { role: "shadow", held, ready, values, reason: None });
            }
            Ok(Ok(_)) => tracing::warn!(%model, "the version on trial gave too few values"),
            Ok(Err(failure)) => tracing::info!(%model, %failure, "the version on trial failed"),
            Err(_) => {}
        }
        versions
    }

    fn write(
        &self,
        db: &Connection,
        work: &[Work],
        now: Timestamp,
    ) -> Result<Vec<Gone>, StoreError> {
        let today = u32::try_from(now.ms().div_euclid(DAY_MS)).unwrap_or(0);
        let mut gone = Vec::new();
        for work in work {
            match work {
                Work::Said(asked, versions) => {
                    for version in versions {
                        write_version(db, asked, version, today)?;
                    }
                }
                Work::Came { model, subject, actual } => {
                    gone.extend(self.compare(db, model, subject, *actual, now, today)?);
                }
            }
        }
        sums::prune(db, now.ms(), today)?;
        Ok(gone)
    }

    /// Model and baseline beside what came of it.
    fn compare(
        &self,
        db: &Connection,
        model: &ModelCode,
        subject: &str,
        actual: f32,
        now: Timestamp,
        today: u32,
    ) -> Result<Vec<Gone>, StoreError> {
        let subject = cut(subject);
        let mut gone = Vec::new();
        for open in sums::open_of(db, model, subject)? {
            let first = open.outputs.first().zip(open.baseline.first());
            let Some((said, baseline)) = first else { continue };
            let error = f64::from((said - actual).abs());
            let baseline_error = f64::from((baseline - actual).abs());
            if !error.is_finite() || !baseline_error.is_finite() {
                continue;
            }
            let ready = locked(&self.0.ready).get(&(open.manifest, open.role)).cloned();
            let quantile = ready.as_deref().and_then(quantile_90);
            let role = open.role.as_str();
            let mut day = sums::day(db, today, model, role, open.manifest)?;
            day.pairs += 1;
            day.error += error;
            day.baseline_error += baseline_error;
            let bound = quantile.and_then(|column| open.outputs.get(column));
            day.covered += u64::from(bound.is_some_and(|bound| actual <= *bound));
            sums::put_day(db, today, model, role, open.manifest, &day)?;
            let known = sums::standing(db, model, open.manifest, open.role)?;
            let mut record = known.unwrap_or_else(|| Record::new(error_max(ready.as_deref())));
            record.note(error, baseline_error);
            sums::put_standing(db, model, open.manifest, open.role, &record)?;
            if let Judgement::Worse { reason } = record.judge() {
                let (model, role, manifest) = (model.clone(), open.role, open.manifest);
                gone.push(Gone { model, role, manifest, reason });
            }
        }
        sums::close(db, model, subject, actual, now.ms())?;
        Ok(gone)
    }

    /// What is in use is gone back from; what is on trial stays there: people look at its figures.
    fn let_go(&self, gone: &Gone) {
        let active = self.life(&gone.model).active;
        if let Some(left) = active.filter(|held| held.manifest == gone.manifest)
            && gone.role == Role::Active
        {
            self.roll_back(&gone.model, left, &gone.reason);
        }
    }
}

enum Work {
    Said(Box<Asked>, Vec<Version>),
    Came { model: ModelCode, subject: String, actual: f32 },
}

fn write_version(
    db: &Connection,
    asked: &Asked,
    version: &Version,
    today: u32,
) -> Result<(), StoreError> {
    let question = &asked.question;
    let rows = question.subjects.len().max(1);
    let width = |values: &[f32]| (values.len() / rows).max(1);
    let (outputs, baselines) = (width(&version.values), width(&question.baseline.values));
    let features = width(&question.rows);
    for (at, subject) in question.subjects.iter().enumerate() {
        let part = |values: &'_ [f32], width: usize| -> Vec<f32> {
            values.iter().skip(at * width).take(width).copied().collect()
        };
        let row = part(&question.rows, features);
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        sums::insert(
            db,
            &Said {
                at_ms: asked.at.ms(),
                model: &question.model,
                subject: cut(subject),
                role: version.role,
                version: version.held.map(|held| held.version),
                manifest: version.held.map(|held| held.manifest),
                features: *blake3::hash(&bytes).as_bytes(),
                outputs: &part(&version.values, outputs),
                baseline: &part(&question.baseline.values, baselines),
                reason: version.reason.as_deref(),
            },
        )?;
    }
    let manifest = version.held.map_or(BlobId::from_bytes([0; 32]), |held| held.manifest);
    let mut day: Day = sums::day(db, today, &question.model, version.role, manifest)?;
    day.rows += question.subjects.len() as u64;
    if let Some(reference) = version.ready.as_ref().and_then(|ready| ready.reference.as_ref()) {
        if day.counts.len() != drift::columns(reference).count() {
            day.counts = drift::empty(reference);
        }
        drift::count(reference, &mut day.counts, &question.rows, &version.values);
    }
    sums::put_day(db, today, &question.model, version.role, manifest, &day)
}

/// The column of the 90 % quantile among the outputs.
pub(super) fn quantile_90(ready: &Ready) -> Option<usize> {
    ready.bundle.manifest().outputs.iter().position(|name| name.contains("q90"))
}

/// Errors are bounded by twice the largest prediction of the training, for the adaptive window.
fn error_max(ready: Option<&Ready>) -> f64 {
    let reference = ready.and_then(|ready| ready.reference.as_ref());
    let last = reference
        .and_then(|reference| reference.predictions.first())
        .and_then(|histogram| histogram.edges.last());
    last.map_or(ERROR_MAX, |edge| 2.0 * f64::from(edge.abs()).max(1e-6))
}

fn cut(subject: &str) -> &str {
    let mut end = subject.len().min(SUBJECT_BYTES_MAX);
    while !subject.is_char_boundary(end) {
        end -= 1;
    }
    &subject[..end]
}
