//! Lets every call to the disk fail in turn and counts what survives. Prints JSON. Holds no rule; the
//! library does the work.
#![allow(clippy::print_stdout, reason = "a program answers on its standard output")]

use clap::Parser;
use faults::io::{every_call, json_of};

/// EIO, ENOSPC and a disk that turns read-only, at every call of a depot's day.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of so many calls, one fails.
    #[arg(long, default_value_t = 1)]
    stride: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // A panic is counted; its message would be one of thousands.
    std::panic::set_hook(Box::new(|_| {}));
    let found = every_call(arguments.seed, arguments.stride.max(1))?;
    let mut json = json_of(&found);
    json["seed"] = arguments.seed.into();
    json["stride"] = arguments.stride.into();
    println!("{json:#}");
    let failed: usize = found.iter().map(|(_, counts)| counts.failures.len()).sum();
    anyhow::ensure!(failed == 0, "{failed} cases did not survive");
    Ok(())
}
