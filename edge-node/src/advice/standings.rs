//! Who answers where advice asks a model, since when, and why not a model: folded from what the depot
//! itself reported in its log. Asks no model and reads no store.

use std::collections::BTreeMap;

use serde::Serialize;
use shared_model::id::ModelCode;
use shared_model::inference::{Facts, State};
use shared_model::time::Timestamp;

use crate::store::WrittenAt;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    Model,
    Baseline,
}

/// A version in its place, and since when it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Placed {
    pub version: u32,
    pub since_ms: i64,
}

/// How one model stands at this depot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStanding {
    pub state: State,
    /// Since when it is in that state.
    pub since: Timestamp,
    pub active: Option<Placed>,
    /// Asked the same, and not heard.
    pub shadow: Option<Placed>,
    /// Why it is so; empty when nothing is wrong.
    pub note: String,
    /// Times that the depot went back by itself.
    pub rollbacks: u32,
    /// Of the report that says so.
    pub written: WrittenAt,
}

impl ModelStanding {
    #[must_use]
    pub fn by(&self) -> Answering {
        match self.state {
            State::Paused | State::Expired => Answering::Baseline,
            State::Downloading
            | State::Downloaded
            | State::Verified
            | State::Shadow
            | State::Active
            | State::Refused
            | State::RolledBack
                if self.active.is_some() =>
            {
                Answering::Model
            }
            State::Downloading
            | State::Downloaded
            | State::Verified
            | State::Shadow
            | State::Active
            | State::Refused
            | State::RolledBack => Answering::Baseline,
        }
    }
}

/// The last report of each model.
#[derive(Debug, Default)]
pub(super) struct Standings(BTreeMap<ModelCode, ModelStanding>);

impl Standings {
    pub(super) fn fold(&mut self, at: Timestamp, written: WrittenAt, facts: &Facts) {
        let before = self.0.get(&facts.model);
        let placed = |version: Option<u32>, before: Option<Placed>| {
            let version = version?;
            let stays = before.filter(|before| before.version == version);
            Some(stays.unwrap_or(Placed { version, since_ms: at.ms() }))
        };
        let standing = ModelStanding {
            state: facts.state,
            since: before.filter(|before| before.state == facts.state).map_or(at, |b| b.since),
            active: placed(facts.active, before.and_then(|before| before.active)),
            shadow: placed(facts.shadow, before.and_then(|before| before.shadow)),
            note: facts.note.clone(),
            rollbacks: facts.rollbacks,
            written,
        };
        self.0.insert(facts.model.clone(), standing);
    }

    /// Every model that advice asks, and every other that was reported on; nothing is said of one
    /// that the hub never published here.
    pub(super) fn of(
        &self,
        asked: impl IntoIterator<Item = ModelCode>,
    ) -> BTreeMap<ModelCode, Option<ModelStanding>> {
        let mut all: BTreeMap<_, _> = asked.into_iter().map(|model| (model, None)).collect();
        all.extend(self.0.iter().map(|(model, standing)| (model.clone(), Some(standing.clone()))));
        all
    }
}

#[cfg(test)]
mod tests {
    use shared_model::inference::Errors;
    use shared_model::log::{Epoch, Seq};

    use super::*;

    fn facts(state: State, active: Option<u32>, shadow: Option<u32>) -> Facts {
        Facts {
            model: "arrival-time".parse().unwrap(),
            day: 1,
            state,
            order: 1,
            active,
            manifest: None,
            shadow,
            by_model: 0,
            by_baseline: 0,
            active_errors: Errors::default(),
            shadow_errors: Errors::default(),
            rollbacks: 0,
            note: String::new(),
            columns: Vec::new(),
            unlogged: 0,
        }
    }

    fn after(reports: &[Facts]) -> ModelStanding {
        let mut standings = Standings::default();
        for (at, facts) in (1..).zip(reports) {
            standings.fold(Timestamp::from_ms(at), (Epoch(1), Seq(at.cast_unsigned())), facts);
        }
        let of = standings.of([]);
        of.into_values().next().flatten().expect("it was reported on")
    }

    #[test]
    fn each_place_is_held_since_its_version_came_into_it() {
        let standing = after(&[
            facts(State::Active, Some(1), None),
            facts(State::Active, Some(1), Some(2)),
            facts(State::Active, Some(1), Some(2)),
            facts(State::Active, Some(2), None),
            facts(State::Active, Some(2), Some(3)),
        ]);
        assert_eq!(standing.active, Some(Placed { version: 2, since_ms: 4 }));
        assert_eq!(standing.shadow, Some(Placed { version: 3, since_ms: 5 }));
        assert_eq!((standing.since, standing.written.1), (Timestamp::from_ms(1), Seq(5)));
    }

    #[test]
    fn the_formula_answers_where_a_model_may_not() {
        for (state, active, by) in [
            (State::Active, Some(1), Answering::Model),
            (State::RolledBack, Some(1), Answering::Model),
            (State::RolledBack, None, Answering::Baseline),
            (State::Expired, Some(1), Answering::Baseline),
            (State::Paused, Some(1), Answering::Baseline),
            (State::Shadow, None, Answering::Baseline),
            (State::Downloading, Some(1), Answering::Model),
            (State::Refused, None, Answering::Baseline),
        ] {
            assert_eq!(after(&[facts(state, active, None)]).by(), by, "{state:?} {active:?}");
        }
    }

    #[test]
    fn a_model_that_is_asked_and_was_never_published_is_named_all_the_same() {
        let demand: ModelCode = "demand".parse().unwrap();
        assert_eq!(Standings::default().of([demand.clone()]).get(&demand), Some(&None));
    }
}
