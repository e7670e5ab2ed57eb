//! The figures this project publishes, each beside a floor that is measured in the same run: one
//! JSON document on standard output, tables on standard error. Asserts nothing about speed: a slow
//! machine is no fault.

mod client;
mod depot_start;
mod figures;
mod floor_server;
mod inference;
mod load;
mod machine;
mod nightly;
mod orders_over_https;
mod partners;
mod published;
mod sync_100k;
mod sync_floor;
mod till_beside_plan;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use serde_json::{Value, json};
use system_tests::binaries::workspace;

#[derive(Debug, Parser)]
#[command(about = "Measures OmniRoute beside its floors; prints JSON, and tables on stderr")]
struct Arguments {
    /// Only this one; may be given several times.
    #[arg(long, value_enum)]
    only: Vec<Bench>,
    /// Where the databases are put: on the disk whose commits are to be measured.
    #[arg(long, value_name = "DIR")]
    path_to_data: Option<PathBuf>,
    /// Runs everything, too briefly to measure anything: does it work?
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// The bare handler that orders are measured against; started by the bench itself.
    #[command(hide = true)]
    FloorServer { folder: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Bench {
    OrdersOverHttps,
    #[value(name = "sync_100k")]
    Sync100k,
    DepotStart,
    TillBesidePlan,
    Inference,
    Nightly,
    Partners,
    CiTimes,
}

impl Bench {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Full size, or only so large that everything runs once.
pub(crate) struct Scale {
    check: bool,
}

impl Scale {
    const fn is_check(&self) -> bool {
        self.check
    }

    fn rounds(&self, rounds: usize, round: Duration) -> (usize, Duration) {
        if self.check { (1, round.min(Duration::from_millis(300))) } else { (rounds, round) }
    }

    fn count(&self, count: usize) -> usize {
        if self.check { (count / 100).max(10) } else { count }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(Role::FloorServer { folder }) = &arguments.role {
        return floor_server::serve(folder);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(measure_all(&arguments))?;
    say(&figures)
}

async fn measure_all(arguments: &Arguments) -> anyhow::Result<Value> {
    let place = arguments.path_to_data.clone();
    let place = place.unwrap_or_else(|| workspace().join("target/bench-data"));
    std::fs::create_dir_all(&place)?;
    let folder = tempfile::tempdir_in(&place)?;
    let mut machine = machine::described();
    let mut figures = json!({});
    for &bench in Bench::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(&bench) {
            continue;
        }
        let folder = folder.path().join(bench.name());
        std::fs::create_dir_all(&folder)?;
        let scale = Scale { check: arguments.check };
        let (measured, text) =
            measure(bench, &folder, &scale).await.with_context(|| bench.name())?;
        note(&text);
        figures[bench.name()] = measured;
        std::fs::remove_dir_all(&folder)?;
    }
    machine["load_at_end"] = json!(machine::load());
    Ok(json!({"machine": machine, "check_only": arguments.check, "figures": figures}))
}

async fn measure(bench: Bench, folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    match bench {
        Bench::OrdersOverHttps => Box::pin(orders_over_https::measure(folder, scale)).await,
        Bench::Sync100k => Box::pin(sync_100k::measure(folder, scale)).await,
        Bench::DepotStart => Box::pin(depot_start::measure(folder, scale)).await,
        Bench::TillBesidePlan => Box::pin(till_beside_plan::measure(folder, scale)).await,
        Bench::Inference => inference::measure(scale).await,
        Bench::Nightly => Box::pin(nightly::measure(folder, scale)).await,
        Bench::Partners => Box::pin(partners::measure(folder, scale)).await,
        Bench::CiTimes => Ok((ci_times(), String::new())),
    }
}

/// What the last run of the gate took, if it left word.
fn ci_times() -> Value {
    let text = std::fs::read_to_string(workspace().join("target/ci-times.json"));
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null)
}

#[allow(clippy::print_stderr, reason = "tables are for whoever watches")]
fn note(text: &str) {
    eprint!("{text}");
}

#[allow(clippy::print_stdout, reason = "the figures are what this program is for")]
fn say(figures: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(figures)?);
    Ok(())
}
