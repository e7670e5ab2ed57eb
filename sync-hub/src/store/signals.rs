//! Who is told that something was committed: the sessions, the projector and the console of this
//! process at once, those of other processes over LISTEN and NOTIFY, a little later.
//!
//! A signal carries nothing and may be lost when a process dies: whoever waits for one also looks
//! by itself now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Notify, watch};
use tokio_postgres::{AsyncMessage, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::error::StoreError;

const CHANNEL: &str = "omniroute";
/// Other processes are told at most this often.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(50);
const RECONNECT_AFTER: Duration = Duration::from_secs(2);

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Entries that travel on to nodes.
    pub feed: bool,
    /// Automerge changes to be taken into documents.
    pub documents: bool,
}

const FEED: u8 = 1;
const DOCUMENTS: u8 = 2;
const CHANGED: u8 = 4;
const DECIDED: u8 = 8;

impl Committed {
    pub(super) const NOTHING_TRAVELS: Self = Self { feed: false, documents: false };

    fn bits(self) -> u8 {
        let feed = if self.feed { FEED } else { 0 };
        let documents = if self.documents { DOCUMENTS } else { 0 };
        feed | documents | CHANGED
    }
}

/// The signals of one process. Each value counts; what it counts means nothing.
#[derive(Clone)]
pub struct Signals(Arc<Inner>);

struct Inner {
    process: Uuid,
    feed: watch::Sender<u64>,
    documents: watch::Sender<u64>,
    changed: watch::Sender<u64>,
    decided: watch::Sender<u64>,
    /// What other processes are still to be told.
    unannounced: AtomicU8,
    announce: Notify,
}

impl Signals {
    pub(super) fn new(process: Uuid) -> Self {
        let channel = || watch::Sender::new(0);
        Self(Arc::new(Inner {
            process,
            feed: channel(),
            documents: channel(),
            changed: channel(),
            decided: channel(),
            unannounced: AtomicU8::new(0),
            announce: Notify::new(),
        }))
    }

    /// Changes when there is more for nodes.
    #[must_use]
    pub fn feed(&self) -> watch::Receiver<u64> {
        self.0.feed.subscribe()
    }

    /// Changes when there are automerge changes to take in.
    #[must_use]
    pub fn documents(&self) -> watch::Receiver<u64> {
        self.0.documents.subscribe()
    }

    /// Changes with every commit that a view could show.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Changes when a person decided about a node.
    #[must_use]
    pub fn decided(&self) -> watch::Receiver<u64> {
        self.0.decided.subscribe()
    }

    /// Call after the commit, never before.
    pub(crate) fn tell(&self, committed: Committed) {
        self.tell_bits(committed.bits());
    }

    /// A person decided about a node: its sessions look.
    pub(super) fn tell_decided(&self) {
        self.tell_bits(DECIDED | CHANGED);
    }

    fn tell_bits(&self, bits: u8) {
        self.wake(bits);
        self.0.unannounced.fetch_or(bits, Ordering::AcqRel);
        self.0.announce.notify_one();
    }

    /// Tells other processes at once that anything may have changed.
    pub(super) async fn announce_all(
        &self,
        client: &tokio_postgres::Client,
    ) -> Result<(), StoreError> {
        let payload = format!("{} {}", self.0.process, FEED | DOCUMENTS | CHANGED | DECIDED);
        client.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &payload]).await?;
        Ok(())
    }

    fn wake(&self, bits: u8) {
        let Inner { feed, documents, changed, decided, .. } = &*self.0;
        for (bit, sender) in
            [(FEED, feed), (DOCUMENTS, documents), (CHANGED, changed), (DECIDED, decided)]
        {
            if bits & bit != 0 {
                sender.send_modify(|count| *count = count.wrapping_add(1));
            }
        }
    }

    /// Tells other processes and listens to them until cancelled.
    pub(super) async fn relay(&self, config: tokio_postgres::Config, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            if let Err(error) = self.relay_once(&config, &cancel).await {
                tracing::warn!(error = %format!("{error:#}"), "the signals' connection failed");
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(RECONNECT_AFTER) => {}
                }
                // What was said meanwhile is unknown: let everybody look.
                self.wake(FEED | DOCUMENTS | CHANGED | DECIDED);
            }
        }
    }

    async fn relay_once(
        &self,
        config: &tokio_postgres::Config,
        cancel: &CancellationToken,
    ) -> Result<(), StoreError> {
        let (client, mut connection) = config.connect(NoTls).await?;
        let messages = stream::poll_fn(move |context| connection.poll_message(context));
        let listen = async {
            let mut messages = messages;
            while let Some(message) = messages.next().await {
                if let AsyncMessage::Notification(told) = message? {
                    self.hear(told.payload());
                }
            }
            Ok::<(), StoreError>(())
        };
        let announce = async {
            // A signal may be lost; it need not wait for the disk.
            client
                .batch_execute(&format!("SET synchronous_commit = off; LISTEN {CHANNEL}"))
                .await?;
            loop {
                self.0.announce.notified().await;
                tokio::time::sleep(ANNOUNCE_EVERY).await;
                let bits = self.0.unannounced.swap(0, Ordering::AcqRel);
                let payload = format!("{} {bits}", self.0.process);
                client.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &payload]).await?;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => Ok(()),
            ended = listen => ended,
            ended = announce => ended,
        }
    }

    fn hear(&self, payload: &str) {
        let Some((process, bits)) = payload.split_once(' ') else {
            return;
        };
        if process != self.0.process.to_string()
            && let Ok(bits) = bits.parse::<u8>()
        {
            self.wake(bits);
        }
    }
}
