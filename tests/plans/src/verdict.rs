//! What the checker of this project says of every row, ours and the peers' alike. Only what it accepts
//! at the very cost the solver claims is counted.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use planning::check::audit;
use planning::problem::Problem;

use crate::campaign::file_of;
use crate::instance;
use crate::routes::plan_of;
use crate::row::Row;

/// Rows with a solution that holds, rows that honestly have none, and what was wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub accepted: Vec<Row>,
    /// Run and reason; never counted silently.
    pub refused: Vec<String>,
}

/// # Errors
/// When an instance cannot be read.
pub(crate) fn judge(data: &Path, rows: Vec<Row>) -> anyhow::Result<Judged> {
    let mut by_instance: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
    for row in rows {
        by_instance.entry((row.set.clone(), row.instance.clone())).or_default().push(row);
    }
    let mut judged = Judged::default();
    for ((set, name), rows) in by_instance {
        let problem = instance::read(&set, &file_of(data, &set, &name))?;
        for mut row in rows {
            if let Err(error) = check(&problem, &row) {
                judged.refused.push(format!(
                    "{} {} on {set}/{name} seed {}: {error:#}",
                    row.solver, row.version, row.seed
                ));
                (row.cost, row.first_feasible_s) = (None, None);
                row.curve.clear();
            }
            judged.accepted.push(row);
        }
    }
    Ok(judged)
}

fn check(problem: &Problem, row: &Row) -> anyhow::Result<()> {
    let Some(cost) = row.cost else { return Ok(()) };
    let plan = plan_of(problem, &row.routes).context("routes")?;
    let audit = audit(problem, &plan);
    ensure!(audit.is_sound(), "{:?}", audit.violations.iter().take(3).collect::<Vec<_>>());
    let owed: Vec<_> = audit.owed(problem).take(3).collect();
    ensure!(owed.is_empty(), "not served: {owed:?}");
    let total = audit.cost.total();
    ensure!(total == cost, "costs {total}, not {cost}");
    let last = row.curve.last().map(|point| point.1);
    ensure!(last == Some(cost), "its curve ends at {last:?}, not {cost}");
    Ok(())
}
