//! What one run of one solver left, and the file that rows are kept in. The peers' runners
//! (`tests/peers`) write the same rows. May not judge them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// One run. Costs are in the set's integers, times in processor seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub solver: String,
    pub version: String,
    pub set: String,
    pub instance: String,
    pub seed: u32,
    pub budget_s: f64,
    pub used_s: f64,
    /// As the solver says itself; nothing when it found nothing feasible.
    pub cost: Option<i64>,
    pub first_feasible_s: Option<f64>,
    pub iterations: Option<u64>,
    /// Most resident memory, less what the process held before it read the instance.
    pub memory_mb: f64,
    pub memory_base_mb: f64,
    /// Every better cost, with when.
    pub curve: Vec<(f64, i64)>,
    pub routes: Vec<RouteRow>,
    /// Places not served though nothing says they may be left out.
    pub missing: Vec<u32>,
}

/// One vehicle's way: its number in the file, from 0, and the places of each trip in turn, numbered
/// as in the file with its first place 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteRow {
    pub vehicle: u32,
    pub trips: Vec<Vec<u32>>,
    /// Trip, places of it before the break, and the break's number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<(usize, usize, u32)>,
    /// When it begins; peers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_s: Option<i64>,
}

/// What makes two runs the same run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub solver: String,
    pub version: String,
    pub set: String,
    pub instance: String,
    pub seed: u32,
    pub budget_s: f64,
}

impl Row {
    pub(crate) fn run(&self) -> Run {
        Run {
            solver: self.solver.clone(),
            version: self.version.clone(),
            set: self.set.clone(),
            instance: self.instance.clone(),
            seed: self.seed,
            budget_s: self.budget_s,
        }
    }

    /// The best cost known so many seconds into the run.
    pub(crate) fn cost_at(&self, at_s: f64) -> Option<i64> {
        self.curve.iter().take_while(|(when_s, _)| *when_s <= at_s).map(|(_, cost)| *cost).last()
    }
}

/// The rows of a file, oldest first; none when there is no file.
///
/// # Errors
/// When a line is no row.
pub(crate) fn kept(file: &Path) -> anyhow::Result<Vec<Row>> {
    let Ok(text) = fs::read_to_string(file) else { return Ok(Vec::new()) };
    let lines = text.lines().enumerate();
    lines
        .map(|(number, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{}:{}: no row of the bench", file.display(), number + 1))
        })
        .collect()
}

/// # Errors
/// When the file cannot be written.
pub(crate) fn keep(file: &Path, row: &Row) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    // One write, so that two cores' rows never mix.
    Ok(file.write_all(format!("{}\n", serde_json::to_string(row)?).as_bytes())?)
}
