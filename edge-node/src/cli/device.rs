//! `edge-node device`.

use clap::Subcommand;

use super::StateArgs;
use crate::identity::devices::{PairingCode, keep_code, list};
use crate::identity::moment::Moment;
use crate::state::StateDir;
use crate::store::{read_only, write_beside};

#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// Print a one-time code with which one device is paired within a quarter of an hour; also
    /// while the depot runs.
    Pair {
        #[command(flatten)]
        state: StateArgs,
    },
    /// Which devices are paired.
    List {
        #[command(flatten)]
        state: StateArgs,
    },
}

impl Device {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Pair { state } => {
                let state = StateDir::new(&state.state);
                state.node()?;
                let code = PairingCode::draw()?;
                write_beside(&state.database(), |db| Ok(keep_code(db, &code, &Moment::now())?))?;
                println!("{code}");
            }
            Self::List { state } => {
                let state = StateDir::new(&state.state);
                for device in read_only(&state.database(), |db| Ok(list(db)?))? {
                    let shut = if device.revoked.is_some() { " (shut out)" } else { "" };
                    println!("{}  {}{shut}", device.device, device.name);
                }
            }
        }
        Ok(())
    }
}
