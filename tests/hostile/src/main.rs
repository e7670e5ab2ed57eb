//! `hostile-inputs`: throws spoiled bytes at every reader and prints what came of it as JSON. Exit code 1 when something
//! did not hold.
#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hostile::campaign::Campaign;
use worker::documents::Limits;

#[derive(Debug, Parser)]
#[command(name = "hostile-inputs", version)]
enum Arguments {
    /// Throw inputs.
    Throw(Throw),
    /// Reads automerge changes, over standard input and output.
    #[command(name = hostile::WORKER_SUBCOMMAND, hide = true)]
    DocumentWorker,
}

#[derive(Debug, clap::Args)]
struct Throw {
    #[arg(long, default_value_t = 100_000)]
    inputs: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program that reads documents: `sync-hub`, `edge-node`, or this one when left out.
    #[arg(long, value_name = "PROGRAM")]
    worker: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse() {
        Arguments::DocumentWorker => {
            worker::documents::serve(std::io::stdin().lock(), std::io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Arguments::Throw(throw) => {
            let worker = match throw.worker {
                Some(worker) => worker,
                None => std::env::current_exe()?,
            };
            // A panic is counted; a million stories of them help nobody.
            std::panic::set_hook(Box::new(|_| {}));
            let campaign = Campaign {
                inputs: throw.inputs,
                seed: throw.seed,
                worker,
                limits: Limits::default(),
            };
            let outcome = campaign.run();
            println!("{:#}", outcome.to_json());
            Ok(if outcome.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}
