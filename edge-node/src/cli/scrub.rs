//! `edge-node scrub` and `edge-node repair`.

use anyhow::bail;
use clap::Args;

use super::StateArgs;
use crate::node::wall_clock;
use crate::state::{Repaired, StateDir};
use crate::store::scrub;

#[derive(Debug, Args)]
pub(super) struct Scrub {
    #[command(flatten)]
    state: StateArgs,
}

impl Scrub {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let found = scrub(&state.database())?;
        if found.is_empty() {
            println!("Every page is what was written, and every entry follows the one before it.");
            return Ok(());
        }
        for damage in &found {
            println!("  {damage}");
        }
        bail!("the database is damaged; remedy: stop the depot and run edge-node repair")
    }
}

#[derive(Debug, Args)]
pub(super) struct Repair {
    /// The stopped depot's folder. The damaged file is kept in it.
    #[command(flatten)]
    state: StateArgs,
}

impl Repair {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let Repaired { aside, mended, salvage } = match state.repair(wall_clock())? {
            Some(repaired) => repaired,
            None => {
                println!("Nothing is damaged; nothing was changed.");
                return Ok(());
            }
        };
        println!("The damaged file is kept in {}.", aside.display());
        if !mended.is_empty() {
            println!("One flipped bit was put right in each of {} pages.", mended.len());
        }
        let Some(salvage) = salvage else { return Ok(()) };
        println!(
            "The rest was written anew: {} own entries and {} of others.",
            salvage.kept, salvage.others
        );
        if salvage.waiting > 0 {
            println!(
                "{} own entries beyond the damage wait until the hub has said what it holds.",
                salvage.waiting
            );
        }
        if salvage.epoch_opened {
            println!("A new epoch is open; what is missing comes back from the hub.");
        }
        for table in &salvage.incomplete {
            println!(
                "Rows of `{table}` may be gone, and no hub has them; remedy where somebody is \
                 missed: staff set-pin, device pair."
            );
        }
        Ok(())
    }
}
