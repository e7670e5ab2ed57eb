//! `edge-node device`.

use anyhow::ensure;
use clap::Subcommand;

use super::StateArgs;
use crate::identity::devices::{DeviceId, PairingCode, keep_code, list, revoke};
use crate::identity::moment::Moment;
use crate::identity::sessions::end_of_device;
use crate::node::wall_clock;
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
    /// Shut a lost or stolen device out and end its session; also while the depot runs.
    Revoke {
        #[command(flatten)]
        state: StateArgs,
        /// As `device list` shows it.
        #[arg(long)]
        device: uuid::Uuid,
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
            Self::Revoke { state, device } => {
                let state = StateDir::new(&state.state);
                let (id, now) = (DeviceId::new(device), wall_clock());
                let known = write_beside(&state.database(), |db| {
                    end_of_device(db, id)?;
                    Ok(revoke(db, id, now)?)
                })?;
                ensure!(known, "no device {device} is paired; remedy: device list");
                println!("{device} is shut out.");
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
