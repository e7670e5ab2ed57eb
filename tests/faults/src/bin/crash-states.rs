//! Counts the states that a power cut may leave the depot's database in, and those that it survives.
//! Prints JSON. Holds no rule; the library does the work.
#![allow(clippy::print_stdout, reason = "a program answers on its standard output")]

use clap::{Parser, ValueEnum};
use faults::crash::{enumerate, with_synchronous};
use faults::vfs::Synchronous;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    /// As the depot asks SQLite: nothing may be lost.
    Full,
    /// A control: acknowledged commits must be lost.
    Normal,
    /// A control: files must be corrupt.
    Off,
}

/// Power cuts at every write of a depot's day.
#[derive(Debug, Parser)]
struct Arguments {
    /// Different states to look at.
    #[arg(long, default_value_t = 20_000)]
    states: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How durable SQLite is asked to be, whatever the depot asks.
    #[arg(long, value_enum, default_value_t = Level::Full)]
    synchronous: Level,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    with_synchronous(match arguments.synchronous {
        Level::Full => Synchronous::Full,
        Level::Normal => Synchronous::Normal,
        Level::Off => Synchronous::Off,
    });
    let figures = enumerate(arguments.states, arguments.seed)?;
    let mut json = figures.json();
    json["seed"] = arguments.seed.into();
    json["synchronous"] = format!("{:?}", arguments.synchronous).to_lowercase().into();
    println!("{json:#}");
    let sound = figures.survived == figures.states;
    anyhow::ensure!(
        sound || !matches!(arguments.synchronous, Level::Full),
        "{} of {} states did not survive",
        figures.states - figures.survived,
        figures.states
    );
    Ok(())
}
