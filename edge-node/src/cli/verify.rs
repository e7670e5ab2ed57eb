//! `edge-node verify`.

use anyhow::bail;
use clap::Args;

use super::StateArgs;
use crate::state::StateDir;
use crate::store::verify;

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    state: StateArgs,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let found = verify(&state.database(), state.path(), state.node()?)?;
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
        bail!(
            "{} faults; remedy: restore a backup or replace the box from its hub",
            found.faults.len()
        )
    }
}
