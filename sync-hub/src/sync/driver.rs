//! Drives one node's session: frames in, actions out, one after the other, each carried out by the
//! store before the next. It decides nothing; what a node may say is the session's business, and
//! what becomes of it the store's. A session that breaks ends alone.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared_model::id::NodeId;
use shared_model::sync::v1::{
    Bye, ByeReason, Candidate, Frame, HubAction, HubSession, WINDOW_FRAMES_MAX,
};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::blobs;
use super::endpoint::{PeerConnection, close, close_with};
use super::frames::{FrameReceiver, FrameSender};
use crate::clock;
use crate::store::{FEED_ITEMS_MAX, HubStore, StoreError};

/// A node says who it is at once.
const HELLO_WITHIN: Duration = Duration::from_secs(20);
/// A node with nothing to say may be silent for long; one that is silent for a day begins anew.
const SILENT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// While a session lives its node counts as seen; whether it was revoked is looked up as often.
const SEEN_EVERY: Duration = Duration::from_secs(20);
/// Frames read ahead of being handled.
const FRAMES_IN_MAX: usize = 2 * WINDOW_FRAMES_MAX;
/// Frames handled ahead of being sent: the feed's window, the acknowledgements, and a few more.
const FRAMES_OUT_MAX: usize = 4 * WINDOW_FRAMES_MAX;
/// A farewell that nobody reads is given up.
const FAREWELL_WITHIN: Duration = Duration::from_secs(3);

/// Where frames come from and go to.
pub trait FrameSource: Send {
    /// The next frame, or none when the peer finished. May be dropped and called again.
    fn recv(&mut self) -> impl Future<Output = anyhow::Result<Option<Vec<u8>>>> + Send;
}

/// Where frames go to.
pub trait FrameSink: Send {
    fn send(&mut self, frame: Vec<u8>) -> impl Future<Output = anyhow::Result<()>> + Send;
}

impl FrameSource for FrameReceiver {
    async fn recv(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(Self::recv(self).await?)
    }
}

impl FrameSink for FrameSender {
    async fn send(&mut self, frame: Vec<u8>) -> anyhow::Result<()> {
        Ok(Self::send(self, &frame).await?)
    }
}

/// The sessions of this process: one a node, the newest.
#[derive(Clone)]
pub struct Driver {
    store: HubStore,
    stopping: CancellationToken,
    sessions: Arc<Mutex<HashMap<NodeId, CancellationToken>>>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The session's own Bye, or the peer's.
    Closed(ByeReason),
    /// The peer finished or the link broke.
    Gone,
    /// A newer session of the same node took over.
    Replaced,
    Stopping,
}

impl End {
    const fn close_code(self) -> u32 {
        match self {
            Self::Closed(ByeReason::Done) | Self::Gone | Self::Replaced => close::DONE,
            Self::Closed(ByeReason::NotEnrolled) => close::NOT_ENROLLED,
            Self::Closed(ByeReason::Revoked) => close::REVOKED,
            Self::Closed(ByeReason::Busy) => close::BUSY,
            Self::Closed(
                ByeReason::ProtocolUnknown | ByeReason::Misbehaved | ByeReason::SealBroken,
            ) => close::PROTOCOL,
            Self::Stopping => close::STOPPING,
        }
    }
}

impl Driver {
    #[must_use]
    pub fn new(store: HubStore, stopping: CancellationToken) -> Self {
        Self { store, stopping, sessions: Arc::default() }
    }

    /// Nodes with a live session in this process.
    #[must_use]
    pub fn connected(&self) -> Vec<NodeId> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.keys().copied().collect()
    }

    /// Serves a peer until its session ends.
    pub async fn serve(&self, peer: PeerConnection) {
        let end = match peer.accept_session().await {
            Ok((sink, source)) => {
                let session = self.run(peer.node, source, sink);
                tokio::select! {
                    end = session => end,
                    never = blobs::serve(&peer.connection, &self.store, peer.node) => match never {},
                }
            }
            Err(error) => {
                tracing::info!(node = %peer.node, error = %format!("{error:#}"), "no session was opened");
                close::PROTOCOL
            }
        };
        close_with(&peer.connection, end, "");
    }

    /// Drives a session over any pipe; returns the code to close its connection with.
    pub async fn run(&self, node: NodeId, source: impl FrameSource, sink: impl FrameSink) -> u32 {
        let replaced = CancellationToken::new();
        let older = self.sessions_lock().insert(node, replaced.clone());
        if let Some(older) = older {
            older.cancel();
        }
        tracing::info!(%node, "session begins");
        let end = self.converse(node, source, sink, &replaced).await;
        tracing::info!(%node, ?end, "session ends");
        if !replaced.is_cancelled() {
            self.sessions_lock().remove(&node);
        }
        self.store.tell_changed();
        end.close_code()
    }

    fn sessions_lock(&self) -> std::sync::MutexGuard<'_, HashMap<NodeId, CancellationToken>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads, handles and writes side by side: a peer that does not read must not keep us from
    /// reading what it sends.
    async fn converse(
        &self,
        node: NodeId,
        mut source: impl FrameSource,
        mut sink: impl FrameSink,
        replaced: &CancellationToken,
    ) -> End {
        let (to_session, frames_in) = mpsc::channel(FRAMES_IN_MAX);
        let (frames_out, mut to_peer) = mpsc::channel::<Frame>(FRAMES_OUT_MAX);
        let reading = async {
            loop {
                let received = source.recv().await;
                let ended = !matches!(received, Ok(Some(_)));
                if to_session.send(received).await.is_err() || ended {
                    // The session ends by what it was just handed.
                    std::future::pending::<()>().await;
                }
            }
        };
        let writing = async {
            while let Some(frame) = to_peer.recv().await {
                sink.send(frame.encode()).await?;
            }
            anyhow::Ok(())
        };
        let conversation = Conversation {
            driver: self,
            node,
            session: HubSession::new(node),
            frames_in,
            frames_out,
            replaced,
            heard: Instant::now(),
        };
        let mut writing = std::pin::pin!(writing);
        let end = tokio::select! {
            end = conversation.hold() => end,
            () = reading => End::Gone,
            _ = &mut writing => return End::Gone,
        };
        // What was said last still goes out.
        let _ = tokio::time::timeout(FAREWELL_WITHIN, writing).await;
        end
    }
}

struct Conversation<'a> {
    driver: &'a Driver,
    node: NodeId,
    session: HubSession,
    frames_in: mpsc::Receiver<anyhow::Result<Option<Vec<u8>>>>,
    frames_out: mpsc::Sender<Frame>,
    replaced: &'a CancellationToken,
    heard: Instant,
}

impl Conversation<'_> {
    async fn hold(mut self) -> End {
        let mut grown = self.driver.store.signals().feed();
        let mut decided = self.driver.store.signals().decided();
        let mut seen = tokio::time::interval(SEEN_EVERY);
        seen.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        seen.tick().await;
        let mut met = false;
        loop {
            let patience = if met { SILENT_MAX } else { HELLO_WITHIN };
            let handled = tokio::select! {
                () = self.driver.stopping.cancelled() => {
                    self.farewell(ByeReason::Busy, "the hub stops; come back soon").await;
                    return End::Stopping;
                }
                () = self.replaced.cancelled() => {
                    self.farewell(ByeReason::Done, "a newer session of this node").await;
                    return End::Replaced;
                }
                received = self.frames_in.recv() => match received {
                    Some(Ok(Some(frame))) => {
                        met = true;
                        self.heard = Instant::now();
                        self.on_frames(frame).await
                    }
                    Some(Ok(None)) | None => return End::Gone,
                    Some(Err(error)) => {
                        tracing::info!(node = %self.node, error = %format!("{error:#}"), "the link ended");
                        return End::Gone;
                    }
                },
                _ = grown.changed() => {
                    self.session.handle_feed_grew();
                    self.act().await
                }
                _ = decided.changed() => self.let_branch_in().await,
                _ = seen.tick() => self.still_here().await,
                () = tokio::time::sleep_until(self.heard + patience) => {
                    self.farewell(ByeReason::Done, "nothing was heard for long").await;
                    return End::Closed(ByeReason::Done);
                }
            };
            match handled {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(error) => return self.failed(&error).await,
            }
        }
    }

    /// Handles a frame and those that wait behind it, so that several batches share one commit.
    async fn on_frames(&mut self, first: Vec<u8>) -> Result<Option<End>, StoreError> {
        let (mut frames, mut gone) = (vec![first], false);
        while frames.len() < WINDOW_FRAMES_MAX && !gone {
            match self.frames_in.try_recv() {
                Ok(Ok(Some(frame))) => frames.push(frame),
                Ok(Ok(None) | Err(_)) => gone = true,
                Err(_) => break,
            }
        }
        for frame in frames {
            match Frame::decode(&frame) {
                Ok(frame) => self.session.handle_frame(frame),
                Err(error) => {
                    self.act().await?;
                    self.farewell(ByeReason::Misbehaved, &error.to_string()).await;
                    return Ok(Some(End::Closed(ByeReason::Misbehaved)));
                }
            }
        }
        let end = self.act().await?;
        Ok(end.or_else(|| gone.then_some(End::Gone)))
    }

    /// Carries out everything that the session asks for.
    async fn act(&mut self) -> Result<Option<End>, StoreError> {
        let mut batches: Vec<Vec<Candidate>> = Vec::new();
        while let Some(action) = self.session.poll_action() {
            if let HubAction::Ingest(candidates) = action {
                batches.push(candidates);
                continue;
            }
            if let Some(end) = self.carry_out(action).await? {
                self.ingest(batches).await?;
                return Ok(Some(end));
            }
        }
        if batches.is_empty() {
            return Ok(None);
        }
        self.ingest(batches).await?;
        Box::pin(self.act()).await
    }

    async fn carry_out(&mut self, action: HubAction) -> Result<Option<End>, StoreError> {
        let (store, node, now) = (&self.driver.store, self.node, clock::now());
        match action {
            HubAction::Send(frame) => {
                // Nobody receives any more only when the link is gone.
                if self.frames_out.send(frame).await.is_err() {
                    return Ok(Some(End::Gone));
                }
            }
            HubAction::LookUp(hello) => {
                store.note_seen(node, Some(&hello.software), now).await?;
                store.tell_changed();
                let standing = store.standing(&hello, now).await?;
                self.session.handle_standing(standing);
            }
            // Gathered before.
            HubAction::Ingest(candidates) => self.ingest(vec![candidates]).await?,
            HubAction::ReadTail { epoch, range } => {
                let (entries, seals) = store.tail(node, epoch, range).await?;
                self.session.handle_tail(entries, seals);
            }
            HubAction::ReadFeed { after } => {
                let (items, position) = store.feed(node, after, FEED_ITEMS_MAX).await?;
                self.session.handle_feed(items, position);
            }
            HubAction::NoteCursor { position } => store.note_cursor(node, position).await?,
            HubAction::NoteStatus(status) => {
                store.note_status(node, &status, now).await?;
                // All of a branch was shown.
                return self.let_branch_in().await;
            }
            HubAction::NoteFork { epoch } => store.note_fork(node, epoch).await?,
            HubAction::Close(bye) => return Ok(Some(End::Closed(bye.reason))),
        }
        Ok(None)
    }

    /// One transaction for all batches at hand, one acknowledgement for each.
    async fn ingest(&mut self, batches: Vec<Vec<Candidate>>) -> Result<(), StoreError> {
        if batches.is_empty() {
            return Ok(());
        }
        let count = batches.len();
        let candidates = batches.into_iter().flatten().collect();
        let ack = self.driver.store.ingest(self.node, candidates, clock::now()).await?;
        for _ in 0..count {
            self.session.handle_ingested(ack.clone());
        }
        Ok(())
    }

    /// A person may have decided meanwhile that the node's branch comes in: that begins with a
    /// new comparison.
    async fn let_branch_in(&mut self) -> Result<Option<End>, StoreError> {
        if !self.session.is_forked() || !self.driver.store.is_branch_admitted(self.node).await? {
            return Ok(None);
        }
        self.farewell(ByeReason::Done, "the branch is let in; say hello again").await;
        Ok(Some(End::Closed(ByeReason::Done)))
    }

    async fn still_here(&mut self) -> Result<Option<End>, StoreError> {
        let (store, now) = (&self.driver.store, clock::now());
        if store.note_seen(self.node, None, now).await? {
            // Signals may get lost: look whether there is more, too.
            self.session.handle_feed_grew();
            return self.act().await;
        }
        self.farewell(ByeReason::Revoked, "this node was revoked; call the region's desk").await;
        Ok(Some(End::Closed(ByeReason::Revoked)))
    }

    async fn failed(&mut self, error: &StoreError) -> End {
        tracing::warn!(node = %self.node, error = %chain_of(error), "the session's step failed");
        let (reason, detail) = match error {
            StoreError::Revoked { .. } => (ByeReason::Revoked, "this node was revoked"),
            StoreError::NotEnrolled { .. } => (ByeReason::NotEnrolled, "this node is not enrolled"),
            StoreError::Database(_)
            | StoreError::Pool(_)
            | StoreError::Moved { .. }
            | StoreError::Broken(_) => (ByeReason::Busy, "the hub cannot take more now"),
        };
        self.farewell(reason, detail).await;
        End::Closed(reason)
    }

    async fn farewell(&mut self, reason: ByeReason, detail: &str) {
        let bye = Frame::Bye(Bye { reason, detail: detail.to_owned() });
        let _ = tokio::time::timeout(FAREWELL_WITHIN, self.frames_out.send(bye)).await;
    }
}

fn chain_of(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
