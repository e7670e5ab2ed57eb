//! `edge-node backup` and `edge-node restore`.

use std::path::PathBuf;

use clap::Args;

use super::StateArgs;
use crate::node::wall_clock;
use crate::store::{back_up, restore};

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    state: StateArgs,
    /// A new folder. It will hold secrets: keep it as safe as the depot.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let manifest = back_up(&self.state.state, &self.to, wall_clock().ms())?;
        println!(
            "Backed up node {} up to epoch {}, entry {}, in {}.",
            manifest.node,
            manifest.epoch,
            manifest.head_seq,
            self.to.display()
        );
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// An empty folder for the depot.
    #[command(flatten)]
    state: StateArgs,
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let manifest = restore(&self.from, &self.state.state)?;
        println!(
            "Restored node {} as of epoch {}, entry {}.",
            manifest.node, manifest.epoch, manifest.head_seq
        );
        println!("A new epoch is open; what was written after the backup comes back from the hub.");
        Ok(())
    }
}
