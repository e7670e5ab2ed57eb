//! Runs the discover shelf over many customers: the code that serves, for its evaluation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use features::discover::{Bought, Table};

use super::cells::Cells;

const NEEDED: [&str; 3] = ["customer", "article", "day"];

pub(crate) fn extract(csv: &Path, table: &Path, count: usize, out: &Path) -> Result<String> {
    let bytes =
        std::fs::read(table).with_context(|| format!("{} cannot be read", table.display()))?;
    let table = Table::decode(&bytes)?;
    let cells = Cells::read(csv, &NEEDED)?;
    let mut customers: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
    for line in cells.lines() {
        let bought = customers.entry(line.needed_text("customer")?).or_default();
        *bought.entry(line.needed_text("article")?).or_default() += 1.0;
    }
    let mut written = "customer,article,rank\n".to_owned();
    for (customer, bought) in &customers {
        let history: Vec<Bought<'_>> =
            bought.iter().map(|(article, times)| Bought { article, times: *times }).collect();
        for (rank, suggestion) in table.suggest(&history, count, |_| true).iter().enumerate() {
            writeln!(written, "{customer},{},{rank}", suggestion.article)?;
        }
    }
    std::fs::write(out, written).with_context(|| format!("{} cannot be written", out.display()))?;
    Ok(format!("{{\"customers\":{}}}", customers.len()))
}
