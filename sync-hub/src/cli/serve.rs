//! `sync-hub serve`.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use web_rim::secret::Hasher;

use super::opening::{StateArgs, pepper};
use crate::config::HubArgs;
use crate::console::live::{KINDS, Live};
use crate::console::router::{Console, follow, router};
use crate::console::session::ConsoleState;
use crate::hub::{ConsoleParts, Hub};

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    state: StateArgs,
    /// Where figures for Prometheus are served (plain HTTP, no password): keep it on a private address.
    #[arg(long, env = "OMNIROUTE_HUB_LISTEN_METRICS", value_name = "ADDRESS")]
    listen_metrics: Option<SocketAddr>,
    /// NATS server with JetStream, for partners who want to hear of events: nats://host:4222.
    #[arg(long, env = "OMNIROUTE_HUB_PARTNERS_URL", hide_env_values = true, value_name = "URL")]
    partners_url: Option<String>,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.state.config_under(HubArgs {
            listen_metrics: self.listen_metrics,
            partners_url: self.partners_url,
            ..HubArgs::default()
        })?;
        // Heard from the first moment: a stop during a long start is a stop.
        let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
        let (region, name) = (config.region.clone(), config.names[0].clone());
        let mut hub = tokio::select! {
            hub = Box::pin(Hub::start(config, console)) => hub?,
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        let host = if name.contains(':') { format!("[{name}]") } else { name };
        let (console, nodes) = (hub.console.port(), hub.nodes.port());
        println!("Hub {region}: console https://{host}:{console}/, depots dial UDP {nodes}");
        std::io::stdout().flush()?;
        let database_ended = tokio::select! {
            _ = terminate.recv() => false,
            _ = interrupt.recv() => false,
            () = hub.database_ended() => true,
        };
        tracing::info!("the hub stops");
        let stopped = hub.stop().await;
        if database_ended {
            bail!("the hub's own database ended by itself; remedy: see postgres.log beside it");
        }
        stopped
    }
}

async fn console(parts: ConsoleParts) -> anyhow::Result<axum::Router> {
    let hasher = Hasher::new(pepper(&parts.state_dir)?)?;
    let live = Live::new(KINDS)?;
    tokio::spawn(follow(parts.store.clone(), live.clone(), parts.stopping));
    Ok(router(Console {
        sessions: ConsoleState::new(parts.store.clone(), hasher),
        store: parts.store,
        live,
        door: parts.door,
        authority: parts.authority,
    }))
}
