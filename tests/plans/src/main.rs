//! Measures plans of this project beside its peers': the same instances in the same integers, equal
//! processor seconds on one core, and every solution checked. One JSON document on standard output,
//! tables on standard error. Asserts nothing about speed or gaps: a slow machine is no fault.

mod campaign;
mod clock;
mod depots;
mod figures;
mod instance;
mod ours;
mod plot;
mod reference;
mod replan;
mod routes;
mod row;
mod sample;
mod tables;
mod town;
mod variants;
mod verdict;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};

use campaign::{Campaign, OURS, workspace};
use figures::Figures;

#[derive(Debug, Parser)]
#[command(about = "Measures plans beside the peers'; prints JSON, and tables on stderr")]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    bench: Bench,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Args)]
struct Bench {
    /// The benchmark data: a folder for each set, and bks.csv.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Rows of tests/plans/sample.json with commas between, or `quick`.
    #[arg(long, value_delimiter = ',', default_value = "")]
    rows: Vec<String>,
    /// Runs of ours per instance.
    #[arg(long, default_value_t = 1)]
    seeds: u32,
    /// Everything that is published: all rows with five seeds.
    #[arg(long)]
    full: bool,
    /// Who is measured where a row is missing, or `none`; rows that stand are shown in any case.
    #[arg(long, value_delimiter = ',', default_value = "ours,pyvrp,ortools,vroom,vrp-cli")]
    solvers: Vec<String>,
    /// Shows rows of these searches instead of those of the one compiled in: after a change that the
    /// rows do not depend on.
    #[arg(long, value_delimiter = ',', value_name = "src-…")]
    searches: Vec<String>,
    /// Asks the road graph's own bench too, which makes up towns and takes minutes.
    #[arg(long)]
    roads: bool,
    /// Measures all of this anew; the rows that stand are put aside.
    #[arg(long)]
    fresh: bool,
    /// One run at a time on each of these.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    cores: Vec<usize>,
    /// Where rows are kept.
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Re-plans too: so many seeds of every case, and each of PyVRP's.
    #[arg(long, default_value_t = 0)]
    replan_seeds: u32,
    /// Writes the plot of gap against time here.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One run of ours; prints its row. Started by the bench itself.
    #[command(hide = true)]
    Run {
        set: String,
        file: PathBuf,
        #[arg(long)]
        seed: u32,
        #[arg(long)]
        budget: f64,
    },
    /// Days of a depot made up in code: steps a second on one core, or what threads that meet find.
    Depots {
        /// Processor seconds of every run; with several threads, seconds of the clock.
        #[arg(long, default_value_t = 3.0)]
        budget: f64,
        #[arg(long, default_value_t = 1)]
        seeds: u32,
        #[arg(long, default_value_t = 1)]
        threads: usize,
        #[arg(long, value_delimiter = ',', default_value = "200,1000")]
        stops: Vec<usize>,
        /// Days with these rules alone: vans, fleet, breaks.
        #[arg(long, value_delimiter = ',', default_value = "vans,fleet,breaks")]
        rules: Vec<town::Rules>,
    },
    /// New orders into a plan; prints its times. Started by the bench itself.
    #[command(hide = true)]
    Replan {
        set: String,
        file: PathBuf,
        #[arg(long)]
        seed: u32,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Run { set, file, seed, budget }) => run(&set, &file, seed, budget),
        Some(Role::Depots { budget, seeds, threads, stops, rules }) => {
            let days = depots::Days { stops, rules, seeds };
            say(&depots::measure(&days, budget, threads)?, true)
        }
        Some(Role::Replan { set, file, seed }) => {
            say(&serde_json::to_value(replan::run(&set, &file, seed)?)?, false)
        }
        None => say(&bench(&arguments.bench)?, true),
    }
}

fn run(set: &str, file: &Path, seed: u32, budget_s: f64) -> anyhow::Result<()> {
    let base_mb = clock::memory_mb();
    let problem = instance::read(set, file)?;
    let name = file.file_stem().and_then(|name| name.to_str()).context("a file has a name")?;
    let row = ours::run(set, name, &problem, seed, budget_s, base_mb);
    say(&serde_json::to_value(&row)?, false)
}

fn bench(arguments: &Bench) -> anyhow::Result<Value> {
    let data = arguments.data.clone().context("--data DIR: where the benchmark data is")?;
    let known = reference::read(&data)?;
    let quick = arguments.rows == ["quick"];
    let names: Vec<String> =
        arguments.rows.iter().filter(|name| !name.is_empty()).cloned().collect();
    let rows = if quick { sample::quick()? } else { sample::rows(&names)? };
    let results = arguments.results.clone();
    let mut solvers = arguments.solvers.clone();
    solvers.retain(|solver| solver != "none");
    let mut campaign = Campaign {
        data: data.clone(),
        results: results.unwrap_or_else(|| workspace().join("target/bench-data/plans")),
        cores: arguments.cores.clone(),
        seeds: if arguments.full { arguments.seeds.max(5) } else { arguments.seeds },
        searches: arguments.searches.clone(),
        solvers: if quick { vec![OURS.to_owned()] } else { solvers },
    };
    if campaign.searches.is_empty() {
        campaign.searches.push(campaign::sources());
    }
    if arguments.fresh {
        campaign.put_aside()?;
    }
    let judged = verdict::judge(&data, campaign.measure(&rows)?)?;
    for refused in &judged.refused {
        note(&format!("refused by the checker: {refused}\n"));
    }
    let figures = Figures::new(judged.accepted, &known);
    let (text, mut all) =
        if quick { tables::brief(&figures, &rows) } else { tables::published(&figures, &rows) };
    note(&text);
    let replanned = replanned(arguments, &campaign)?;
    note(&replanned.0);
    all["replan"] = replanned.1;
    if let Some(file) = &arguments.plot {
        let series = tables::series(&figures, &rows);
        if let Some(picture) =
            plot::svg("Mean gap to the best known, nine VRPTW instances", &series)
        {
            std::fs::write(file, picture).with_context(|| file.display().to_string())?;
        }
    }
    if arguments.roads {
        all["roads"] = roads()?;
    }
    all["refused"] = json!(judged.refused);
    all["sources"] = json!(campaign::sources());
    Ok(json!({"figures": {"plans": all}}))
}

/// What the road graph's bench says, a line each; it is built beside this program.
fn roads() -> anyhow::Result<Value> {
    let program = std::env::current_exe()?.with_file_name("roads-bench");
    let output = std::process::Command::new(&program).output();
    let output = output.with_context(|| program.display().to_string())?;
    anyhow::ensure!(output.status.success(), "roads-bench ended with {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    let lines = lines.context("roads-bench")?;
    let asked = lines.iter().filter(|line| line.get("ask").is_some());
    for line in asked {
        note(&format!(
            "roads: {} {}: {} places, {} ms median, {} cells differ from Dijkstra's\n",
            line["ask"],
            line["profile"],
            line["places"],
            line["matrix_cpu_ms"]["median"],
            line["cells_differing"]
        ));
    }
    Ok(json!(lines))
}

fn replanned(arguments: &Bench, campaign: &Campaign) -> anyhow::Result<(String, Value)> {
    let seeds = if arguments.full { arguments.replan_seeds.max(3) } else { arguments.replan_seeds };
    if seeds == 0 {
        return Ok((String::new(), Value::Null));
    }
    let file = campaign.results.join("replan.jsonl");
    let core = arguments.cores.first().copied().unwrap_or(0);
    let mut cases = Vec::new();
    for solver in [OURS, "pyvrp"] {
        let seeds = if campaign.solvers.iter().any(|known| known == solver) { seeds } else { 0 };
        cases.extend(replan::measure(&campaign.data, &file, solver, seeds, core)?);
    }
    Ok(tables::replanning(&cases))
}

#[allow(clippy::print_stderr, reason = "tables are for whoever watches")]
fn note(text: &str) {
    eprint!("{text}");
}

#[allow(clippy::print_stdout, reason = "the figures are what this program is for")]
fn say(figures: &Value, pretty: bool) -> anyhow::Result<()> {
    // Rows of runs are read line by line.
    let text = if pretty { serde_json::to_string_pretty(figures)? } else { figures.to_string() };
    println!("{text}");
    Ok(())
}
