//! Gaps to the best known, from rows that the checker has accepted. May not measure, and may not print.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::reference::{Known, is_bound};
use crate::row::Row;
use crate::sample::SampleRow;

/// All rows there are, with what they are compared to.
pub(crate) struct Figures {
    rows: Vec<Row>,
    references: Known,
}

/// The mean over instances of the mean over seeds.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Mean {
    /// In percent above the best known; nothing without rows, or with a run that found nothing.
    pub gap_pct: Option<f64>,
    pub instances: usize,
    pub runs: usize,
    /// Runs without a feasible solution by then.
    pub empty: usize,
    /// Between the best and the worst seed, mean over instances: what luck is worth.
    pub spread_pct: f64,
}

impl Figures {
    /// `known` is from the data; where it is of another objective, the best of these rows counts too.
    pub(crate) fn new(rows: Vec<Row>, known: &Known) -> Self {
        let mut references = known.clone();
        for row in &rows {
            let key = (row.set.clone(), row.instance.clone());
            let Some(cost) = row.cost else { continue };
            if !is_bound(&row.set) || !known.contains_key(&key) {
                let best = references.entry(key).or_insert(f64::INFINITY);
                *best = best.min(cost as f64);
            }
        }
        Self { rows, references }
    }

    /// How far a row was above the best known so many seconds into the run.
    pub(crate) fn gap_pct(&self, row: &Row, at_s: f64) -> Option<f64> {
        let best = self.references.get(&(row.set.clone(), row.instance.clone()))?;
        Some(100.0 * (row.cost_at(at_s)? as f64 / best - 1.0))
    }

    /// Rows of a solver on an instance: of this budget, else of the next longer one.
    pub(crate) fn runs(&self, solver: &str, set: &str, instance: &str, at_s: f64) -> Vec<&Row> {
        let of_instance = |row: &&Row| {
            row.solver == solver
                && row.set == set
                && row.instance == instance
                && row.budget_s >= at_s
        };
        let budget_s = self
            .rows
            .iter()
            .filter(of_instance)
            .map(|row| row.budget_s)
            .fold(f64::INFINITY, f64::min);
        self.rows.iter().filter(of_instance).filter(|row| row.budget_s == budget_s).collect()
    }

    /// Over all cases of these rows of the sample that `keep` keeps, and that the solver has run.
    pub(crate) fn mean(
        &self,
        solver: &str,
        sample: &[&SampleRow],
        keep: fn(&str) -> bool,
        at_s: f64,
    ) -> Mean {
        let mut mean = Mean::default();
        let (mut gaps, mut spreads) = (Vec::new(), Vec::new());
        for (set, instance) in sample.iter().flat_map(|row| row.cases()) {
            let runs = self.runs(solver, set, instance, at_s);
            if runs.is_empty() || !keep(instance) {
                continue;
            }
            mean.instances += 1;
            mean.runs += runs.len();
            // What a solver hands over after its deadline by a hair is still its answer.
            let found: Vec<f64> =
                runs.iter().filter_map(|row| self.gap_pct(row, grace(row, at_s))).collect();
            mean.empty += runs.len() - found.len();
            spreads.push(
                found.iter().copied().fold(f64::MIN, f64::max)
                    - found.iter().copied().fold(f64::MAX, f64::min),
            );
            gaps.push(average(&found));
        }
        mean.gap_pct = (mean.empty == 0 && !gaps.is_empty()).then(|| average(&gaps));
        mean.spread_pct =
            if mean.empty == 0 && !spreads.is_empty() { average(&spreads) } else { 0.0 };
        mean
    }

    /// The mean over the seeds of one case; nothing when a run had found nothing by then.
    pub(crate) fn mean_of_case(
        &self,
        solver: &str,
        set: &str,
        instance: &str,
        at_s: f64,
    ) -> Option<f64> {
        let runs = self.runs(solver, set, instance, at_s);
        let gaps: Option<Vec<f64>> =
            runs.iter().map(|row| self.gap_pct(row, grace(row, at_s))).collect();
        gaps.filter(|gaps| !gaps.is_empty()).map(|gaps| average(&gaps))
    }

    /// The mean of another figure of the rows, over the same cases, and its worst.
    pub(crate) fn mean_of(
        &self,
        solver: &str,
        sample: &[&SampleRow],
        figure: impl Fn(&Row) -> Option<f64>,
    ) -> Option<(f64, f64)> {
        let cases = sample.iter().flat_map(|row| row.cases());
        let runs = cases.flat_map(|(set, instance)| self.runs(solver, set, instance, 0.0));
        let found: Option<Vec<f64>> = runs.map(figure).collect();
        let found = found.filter(|found| !found.is_empty())?;
        Some((average(&found), found.iter().copied().fold(f64::MIN, f64::max)))
    }

    /// Every case's mean gap at the end of its budget, by solver: for whoever looks for the weak one.
    pub(crate) fn by_case(
        &self,
        solvers: &[&str],
        sample: &[SampleRow],
    ) -> BTreeMap<String, BTreeMap<String, f64>> {
        let mut cases = BTreeMap::new();
        for row in sample {
            for (set, instance) in row.cases() {
                let gaps = solvers.iter().filter_map(|solver| {
                    let gap_pct = self.mean_of_case(solver, set, instance, row.budget_s)?;
                    Some(((*solver).to_owned(), gap_pct))
                });
                cases.insert(format!("{set}/{instance}"), gaps.collect());
            }
        }
        cases
    }
}

/// A run's last word counts at its deadline, even when it came a little after.
fn grace(row: &Row, at_s: f64) -> f64 {
    if at_s >= row.budget_s { f64::INFINITY } else { at_s }
}

fn average(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u32, budget_s: f64, curve: &[(f64, i64)]) -> Row {
        Row {
            solver: "ours".to_owned(),
            version: String::new(),
            set: "cvrp_x".to_owned(),
            instance: "X".to_owned(),
            seed,
            budget_s,
            used_s: budget_s,
            cost: curve.last().map(|point| point.1),
            first_feasible_s: curve.first().map(|point| point.0),
            iterations: None,
            memory_mb: 1.0,
            memory_base_mb: 1.0,
            curve: curve.to_vec(),
            routes: Vec::new(),
            missing: Vec::new(),
        }
    }

    fn sample() -> SampleRow {
        SampleRow {
            name: "row".to_owned(),
            what: String::new(),

            budget_s: 10.0,
            seeds: BTreeMap::new(),
            instances: [("cvrp_x".to_owned(), vec!["X".to_owned()])].into(),
            also_s: Vec::new(),
        }
    }

    #[test]
    fn a_gap_is_read_off_the_run_of_that_budget() {
        let known = Known::from([(("cvrp_x".to_owned(), "X".to_owned()), 100.0)]);
        let rows = vec![
            row(1, 10.0, &[(0.5, 120), (9.0, 102)]),
            row(2, 10.0, &[(0.5, 130), (10.01, 104)]),
            row(1, 1.0, &[(0.5, 110)]),
        ];
        let figures = Figures::new(rows, &known);
        let mean = |at_s| figures.mean("ours", &[&sample()], |_| true, at_s);
        let at_end = mean(10.0);
        assert_eq!((at_end.runs, at_end.empty), (2, 0));
        assert!((at_end.gap_pct.expect("both found") - 3.0).abs() < 1e-9);
        assert!((at_end.spread_pct - 2.0).abs() < 1e-9);
        assert!((mean(1.0).gap_pct.expect("found") - 10.0).abs() < 1e-9);
        assert!((mean(5.0).gap_pct.expect("found") - 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_run_without_a_solution_leaves_no_mean() {
        let figures = Figures::new(vec![row(1, 10.0, &[(2.0, 100)])], &Known::new());
        let early = figures.mean("ours", &[&sample()], |_| true, 1.0);
        assert_eq!((early.gap_pct, early.empty), (None, 1));
    }
}
