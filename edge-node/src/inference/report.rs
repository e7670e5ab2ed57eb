//! The facts of each model for the hub: once a day, and whenever what is in use changes. They go
//! into the log like everything else that happened here.

use rusqlite::{Connection, OptionalExtension};
use shared_model::blob::BlobId;
use shared_model::id::{EntryId, ModelCode};
use shared_model::inference::{FACTS_MODELS_MAX, Facts, Life, NOTE_CHARS_MAX, ReportModels, State};
use shared_model::workflows::Command;
use std::sync::Arc;

use super::drift;
use super::journal::quantile_90;
use super::judge::PAIRS_MIN;
use super::obey::standing_of;
use super::runner::Role;
use super::service::{Models, Ready, Standing, locked};
use super::sums;
use crate::store::{Asker, CommandError, StoreError};

/// What is to be written about one model.
struct Due {
    facts: Facts,
    said: String,
}

impl Models {
    /// Writes the facts that are due.
    ///
    /// # Errors
    /// What the store says; they are due again then.
    pub(super) async fn report(&self) -> Result<(), CommandError> {
        let models = self.clone();
        let mut due = self.0.store.read(move |db| models.due(db)).await?;
        while !due.is_empty() {
            let some: Vec<Due> = due.drain(..due.len().min(FACTS_MODELS_MAX)).collect();
            let facts: Vec<Facts> = some.iter().map(|due| due.facts.clone()).collect();
            let id = EntryId::new(uuid::Uuid::now_v7());
            let command = Command::ReportModels(ReportModels { id, facts });
            self.0.store.submit_in_turn(command, [0; 32], Asker::NODE).await?;
            let now = (self.0.now)().ms();
            self.0.store.write_local(move |db| note_reported(db, &some, now)).await?;
        }
        Ok(())
    }

    fn due(&self, db: &Connection) -> Result<Vec<Due>, StoreError> {
        let lives = self.lives().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let standings = self.standings();
        let today = self.today();
        let mut due = Vec::new();
        let mut names: Vec<&ModelCode> = lives.keys().chain(standings.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for model in names {
            let life = lives.get(model).cloned().unwrap_or_default();
            let standing =
                standings.get(model).cloned().unwrap_or_else(|| standing_of(&life, today));
            let last = reported(db, model)?;
            if let Some((day, said)) = last.as_ref().filter(|(day, _)| *day < today) {
                // The day is over: its last figures.
                let facts = self.facts(db, model, &life, &standing, *day)?;
                due.push(Due { facts, said: said.clone() });
            }
            let facts = self.facts(db, model, &life, &standing, today)?;
            let said = said(&facts);
            if last != Some((today, said.clone())) {
                due.push(Due { facts, said });
            }
        }
        Ok(due)
    }

    fn facts(
        &self,
        db: &Connection,
        model: &ModelCode,
        life: &Life,
        standing: &Standing,
        day: u32,
    ) -> Result<Facts, StoreError> {
        let nobody = BlobId::from_bytes([0; 32]);
        let ready = |manifest, role| -> Option<Arc<Ready>> {
            locked(&self.0.ready).get(&(manifest, role)).cloned()
        };
        let sums_of = |manifest: Option<BlobId>, role: Role| {
            let Some(manifest) = manifest else { return Ok((sums::Day::default(), None)) };
            let sums = sums::day(db, day, model, role.as_str(), manifest)?;
            Ok::<_, StoreError>((sums, ready(manifest, role)))
        };
        // A trial that ended leaves its figures to the day; one that began takes the day over.
        let tried = if day == self.today() { life.shadow } else { None };
        let trial = match tried {
            Some(held) => Some(held.manifest),
            None => sums::trial_of(db, day, model)?,
        };
        let on_trial = life.shadow.filter(|held| trial.is_none_or(|trial| trial == held.manifest));
        let (active, active_ready) = sums_of(life.active.map(|held| held.manifest), Role::Active)?;
        let (shadow, shadow_ready) = sums_of(trial, Role::Shadow)?;
        // What a bundle's own files say is gone with the bundle, what it covered is not.
        let quantile = |ready: &Option<Arc<Ready>>, sums: &sums::Day| {
            sums.covered > 0 || ready.as_deref().is_some_and(|one| quantile_90(one).is_some())
        };
        // While nothing is in use, the drift seen by the version on trial is shown.
        let seen = if active.counts.is_empty() {
            (&shadow, &shadow_ready)
        } else {
            (&active, &active_ready)
        };
        let reference = seen.1.as_ref().and_then(|ready| ready.reference.as_ref());
        let columns = reference.map(|reference| drift::judged(reference, &seen.0.counts));
        let baseline = sums::day(db, day, model, "baseline", nobody)?;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let mut facts = Facts {
            model: model.clone(),
            day,
            state: standing.state,
            order: life.order,
            active: life.active.map(|held| held.version),
            manifest: life.active.map(|held| held.manifest),
            shadow: on_trial.map(|held| held.version),
            by_model: count(active.rows),
            by_baseline: count(baseline.rows),
            active_errors: active.errors(quantile(&active_ready, &active)),
            shadow_errors: shadow.errors(quantile(&shadow_ready, &shadow)),
            rollbacks: life.rollbacks,
            note: standing.note.chars().take(NOTE_CHARS_MAX).collect(),
            columns: columns.unwrap_or_default(),
            unlogged: locked(&self.0.unlogged).get(model).copied().unwrap_or(0),
        };
        facts.shorten();
        Ok(facts)
    }
}

/// What makes another report worth its bytes before the day is over.
fn said(facts: &Facts) -> String {
    let judged = u64::from(facts.shadow_errors.pairs) >= PAIRS_MIN;
    let state = match facts.state {
        // Bytes arrive all the time.
        State::Downloading | State::Downloaded => "arriving",
        state @ (State::Verified
        | State::Shadow
        | State::Active
        | State::Paused
        | State::Expired
        | State::Refused
        | State::RolledBack) => state.as_str(),
    };
    let (order, active, shadow) = (facts.order, facts.active, facts.shadow);
    format!("{state} {order} {active:?} {shadow:?} {} {judged}", facts.rollbacks)
}

fn reported(db: &Connection, model: &ModelCode) -> Result<Option<(u32, String)>, StoreError> {
    let row = db
        .prepare_cached("SELECT day, said FROM model_report WHERE model = ?1")?
        .query_row([model.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row)
}

fn note_reported(db: &Connection, due: &[Due], now_ms: i64) -> Result<(), StoreError> {
    for Due { facts, said } in due {
        db.prepare_cached(
            "INSERT OR REPLACE INTO model_report (model, day, at_ms, said)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((facts.model.as_str(), facts.day, now_ms, said))?;
    }
    Ok(())
}
