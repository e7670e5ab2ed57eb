//! Runs the reorder shelf over many customers: the code that serves, for its evaluation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use features::reorder::{self, Habit};

use super::cells::Cells;

const NEEDED: [&str; 3] = ["customer", "article", "day"];

pub(crate) fn extract(csv: &Path, now_day: f64, count: usize, out: &Path) -> Result<String> {
    let cells = Cells::read(csv, &NEEDED)?;
    let mut customers: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for line in cells.lines() {
        let habits = customers.entry(line.needed_text("customer")?).or_default();
        habits.entry(line.needed_text("article")?).or_default().push(line.needed("day")?);
    }
    let mut written = "customer,article,rank\n".to_owned();
    for (customer, habits) in &customers {
        let habits: Vec<Habit<'_>> =
            habits.iter().map(|(article, days)| Habit { article, days }).collect();
        for (rank, again) in reorder::rank(&habits, now_day, count).iter().enumerate() {
            writeln!(written, "{customer},{},{rank}", again.article)?;
        }
    }
    std::fs::write(out, written).with_context(|| format!("{} cannot be written", out.display()))?;
    Ok(format!("{{\"customers\":{}}}", customers.len()))
}
