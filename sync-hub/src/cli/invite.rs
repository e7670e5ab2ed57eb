//! `sync-hub invite`.

use clap::Args;
use serde_json::json;
use shared_model::id::{EntityCode, SiteCode};

use super::opening::StateArgs;
use crate::clock;

#[derive(Debug, Args)]
pub(super) struct Invite {
    #[command(flatten)]
    state: StateArgs,
    /// Where the box will stand, such as NBO-1.
    #[arg(long)]
    site: SiteCode,
    /// Whose books it will keep; the hub's own unless another is named.
    #[arg(long)]
    entity: Option<EntityCode>,
    /// Print the token and its end as JSON.
    #[arg(long)]
    json: bool,
}

impl Invite {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let door = hub.door().await?;
        let entity = self.entity.as_ref().unwrap_or(&hub.config.entity);
        let token = hub.store.invite(&door, &self.site, entity, clock::now()).await?;
        hub.close().await?;
        if self.json {
            println!("{}", json!({ "token": token.text, "expires_ms": token.expires.ms() }));
        } else {
            // Alone on its line, so that a script can take it.
            println!("{}", token.text);
        }
        Ok(())
    }
}
