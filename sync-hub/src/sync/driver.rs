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
use shared_model::sync::v2;
use sync_link::codec::{DecodeError, Inbound, Message, Outbound};
use sync_link::squeeze::OpenError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::blobs;
use super::endpoint::{PeerConnection, close, close_with};
use crate::clock;
use crate::node_hours::count_bytes;
use crate::store::{FEED_ITEMS_MAX, HubStore, StoreError};
use sync_link::frames::{FrameReceiver, FrameSender};

/// A node says who it is at once.
const HELLO_WITHIN: Duration = Duration::from_secs(20);
/// A node with nothing to say may be silent for long; one that is silent for a day begins anew.
const SILENT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// A node that was shut out and hands in what it has must not take long over it.
const SHUT_OUT_SILENT_MAX: Duration = Duration::from_secs(60);
/// While a session lives its node counts as seen; whether it was revoked is looked up as often.
const SEEN_EVERY: Duration = Duration::from_secs(20);
/// Frames read ahead of being handled.
const FRAMES_IN_MAX: usize = 2 * WINDOW_FRAMES_MAX;
/// Frames handled ahead of being sent: the feed's window, the acknowledgements, and a few more.
const FRAMES_OUT_MAX: usize = 4 * WINDOW_FRAMES_MAX;
/// What an older session of a node still has in hand is committed before the newer one looks.
const HANDING_OVER: Duration = Duration::from_secs(5);
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
    pub(super) store: HubStore,
    stopping: CancellationToken,
    sessions: Arc<Mutex<HashMap<NodeId, Live>>>,
    protocol_max: u16,
}

/// A session of a node.
#[derive(Clone)]
struct Live {
    replaced: CancellationToken,
    ended: CancellationToken,
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
        Self { store, stopping, sessions: Arc::default(), protocol_max: v2::PROTOCOL }
    }

    /// Speaks no later version of the protocol than this.
    #[must_use]
    pub const fn limited_to(mut self, protocol_max: u16) -> Self {
        self.protocol_max = protocol_max;
        self
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
                    never = count_bytes(&peer.connection, &self.store, peer.node) => match never {},
                }
            }
            Err(error) => {
                tracing::info!(node = %peer.node, error = %format!("{error:#}"), "no session was opened");
                close::PROTOCOL
            }
        };
        close_with(&peer.connection, end, "");
    }

    /// Hands out blobs to a node whose session is on another connection.
    pub async fn serve_blobs(&self, peer: PeerConnection) {
        tokio::select! {
            () = blobs::serve_until_it_ends(&peer.connection, &self.store, peer.node) => {}
            () = self.stopping.cancelled() => {}
            _ = peer.connection.closed() => {}
        }
        close_with(&peer.connection, close::DONE, "");
    }

    /// Drives a session over any pipe; returns the code to close its connection with.
    pub async fn run(&self, node: NodeId, source: impl FrameSource, sink: impl FrameSink) -> u32 {
        let live = Live { replaced: CancellationToken::new(), ended: CancellationToken::new() };
        let _ended = live.ended.clone().drop_guard();
        let older = self.sessions_lock().insert(node, live.clone());
        if let Some(older) = older {
            older.replaced.cancel();
            // What it has received counts: the node need not send it again.
            let _ = tokio::time::timeout(HANDING_OVER, older.ended.cancelled()).await;
        }
        tracing::info!(%node, "session begins");
        let end = self.converse(node, source, sink, &live.replaced).await;
        tracing::info!(%node, ?end, "session ends");
        if !live.replaced.is_cancelled() {
            self.sessions_lock().remove(&node);
        }
        self.store.tell_changed();
        end.close_code()
    }

    fn sessions_lock(&self) -> std::sync::MutexGuard<'_, HashMap<NodeId, Live>> {
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
        let (frames_out, mut to_peer) = mpsc::channel::<Message>(FRAMES_OUT_MAX);
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
            let mut outbound = Outbound::new(node);
            while let Some(message) = to_peer.recv().await {
                sink.send(outbound.encode(&message)).await?;
            }
            anyhow::Ok(())
        };
        let conversation = Conversation {
            driver: self,
            node,
            session: HubSession::offering(node, self.protocol_max).hearing_out(),
            inbound: Inbound::new(node, self.protocol_max),
            frames_in,
            frames_out,
            denylist: None,
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

pub(super) struct Conversation<'a> {
    pub(super) driver: &'a Driver,
    pub(super) node: NodeId,
    pub(super) session: HubSession,
    inbound: Inbound,
    frames_in: mpsc::Receiver<anyhow::Result<Option<Vec<u8>>>>,
    pub(super) frames_out: mpsc::Sender<Message>,
    /// Version of the list of shut out nodes that the node holds; none when it knows of none such.
    pub(super) denylist: Option<u64>,
    replaced: &'a CancellationToken,
    pub(super) heard: Instant,
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
                    self.finish_received().await;
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
                _ = decided.changed() => self.look_at_decisions().await,
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
            match self.inbound.decode(&frame) {
                Ok(Message::Frame(frame)) => self.session.handle_frame(frame),
                Ok(Message::Acks(_)) => {
                    self.act().await?;
                    return Ok(Some(self.turn_away("a node acknowledges no batches").await));
                }
                Ok(Message::Denylist(list)) => self.take_denylist(&list).await?,
                Err(error) => {
                    self.act().await?;
                    return Ok(Some(self.unreadable(error).await));
                }
            }
        }
        let end = self.act().await?;
        Ok(end.or_else(|| gone.then_some(End::Gone)))
    }

    async fn turn_away(&mut self, detail: &str) -> End {
        self.farewell(ByeReason::Misbehaved, detail).await;
        End::Closed(ByeReason::Misbehaved)
    }

    async fn unreadable(&mut self, error: DecodeError) -> End {
        if !matches!(error, DecodeError::Open(OpenError::UnknownDictionary { .. })) {
            return self.turn_away(&error.to_string()).await;
        }
        self.farewell(ByeReason::ProtocolUnknown, &error.to_string()).await;
        End::Closed(ByeReason::ProtocolUnknown)
    }

    /// Commits whole frames that came before a newer session of the node did.
    async fn finish_received(&mut self) {
        while let Ok(Ok(Some(frame))) = self.frames_in.try_recv() {
            if !matches!(self.on_frames(frame).await, Ok(None)) {
                return;
            }
        }
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
                let welcome = matches!(frame, Frame::Welcome(_));
                // Nobody receives any more only when the link is gone.
                if self.frames_out.send(frame.into()).await.is_err() {
                    return Ok(Some(End::Gone));
                }
                if welcome {
                    self.offer_denylist().await?;
                }
            }
            HubAction::Acknowledge(acks) => {
                if self.frames_out.send(Message::Acks(acks)).await.is_err() {
                    return Ok(Some(End::Gone));
                }
            }
            HubAction::LookUp(hello) => {
                store.note_seen(node, Some(&hello.software), now).await?;
                store.tell_changed();
                self.denylist = hello.denylist;
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
        let count = u16::try_from(batches.len()).unwrap_or(u16::MAX);
        let candidates = batches.into_iter().flatten().collect();
        let ack = self.driver.store.ingest(self.node, candidates, clock::now()).await?;
        self.session.handle_ingested_together(ack, count);
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

    /// A person decided about some node: it may be this one that is out or comes in.
    async fn look_at_decisions(&mut self) -> Result<Option<End>, StoreError> {
        match self.still_here().await? {
            Some(end) => Ok(Some(end)),
            None => self.let_branch_in().await,
        }
    }

    async fn still_here(&mut self) -> Result<Option<End>, StoreError> {
        let (store, now) = (&self.driver.store, clock::now());
        if store.note_seen(self.node, None, now).await? {
            self.offer_denylist().await?;
            // Signals may get lost: look whether there is more, too.
            self.session.handle_feed_grew();
            return self.act().await;
        }
        if self.session.is_shut_out() && self.heard.elapsed() < SHUT_OUT_SILENT_MAX {
            return Ok(None);
        }
        // What has come already is set aside with its bytes.
        self.finish_received().await;
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
        let _ = tokio::time::timeout(FAREWELL_WITHIN, self.frames_out.send(bye.into())).await;
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
