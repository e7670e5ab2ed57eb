//! `edge-node denylist`: the list of boxes that the region shut out, on a stick.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use shared_model::network::denylist::{DenylistRefused, from_text, to_text};

use super::StateArgs;
use crate::state::StateDir;
use crate::store::{newest_denylist, read_only};

#[derive(Debug, Subcommand)]
pub(super) enum Denylist {
    /// Write the list held here into a file, to be carried to a depot that no link reaches.
    Save(File),
    /// Take in a list that was carried here. The depot is stopped; a running one takes it on its pages.
    Take(File),
}

#[derive(Debug, Args)]
pub(super) struct File {
    #[command(flatten)]
    state: StateArgs,
    /// The file that is carried.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl Denylist {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Save(File { state, file }) => {
                let newest = read_only(&StateDir::new(&state.state).database(), newest_denylist)?;
                let (list, bytes) = newest.context("no list is held: the hub has given none")?;
                std::fs::write(&file, to_text(&bytes))
                    .with_context(|| file.display().to_string())?;
                println!(
                    "Version {} of region {} is in {}.",
                    list.version,
                    list.region,
                    file.display()
                );
            }
            Self::Take(File { state, file }) => {
                let text =
                    std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                let bytes = from_text(&text)?;
                let open = StateDir::new(&state.state).open_store()?;
                let taken = open.store.take_denylist(bytes).await?;
                open.close();
                match taken {
                    Ok(taken) if taken.news => {
                        println!("Version {} is held from now on.", taken.version)
                    }
                    Ok(taken) => println!("Version {} says nothing new.", taken.version),
                    Err(older @ DenylistRefused::Older { .. }) => println!("Nothing new: {older}."),
                    Err(refused) => return Err(refused.into()),
                }
            }
        }
        Ok(())
    }
}
