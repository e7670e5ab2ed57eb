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
    let mut orders = Vec::new();
    for line in cells.lines() {
        let (customer, article) = (line.needed_text("customer")?, line.needed_text("article")?);
        let day = line.needed("day")?;
        customers.entry(customer).or_default().entry(article).or_default().push(day);
        orders.push((customer, article, day));
    }
    let fares = reorder::fares(orders, now_day);
    let mut written = "customer,article,rank\n".to_owned();
    for (customer, habits) in &customers {
        let habits: Vec<Habit<'_>> =
            habits.iter().map(|(article, days)| Habit { article, days }).collect();
        let ranked =
            reorder::rank_among(&habits, now_day, count, |article| fares.get(article).copied());
        for (rank, again) in ranked.iter().enumerate() {
            writeln!(written, "{customer},{},{rank}", again.article)?;
        }
    }
    std::fs::write(out, written).with_context(|| format!("{} cannot be written", out.display()))?;
    Ok(format!("{{\"customers\":{}}}", customers.len()))
}
