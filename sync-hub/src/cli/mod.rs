//! The command line. It prints, and asks the library; it holds no rule.
#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod admin;
mod catalogue;
mod documents;
mod init;
mod invite;
mod money;
mod node;
mod opening;
mod partners;
mod password;
mod registry;
mod serve;
mod status;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// OmniRoute's regional hub: takes in the logs of its depots, and shows what they add up to.
///
/// Every command but `init` and `serve` works beside a running hub and without one.
#[derive(Debug, Parser)]
#[command(name = "sync-hub", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new hub: its keys, its database, its first administrator.
    Init(init::Init),
    /// Run the hub.
    Serve(serve::Serve),
    /// Make a one-time token with which one box joins as a site.
    Invite(invite::Invite),
    /// Show the boxes of the region and whether the books close.
    Status(status::Status),
    /// Publish articles and prices from a CSV file.
    ImportCatalogue(catalogue::ImportCatalogue),
    /// Note that the bank's statement shows a depot's deposit.
    MatchStatement(money::MatchDeposit),
    /// Pay a rider what was earned, less what the rider owes.
    PayRider(money::Pay),
    /// Check every chain, the books, and the records against the log.
    Verify(verify::Verify),
    /// Who may use the console.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Boxes: shutting one out, and the signed list that says so.
    #[command(subcommand)]
    Node(node::Node),
    /// Models: take them in, publish them to rings of depots by two persons, take them back.
    #[command(subcommand)]
    Models(registry::Models),
    /// The text that people write together: reading again what was set aside.
    #[command(subcommand)]
    Documents(documents::Documents),
    /// What partners hear: how far it is, and saying it all again.
    #[command(subcommand)]
    Partners(partners::Partners),
    /// Reads automerge changes for the hub's process, over standard input and output.
    #[command(name = worker::documents::WORKER_SUBCOMMAND, hide = true)]
    DocumentWorker,
}

impl Cli {
    /// What is logged unless somebody chooses otherwise: a hub tells of its day, a command only of
    /// what is wrong.
    #[must_use]
    pub fn log_by_default(&self) -> &'static str {
        if matches!(self.command, Command::Serve(_)) { "info,memory_serve=warn" } else { "warn" }
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// What went wrong and what to do about it, for the person at the terminal.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let done = match self.command {
            Command::Verify(verify) => return verify.run().await,
            Command::Init(init) => init.run().await,
            Command::Serve(serve) => Box::pin(serve.run()).await,
            Command::Invite(invite) => invite.run().await,
            Command::Status(status) => status.run().await,
            Command::ImportCatalogue(import) => import.run().await,
            Command::MatchStatement(deposit) => deposit.run().await,
            Command::PayRider(pay) => pay.run().await,
            Command::Admin(admin) => admin.run().await,
            Command::Node(node) => node.run().await,
            Command::Models(models) => Box::pin(models.run()).await,
            Command::Documents(documents) => documents.run().await,
            Command::Partners(partners) => partners.run().await,
            Command::DocumentWorker => {
                let (requests, replies) = (std::io::stdin().lock(), std::io::stdout().lock());
                worker::documents::serve(requests, replies).map_err(Into::into)
            }
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests;
