//! Runs seeds, or all planted bugs, and prints JSON. Holds no rule; the library does the work.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program answers on its outputs")]

use clap::{Parser, Subcommand};
use serde_json::json;
use sim::figures::{Total, hunt, told};
use sim::world::run;

/// The region in one thread, under every fault that a seed draws.
#[derive(Debug, Parser)]
struct Arguments {
    /// One seed, told step by step.
    #[arg(long)]
    seed: Option<u64>,
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Plants every bug and looks whether it is caught.
    Planted {
        /// Seeds tried for each.
        #[arg(long, default_value_t = 400)]
        tries: u64,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match (arguments.what, arguments.seed) {
        (Some(What::Planted { tries }), _) => planted(tries),
        (None, Some(seed)) => one(seed),
        (None, None) => many(arguments.from, arguments.seeds),
    }
}

fn one(seed: u64) -> anyhow::Result<()> {
    let outcome = run(seed, None, true);
    let again = run(seed, None, false);
    println!("{outcome:#?}");
    anyhow::ensure!(outcome == again, "the second run of seed {seed} was another: {again:#?}");
    anyhow::ensure!(outcome.violation.is_none(), "{}", told(&outcome));
    Ok(())
}

fn many(from: u64, seeds: u64) -> anyhow::Result<()> {
    let mut total = Total::default();
    for seed in from..from + seeds {
        total.take(seed);
        if total.seeds.is_multiple_of(1_000) {
            eprintln!("{} seeds, {} violations", total.seeds, total.violations_count);
        }
    }
    let mut json = total.json();
    json["first_seed"] = from.into();
    json["date"] = told_by("date", &["-u", "+%Y-%m-%d"]).into();
    json["version"] = told_by("git", &["describe", "--always", "--dirty"]).into();
    println!("{json:#}");
    anyhow::ensure!(total.is_clean(), "{} violations", total.violations_count);
    Ok(())
}

/// What a program of the system says, or nothing.
fn told_by(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program).args(arguments).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn planted(tries: u64) -> anyhow::Result<()> {
    let caught = hunt(tries);
    let rows: Vec<_> = caught
        .iter()
        .map(|found| {
            json!({
                "bug": format!("{:?}", found.planted.bug),
                "caught": found.by.is_some(),
                "seed": found.by.as_ref().map(|by| by.0),
                "how": found.by.as_ref().map(|by| by.1.clone()),
            })
        })
        .collect();
    let missed: Vec<_> = caught.iter().filter(|c| c.by.is_none()).map(|c| c.planted.bug).collect();
    let count = caught.len() - missed.len();
    println!("{:#}", json!({"planted": caught.len(), "planted_caught": count, "bugs": rows}));
    anyhow::ensure!(missed.is_empty(), "not caught: {missed:?}");
    Ok(())
}
