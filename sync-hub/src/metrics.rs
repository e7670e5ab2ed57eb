//! `GET /metrics`: figures of the hub and its boxes in OpenMetrics text, for a monitoring system. Read from the database
//! when they are asked for, so that every hub process behind one database says the same of the region. Names no person,
//! article or amount. Alert rules over them are in `ops/alerts`.

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::console::views::{FleetItem, fleet};
use crate::documents;
use crate::partners;
use crate::store::HubStore;
use crate::sync::driver::Driver;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What figures are read from.
#[derive(Clone)]
pub struct Source {
    pub store: HubStore,
    pub driver: Driver,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBox {
    site: String,
    node: String,
    status: String,
}

type Number = Gauge<f64, AtomicU64>;

/// Serves until `stopping`.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    at: SocketAddr,
    source: Source,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(at)
        .await
        .with_context(|| format!("listening for the monitoring system on {at}"))?;
    let router = Router::new().route("/metrics", get(show)).with_state(source);
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await?;
    Ok(())
}

async fn show(State(source): State<Source>) -> Response {
    match text(&source).await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::warn!(error = %format!("{error:#}"), "figures could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// All figures, as text.
///
/// # Errors
/// When the database fails.
pub async fn text(source: &Source) -> anyhow::Result<String> {
    let now = clock::now();
    let fleet = fleet(&source.store, now).await?;
    let waiting = documents::waiting(&source.store).await?;
    let mut registry = Registry::with_prefix("omniroute_hub");
    gauge(&mut registry, "sessions", "Boxes linked to this process", {
        i64::try_from(source.driver.connected().len()).unwrap_or(i64::MAX)
    });
    gauge(&mut registry, "document_changes_waiting", "Changes of texts not yet taken in", {
        i64::try_from(waiting).unwrap_or(i64::MAX)
    });
    if let Some(stream) = partners::standing(&source.store).await?.first() {
        gauge(&mut registry, "partner_entries_waiting", "Entries not yet handed on to partners", {
            stream.waiting
        });
    }
    of_boxes(&mut registry, &fleet.items, now.ms());
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// A figure of a box; none where the box has not said it yet.
type Figure = fn(&FleetItem, i64) -> Option<f64>;

fn of_boxes(registry: &mut Registry, items: &[FleetItem], now_ms: i64) {
    let figures: [(&str, &str, Figure); 8] = [
        ("box_silent_seconds", "Since the box was last heard", |item, now_ms| {
            item.last_seen_ms.map(|seen| seconds(now_ms.saturating_sub(seen)))
        }),
        ("box_lag_seconds", "How old what is known of the box is", |item, _| {
            item.lag_ms.map(seconds)
        }),
        ("box_entries_unsent", "Entries that the box said it had still to send", |item, _| {
            item.unsent.map(number)
        }),
        ("box_entries_held", "The last entry held of the box's newest epoch", |item, _| {
            Some(number(item.head_seq))
        }),
        ("box_entries_quarantined", "Entries of the box set aside and undecided", |item, _| {
            Some(number(item.quarantined))
        }),
        ("box_exceptions_open", "Exceptions of the box that wait for a person", |item, _| {
            Some(number(item.exceptions_open))
        }),
        ("box_clock_trusted", "1 when the box's clock has a source", |item, _| {
            item.clock_trusted.map(|trusted| number(i64::from(trusted)))
        }),
        ("box_agrees", "1 when the box's records and the hub's have one digest", |item, _| {
            item.digest_agrees.map(|agrees| number(i64::from(agrees)))
        }),
    ];
    for (name, help, figure) in figures {
        let family: Family<OfBox, Number> = Family::default();
        for item in items.iter().filter(|item| item.status != "invited") {
            if let Some(value) = figure(item, now_ms) {
                let of_box = OfBox {
                    site: item.site.clone(),
                    node: item.node.clone(),
                    status: item.status.clone(),
                };
                family.get_or_create(&of_box).set(value);
            }
        }
        registry.register(name, help, family);
    }
}

fn seconds(ms: i64) -> f64 {
    number(ms) / 1_000.0
}

/// Gauges are floating-point on the wire; counts stay far below the 2^53 that they hold exactly.
#[expect(clippy::cast_precision_loss, reason = "a figure for a chart, not for the books")]
const fn number(value: i64) -> f64 {
    value as f64
}
