//! `sync-hub documents`: the text that people write together, and what of it could not be read.

use clap::{Args, Subcommand};
use shared_model::id::SiteCode;

use super::opening::{OpenHub, StateArgs};
use crate::documents;

#[derive(Debug, Subcommand)]
pub(super) enum Documents {
    /// Read again what a box wrote and what was set aside, after the cause is known.
    TryAgain(TryAgain),
}

#[derive(Debug, Args)]
pub(super) struct TryAgain {
    #[command(flatten)]
    state: StateArgs,
    /// The depot whose changes were set aside.
    #[arg(long)]
    site: SiteCode,
}

impl Documents {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::TryAgain(again) = self;
        let hub: OpenHub = again.state.open().await?;
        let node = hub.node_at(&again.site).await?;
        let count = documents::try_again(&hub.store, node).await?;
        println!("{count} changes of {} are read again by the hub that runs", again.site);
        hub.close().await
    }
}
