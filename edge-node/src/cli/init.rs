//! `edge-node init`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::StateArgs;
use crate::node::wall_clock;
use crate::state::StateDir;

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    state: StateArgs,
    /// The site profile (TOML); examples are in `firmware-config/profiles`.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.profile)
            .with_context(|| self.profile.display().to_string())?;
        let state = StateDir::new(&self.state.state);
        let node = state.create(&text, wall_clock())?;
        let site = state.profile()?.site;
        println!("Depot {} ({}) is ready as node {node}.", site.code, site.name);
        println!("Next: edge-node staff add, edge-node enrol, edge-node serve.");
        Ok(())
    }
}
