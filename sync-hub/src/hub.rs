//! Wiring of a running hub: what is spawned, and in which order it stops. Nothing else spawns.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use shared_model::id::{EntityCode, RegionCode};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web_rim::ca::SiteAuthority;
use web_rim::patience::limit_patience;

use crate::clock;
use crate::cluster::PrivateCluster;
use crate::config::HubConfig;
use crate::documents;
use crate::metrics;
use crate::node_hours;
use crate::partners;
use crate::pki::RegionPki;
use crate::store::{Door, HubStore, StoreConfig};
use crate::sync::driver::Driver;
use crate::sync::endpoint::{Applicant, Arrival, SyncEndpoint, close, close_with};
use crate::sync::enrolment::{HubIdentity, Turnstile, answer_applicant};

/// How long open requests and sessions may take once the hub stops.
const DRAIN: Duration = Duration::from_secs(10);
/// Between looks at whether the hub's certificates near their end.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(6 * 60 * 60);

/// What the console is built from.
#[derive(Clone)]
pub struct ConsoleParts {
    pub store: HubStore,
    pub driver: Driver,
    /// For invitations.
    pub door: Door,
    /// What a person installs to open the console.
    pub authority: SiteAuthority,
    pub region: RegionCode,
    pub entity: EntityCode,
    pub state_dir: PathBuf,
    /// Cancelled when the hub stops: end live updates then.
    pub stopping: CancellationToken,
}

/// A running hub.
pub struct Hub {
    /// Where nodes dial in.
    pub nodes: SocketAddr,
    /// Where the console is served.
    pub console: SocketAddr,
    pub store: HubStore,
    pub door: Door,
    stopping: CancellationToken,
    https: Handle<SocketAddr>,
    tasks: JoinSet<()>,
    cluster: Option<PrivateCluster>,
}

impl Hub {
    /// Starts everything: the database when it is the hub's own, the store, the console that
    /// `console` builds, the endpoint for nodes, and the projector of documents.
    ///
    /// # Errors
    /// When the database, a port or a certificate cannot be had. The text says what to do.
    pub async fn start<F, B>(config: HubConfig, console: B) -> anyhow::Result<Self>
    where
        B: FnOnce(ConsoleParts) -> F,
        F: Future<Output = anyhow::Result<axum::Router>>,
    {
        let (database, cluster) = database(&config).await?;
        let store = HubStore::open(StoreConfig {
            database,
            state_dir: config.state_dir.clone(),
            region: config.region.clone(),
            entity: config.entity.clone(),
            connections_max: config.connections_max,
        })
        .await
        .context("opening the store")?;
        store.read_what_waited().await.context("reading what earlier versions could not")?;
        let pki = open_pki(&config).await?;
        let mut endpoint = SyncEndpoint::bind(config.listen_nodes, &pki, config.link)?;
        if let Some(also) = config.listen_nodes_tcp {
            endpoint.also_listen(also)?;
        }
        let nodes = endpoint.local_addr()?;
        let door = door(&config, &pki, nodes.port());
        let stopping = CancellationToken::new();
        let driver = Driver::new(store.clone(), stopping.clone());
        let router = console(ConsoleParts {
            store: store.clone(),
            driver: driver.clone(),
            door: door.clone(),
            authority: pki.authority(),
            region: config.region.clone(),
            entity: config.entity.clone(),
            state_dir: config.state_dir.clone(),
            stopping: stopping.clone(),
        })
        .await
        .context("building the console")?;
        let mut hub = Self {
            nodes,
            console: config.listen_console,
            store: store.clone(),
            door: door.clone(),
            stopping,
            https: Handle::new(),
            tasks: JoinSet::new(),
            cluster,
        };
        let tls = pki.console_tls()?;
        hub.serve_console(router, tls.clone())?;
        hub.spawn_tasks(config, pki, endpoint, driver, tls);
        Ok(hub)
    }

    /// Refuses new work, lets what is under way end, and closes the store.
    ///
    /// # Errors
    /// When the hub's own database had to be ended by force; nothing committed is lost.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stopping.cancel();
        self.https.graceful_shutdown(Some(DRAIN));
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(2 * DRAIN, drained).await.is_err() {
            tracing::warn!("some work did not end in time");
            self.tasks.shutdown().await;
        }
        self.store.close();
        match self.cluster.take() {
            Some(cluster) => tokio::task::spawn_blocking(move || cluster.stop()).await?,
            None => Ok(()),
        }
    }

    /// Waits until the hub's own database ends by itself; for ever with a `DATABASE_URL`.
    pub async fn database_ended(&mut self) {
        let Some(cluster) = &mut self.cluster else {
            return std::future::pending().await;
        };
        while cluster.exited().is_none() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn serve_console(&mut self, router: axum::Router, tls: RustlsConfig) -> anyhow::Result<()> {
        let listener = std::net::TcpListener::bind(self.console)
            .with_context(|| format!("listening for browsers on {}", self.console))?;
        listener.set_nonblocking(true)?;
        self.console = listener.local_addr()?;
        let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(self.https.clone());
        limit_patience(server.http_builder());
        let server = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the console ended");
                stopping.cancel();
            }
        });
        Ok(())
    }

    fn spawn_tasks(
        &mut self,
        config: HubConfig,
        pki: RegionPki,
        endpoint: SyncEndpoint,
        driver: Driver,
        tls: RustlsConfig,
    ) {
        let (store, stopping) = (self.store.clone(), self.stopping.clone());
        self.tasks.spawn(documents::run(store.clone(), stopping.clone()));
        self.tasks.spawn(node_hours::run(store.clone(), stopping.clone()));
        if let Some(settings) = config.partners.clone() {
            self.tasks.spawn(partners::run(store.clone(), settings, stopping.clone()));
        }
        if let Some(at) = config.listen_metrics {
            let source = metrics::Source { store: store.clone(), driver: driver.clone() };
            let cancel = stopping.clone();
            self.tasks.spawn(async move {
                if let Err(error) = metrics::serve(at, source, cancel.clone()).await {
                    tracing::error!(error = %format!("{error:#}"), "figures are not served");
                    cancel.cancel();
                }
            });
        }
        let relay = store.clone();
        let cancel = stopping.clone();
        self.tasks.spawn(async move { relay.relay_signals(cancel).await });
        let gate = Gate {
            identity: HubIdentity {
                node: store.identity().node,
                author_public_key: *store.identity().author_key.as_bytes(),
                addresses: self.door.addresses.clone(),
            },
            config,
            pki: std::sync::Arc::new(pki),
            store,
            driver,
            tls,
            stopping,
        };
        self.tasks.spawn(gate.keep(endpoint));
    }
}

/// The hub's own database is ended like its other tasks, when the process that holds it goes.
async fn database(
    config: &HubConfig,
) -> anyhow::Result<(tokio_postgres::Config, Option<PrivateCluster>)> {
    if let Some(database) = &config.database {
        return Ok((database.clone(), None));
    }
    let state_dir = config.state_dir.clone();
    let cluster = tokio::task::spawn_blocking(move || PrivateCluster::start(&state_dir))
        .await?
        .context("starting the hub's own database")?;
    Ok((cluster.connection(), Some(cluster)))
}

async fn open_pki(config: &HubConfig) -> anyhow::Result<RegionPki> {
    let config = config.clone();
    let open =
        move || RegionPki::open(&config.state_dir, &config.region, &config.names, clock::now());
    tokio::task::spawn_blocking(open).await?
}

/// Where new boxes dial, and how they know the hub.
pub(crate) fn door(config: &HubConfig, pki: &RegionPki, port: u16) -> Door {
    let address = |name: &String| {
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    };
    Door { root_pin: pki.root_pin(), addresses: config.names.iter().map(address).collect() }
}

/// Lets nodes and applicants in.
struct Gate {
    config: HubConfig,
    pki: std::sync::Arc<RegionPki>,
    identity: HubIdentity,
    store: HubStore,
    driver: Driver,
    tls: RustlsConfig,
    stopping: CancellationToken,
}

impl Gate {
    async fn keep(mut self, mut endpoint: SyncEndpoint) {
        let mut sessions = JoinSet::new();
        let mut turnstile = Turnstile::new(Instant::now());
        let mut look = tokio::time::interval(CERTIFICATE_LOOK);
        look.tick().await;
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => break,
                arrival = endpoint.accept() => match arrival {
                    Some(Arrival::Peer(peer)) => {
                        let driver = self.driver.clone();
                        sessions.spawn(async move { Box::pin(driver.serve(peer)).await });
                    }
                    Some(Arrival::Blobs(peer)) => {
                        let driver = self.driver.clone();
                        sessions.spawn(async move { driver.serve_blobs(peer).await });
                    }
                    Some(Arrival::Applicant(applicant)) => {
                        let from = applicant.connection.remote_address().ip();
                        match turnstile.pass(from, Instant::now()) {
                            Some(place) => {
                                let answering = self.answer(applicant);
                                sessions.spawn(async move {
                                    answering.await;
                                    drop(place);
                                });
                            }
                            None => close_with(&applicant.connection, close::BUSY, "come back later"),
                        }
                    }
                    None => break,
                },
                Some(_) = sessions.join_next(), if !sessions.is_empty() => {}
                _ = look.tick() => {
                    let renewed = open_pki(&self.config).await;
                    if let Err(error) = renewed.and_then(|pki| self.renew(pki, &mut endpoint)) {
                        tracing::error!(error = %format!("{error:#}"), "certificates stay as they are");
                    }
                }
            }
        }
        // Sessions hear of the stop themselves and say farewell.
        let drained = async { while sessions.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            sessions.shutdown().await;
        }
        let _ = tokio::time::timeout(DRAIN, endpoint.close()).await;
    }

    fn answer(&self, applicant: Applicant) -> impl Future<Output = ()> + Send + use<> {
        let (pki, identity, store) = (self.pki.clone(), self.identity.clone(), self.store.clone());
        async move {
            let now = clock::now();
            match answer_applicant(&applicant, &pki, &identity, &store, now).await {
                Ok(Ok(applied)) => tracing::info!(?applied, "a certificate was given"),
                Ok(Err(refusal)) => tracing::warn!(%refusal, "an applicant was refused"),
                Err(error) => {
                    tracing::info!(error = %format!("{error:#}"), "an applicant went away");
                }
            }
        }
    }

    fn renew(&mut self, pki: RegionPki, endpoint: &mut SyncEndpoint) -> anyhow::Result<()> {
        self.pki = std::sync::Arc::new(pki);
        endpoint.refresh(&self.pki)?;
        self.tls.reload_from_config(self.pki.console_tls()?.get_inner());
        Ok(())
    }
}
