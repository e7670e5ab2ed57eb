//! Hands what happened on to partners: events of the region's logs, as CloudEvents, into a NATS
//! JetStream. A cursor over the log and no queue of its own; in order within a log, thus within an
//! order or a task. One process of the region does it at a time. It never holds anything up: while
//! the stream is away the cursor stands.

mod envelope;
mod progress;
mod stream;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::store::HubStore;

pub use progress::{Standing, begin_again, standing};
use progress::{begin, lock, move_on, waiting_after};
use stream::Outlet;

/// Entries read in one pass.
pub(crate) const ENTRIES_MAX: usize = 2_000;
/// Their bytes; one entry more than that goes alone.
pub(crate) const ENTRIES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Logs looked at in one pass, those that wait longest first.
pub(crate) const LOGS_MAX: usize = 64;
/// A signal may get lost; nothing waits longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Between two passes, so that a burst goes over in large ones.
const GATHER_FOR: Duration = Duration::from_millis(20);

/// Where partners hear of the region.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `nats://host:4222`, `tls://…`; it may hold a password.
    pub url: String,
    /// Who vouches for the server, PEM; none: the system's own authorities.
    pub authority: Option<PathBuf>,
    /// Its name at the server; made there when it is not.
    pub stream: String,
    pub begin: Begin,
}

/// The url may hold a password.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("stream", &self.stream)
            .field("authority", &self.authority)
            .field("begin", &self.begin)
            .finish_non_exhaustive()
    }
}

/// What partners hear first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begin {
    /// What happens from now on.
    #[default]
    Now,
    /// All that ever happened in the region.
    Start,
}

/// Hands on until cancelled.
pub async fn run(store: HubStore, settings: Settings, cancel: CancellationToken) {
    let mut changed = store.signals().changed();
    let mut outlet = None;
    let mut told = false;
    while !cancel.is_cancelled() {
        changed.borrow_and_update();
        let pause = match pass(&store, &settings, &mut outlet).await {
            Ok(0) => None,
            Ok(_) => {
                told = false;
                Some(GATHER_FOR)
            }
            Err(error) => {
                // Said once: a stream may be away for days.
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(error = %format!("{error:#}"), "events for partners wait");
                }
                outlet = None;
                Some(RETRY_AFTER)
            }
        };
        let wait = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    let _ = tokio::time::timeout(LOOK_EVERY, changed.changed()).await;
                }
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = wait => {}
        }
    }
}

/// Hands on what waits, as much as one pass takes. Says how many entries were looked at; none when
/// nothing waits or another process is at it.
///
/// # Errors
/// When the database or the stream fails; then the same entries come again, and none of them twice.
async fn pass(
    store: &HubStore,
    settings: &Settings,
    outlet: &mut Option<Outlet>,
) -> anyhow::Result<usize> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    begin(&tx, settings, clock::now()).await?;
    // Where it began holds from here on, whether or not anything waits.
    tx.commit().await?;
    let tx = client.transaction().await?;
    let Some(last_sequence) = lock(&tx, &settings.stream).await? else { return Ok(0) };
    let next = waiting_after(&tx).await?;
    if next.progress.is_empty() {
        return Ok(0);
    }
    let (region, progress, looked_at) =
        (store.identity().region.clone(), next.progress, next.entries.len().max(1));
    let messages = tokio::task::spawn_blocking(move || {
        next.entries.iter().flat_map(|entry| envelope::messages(&region, entry)).collect()
    })
    .await
    .context("reading what happened")?;
    let outlet = match outlet {
        Some(outlet) => outlet,
        None => outlet.insert(Outlet::open(settings, &store.identity().region).await?),
    };
    let last_sequence = outlet.publish(messages, last_sequence).await?;
    move_on(&tx, &settings.stream, &progress, last_sequence, clock::now()).await?;
    tx.commit().await?;
    Ok(looked_at)
}
