//! `sync-hub partners`: how far what happened was handed on, and handing it on again.

use clap::Subcommand;

use super::opening::{OpenHub, StateArgs};
use crate::partners;

#[derive(Debug, Subcommand)]
pub(super) enum Partners {
    /// Show how far each stream is.
    Status(StateArgs),
    /// Hand everything on again from the start, for partners who lost it; each event keeps its id.
    Replay(StateArgs),
}

impl Partners {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Status(state) => {
                let hub: OpenHub = state.open().await?;
                let standing = partners::standing(&hub.store).await?;
                if standing.is_empty() {
                    println!("Nothing was handed on yet; remedy: run the hub with --partners-url");
                }
                for stream in standing {
                    println!(
                        "{}: {} entries wait; our last message there is number {}",
                        stream.stream, stream.waiting, stream.last_sequence
                    );
                }
                hub.close().await
            }
            Self::Replay(state) => {
                let hub: OpenHub = state.open().await?;
                partners::begin_again(&hub.store).await?;
                println!("Everything is handed on again by the hub that runs.");
                hub.close().await
            }
        }
    }
}
