//! Opening a hub's folder: its configuration, its keys, and its store, beside a running hub or
//! alone.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use shared_model::id::{NodeId, SiteCode};
use web_rim::secret::Pepper;

use crate::clock;
use crate::cluster::PrivateCluster;
use crate::config::{HubArgs, HubConfig};
use crate::hub::door;
use crate::pki::RegionPki;
use crate::store::{Door, HubStore, StoreConfig};

const CONFIG: &str = "hub.toml";
/// A command needs one connection, and one more where it reads in between.
const CONNECTIONS_MAX: usize = 3;

/// Where the hub is kept.
#[derive(Debug, Args)]
pub(super) struct StateArgs {
    /// The hub's folder.
    #[arg(long, env = "OMNIROUTE_HUB_STATE", value_name = "DIR")]
    pub(super) state: PathBuf,
    /// PostgreSQL 15 or later; without it the hub runs its own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
}

impl StateArgs {
    pub(super) fn config_path(&self) -> PathBuf {
        self.state.join(CONFIG)
    }

    /// The configuration that `init` wrote.
    pub(super) fn config(&self) -> anyhow::Result<HubConfig> {
        self.config_under(HubArgs::default())
    }

    /// The same, and over it what was given on the command line.
    pub(super) fn config_under(&self, given: HubArgs) -> anyhow::Result<HubConfig> {
        let path = self.config_path();
        ensure!(
            path.exists(),
            "there is no hub in {}; remedy: make one with sync-hub init, or name its folder",
            self.state.display()
        );
        HubConfig::load(&HubArgs {
            config: Some(path),
            state_dir: Some(self.state.clone()),
            database_url: self.database_url.clone(),
            ..given
        })
    }

    pub(super) async fn open(&self) -> anyhow::Result<OpenHub> {
        OpenHub::open(self.config()?).await
    }
}

/// Where the pepper of the console's passwords is: outside the database, and read again only.
pub(super) fn pepper_path(state: &Path) -> PathBuf {
    state.join("secrets").join("console_pepper")
}

pub(super) fn pepper(state: &Path) -> anyhow::Result<Pepper> {
    Ok(Pepper::load(&pepper_path(state))?)
}

/// A hub's store, opened for one command.
pub(super) struct OpenHub {
    pub(super) store: HubStore,
    pub(super) config: HubConfig,
    cluster: Option<PrivateCluster>,
}

impl OpenHub {
    /// Uses the database of a hub that runs; else starts it for as long as the command takes.
    pub(super) async fn open(config: HubConfig) -> anyhow::Result<Self> {
        let (database, cluster) = match &config.database {
            Some(database) => (database.clone(), None),
            None => own_database(config.state_dir.clone()).await?,
        };
        let store = HubStore::open(StoreConfig {
            database,
            state_dir: config.state_dir.clone(),
            region: config.region.clone(),
            entity: config.entity.clone(),
            connections_max: CONNECTIONS_MAX,
        })
        .await
        .context("opening the store")?;
        Ok(Self { store, config, cluster })
    }

    /// Lets a running hub know, for something may have changed, and closes.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.store.announce().await?;
        self.store.close();
        match self.cluster {
            Some(cluster) => tokio::task::spawn_blocking(move || cluster.stop()).await?,
            None => Ok(()),
        }
    }

    /// Where new boxes dial in.
    pub(super) async fn door(&self) -> anyhow::Result<Door> {
        let port = self.config.listen_nodes.port();
        ensure!(
            port != 0,
            "the hub takes any free port for nodes, so no token can name it; remedy: choose one \
             in {CONFIG}"
        );
        let config = self.config.clone();
        let open = move || {
            let (state, region) = (&config.state_dir, &config.region);
            let pki = RegionPki::open(state, region, &config.names, clock::now())?;
            anyhow::Ok(door(&config, &pki, port))
        };
        tokio::task::spawn_blocking(open).await?
    }

    /// The box that stands at a site now.
    pub(super) async fn node_at(&self, site: &SiteCode) -> anyhow::Result<NodeId> {
        let client = self.store.client().await?;
        let row = client
            .query_opt(
                "SELECT node FROM node WHERE site = $1 AND status <> 'revoked'",
                &[&site.as_str()],
            )
            .await?;
        match row {
            Some(row) => Ok(NodeId::new(row.get::<_, uuid::Uuid>(0))),
            None => bail!(
                "no box is enrolled at site {site}; remedy: choose a site that sync-hub status \
                 shows"
            ),
        }
    }
}

async fn own_database(
    state_dir: PathBuf,
) -> anyhow::Result<(tokio_postgres::Config, Option<PrivateCluster>)> {
    let open = move || {
        if let Some(running) = PrivateCluster::of_running_hub(&state_dir)? {
            return Ok((running, None));
        }
        let cluster = PrivateCluster::start(&state_dir)?;
        anyhow::Ok((cluster.connection(), Some(cluster)))
    };
    tokio::task::spawn_blocking(open).await?.context("opening the hub's own database")
}
