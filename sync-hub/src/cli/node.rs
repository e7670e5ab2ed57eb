//! `sync-hub node`: shutting a box out, and the list that says so.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use shared_model::id::{NodeId, SiteCode};
use shared_model::network::denylist::to_text;

use super::opening::StateArgs;
use crate::clock;
use crate::store::new_entry_id;

/// As on the console.
const REASON_CHARS_MAX: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Node {
    /// Shut a box out for good. What it wrote so far stays; what comes later is set aside.
    Revoke(Revoke),
    /// Show who is shut out, or write the signed list into a file for depots that no link reaches.
    Denylist(List),
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    state: StateArgs,
    /// Where the box stands.
    #[arg(long)]
    site: SiteCode,
    /// Which box, when it is not the one that stands there now.
    #[arg(long)]
    node: Option<NodeId>,
    /// Why, for those who ask later.
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    state: StateArgs,
    /// Write the signed list here.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Node {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Revoke(revoke) => revoke.run().await,
            Self::Denylist(list) => list.run().await,
        }
    }
}

impl Revoke {
    async fn run(self) -> anyhow::Result<()> {
        let reason = self.reason.trim();
        ensure!(
            (1..=REASON_CHARS_MAX).contains(&reason.chars().count()),
            "--reason is empty or longer than {REASON_CHARS_MAX} characters; remedy: say in a sentence why"
        );
        let hub = self.state.open().await?;
        let node = match self.node {
            Some(node) => node,
            None => hub.node_at(&self.site).await?,
        };
        hub.store.revoke(new_entry_id(), node, reason, clock::now()).await?;
        let version = hub.store.denylist().await?.map_or(0, |list| list.version);
        hub.close().await?;
        println!("{node} at {} is shut out; the list is at version {version}.", self.site);
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let (signed, says) = (hub.store.denylist().await?, hub.store.denied().await?);
        hub.close().await?;
        let (signed, says) =
            signed.zip(says).context("nobody was ever shut out: there is no list")?;
        println!(
            "version {} of region {}, {} boxes",
            says.version,
            says.region,
            says.denied.nodes()
        );
        for (node, cut) in says.denied.iter() {
            let heads: Vec<String> =
                cut.heads().map(|(epoch, seq)| format!("{epoch}:{seq}")).collect();
            println!(
                "  {node}  valid up to {}",
                if heads.is_empty() { "nothing".to_owned() } else { heads.join(", ") }
            );
        }
        if let Some(file) = self.file {
            std::fs::write(&file, to_text(&signed.bytes))
                .with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}
