//! The command line. It prints, and asks the library; it holds no rule.
#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod backup;
mod denylist;
mod device;
mod enrol;
mod import;
mod init;
mod model_life;
mod plan;
mod roads;
mod scrub;
mod serve;
mod staff;
mod status;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// OmniRoute's depot node: sells, picks, packs and delivers with no network, and syncs with its
/// regional hub when there is one.
#[derive(Debug, Parser)]
#[command(name = "edge-node", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new depot from a site profile.
    Init(init::Init),
    /// Join a region with the one-time token of its hub.
    Enrol(enrol::Enrol),
    /// Run the depot.
    Serve(serve::Serve),
    /// Take in another system's orders.
    Import(import::Import),
    /// Show where the depot stands.
    Status(status::Status),
    /// Check every chain and every sum, and the records against the log.
    Verify(verify::Verify),
    /// Look for rot: every page and every entry, while the depot runs or not.
    Scrub(scrub::Scrub),
    /// Mend a stopped depot's damaged database; the damaged file is kept.
    Repair(scrub::Repair),
    /// Copy the depot to a new folder, while it runs or not.
    Backup(backup::Backup),
    /// Put a backup into an empty folder and open a new epoch.
    Restore(backup::Restore),
    /// The staff list.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Tills, tablets and phones that may be signed in on.
    #[command(subcommand)]
    Device(device::Device),
    /// The list of boxes that the region shut out, carried by hand.
    #[command(subcommand)]
    Denylist(denylist::Denylist),
    /// Models: what is in use and why, and taking it back.
    #[command(subcommand)]
    Models(model_life::Models),
    /// Plan the tours of a file: JSON, orders as CSV, or a benchmark's instance.
    Plan(plan::Plan),
    /// Roads: graph and offline map from an OpenStreetMap extract.
    #[command(subcommand)]
    Roads(roads::Roads),
    /// Runs models for the depot's process, over standard input and output.
    #[command(name = crate::inference::WORKER_SUBCOMMAND, hide = true)]
    InferWorker,
    /// Reads other nodes' texts for the depot's process, over standard input and output.
    #[command(name = crate::documents::WORKER_SUBCOMMAND, hide = true)]
    DocumentWorker,
}

/// An end that is no success and no failure either, with the code it has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ExitWith {
    pub code: u8,
    pub words: String,
}

/// Where the depot is kept.
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// The depot's folder.
    #[arg(long, env = "OMNIROUTE_STATE", value_name = "DIR")]
    pub(crate) state: PathBuf,
}

/// The worker's whole life: requests in, answers out, until the depot ends it.
fn run_worker() -> anyhow::Result<()> {
    let (requests, replies) = (std::io::stdin().lock(), std::io::stdout().lock());
    Ok(inference::worker::serve(requests, replies)?)
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What went wrong and what to do about it, for the person at the terminal.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Init(init) => init.run(),
            Command::Enrol(enrol) => enrol.run().await,
            Command::Denylist(denylist) => denylist.run().await,
            Command::Serve(serve) => serve.run().await,
            Command::Import(import) => import.run().await,
            Command::Status(status) => status.run(),
            Command::Verify(verify) => verify.run(),
            Command::Scrub(scrub) => scrub.run(),
            Command::Repair(repair) => repair.run(),
            Command::Backup(backup) => backup.run(),
            Command::Restore(restore) => restore.run(),
            Command::Staff(staff) => staff.run().await,
            Command::Device(device) => device.run(),
            Command::Models(models) => models.run(),
            Command::Plan(plan) => plan.run().await,
            Command::Roads(roads) => roads.run(),
            Command::InferWorker => run_worker(),
            Command::DocumentWorker => {
                let (requests, replies) = (std::io::stdin().lock(), std::io::stdout().lock());
                worker::documents::serve(requests, replies).map_err(Into::into)
            }
        }
    }
}
