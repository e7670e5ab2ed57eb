//! Lets a depot's database file rot and counts what is seen and what is repaired. Prints JSON. Holds no
//! rule; the library does the work.
#![allow(clippy::print_stdout, reason = "a program answers on its standard output")]

use clap::{Parser, ValueEnum};
use faults::rot::{Decay, rot};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// One bit of the file.
    Bit,
    /// A sector of noise.
    Sector,
}

/// Rot in the database file, one damage at a time.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long, default_value_t = 1_000)]
    flips: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = What::Bit)]
    damage: What,
    /// Of so many, one is repaired from the hub as if its page had no sum.
    #[arg(long, default_value_t = 1)]
    from_hub_once_in: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let decay = match arguments.damage {
        What::Bit => Decay::Bit,
        What::Sector => Decay::Sector,
    };
    let once_in = arguments.from_hub_once_in.max(1);
    let figures = rot(decay, arguments.flips, arguments.seed, once_in)?;
    let mut json = figures.json();
    json["seed"] = arguments.seed.into();
    json["damage"] = format!("{:?}", arguments.damage).to_lowercase().into();
    println!("{json:#}");
    anyhow::ensure!(figures.missed == 0, "{} were missed", figures.missed);
    anyhow::ensure!(figures.not_repaired == 0, "{} were not repaired", figures.not_repaired);
    Ok(())
}
