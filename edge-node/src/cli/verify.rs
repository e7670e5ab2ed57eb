//! `edge-node verify`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::StateArgs;
use crate::state::StateDir;
use crate::store::{OpenError, StoreError, verify};

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    state: StateArgs,
    /// A folder for the replay, instead of the depot's own: it needs as much room as the database.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let scratch = self.scratch.as_deref().unwrap_or(state.path());
        let found = match verify(&state.database(), scratch, state.node()?) {
            Err(OpenError::Store(StoreError::DiskFull)) => bail!(
                "the disk is full, and the replay needs room for a second database; remedy: make \
                 room, or name a folder on another disk with --scratch"
            ),
            verified => verified?,
        };
        println!(
            "{} entries of {} logs and {} records checked",
            found.entries, found.logs, found.records
        );
        if found.faults.is_empty() {
            println!(
                "Every chain holds, every sum is zero, every record is what the log adds up to."
            );
            return Ok(());
        }
        for fault in &found.faults {
            println!("  {fault}");
        }
        bail!("{} faults; remedy: stop the depot and run edge-node repair", found.faults.len())
    }
}
