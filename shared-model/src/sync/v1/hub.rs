//! The hub's side of a session: checks version, owner, chain and seal before anything is stored.
//!
//! Order: [`HubSession::new`] for an authenticated peer, `handle_frame` with its hello, then the
//! answers to actions as they are carried out, and `handle_feed_grew` when there is more to send.

use std::collections::{BTreeMap, VecDeque};

use minicbor::bytes::ByteVec;

use super::WINDOW_FRAMES_MAX;
use super::frame::{
    Ack, Batch, Bye, ByeReason, EpochHead, EpochHeld, FeedBatch, FeedItem, Frame, Hello, PROTOCOL,
    Status, Verdict, Welcome,
};
use crate::id::NodeId;
use crate::log::{
    AuthorPublicKey, Chain, EntryBytes, Epoch, Hash, InvalidEntry, Position, Range, Seal, Seq,
};
use crate::sync::v2::{self, Acks};
use crate::time::Timestamp;

/// What the hub's store knows of a node when it says hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub hub: NodeId,
    pub incarnation: Vec<u8>,
    pub author_key: AuthorPublicKey,
    pub revoked: bool,
    /// What is held of the node's log, set aside ones included.
    pub held: Vec<EpochHeld>,
    /// The chain's head per epoch, as held.
    pub heads: Vec<EpochHead>,
    /// Our hash where the node's head stands, per epoch named in the hello; none when we do not
    /// reach that far.
    pub hash_at_theirs: Vec<(Epoch, Option<Hash>)>,
    /// The last entry that both sides hold alike, per epoch: known once the node has resent a
    /// fork. Used when a person has admitted the node's branch.
    pub admitted_fork: Option<(Epoch, Seq)>,
    pub now: Timestamp,
}

/// One entry of a batch, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub position: Position,
    pub bytes: Vec<u8>,
    pub hash: Hash,
    pub seal: Option<Seal>,
    pub finding: Finding,
}

/// What the session found about an entry. The store adds what only it can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Continues the chain; its payload is still to be read.
    Chained(EntryBytes),
    /// Stands where we already hold one: the same, or a fork.
    Held(EntryBytes),
    /// Follows another history.
    Forked(EntryBytes),
    /// In its place in the chain, but no entry.
    Malformed(InvalidEntry),
    /// An entry that claims another place or author than it was sent for.
    Misplaced,
}

/// What the session asks of its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubAction {
    Send(Frame),
    /// In protocol 2: one acknowledgement for several batches.
    Acknowledge(Acks),
    /// Look the node up; answer with [`HubSession::handle_standing`].
    LookUp(Hello),
    /// Commit; answer with [`HubSession::handle_ingested`].
    Ingest(Vec<Candidate>),
    /// Read entries of the node's own log to give back; answer with [`HubSession::handle_tail`].
    ReadTail {
        epoch: Epoch,
        range: Range,
    },
    /// Read the feed for this node; answer with [`HubSession::handle_feed`].
    ReadFeed {
        after: u64,
    },
    /// The node has committed the feed up to here.
    NoteCursor {
        position: u64,
    },
    NoteStatus(Status),
    NoteFork {
        epoch: Epoch,
    },
    Close(Bye),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    LookingUp,
    Streaming,
    Closed,
}

/// The hub's state machine for one node.
#[derive(Debug)]
pub struct HubSession {
    node: NodeId,
    stage: Stage,
    protocol_max: u16,
    /// What was agreed on.
    protocol: u16,
    hello: Option<Hello>,
    /// What the node was told; said again with another verdict when a fork shows later.
    welcome: Option<Welcome>,
    author_key: Option<AuthorPublicKey>,
    chains: BTreeMap<Epoch, Chain>,
    forked: Option<Epoch>,
    hears_out: bool,
    /// The node was revoked: it hands in what it has up to these heads, gets nothing, and is sent
    /// away.
    shut_out: Option<Vec<EpochHead>>,
    tail: Option<(Epoch, Range)>,
    feed_sent: u64,
    feed_in_flight: usize,
    reading_feed: bool,
    feed_dry: bool,
    /// The feed grew while it was being read: what the reader saw may be older.
    feed_grew: bool,
    actions: VecDeque<HubAction>,
}

impl HubSession {
    /// `node` is who the peer's certificate says it is. Speaks the newest version.
    #[must_use]
    pub const fn new(node: NodeId) -> Self {
        Self::offering(node, v2::PROTOCOL)
    }

    /// Speaks no later version than `protocol_max`.
    #[must_use]
    pub const fn offering(node: NodeId, protocol_max: u16) -> Self {
        Self {
            node,
            stage: Stage::Opening,
            protocol_max,
            protocol: PROTOCOL,
            hello: None,
            welcome: None,
            author_key: None,
            chains: BTreeMap::new(),
            forked: None,
            hears_out: false,
            shut_out: None,
            tail: None,
            feed_sent: 0,
            feed_in_flight: 0,
            reading_feed: false,
            feed_dry: false,
            feed_grew: false,
            actions: VecDeque::new(),
        }
    }

    /// Lets a node that was revoked hand in what it has, once, before it is sent away. For a store that
    /// sets aside what stands above the node's cut.
    #[must_use]
    pub const fn hearing_out(mut self) -> Self {
        self.hears_out = true;
        self
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<HubAction> {
        self.actions.pop_front()
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.stage == Stage::Closed
    }

    /// What was agreed on with the node.
    #[must_use]
    pub const fn protocol(&self) -> u16 {
        self.protocol
    }

    /// Whether the node was revoked, and only hands in what it has.
    #[must_use]
    pub const fn is_shut_out(&self) -> bool {
        self.shut_out.is_some()
    }

    /// Whether the node showed another history than the one held.
    #[must_use]
    pub const fn is_forked(&self) -> bool {
        self.forked.is_some()
    }

    /// A frame came from the node.
    pub fn handle_frame(&mut self, frame: Frame) {
        match (self.stage, frame) {
            (Stage::Closed, _) => {}
            (_, Frame::Bye(bye)) => self.close(bye),
            (Stage::Opening, Frame::Hello(hello)) => self.on_hello(hello),
            (Stage::Streaming, Frame::Batch(batch)) => self.on_batch(batch),
            (Stage::Streaming, Frame::FeedAck { position }) => {
                self.feed_in_flight = self.feed_in_flight.saturating_sub(1);
                self.actions.push_back(HubAction::NoteCursor { position });
                self.feed_more();
            }
            (Stage::Streaming, Frame::Status(_)) if self.shut_out.is_some() => {
                self.end(ByeReason::Revoked, REVOKED);
            }
            (Stage::Streaming, Frame::Status(status)) => {
                self.actions.push_back(HubAction::NoteStatus(status));
            }
            (
                Stage::Opening | Stage::LookingUp | Stage::Streaming,
                Frame::Hello(_)
                | Frame::Welcome(_)
                | Frame::Batch(_)
                | Frame::Feed(_)
                | Frame::Ack(_)
                | Frame::FeedAck { .. }
                | Frame::Status(_),
            ) => self.end(ByeReason::Misbehaved, "the frame is out of order"),
        }
    }

    /// What the store knows of the node; none when it is not enrolled.
    pub fn handle_standing(&mut self, standing: Option<Standing>) {
        let (Some(standing), Some(hello)) = (standing, self.hello.take()) else {
            return self.end(ByeReason::NotEnrolled, "this node is not enrolled in the region");
        };
        let only_goes_on = compare(&hello, &standing) == Verdict::Current;
        let heard = !self.hears_out || has_shown_all(&hello.heads, &standing.heads);
        if standing.revoked && (heard || !only_goes_on) {
            return self.end(ByeReason::Revoked, REVOKED);
        }
        self.shut_out = standing.revoked.then(|| hello.heads.clone());
        self.author_key = Some(standing.author_key);
        for head in &standing.heads {
            let chain = Chain { epoch: head.epoch, seq: head.seq, head: head.hash };
            self.chains.insert(head.epoch, chain);
        }
        let verdict = compare(&hello, &standing);
        match &verdict {
            Verdict::Current => {}
            Verdict::Restored { epoch, first, last } => {
                self.tail = Some((*epoch, Range { first: *first, last: *last }));
            }
            Verdict::Forked { epoch } => {
                self.forked = Some(*epoch);
                self.actions.push_back(HubAction::NoteFork { epoch: *epoch });
            }
        }
        let same_incarnation =
            hello.hub_incarnation.as_ref().is_some_and(|known| **known == standing.incarnation);
        self.feed_sent = if same_incarnation { hello.cursor } else { 0 };
        let welcome = Welcome {
            protocol: self.protocol,
            hub: standing.hub,
            incarnation: standing.incarnation.into(),
            held: standing.held,
            verdict,
            now: standing.now,
        };
        self.welcome = Some(welcome.clone());
        self.actions.push_back(HubAction::Send(Frame::Welcome(welcome)));
        self.stage = Stage::Streaming;
        self.next_tail();
        self.feed_more();
    }

    /// The batch is committed.
    pub fn handle_ingested(&mut self, ack: Ack) {
        self.handle_ingested_together(ack, 1);
    }

    /// So many batches are committed, in one go.
    pub fn handle_ingested_together(&mut self, ack: Ack, batches: u16) {
        if self.protocol >= v2::PROTOCOL {
            self.actions.push_back(HubAction::Acknowledge(Acks { batches, ack }));
        } else {
            for _ in 0..batches {
                self.actions.push_back(HubAction::Send(Frame::Ack(ack.clone())));
            }
        }
        let reached = |head: &EpochHead| {
            self.chains.get(&head.epoch).is_some_and(|chain| chain.seq >= head.seq)
                || head.seq.0 == 0
        };
        if self.shut_out.as_ref().is_some_and(|heads| heads.iter().all(reached)) {
            self.end(ByeReason::Revoked, REVOKED);
        }
    }

    /// Entries of the node's own log, in order from the first asked for, and their seals.
    pub fn handle_tail(&mut self, entries: Vec<Vec<u8>>, seals: Vec<Seal>) {
        let Some((epoch, range)) = self.tail.take() else {
            return;
        };
        if entries.is_empty() {
            return self.end(ByeReason::Busy, "the lost entries could not be read");
        }
        let next = Seq(range.first.0 + entries.len() as u64);
        if next <= range.last {
            self.tail = Some((epoch, Range { first: next, last: range.last }));
        }
        let entries = entries.into_iter().map(ByteVec::from).collect();
        let batch = Batch { epoch, first: range.first, entries, seals };
        self.actions.push_back(HubAction::Send(Frame::Batch(batch)));
        if self.tail.is_some() {
            self.next_tail();
        } else {
            self.feed_more();
        }
    }

    /// What of the feed is for this node after the position asked for. `position` is how far was
    /// looked; empty and unmoved means that there is no more for now.
    pub fn handle_feed(&mut self, items: Vec<FeedItem>, position: u64) {
        self.reading_feed = false;
        let grew = std::mem::take(&mut self.feed_grew);
        if position <= self.feed_sent {
            self.feed_dry = !grew;
            return self.feed_more();
        }
        self.feed_sent = position;
        self.feed_in_flight += 1;
        self.actions.push_back(HubAction::Send(Frame::Feed(FeedBatch { items, position })));
        self.feed_more();
    }

    /// The feed has grown.
    pub fn handle_feed_grew(&mut self) {
        self.feed_dry = false;
        self.feed_grew = self.reading_feed;
        self.feed_more();
    }

    fn on_hello(&mut self, hello: Hello) {
        if hello.node != self.node {
            return self.end(ByeReason::NotEnrolled, "the certificate names another node");
        }
        let newest = hello.protocol_max.min(self.protocol_max);
        if newest < hello.protocol_min.max(PROTOCOL) {
            let detail = format!("this hub speaks versions {PROTOCOL} to {}", self.protocol_max);
            return self.end(ByeReason::ProtocolUnknown, &detail);
        }
        self.protocol = newest;
        self.hello = Some(hello.clone());
        self.stage = Stage::LookingUp;
        self.actions.push_back(HubAction::LookUp(hello));
    }

    fn on_batch(&mut self, batch: Batch) {
        if batch.entries.is_empty() || batch.first.0 == 0 || batch.epoch.0 == 0 {
            return self.end(ByeReason::Misbehaved, "an empty batch");
        }
        let chain = self.chains.entry(batch.epoch).or_insert(Chain::start(batch.epoch));
        // A fork leaves the chain where it is, however far the other history goes on.
        let forked = self.forked == Some(batch.epoch);
        if batch.first > chain.seq.next() && !forked {
            return self.end(ByeReason::Misbehaved, "the batch leaves a gap");
        }
        let mut checked =
            Checked { node: self.node, epoch: batch.epoch, chain: *chain, broken: forked };
        let mut candidates = Vec::with_capacity(batch.entries.len());
        let mut seq = batch.first;
        for bytes in batch.entries {
            candidates.push(checked.look_at(seq, bytes.into(), &batch.seals));
            seq = seq.next();
        }
        if !self.sealed(&candidates) {
            return self.end(ByeReason::SealBroken, "the batch is not sealed by its author");
        }
        if checked.broken && self.forked.is_none() {
            self.note_fork(batch.epoch);
        }
        self.chains.insert(batch.epoch, checked.chain);
        self.actions.push_back(HubAction::Ingest(candidates));
    }

    /// A node that is further on than we are looks current until its next entry does not fit. Only
    /// now is it known that places we hold are others there: the node has to show them too.
    fn note_fork(&mut self, epoch: Epoch) {
        self.forked = Some(epoch);
        self.actions.push_back(HubAction::NoteFork { epoch });
        if let Some(welcome) = &mut self.welcome {
            welcome.verdict = Verdict::Forked { epoch };
            self.actions.push_back(HubAction::Send(Frame::Welcome(welcome.clone())));
        }
    }

    /// The last entry's seal vouches for the whole chain of the batch; entries that travel on are
    /// sealed one by one, and every seal sent must hold.
    fn sealed(&self, candidates: &[Candidate]) -> bool {
        let Some(key) = self.author_key else {
            return false;
        };
        let last_sealed = candidates.last().is_some_and(|last| last.seal.is_some());
        last_sealed
            && candidates.iter().filter_map(|c| c.seal.as_ref()).all(|seal| key.check(seal).is_ok())
    }

    fn next_tail(&mut self) {
        if let Some((epoch, range)) = self.tail {
            self.actions.push_back(HubAction::ReadTail { epoch, range });
        }
    }

    fn feed_more(&mut self) {
        let waits =
            self.stage == Stage::Streaming && self.tail.is_none() && self.shut_out.is_none();
        let free = !self.reading_feed && self.feed_in_flight < WINDOW_FRAMES_MAX;
        if waits && free && !self.feed_dry {
            self.reading_feed = true;
            self.actions.push_back(HubAction::ReadFeed { after: self.feed_sent });
        }
    }

    fn end(&mut self, reason: ByeReason, detail: &str) {
        let bye = Bye { reason, detail: detail.to_owned() };
        self.actions.push_back(HubAction::Send(Frame::Bye(bye.clone())));
        self.close(bye);
    }

    fn close(&mut self, bye: Bye) {
        self.stage = Stage::Closed;
        self.actions.push_back(HubAction::Close(bye));
    }
}

const REVOKED: &str = "this node was revoked; call the region's desk";

/// Whether the hub holds, in effect or set aside, all that the node says it wrote.
fn has_shown_all(theirs: &[EpochHead], ours: &[EpochHead]) -> bool {
    theirs.iter().all(|theirs| {
        let ours = ours.iter().find(|head| head.epoch == theirs.epoch);
        theirs.seq <= ours.map_or(Seq(0), |head| head.seq)
    })
}

/// Compares the node's heads with what the hub holds.
fn compare(hello: &Hello, standing: &Standing) -> Verdict {
    for ours in &standing.heads {
        let theirs = hello.heads.iter().find(|head| head.epoch == ours.epoch);
        let (seq, hash) = theirs.map_or((Seq(0), Hash::ZERO), |head| (head.seq, head.hash));
        let at = standing.hash_at_theirs.iter().find(|(epoch, _)| *epoch == ours.epoch);
        let our_hash = at.and_then(|(_, hash)| *hash);
        let differs = seq.0 > 0 && our_hash.is_some_and(|our_hash| our_hash != hash);
        match standing.admitted_fork {
            Some((epoch, common)) if epoch == ours.epoch && (differs || seq > ours.seq) => {
                return Verdict::Restored { epoch, first: common.next(), last: ours.seq };
            }
            Some(_) | None if differs => return Verdict::Forked { epoch: ours.epoch },
            Some(_) | None if seq < ours.seq => {
                return Verdict::Restored { epoch: ours.epoch, first: seq.next(), last: ours.seq };
            }
            Some(_) | None => {}
        }
    }
    Verdict::Current
}

/// Walks along a batch.
struct Checked {
    node: NodeId,
    epoch: Epoch,
    chain: Chain,
    broken: bool,
}

impl Checked {
    fn look_at(&mut self, seq: Seq, bytes: Vec<u8>, seals: &[Seal]) -> Candidate {
        let hash = Hash::of(&bytes);
        let position = Position { node: self.node, epoch: self.epoch, seq };
        let seal =
            seals.iter().find(|seal| seal.position == position && seal.hash == hash).copied();
        let finding = match EntryBytes::parse(bytes.clone()) {
            Ok(entry) if entry.entry().position != position => {
                self.pass_over(seq, hash);
                Finding::Misplaced
            }
            Ok(entry) => self.place(seq, entry),
            Err(error) => {
                self.pass_over(seq, hash);
                Finding::Malformed(error)
            }
        };
        Candidate { position, bytes, hash, seal, finding }
    }

    /// What is no entry of this place still takes it: the chain goes on over its hash.
    fn pass_over(&mut self, seq: Seq, hash: Hash) {
        if seq == self.chain.seq.next() && !self.broken {
            self.chain.seq = seq;
            self.chain.head = hash;
        }
    }

    fn place(&mut self, seq: Seq, entry: EntryBytes) -> Finding {
        if seq < self.chain.seq || (seq == self.chain.seq && entry.hash() == self.chain.head) {
            return Finding::Held(entry);
        }
        if seq == self.chain.seq {
            self.broken = true;
        }
        if self.broken {
            return Finding::Forked(entry);
        }
        match self.chain.push(&entry) {
            Ok(()) => Finding::Chained(entry),
            Err(_) => {
                self.broken = true;
                Finding::Forked(entry)
            }
        }
    }
}

#[cfg(test)]
mod tests;
