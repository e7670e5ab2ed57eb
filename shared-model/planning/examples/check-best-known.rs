//! Reads every published best known solution below a folder and lets the checker say what it costs and breaks:
//! `cargo run --release -p planning --example check-best-known PATH`, where `PATH/bks.csv` holds the published costs and
//! `PATH/SET/NAME.vrp|txt` lies beside `NAME.sol`. May not correct anything: it fails when one does not agree.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program at the rim: it reads files and prints"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use planning::check::{audit, latest_start};
use planning::formats::{self, Rounding, solution};
use planning::problem::{Objective, Problem};

/// Verified, and what did not agree.
#[derive(Default)]
struct Count {
    verified: usize,
    differing: usize,
}

fn main() -> Result<()> {
    let root = PathBuf::from(env::args_os().nth(1).context("a folder with bks.csv")?);
    let published = costs(&fs::read_to_string(root.join("bks.csv"))?);
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for set in folders(&root)? {
        let name = set.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for solution in with_extension(&set, "sol")? {
            if fs::metadata(&solution)?.len() == 0 {
                println!("{}: empty", solution.display());
                continue;
            }
            let count = counts.entry(name.clone()).or_default();
            match verify(&solution, &name, &published) {
                Ok(()) => count.verified += 1,
                Err(why) => {
                    count.differing += 1;
                    println!("{}: {why:#}", solution.display());
                }
            }
        }
    }
    for (set, count) in &counts {
        println!("{set}: {} verified, {} differing", count.verified, count.differing);
    }
    if counts.values().any(|count| count.differing > 0) {
        bail!("not every published solution agrees");
    }
    Ok(())
}

fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(root)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    found.retain(|path| path.is_dir());
    found.sort();
    Ok(found)
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    Ok(found)
}

/// By instance and set: every published cost, whatever its objective.
fn costs(csv: &str) -> BTreeMap<(String, String), Vec<f64>> {
    let mut costs: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if let [instance, set, _, _, cost, ..] = fields[..]
            && let Ok(cost) = cost.parse()
        {
            costs.entry((instance.to_owned(), set.to_owned())).or_default().push(cost);
        }
    }
    costs
}

fn verify(
    solution: &Path,
    set: &str,
    published: &BTreeMap<(String, String), Vec<f64>>,
) -> Result<()> {
    let instance = ["vrp", "txt"].map(|extension| solution.with_extension(extension));
    let instance = instance.iter().find(|path| path.exists()).context("no instance beside it")?;
    // Pairs are published in double precision: a factor of a thousand is as near as integers come.
    let rounding = set.starts_with("lilim").then_some(Rounding::Thousandths);
    let mut draft = formats::read(&fs::read_to_string(instance)?, rounding)?;
    // Thousandths, of costs in hundredths for mixed fleets; the rest in the units of the rounding.
    let scale = match set {
        "hfvrp" => 100_000.0,
        "homberger1000" => 10.0,
        _ if set.starts_with("lilim") => 1_000.0,
        _ => 1.0,
    };
    draft.objective = Objective { unserved_cost: [0; 5], ..draft.objective };
    let problem = draft.check()?;
    let read = solution::read(&fs::read_to_string(solution)?, &problem)?;
    let name = solution.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let known = published.get(&(name, set.to_owned())).context("no published cost")?;
    let mut plan = read.plan;
    for route in &mut plan.routes {
        route.start_s = latest_start(&problem, route).context("the route names what is not")?;
    }
    let audit = audit(&problem, &plan);
    if !audit.is_sound() {
        bail!("{} broken, first {:?}", audit.violations.len(), audit.violations[0]);
    }
    if audit.owed(&problem).next().is_some() {
        bail!("not everything is served");
    }
    #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
    let cost = audit.cost.total() as f64;
    let tolerance = tolerance(&problem, set);
    if known.iter().any(|&known| {
        let as_is = (cost - known).abs() <= tolerance;
        as_is || (cost / scale - known).abs() <= tolerance
    }) {
        return Ok(());
    }
    bail!("costs {cost} (scale {scale}), published {known:?}")
}

/// Half a unit of each leg where the publisher did not round, else nothing.
fn tolerance(problem: &Problem, set: &str) -> f64 {
    if set.starts_with("lilim") {
        #[expect(clippy::cast_precision_loss, reason = "places are few")]
        return problem.places.len() as f64 * 0.001;
    }
    if set == "hfvrp" { 0.01 } else { 0.0001 }
}
