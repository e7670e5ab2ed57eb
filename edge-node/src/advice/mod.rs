//! Advice to people: what to buy, what a customer may want, when an order arrives. Made of the own
//! log and of models that run elsewhere; a person or a rule decides what becomes of it. Posts no
//! fact, and a depot without it sells as before.

mod arrival;
mod asking;
mod forecasts;
mod history;
#[cfg(test)]
mod keeping_tests;
mod reorder;
#[cfg(test)]
mod sample;
mod shelves;
mod standings;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrival::{Ahead, Rounds};
use standings::Standings;

pub use arrival::Arrival;
pub use forecasts::{By, Forecasts, Question};
pub use history::{Day, History, day_of};
pub use reorder::{POLICY, Policy, Proposal, Reason, Shelf, propose};
pub use shelves::{Again, Discovered, Fares, SHELF_MAX, again, discovered, fares, popular};
pub use standings::{Answering, ModelStanding, Placed};

use features::arrival_time::Trip;
use features::discover::Table;
use shared_model::dispatch::{Manifest, VehicleKind};
use shared_model::id::{ModelCode, OrderId};
use shared_model::inference;
use shared_model::log::{Epoch, Seq};
use shared_model::place::Place;
use shared_model::time::Timestamp;
use shared_model::workflows::{Body, Event};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::dispatch::travel::PACE_MILLI_USUAL;
use crate::inference::Models;
use crate::store::{Store, StoreError, WrittenAt, entries_after};

const NO_MODELS: &str = "no model runs here";
/// Entries folded between two looks at whether the depot stops.
const FOLD_ENTRIES_MAX: u32 = 500;

/// What advice is made of; cheap to clone.
#[derive(Clone)]
pub struct Advice {
    known: Arc<Mutex<Known>>,
    /// The newest day's, once somebody asked.
    today: Arc<Mutex<Option<Arc<Forecasts>>>>,
    /// None where no model can run, as in tests of pages: then the formulas answer.
    models: Option<Models>,
    /// When this run began.
    since: Timestamp,
    utc_offset_minutes: i32,
}

struct Known {
    history: History,
    rounds: Rounds,
    standings: Standings,
    fares: Option<(Day, Arc<Fares>)>,
    at: WrittenAt,
    forgot_on: Day,
    /// The log was read to its end once.
    whole: bool,
}

impl Advice {
    #[must_use]
    pub fn new(utc_offset_minutes: i32, since: Timestamp) -> Self {
        let known = Known {
            history: History::new(utc_offset_minutes),
            rounds: Rounds::default(),
            standings: Standings::default(),
            fares: None,
            at: (Epoch(0), Seq(0)),
            forgot_on: Day::MIN,
            whole: false,
        };
        let known = Arc::new(Mutex::new(known));
        Self { known, today: Arc::default(), models: None, since, utc_offset_minutes }
    }

    /// Asks these models first.
    #[must_use]
    pub fn with_models(self, models: Models) -> Self {
        Self { models: Some(models), ..self }
    }

    /// The site's day.
    #[must_use]
    pub const fn day(&self, now: Timestamp) -> Day {
        day_of(now, self.utc_offset_minutes)
    }

    /// Reads what is known so far.
    pub fn with<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&self.lock().history)
    }

    /// The day's forecasts: computed when first asked for, then kept until midnight.
    pub async fn forecasts(&self, now: Timestamp) -> Arc<Forecasts> {
        let day = self.day(now);
        let keeps = |kept: &&Arc<Forecasts>| kept.day == day && !self.may_do_better(kept);
        if let Some(kept) = lock(&self.today).as_ref().filter(keeps) {
            return Arc::clone(kept);
        }
        let whole = self.lock().whole;
        let question = self.with(|history| Question::of(history, day, now));
        let made = Arc::new(match &self.models {
            Some(models) => asking::forecasts(models, &question).await,
            None => question.unanswered(NO_MODELS.to_owned()),
        });
        // While the log is still read, what was read so far answers, and is not kept.
        if whole {
            *lock(&self.today) = Some(Arc::clone(&made));
        }
        made
    }

    /// The formula answered because the model was not loaded then, and now it is.
    fn may_do_better(&self, kept: &Forecasts) -> bool {
        let ready = |models: &Models| asking::can_forecast(models);
        matches!(kept.by, By::Baseline { .. }) && self.models.as_ref().is_some_and(ready)
    }

    /// How each model stands here that advice asks, or that the hub published; nothing is said of
    /// one that it never did.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<ModelCode, Option<ModelStanding>> {
        self.lock().standings.of(asking::asked())
    }

    /// How articles fare with the customers, counted once a day.
    #[must_use]
    pub fn fares(&self, day: Day) -> Arc<Fares> {
        let mut known = self.lock();
        if let Some((_, kept)) = known.fares.as_ref().filter(|(of, _)| *of == day) {
            return Arc::clone(kept);
        }
        let counted = Arc::new(fares(&known.history, day));
        known.fares = Some((day, Arc::clone(&counted)));
        counted
    }

    /// When the stops that a tour has left are reached, and who says so. Nothing for a tour that has
    /// none left.
    pub async fn arrivals(
        &self,
        manifest: &Manifest,
        depot: Place,
        kind: Option<VehicleKind>,
    ) -> Option<(BTreeMap<OrderId, Arrival>, By)> {
        let ahead = Ahead::of(manifest, depot);
        let trips: Vec<(String, Trip)> = ahead
            .legs
            .iter()
            .map(|leg| {
                let trip = leg.trip(depot, manifest.rider, kind, self.utc_offset_minutes)?;
                Some((leg.order.to_string(), trip))
            })
            .collect::<Option<_>>()?;
        if trips.is_empty() {
            return None;
        }
        let (promises, by) = match &self.models {
            Some(models) => {
                let book = self.lock().rounds.book().clone();
                asking::arrivals(models, &trips, &book).await
            }
            None => asking::by_formula(&trips, NO_MODELS),
        };
        Some((ahead.arrivals(&promises), by))
    }

    /// How long trips of this hour take against the formula, in thousandths: what the arrival-time
    /// model says of ways to the places lately delivered to. The usual where no model speaks.
    pub async fn pace_milli(&self, now: Timestamp) -> u32 {
        let Some(models) = &self.models else { return PACE_MILLI_USUAL };
        let (trips, book) = {
            let known = self.lock();
            (known.rounds.likely_trips(now, self.utc_offset_minutes), known.rounds.book().clone())
        };
        if trips.is_empty() {
            return PACE_MILLI_USUAL;
        }
        let usual_s: f64 = trips.iter().map(|(_, trip)| trip.baseline_s()).sum();
        let (promises, by) = asking::arrivals(models, &trips, &book).await;
        let told_s: f64 = promises.iter().map(|(mean_s, _)| mean_s).sum();
        match by {
            By::Model { .. } => arrival::pace_milli(told_s / usual_s),
            By::Baseline { .. } => PACE_MILLI_USUAL,
        }
    }

    /// What is bought together, or what is popular here when no table is installed.
    pub fn table(&self, now: Timestamp) -> (Arc<Table>, By) {
        let reason = match self.models.as_ref().map(asking::table) {
            Some(Ok(found)) => return found,
            Some(Err(reason)) => reason,
            None => NO_MODELS.to_owned(),
        };
        let day = self.day(now);
        let by = By::Baseline { name: "popularity".to_owned(), reason };
        (Arc::new(self.with(|history| popular(history, day))), by)
    }

    /// Folds the own log, from its beginning to its end and then commit by commit, until stopped.
    /// What cannot be read is told and left out: advice may be poorer, never in the way.
    pub async fn follow(self, store: Store, stop: CancellationToken) {
        let mut commits = store.commits();
        loop {
            match self.catch_up(&store, &stop).await {
                Ok(()) => {}
                Err(StoreError::Stopped) => return,
                Err(error) => tracing::warn!(%error, "advice cannot read the log"),
            }
            let commit = tokio::select! {
                () = stop.cancelled() => return,
                commit = commits.recv() => commit,
            };
            if matches!(commit, Err(RecvError::Closed)) {
                return;
            }
        }
    }

    async fn catch_up(&self, store: &Store, stop: &CancellationToken) -> Result<(), StoreError> {
        let node = store.node();
        while !stop.is_cancelled() {
            let after = self.lock().at;
            let entries =
                store.read(move |db| entries_after(db, node, after, FOLD_ENTRIES_MAX)).await?;
            if entries.is_empty() {
                self.lock().whole = true;
                return Ok(());
            }
            let mut known = self.lock();
            for entry in &entries {
                let (entry, position) = (entry.entry(), entry.entry().position);
                known.at = (position.epoch, position.seq);
                if let Ok(body) = Body::decode(&entry.payload) {
                    known.fold(entry.hlc.at(), &body, self.utc_offset_minutes);
                }
            }
            let finished = known.rounds.take_finished();
            let newest = entries.last().map(|entry| entry.entry().hlc.at());
            let today = newest.map_or(Day::MIN, |at| day_of(at, self.utc_offset_minutes));
            if today > known.forgot_on {
                known.history.forget_before(today);
                known.forgot_on = today;
            }
            drop(known);
            self.tell(&finished);
        }
        Ok(())
    }

    /// What trips really took, for the models that promised them; a trip of an earlier run of this
    /// process was told by that one.
    fn tell(&self, finished: &[arrival::Finished]) {
        let Some(models) = &self.models else { return };
        for trip in finished.iter().filter(|trip| trip.at >= self.since) {
            asking::arrived(models, &trip.order.to_string(), trip.actual_s);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

impl Known {
    fn fold(&mut self, at: Timestamp, body: &Body, utc_offset_minutes: i32) {
        self.history.fold(at, body);
        for event in &body.events {
            if let Event::Dispatch(event) = event {
                self.rounds.fold(at, event, utc_offset_minutes);
            }
            if let Event::Inference(inference::Event::FactsReported(facts)) = event {
                self.standings.fold(at, self.at, facts);
            }
        }
    }
}

/// A panic while advice was made leaves it poorer, not locked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
