//! Many seeds, and what they come to.

use serde_json::{Value, json};

use crate::bug::{PLANTED, Planted};
use crate::world::{Figures, Outcome, run};

/// The most violations that are told one by one.
const TOLD_MAX: usize = 20;

/// What a run over many seeds came to.
#[derive(Debug, Default)]
pub struct Total {
    pub seeds: u64,
    pub partitioned: u64,
    pub calm: u64,
    pub sums: Figures,
    pub slowest_ms: u64,
    /// Seeds whose second run was another.
    pub unequal: Vec<u64>,
    pub violations: Vec<String>,
    pub violations_count: u64,
}

impl Total {
    /// Takes one seed in: run twice, and both runs must be the same.
    pub fn take(&mut self, seed: u64) {
        let outcome = run(seed, None, false);
        let again = run(seed, None, false);
        self.count(&outcome);
        if outcome != again {
            self.unequal.push(seed);
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.partitioned += u64::from(outcome.partitioned);
        self.calm += u64::from(outcome.calm);
        let (sums, more) = (&mut self.sums, &outcome.figures);
        sums.steps += more.steps;
        sums.node_hours += more.node_hours;
        sums.told += more.told;
        sums.refused += more.refused;
        sums.sessions += more.sessions;
        sums.ingested += more.ingested;
        sums.crashes += more.crashes;
        sums.restores += more.restores;
        sums.forks += more.forks;
        sums.set_aside += more.set_aside;
        self.slowest_ms = self.slowest_ms.max(more.converged_ms);
        if outcome.violation.is_some() {
            self.violations_count += 1;
            if self.violations.len() < TOLD_MAX {
                self.violations.push(told(outcome));
            }
        }
    }

    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations_count == 0 && self.unequal.is_empty()
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let sums = &self.sums;
        json!({
            "seeds": self.seeds,
            "seeds_with_partitions": self.partitioned,
            "seeds_without_faults": self.calm,
            "node_hours": sums.node_hours,
            "steps": sums.steps,
            "answers_told": sums.told,
            "commands_refused": sums.refused,
            "sessions": sums.sessions,
            "entries_taken_in_by_the_hub": sums.ingested,
            "crashes": sums.crashes,
            "restores": sums.restores,
            "forks": sums.forks,
            "set_aside": sums.set_aside,
            "slowest_agreement_min": self.slowest_ms / 60_000,
            "run_twice_unequal": self.unequal,
            "violations": self.violations_count,
            "examples": self.violations,
        })
    }
}

/// What went wrong, and the one command that shows it again.
#[must_use]
pub fn told(outcome: &Outcome) -> String {
    let Some((at, violation)) = &outcome.violation else {
        return format!("seed {}: nothing", outcome.seed);
    };
    format!(
        "seed {}: {} at {} s: {}; again: cargo run -p sim -- --seed {}",
        outcome.seed,
        violation.invariant,
        at / 1_000,
        violation.detail,
        outcome.seed
    )
}

/// How a planted bug fared.
#[derive(Debug)]
pub struct Caught {
    pub planted: Planted,
    /// The seed that caught it, and how.
    pub by: Option<(u64, String)>,
}

/// Looks for a seed that catches each bug, among those given for it, then among the first `tries`.
#[must_use]
pub fn hunt(tries: u64) -> Vec<Caught> {
    PLANTED.iter().map(|planted| Caught { planted: *planted, by: catch(planted, tries) }).collect()
}

fn catch(planted: &Planted, tries: u64) -> Option<(u64, String)> {
    let mut seeds = std::iter::once(planted.seed).chain(1..=tries);
    seeds.find_map(|seed| {
        let (_, violation) = run(seed, Some(planted.bug), false).violation?;
        let right = planted.caught_by.contains(&violation.invariant);
        right.then(|| (seed, format!("{}: {}", violation.invariant, violation.detail)))
    })
}
