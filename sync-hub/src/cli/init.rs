//! `sync-hub init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde::Serialize;
use shared_model::id::{EntityCode, RegionCode};
use web_rim::secret::{Pepper, hash_now};

use super::opening::{OpenHub, StateArgs, pepper_path};
use super::password;
use crate::clock;
use crate::config::{HubArgs, HubConfig};
use crate::console::credentials::{self, UserName};
use crate::pki::RegionPki;

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    state: StateArgs,
    /// Which depots sync with this hub, such as nairobi.
    #[arg(long)]
    region: RegionCode,
    /// Whose books the hub and the boxes it invites keep, such as KE.
    #[arg(long)]
    entity: EntityCode,
    /// Where depots dial in (UDP).
    #[arg(long, default_value = "0.0.0.0:7443", value_name = "ADDRESS")]
    quic: SocketAddr,
    /// Where the console is served.
    #[arg(long, default_value = "0.0.0.0:8444", value_name = "ADDRESS")]
    https: SocketAddr,
    /// How depots and browsers reach this hub, without a port; the first is tried first.
    #[arg(long = "name", required = true, num_args = 1.., value_name = "HOST_OR_IP")]
    names: Vec<String>,
    /// The first user of the console.
    #[arg(long, value_parser = super::admin::user_name, value_name = "NAME")]
    admin: UserName,
    /// Where that user's password is (first line); without it one is drawn and shown once.
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
}

/// What is written down; `serve` reads it as its configuration.
#[derive(Serialize)]
struct Written<'a> {
    region: &'a str,
    entity: &'a str,
    names: &'a [String],
    listen: Listen,
}

#[derive(Serialize)]
struct Listen {
    nodes: SocketAddr,
    console: SocketAddr,
}

impl Init {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let path = self.state.config_path();
        ensure!(
            !path.exists(),
            "there is a hub in {} already; remedy: start it with sync-hub serve, or choose an \
             empty folder",
            self.state.state.display()
        );
        let name = self.admin.as_str();
        let password = match &self.admin_password_file {
            Some(file) => password::read(file, name)?,
            None => password::draw(name)?,
        };
        let config = self.config()?;
        std::fs::create_dir_all(&self.state.state)
            .with_context(|| format!("creating {}", self.state.state.display()))?;
        let pepper = Pepper::create(&pepper_path(&self.state.state))?;
        let phc = hash_now(&pepper, password.reveal().as_bytes())?;
        let hub = OpenHub::open(config).await?;
        open_pki(&hub.config).await?;
        credentials::set(&**hub.store.client().await?, &self.admin, &phc).await?;
        crate::registry::ensure_keys(&hub.store, clock::now()).await?;
        let node = hub.store.identity().node;
        hub.close().await?;
        // Last: a hub that was half made can be made again.
        self.write_down(&path)?;
        println!("Hub of region {} is ready as node {node}.", self.region);
        if self.admin_password_file.is_none() {
            println!("Console user {name}, password {} (shown this once).", password.reveal());
        }
        println!("Next: sync-hub serve --state {}", self.state.state.display());
        Ok(())
    }

    fn config(&self) -> anyhow::Result<HubConfig> {
        HubConfig::load(&HubArgs {
            config: None,
            region: Some(self.region.clone()),
            entity: Some(self.entity.clone()),
            state_dir: Some(self.state.state.clone()),
            names: self.names.clone(),
            listen_nodes: Some(self.quic),
            listen_console: Some(self.https),
            listen_metrics: None,
            partners_url: None,
            database_url: self.state.database_url.clone(),
        })
    }

    /// Under another name first: a crash leaves a whole file or none.
    fn write_down(&self, path: &Path) -> anyhow::Result<()> {
        let text = toml::to_string(&Written {
            region: self.region.as_str(),
            entity: self.entity.as_str(),
            names: &self.names,
            listen: Listen { nodes: self.quic, console: self.https },
        })?;
        let unfinished = path.with_extension("unfinished");
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&unfinished, path)
        })();
        written.with_context(|| format!("writing {}", path.display()))
    }
}

/// Makes the region's keys, so that a token can be made before the hub first runs.
async fn open_pki(config: &HubConfig) -> anyhow::Result<()> {
    let config = config.clone();
    let open = move || {
        RegionPki::open(&config.state_dir, &config.region, &config.names, clock::now()).map(|_| ())
    };
    tokio::task::spawn_blocking(open).await?
}
