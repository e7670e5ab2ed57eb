//! `GET /metrics`: figures of one depot in OpenMetrics text, for a monitoring system on its LAN, read
//! when they are asked for. Names no person, article or amount. Alert rules are in `ops/alerts`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use shared_model::time::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::node::wall_clock;
use crate::store::{Store, SyncState, sync_state};
use crate::sync::meter::LinkUse;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What figures are read from.
#[derive(Clone)]
pub struct Source {
    pub store: Store,
    /// The site's code: every figure carries it.
    pub site: String,
    /// Where what the link has cost today is kept.
    pub link_use: PathBuf,
    /// What the link may cost on a day; none: it is not metered.
    pub day_bytes_max: Option<u64>,
}

/// Listens. [`serve`] what comes.
///
/// # Errors
/// When the address cannot be listened on.
pub fn listen(at: SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    let listener = std::net::TcpListener::bind(at).with_context(|| {
        format!("{at} cannot be listened on for figures; remedy: free the port or choose another")
    })?;
    listener.set_nonblocking(true)?;
    Ok(tokio::net::TcpListener::from_std(listener)?)
}

/// Serves until `stopping`.
pub async fn serve(listener: tokio::net::TcpListener, source: Source, stopping: CancellationToken) {
    let router = Router::new().route("/metrics", get(show)).with_state(source);
    let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "figures are not served any more");
    }
}

async fn show(State(source): State<Source>) -> Response {
    match source.store.read(sync_state).await {
        Ok(state) => match text(&source, &state, wall_clock()) {
            Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Err(error) => {
            tracing::warn!(%error, "figures could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

fn text(source: &Source, state: &SyncState, now: Timestamp) -> Result<String, std::fmt::Error> {
    let site = ("site".into(), source.site.clone().into());
    let mut registry = Registry::with_prefix_and_labels("omniroute_depot", [site].into_iter());
    let mut put = |name: &str, help: &str, value: Option<f64>| {
        let Some(value) = value else { return };
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let meta = &state.meta;
    let since = |at: Timestamp| now.ms().saturating_sub(at.ms()).max(0) as f64 / 1e3;
    let until = |at: Timestamp| at.ms().saturating_sub(now.ms()) as f64 / 1e3;
    let used = LinkUse::read(&source.link_use);
    let today = used.day == now.ms().div_euclid(DAY_MS);
    put("entries_written", "Entries of the depot's log", Some(state.entries as f64));
    put("entries_unsent", "Entries that the hub does not hold yet", Some(state.unsent as f64));
    put(
        "oldest_unsent_seconds",
        "Age of the oldest entry that the hub does not hold",
        Some(state.oldest_unsent.map_or(0.0, since)),
    );
    put("hub_silent_seconds", "Since the hub was last heard", meta.last_contact.map(since));
    put(
        "entries_quarantined",
        "Entries set aside, here and of ours at the hub",
        Some((state.quarantined + meta.set_aside) as f64),
    );
    put("forked", "1 when another machine wrote as this one", {
        Some(if meta.forked.is_some() { 1.0 } else { 0.0 })
    });
    put("damages", "What the last look at every page found damaged", {
        Some(source.store.damage().len() as f64)
    });
    put("clock_trusted", "1 when the clock has a source", {
        Some(if state.clock_trusted { 1.0 } else { 0.0 })
    });
    put(
        "certificate_seconds_left",
        "Until the certificate towards the hub expires; negative: since",
        meta.leaf_until.map(until),
    );
    put(
        "link_bytes_today",
        "What went over the link today (UTC), both ways",
        Some(if today { used.bytes as f64 } else { 0.0 }),
    );
    put(
        "link_bytes_a_day_max",
        "What may go over the link on a day before blobs wait",
        source.day_bytes_max.map(|bytes| bytes as f64),
    );
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
