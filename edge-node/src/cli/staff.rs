//! `edge-node staff`.

use std::io::Read as _;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use shared_model::id::{EntryId, StaffId};
use shared_model::log::Hash;
use shared_model::staff::{Role, Staff as Person};
use shared_model::text::Name;
use shared_model::workflows::{Command, EnrolStaff};
use uuid::Uuid;
use web_rim::secret::{Pin, hash_now};

use super::StateArgs;
use crate::identity::{credentials, tries};
use crate::node::wall_clock;
use crate::state::StateDir;
use crate::store::{Asker, Wanted, read_only, record, records_listed, write_beside};

/// Most people listed at once.
const LISTED_MAX: u32 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Put somebody on the list; the depot must not be running (its pages can do it then).
    Add {
        #[command(flatten)]
        state: StateArgs,
        #[arg(long, value_parser = |text: &str| Name::new(text))]
        name: Name,
        /// manager, clerk, cashier, picker, dispatcher or rider.
        #[arg(long)]
        role: Role,
        /// Four to eight digits; `-` reads them from standard input.
        #[arg(long)]
        pin: String,
    },
    /// Who is on the list.
    List {
        #[command(flatten)]
        state: StateArgs,
    },
    /// Let somebody try again who was locked out by wrong PINs; also while the depot runs.
    Unlock {
        #[command(flatten)]
        state: StateArgs,
        #[arg(long)]
        staff: StaffId,
    },
    /// Give somebody a new PIN.
    SetPin {
        #[command(flatten)]
        state: StateArgs,
        #[arg(long)]
        staff: StaffId,
        #[arg(long)]
        pin: String,
    },
}

impl Staff {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { state, name, role, pin } => add(&state, name, role, &pin).await,
            Self::List { state } => list(&state),
            Self::Unlock { state, staff } => {
                let state = StateDir::new(&state.state);
                write_beside(&state.database(), |db| Ok(tries::reset(db, staff)?))?;
                println!("{staff} may try again.");
                Ok(())
            }
            Self::SetPin { state, staff, pin } => set_pin(&state, staff, &pin).await,
        }
    }
}

fn read_pin(text: &str) -> anyhow::Result<Pin> {
    if text != "-" {
        return Ok(Pin::parse(text)?);
    }
    let mut line = String::new();
    std::io::stdin().take(64).read_to_string(&mut line)?;
    Ok(Pin::parse(line.trim())?)
}

async fn add(state: &StateArgs, name: Name, role: Role, pin: &str) -> anyhow::Result<()> {
    let pin = read_pin(pin)?;
    let state = StateDir::new(&state.state);
    let phc = hash_now(&state.pepper()?, pin.reveal().as_bytes())?;
    let open = state.open_store()?;
    let staff = StaffId::new(Uuid::now_v7());
    let told = name.clone();
    let id = EntryId::new(Uuid::now_v7());
    let command = Command::EnrolStaff(EnrolStaff { id, staff, name, role });
    let hash = *Hash::of(id.as_uuid().as_bytes()).as_bytes();
    open.store.submit(command, hash, Asker::NODE).await?;
    let now = wall_clock();
    open.store.write_local(move |db| Ok(credentials::set(db, staff, &phc, now)?)).await?;
    println!("{told} is on the list as {role}: {staff}");
    Ok(())
}

fn list(state: &StateArgs) -> anyhow::Result<()> {
    let state = StateDir::new(&state.state);
    let node = state.node()?;
    let wanted = Wanted { author: Some(node), limit: LISTED_MAX, ..Wanted::default() };
    let people = read_only(&state.database(), |db| records_listed::<Person>(db, &wanted))?;
    for row in people {
        let person = row.record;
        let left = if person.active { "" } else { " (left)" };
        println!("{}  {:<10}  {}{left}", person.staff, person.role, person.name);
    }
    Ok(())
}

async fn set_pin(state: &StateArgs, staff: StaffId, pin: &str) -> anyhow::Result<()> {
    let pin = read_pin(pin)?;
    let state = StateDir::new(&state.state);
    let node = state.node()?;
    let key = staff.to_string();
    let known = read_only(&state.database(), |db| record::<Person>(db, node, &key))?;
    let person = known.with_context(|| format!("nobody has the id {staff}; remedy: staff list"))?;
    ensure!(person.active, "{} has left", person.name);
    let phc = hash_now(&state.pepper()?, pin.reveal().as_bytes())?;
    let open = state.open_store()?;
    let now = wall_clock();
    open.store.write_local(move |db| Ok(credentials::set(db, staff, &phc, now)?)).await?;
    println!("{} has a new PIN.", person.name);
    Ok(())
}
