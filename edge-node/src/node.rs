//! Wiring of a running depot: what is spawned, and in which order it stops. Nothing else spawns.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::Handle;
use rusqlite::Connection;
use shared_model::id::StaffId;
use shared_model::staff::Staff;
use shared_model::time::Timestamp;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web_rim::patience::limit_patience;
use web_rim::secret::Hasher;

use crate::advice::Advice;
use crate::dispatch::planner::Planner;
use crate::dispatch::roads_at_hand::RoadsAtHand;
use crate::documents::Apart;
use crate::identity::Identity;
use crate::inference::blobs::STORE_BYTES_MAX;
use crate::inference::disk::Disk;
use crate::inference::{Models, Notes, Parts, worker};
use crate::metrics;
use crate::state::{BUILT, OpenStore, StateDir};
use crate::store::{Committed, Meta, Store, StoreError, record, sync_state};
use crate::sync::driver::Driver;
use crate::sync::lease::Lease;
use crate::sync::membership::Membership;
use crate::sync::meter::{Meter, link_use};
use crate::sync::transport::{Congestion, LinkSettings};
use crate::web::app::{App, PLANNER_PAGES_MAX, Place};
use crate::web::auth::IdentityState;
use crate::web::live::{KINDS, Live};
use crate::web::router::router;
use crate::web::tls::SiteTls;
use crate::web::views::sync_json;

/// How long open requests may take once the depot stops.
const DRAIN: Duration = Duration::from_secs(10);
/// Between looks at how far the records have travelled, for the open pages: nobody reads faster, and
/// a busy depot commits hundreds of times a second.
const SYNC_LOOK: Duration = Duration::from_millis(250);
/// Between looks at whether the LAN certificate nears its end.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(6 * 60 * 60);

/// How a depot is run; what it is stands in its state directory.
#[derive(Debug, Clone)]
pub struct Running {
    pub state: PathBuf,
    /// Where the LAN is; all interfaces by default.
    pub bind: IpAddr,
    /// Instead of the profile's ports.
    pub https_port: Option<u16>,
    pub http_port: Option<u16>,
    pub congestion: Congestion,
    /// The newest version of the sync protocol that is offered to the hub.
    pub protocol_max: u16,
    /// Between looks, over TCP, at whether UDP is answered again.
    pub udp_look: Duration,
    /// What the link may carry a day before what can wait has to; none where nobody pays by the byte.
    pub day_bytes_max: Option<u64>,
    /// Where a monitoring system reads figures; none: nowhere.
    pub listen_metrics: Option<SocketAddr>,
}

/// A running depot.
pub struct Node {
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub site: String,
    open: OpenStore,
    handles: [Handle<SocketAddr>; 2],
    stop: CancellationToken,
    tasks: JoinSet<()>,
    live: Live,
    planner: Planner,
}

impl Node {
    /// Opens the state directory and starts to serve.
    ///
    /// # Errors
    /// When there is no depot, it runs already, or a port is taken.
    pub async fn start(running: &Running) -> anyhow::Result<Self> {
        let state = StateDir::new(&running.state);
        let profile = state.profile()?;
        let strangers = Apart::of_this_program().context("this program's place is unknown")?;
        let open = state.open_store_with(Box::new(strangers))?;
        let store = open.store.clone();
        let meta = store.read(Meta::read).await?;
        let mut site = state.site()?;
        site.hub = meta.hub.map(|hub| hub.node);
        let floor = BUILT.max(meta.hub_now);
        let hosts = hosts(&profile, running.bind);
        let tls = SiteTls::open(&running.state, &site.site, &hosts, wall_clock(), floor)?;
        let identity = Identity::new(store.clone(), Hasher::new(state.pepper()?)?, find_staff);
        let code = site.site.to_string();
        let live = Live::new(KINDS)?;
        let (models, notes) = open_models(&state, store.clone())?;
        let advice = Advice::new(profile.site.time_zone.utc_offset_minutes(), wall_clock())
            .with_models(models.clone());
        let stop = CancellationToken::new();
        let pages = live.clone();
        let planner = Planner::new(
            store.clone(),
            site.clone(),
            profile.site.time_zone.utc_offset_minutes(),
            wall_clock,
            RoadsAtHand::new(&state.road_graph()),
            move || pages.changed(&["plan"]),
        );
        let app = App {
            store: store.clone(),
            identity: IdentityState::new(identity, &code),
            live: live.clone(),
            advice: advice.clone(),
            planner: planner.clone(),
            planner_pages: Arc::new(Semaphore::new(PLANNER_PAGES_MAX)),
            stopping: stop.clone(),
            place: Arc::new(Place {
                site,
                profile,
                version: env!("CARGO_PKG_VERSION"),
                map_file: state.map_file(),
            }),
        };
        let mut node = Self {
            https: SocketAddr::new(running.bind, 0),
            http: SocketAddr::new(running.bind, 0),
            site: code,
            open,
            handles: [Handle::new(), Handle::new()],
            stop,
            tasks: JoinSet::new(),
            live: live.clone(),
            planner,
        };
        node.serve(running, &app, &tls)?;
        node.tasks.spawn(push_changes(store.clone(), live, node.stop.clone()));
        node.tasks.spawn(store.clone().keep_scrubbing(node.stop.clone()));
        node.tasks.spawn(advice.follow(store.clone(), node.stop.clone()));
        node.tasks.spawn(keep_certificate(tls, floor, node.stop.clone()));
        node.tasks.spawn(models.clone().run(notes, node.stop.clone()));
        node.serve_metrics(running, &store)?;
        node.start_sync(running, &state, store, models)?;
        Ok(node)
    }

    fn serve(&mut self, running: &Running, app: &App, tls: &SiteTls) -> anyhow::Result<()> {
        let lan = &app.place.profile.lan;
        let https_port = running.https_port.unwrap_or(lan.https_port);
        let http_port = running.http_port.unwrap_or(lan.http_port);
        let service = router(app.clone(), tls.authority()).into_make_service();
        let https = listen(running.bind, https_port)?;
        self.https = https.local_addr()?;
        let mut server = axum_server::from_tcp_rustls(https, tls.server_config())?
            .handle(self.handles[0].clone());
        limit_patience(server.http_builder());
        let server = server.serve(service);
        self.tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "the HTTPS server ended");
            }
        });
        let plain = web_rim::ca::plain_http(tls.authority(), self.https.port());
        let http = listen(running.bind, http_port)?;
        self.http = http.local_addr()?;
        let mut server = axum_server::from_tcp(http)?.handle(self.handles[1].clone());
        limit_patience(server.http_builder());
        let server = server.serve(plain.into_make_service());
        self.tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "the HTTP server ended");
            }
        });
        Ok(())
    }

    fn serve_metrics(&mut self, running: &Running, store: &Store) -> anyhow::Result<()> {
        let Some(at) = running.listen_metrics else { return Ok(()) };
        let source = metrics::Source {
            store: store.clone(),
            site: self.site.clone(),
            link_use: link_use(&running.state),
            day_bytes_max: running.day_bytes_max,
        };
        self.tasks.spawn(metrics::serve(metrics::listen(at)?, source, self.stop.clone()));
        Ok(())
    }

    fn start_sync(
        &mut self,
        running: &Running,
        state: &StateDir,
        store: Store,
        models: Models,
    ) -> anyhow::Result<()> {
        let Some(membership) = Membership::load(&state.membership())? else {
            tracing::warn!("this depot is not enrolled: it works, and sends nothing");
            return Ok(());
        };
        let driver = Driver {
            store,
            membership,
            membership_path: state.membership(),
            author_key: Arc::new(state.author_key()?),
            site: state.profile()?.site.code,
            settings: LinkSettings { congestion: running.congestion, mtu_discovery: true },
            software: env!("CARGO_PKG_VERSION"),
            now: wall_clock,
            models,
            protocol_max: running.protocol_max,
            over_tcp: false,
            lease: Lease::default(),
            udp_look: running.udp_look,
            meter: Meter::open(link_use(&running.state), running.day_bytes_max),
        };
        self.tasks.spawn(driver.run(self.stop.clone()));
        Ok(())
    }

    /// Refuses new work, lets open requests end, writes what was accepted, closes the store.
    pub async fn stop(mut self) {
        self.live.close();
        for handle in &self.handles {
            handle.graceful_shutdown(Some(DRAIN));
        }
        self.stop.cancel();
        let planner = self.planner;
        let closed = tokio::task::spawn_blocking(move || planner.close());
        let ended = tokio::time::timeout(DRAIN + Duration::from_secs(2), async {
            while self.tasks.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!("some tasks did not end in time");
            self.tasks.shutdown().await;
        }
        if closed.await.is_err() {
            tracing::error!("the planner did not close cleanly");
        }
        let open = self.open;
        if tokio::task::spawn_blocking(move || open.close()).await.is_err() {
            tracing::error!("the store did not close cleanly");
        }
    }
}

/// Models whose files are on the depot's own disk, each kind in a worker of its own.
fn open_models(state: &StateDir, store: Store) -> anyhow::Result<(Models, Notes)> {
    let parts = Parts {
        store,
        site: state.profile()?.site.code,
        root: state.models(),
        disk: Disk::default(),
        bytes_max: STORE_BYTES_MAX,
        runners: [worker()?, worker()?],
        now: wall_clock,
    };
    Models::open(parts).context("opening the models")
}

fn listen(bind: IpAddr, port: u16) -> anyhow::Result<std::net::TcpListener> {
    let address = SocketAddr::new(bind, port);
    let listener = std::net::TcpListener::bind(address).with_context(|| {
        format!("{address} cannot be listened on; remedy: free the port or choose another")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn hosts(profile: &firmware_config::Profile, bind: IpAddr) -> Vec<String> {
    let mut hosts = profile.lan.names.clone();
    hosts.extend(profile.lan.addresses.iter().map(ToString::to_string));
    if !bind.is_unspecified() {
        hosts.push(bind.to_string());
    }
    hosts
}

/// How identity finds a person on the staff list.
fn find_staff(db: &Connection, staff: StaffId) -> Result<Option<Staff>, StoreError> {
    let node = Meta::read(db)?.node;
    record(db, node, &staff.to_string())
}

/// Tells open pages what a commit changed, and how far the records have travelled.
async fn push_changes(store: Store, live: Live, stop: CancellationToken) {
    let mut commits = store.commits();
    let mut looked = Instant::now();
    // One look serves all commits until then; none is due while nothing happens.
    let mut look_at: Option<Instant> = None;
    loop {
        let commit = tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(look_at.unwrap_or(looked)), if look_at.is_some() => {
                (looked, look_at) = (Instant::now(), None);
                if let Ok(state) = store.read(sync_state).await {
                    live.sync(&sync_json(&state, &store.damage(), wall_clock()));
                }
                continue;
            }
            commit = commits.recv() => commit,
        };
        match commit {
            Ok(Committed { kinds, .. }) => live.changed(&pages_of(&kinds)),
            Err(broadcast::error::RecvError::Lagged(_)) => live.changed(KINDS),
            Err(broadcast::error::RecvError::Closed) => return,
        }
        look_at.get_or_insert((looked + SYNC_LOOK).max(Instant::now()));
    }
}

/// The lists that show records of these tables.
fn pages_of(tables: &[&'static str]) -> Vec<&'static str> {
    let mut pages: Vec<&'static str> = tables
        .iter()
        .flat_map(|table| -> &[&'static str] {
            match *table {
                "articles" | "prices" | "price_books" => &["articles"],
                "stock" => &["articles", "orders"],
                "orders" => &["orders", "day"],
                "riders" => &["riders"],
                "tasks" => &["tasks", "riders"],
                "vehicles" => &["vehicles"],
                "manifests" => &["manifests", "tasks"],
                "consignments" | "measures" | "depot_places" => &["orders"],
                "document" => &["customers", "orders"],
                "receipts" => &["receipts", "proposals"],
                "replenishments" => &["proposals"],
                "model_facts" => &["models"],
                "counts" => &["counts"],
                "handovers" => &["handovers"],
                "rights" | "holdings" | "grants" | "passed_in" => &["rights", "articles"],
                "remote_sales" | "remote_handovers" => &["remote-sales"],
                "exceptions" => &["exceptions", "day"],
                "balances" => &["trial-balance", "day", "riders"],
                _ => &[],
            }
        })
        .copied()
        .collect();
    pages.sort_unstable();
    pages.dedup();
    pages
}

async fn keep_certificate(tls: SiteTls, floor: Timestamp, stop: CancellationToken) {
    let mut look = tokio::time::interval(CERTIFICATE_LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {
                if let Err(error) = tls.refresh(wall_clock(), floor) {
                    tracing::error!(error = %error, "the LAN certificate was not made anew");
                }
            }
        }
    }
}

/// The wall clock, read at the rim and handed in.
#[must_use]
pub fn wall_clock() -> Timestamp {
    crate::store::now()
}
