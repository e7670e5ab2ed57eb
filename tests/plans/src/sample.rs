//! Which instances are measured in which row, with what budget and how often. May not measure.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// Stated once, beside this crate.
const SAMPLE: &str = include_str!("../sample.json");

/// Processor seconds of a quick run.
pub(crate) const QUICK_S: f64 = 3.0;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleRow {
    #[serde(rename = "row")]
    pub name: String,
    /// For people; printed nowhere.
    #[expect(dead_code, reason = "it is there for whoever reads the sample")]
    pub what: String,
    /// Processor seconds of every run.
    pub budget_s: f64,
    /// Runs of every peer that is measured here, by its name.
    pub seeds: BTreeMap<String, u32>,
    /// Names by set.
    pub instances: BTreeMap<String, Vec<String>>,
    /// Other budgets that ours is run with too: it cools towards its deadline, so a short run is no
    /// part of a longer one.
    #[serde(default)]
    pub also_s: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    rows: Vec<SampleRow>,
}

/// All rows, or those whose names are given.
///
/// # Errors
/// When a name is of no row.
pub(crate) fn rows(names: &[String]) -> anyhow::Result<Vec<SampleRow>> {
    let sample: Sample = serde_json::from_str(SAMPLE).context("tests/plans/sample.json")?;
    let known: Vec<&str> = sample.rows.iter().map(|row| row.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row {unknown}; there are: {}", known.join(", "));
    }
    let wanted = |row: &SampleRow| names.is_empty() || names.contains(&row.name);
    Ok(sample.rows.into_iter().filter(wanted).collect())
}

/// Some of every kind, briefly: for whoever changes the planner and wants to know within minutes.
///
/// # Errors
/// When the sample is not sound.
pub(crate) fn quick() -> anyhow::Result<Vec<SampleRow>> {
    const ROWS: [&str; 7] = [
        "vrptw_first",
        "pdptw_first",
        "ortec_n259",
        "mixed_fleet",
        "multi_trip",
        "several_depots",
        "backhauls",
    ];
    let mut rows = rows(&ROWS.map(str::to_owned))?;
    for row in &mut rows {
        row.budget_s = QUICK_S;
        row.also_s.retain(|budget_s| *budget_s < QUICK_S);
    }
    Ok(rows)
}

impl SampleRow {
    /// Set and name of every instance.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.instances
            .iter()
            .flat_map(|(set, names)| names.iter().map(move |name| (set.as_str(), name.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_sound() {
        let rows = rows(&[]).expect("the sample parses");
        assert!(rows.iter().all(|row| row.budget_s > 0.0 && row.cases().count() > 0));
        let unknown = super::rows(&["nothing".to_owned()]).expect_err("no such row");
        assert!(unknown.to_string().contains("vrptw_first"), "{unknown}");
    }
}
