//! `edge-node enrol`.

use anyhow::ensure;
use clap::Args;
use shared_model::log::AuthorPublicKey;

use super::StateArgs;
use crate::node::wall_clock;
use crate::state::{BUILT, StateDir};
use crate::store::{Hub, put_hub};
use crate::sync::driver::identity;
use crate::sync::enrolment::enrol;
use crate::sync::membership::Membership;

#[derive(Debug, Args)]
pub(super) struct Enrol {
    #[command(flatten)]
    state: StateArgs,
    /// The token that the hub gave for this site.
    #[arg(long, env = "OMNIROUTE_TOKEN", hide_env_values = true)]
    token: String,
}

impl Enrol {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let site = state.site()?;
        let open = state.open_store()?;
        let key = state.author_key()?;
        let who = identity(site.node, site.site.clone(), &key);
        let enrolled = enrol(&self.token, &who, wall_clock(), BUILT).await?;
        ensure!(
            enrolled.region == site.region && enrolled.entity == site.entity,
            "the hub serves region {} and entity {}, the profile names {} and {}; remedy: ask for \
             a token of the right hub, or correct the profile",
            enrolled.region,
            enrolled.entity,
            site.region,
            site.entity
        );
        let hub = Hub {
            node: enrolled.hub_node,
            author_key: AuthorPublicKey::from_bytes(enrolled.hub_author_public_key),
        };
        Membership::from(enrolled).keep(&state.membership())?;
        open.store.write_local(move |db| put_hub(db, hub)).await?;
        println!("{} is enrolled in {}; its hub is {}.", site.site, site.region, hub.node);
        Ok(())
    }
}
